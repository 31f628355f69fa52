"""What the guided run calls with bytes of its own making. Imported while atheris looks on."""

from __future__ import annotations

from collections.abc import Callable

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
