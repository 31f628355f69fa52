"""From handshake bytes to the frame decoders of both directions: one code for live connections and for replay."""

from __future__ import annotations

from msgspec import Struct

from wsinspect.options import Limits
from wsinspect.wire.decoder import FrameBatch, FrameDecoder
from wsinspect.wire.handshake import negotiated_deflate
from wsinspect.wire.http import ResponseHead, find_head_end, parse_request_head, parse_response_head
from wsinspect.wire.inflate import DeflateParams
from wsinspect.wire.opcode import Direction


class FinalHead(Struct, frozen=True):
    """The response head that answers the request, after any interim ones."""

    head: ResponseHead
    end: int
    """Index of the first byte after it."""


def find_final_head(received: bytes | bytearray) -> FinalHead | None:
    """Find the final response head in all the bytes received since the request, or None while it is incomplete.

    Interim responses, 1xx other than 101, are passed over (RFC 9110 section 15.2).
    """
    begin = 0
    while True:
        end = find_head_end(received[begin:])
        if end is None:
            return None
        head = parse_response_head(bytes(received[begin : begin + end]))
        begin += end
        status = head.status_code
        if status is None or status == 101 or not 100 <= status <= 199:
            return FinalHead(head, begin)


class Decoders(Struct, frozen=True):
    """A frame decoder for each direction."""

    sent: FrameDecoder
    received: FrameDecoder
    deflate: DeflateParams | None


def decoders_for(
    request: bytes, response: ResponseHead | None, limits: Limits, *, collect_messages: bool = False
) -> Decoders:
    """Make the decoders that the handshake asks for; without a response head nothing was negotiated."""
    deflate = None if response is None else negotiated_deflate(parse_request_head(request), response)
    return Decoders(
        FrameDecoder(Direction.SENT, deflate=deflate, limits=limits),
        FrameDecoder(Direction.RECEIVED, deflate=deflate, limits=limits, collect_messages=collect_messages),
        deflate,
    )


def cut_off_frame(decoder: FrameDecoder) -> FrameBatch | None:
    """Return the frame that the end of the stream cut off, or None if it ended between frames."""
    batch = decoder.finish()
    return batch if len(batch) else None
