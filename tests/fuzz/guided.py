"""A coverage-guided run with atheris, by hand: `pip install atheris`, then `python -m tests.fuzz.guided TARGET`.

TARGET is `decoder` or `handshake`. Further arguments are libFuzzer's, such as `-max_total_time=600` or a folder for
what it finds. The captures of the corpus are where it starts.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fuzz.corpus import CAPTURES, OPEN
from tests.fuzz.properties import REQUEST
from tests.wire.stream import decode
from wsinspect.options import Limits
from wsinspect.wire.handshake import check_response, negotiated_deflate
from wsinspect.wire.http import body_complete, body_text, parse_request_head, parse_response_head
from wsinspect.wire.inflate import DeflateParams
from wsinspect.wire.opcode import Direction

SMALL = Limits(message_bytes=300, control_payload_bytes=64)


def decoder(data: bytes) -> None:
    """The first byte chooses direction and compression; the second, where the rest is cut in two."""
    choice, cut, stream = data[:1] or b"\0", data[1:2] or b"\0", data[2:]
    direction = Direction(choice[0] & 1)
    deflate = DeflateParams() if choice[0] & 2 else None

    def run(chunks: list[bytes]) -> object:
        return decode(
            chunks, direction=direction, deflate=deflate, limits=SMALL, collect_messages=bool(choice[0] & 4)
        )

    if run([stream]) != run([stream[: cut[0]], stream[cut[0] :]]):
        raise AssertionError("the frames depend on the chunks")


def handshake(data: bytes) -> None:
    """Any bytes as the answer to a request."""
    head = parse_response_head(data)
    request = parse_request_head(REQUEST)
    check_response(request, head)
    negotiated_deflate(request, head)
    body_complete(head, data[len(head.raw) :])
    body_text(head, data[len(head.raw) :])


TARGETS: dict[str, Callable[[bytes], None]] = {"decoder": decoder, "handshake": handshake}


def seeds(name: str) -> list[bytes]:
    """The captures in the form that the target takes."""
    if name == "handshake":
        return CAPTURES
    return [bytes([choice, 7]) + each[each.find(b"\r\n\r\n") + 4 :] for each in OPEN for choice in range(8)]


def main(arguments: list[str]) -> None:
    """Fuzz one target until libFuzzer ends, which also ends the program."""
    if not arguments or arguments[0] not in TARGETS:
        sys.exit(f"say what to fuzz: {' or '.join(TARGETS)}")
    name, *further = arguments
    # Not among the development tools: it brings a compiler's runtime along, and nothing in the suite needs it.
    atheris: Any = importlib.import_module("atheris")
    atheris.instrument_all()
    with tempfile.TemporaryDirectory() as folder:
        for number, each in enumerate(seeds(name)):
            (Path(folder) / str(number)).write_bytes(each)
        atheris.Setup(["guided", *further, folder], TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
