"""A coverage-guided run with atheris, by hand: `pip install atheris`, then `python -m tests.fuzz.guided TARGET`.

TARGET is `decoder` or `handshake`. Further arguments are libFuzzer's, such as `-max_total_time=600` or a folder for
what it finds. The captures of the corpus are where it starts.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any

NAMES = ("decoder", "handshake")


def seeds(name: str) -> list[bytes]:
    """The captures in the form that the target takes."""
    from tests.fuzz.corpus import CAPTURES, OPEN

    if name == "handshake":
        return CAPTURES
    return [bytes([choice, 7]) + each[each.find(b"\r\n\r\n") + 4 :] for each in OPEN for choice in range(8)]


def main(arguments: list[str]) -> None:
    """Fuzz one target until libFuzzer ends, which also ends the program."""
    if not arguments or arguments[0] not in NAMES:
        sys.exit(f"say what to fuzz: {' or '.join(NAMES)}")
    name, *further = arguments
    # Not among the development tools: it brings a compiler's runtime along, and nothing in the suite needs it.
    atheris: Any = importlib.import_module("atheris")
    # Only what is looked at: the whole of Python's library would take minutes.
    with atheris.instrument_imports(include=["wsinspect"]):
        targets = importlib.import_module("tests.fuzz.targets")
    with tempfile.TemporaryDirectory() as folder:
        for number, each in enumerate(seeds(name)):
            (Path(folder) / str(number)).write_bytes(each)
        atheris.Setup(["guided", *further, folder], targets.TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
