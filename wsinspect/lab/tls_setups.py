"""TLS as servers are found to speak it: right, or with one thing wrong.

Each function returns a `Tls`: nothing is made, and `cryptography` is not imported, before a scenario is served.
"""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wsinspect.lab.storied import LOOPBACK, Tls, TlsSetup

if TYPE_CHECKING:
    from wsinspect.lab.certificates import Identity

Configure = Callable[[ssl.SSLContext], None]

_ROOT = "wsinspect lab root"


def trusted(*names: str, configure: Configure | None = None) -> Tls:
    """A certificate for `names` (the loopback addresses by default) of an authority that the client is given."""

    @contextmanager
    def tls() -> Iterator[TlsSetup]:
        from wsinspect.lab.certificates import authority, leaf

        root = authority(_ROOT)
        server = leaf(*(names or _LOCAL_NAMES), issuer=root)
        with _setup(server, chain=(), root=root, configure=configure) as setup:
            yield setup

    return tls


def dated(*, from_days: int, to_days: int) -> Tls:
    """A trusted authority's certificate, valid from and to these days from now."""

    @contextmanager
    def tls() -> Iterator[TlsSetup]:
        from wsinspect.lab.certificates import authority, leaf

        root = authority(_ROOT)
        server = leaf(*_LOCAL_NAMES, issuer=root, from_days=from_days, to_days=to_days)
        with _setup(server, chain=(), root=root) as setup:
            yield setup

    return tls


def self_signed() -> Tls:
    """A certificate that signed itself."""

    @contextmanager
    def tls() -> Iterator[TlsSetup]:
        from wsinspect.lab.certificates import authority, leaf

        with _setup(leaf(*_LOCAL_NAMES, issuer=None), chain=(), root=authority("some other root")) as setup:
            yield setup

    return tls


def absurd() -> Tls:
    """A certificate that signed itself, for names that are none, and two thousand that are."""

    @contextmanager
    def tls() -> Iterator[TlsSetup]:
        from wsinspect.lab.certificates import authority, leaf

        names = (
            "\x1b]0;owned\x07[bold]x[/]\r\n",
            "*",
            "*.*",
            "",
            ".",
            *(f"host-{n}.example" for n in range(2000)),
        )
        with _setup(leaf(*names, issuer=None), chain=(), root=authority("some other root")) as setup:
            yield setup

    return tls


def untrusted(issuer_name: str, organization: str, *, with_root: bool = False) -> Tls:
    """A certificate of an authority that the client does not know; `with_root` sends the root along."""

    @contextmanager
    def tls() -> Iterator[TlsSetup]:
        from wsinspect.lab.certificates import authority, leaf

        private = authority(issuer_name, organization=organization)
        server = leaf(*_LOCAL_NAMES, issuer=private)
        chain = (private,) if with_root else ()
        with _setup(server, chain=chain, root=authority("some other root")) as setup:
            yield setup

    return tls


def missing_intermediate() -> Tls:
    """A trusted root's intermediate signed the certificate, and the server sends the certificate alone."""

    @contextmanager
    def tls() -> Iterator[TlsSetup]:
        from wsinspect.lab.certificates import authority, leaf

        root = authority(_ROOT)
        intermediate = authority("wsinspect lab intermediate", issuer=root)
        server = leaf(*_LOCAL_NAMES, issuer=intermediate, issuer_url="http://ca.lab.test/intermediate.cer")
        with _setup(server, chain=(), root=root) as setup:
            yield setup

    return tls


def for_clients_only() -> Tls:
    """A trusted authority's certificate that may not be used by servers (RFC 5280 section 4.2.1.12)."""

    @contextmanager
    def tls() -> Iterator[TlsSetup]:
        from wsinspect.lab.certificates import authority, leaf

        root = authority(_ROOT)
        with _setup(leaf(*_LOCAL_NAMES, issuer=root, client=True), chain=(), root=root) as setup:
            yield setup

    return tls


def client_certificate_required(version: ssl.TLSVersion) -> Tls:
    """The server demands a client certificate of the lab's authority, in this TLS version."""

    @contextmanager
    def tls() -> Iterator[TlsSetup]:
        from wsinspect.lab.certificates import authority, leaf

        root = authority(_ROOT)

        def configure(context: ssl.SSLContext) -> None:
            context.minimum_version = context.maximum_version = version
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=root.certificate_pem.decode())

        with _setup(leaf(*_LOCAL_NAMES, issuer=root), chain=(), root=root, configure=configure) as setup:
            yield setup

    return tls


_LOCAL_NAMES = ("localhost", LOOPBACK, "::1")


@contextmanager
def _setup(
    server: Identity,
    *,
    chain: tuple[Identity, ...],
    root: Identity,
    configure: Configure | None = None,
    options: Mapping[str, object] | None = None,
) -> Iterator[TlsSetup]:
    """Write what the server and the client load into a folder of its own, and remove it in the end."""
    with tempfile.TemporaryDirectory(prefix="wsinspect-lab-") as folder:
        chain_file, key_file, root_file = (
            Path(folder) / name for name in ("chain.pem", "key.pem", "root.pem")
        )
        chain_file.write_bytes(b"".join(identity.certificate_pem for identity in (server, *chain)))
        key_file.touch(mode=0o600)
        key_file.write_bytes(server.key_pem)
        root_file.write_bytes(root.certificate_pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain_file, key_file)
        if configure:
            configure(context)
        yield TlsSetup(context=context, options={"ca_file": str(root_file), **(options or {})})
