"""What the program ran on: the first thing that is asked about a bug report."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from wsinspect import __version__

_LIBRARIES = ("websockets", "truststore", "python-socks", "cryptography", "textual")


def environment() -> list[tuple[str, str]]:
    """Return names and versions: of the program, Python, the operating system, OpenSSL and the libraries that matter."""
    import ssl

    rows = [
        ("wsinspect", __version__),
        ("Python", f"{platform.python_implementation()} {platform.python_version()}"),
        ("system", f"{platform.system()} {platform.release()}, {platform.machine()}"),
        ("OpenSSL", ssl.OPENSSL_VERSION),
    ]
    for library in _LIBRARIES:
        try:
            rows.append((library, version(library)))
        except PackageNotFoundError:
            continue
    return rows
