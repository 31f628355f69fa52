"""From handshake bytes to the frame decoders of both directions: one code for live connections and for replay."""

from __future__ import annotations

from msgspec import Struct

from wsinspect.connection.closing import failing_code
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


class FinalHeadFinder:
    """Looks for the final response head in what arrives after the request, at every byte once.

    Interim responses, 1xx other than 101, are passed over (RFC 9110 section 15.2).
    """

    def __init__(self) -> None:
        self.received = bytearray()
        """All the bytes so far."""
        self._begin = 0
        """Where the head begins that is being received."""
        self._searched = 0

    def feed(self, data: bytes) -> FinalHead | None:
        """Take the next bytes; return the head once it is complete. Not to be called again then."""
        self.received += data
        while True:
            end = find_head_end(self.received, max(self._begin, self._searched))
            if end is None:
                # The blank line may have begun in the last three bytes.
                self._searched = len(self.received) - 3
                return None
            head = parse_response_head(bytes(self.received[self._begin : end]))
            self._begin = end
            if not head.is_interim:
                return FinalHead(head, end)


def find_final_head(received: bytes | bytearray) -> FinalHead | None:
    """Find the final response head in all the bytes received since the request, or None while it is incomplete."""
    return FinalHeadFinder().feed(bytes(received))


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


def broken_frame(decoder: FrameDecoder) -> FrameBatch | None:
    """Return the frame that is still arriving when we close our socket, if it fails the connection; else None.

    Any other frame is only late, and is not shown as one that the peer cut off.
    """
    pending = decoder.pending
    if pending is None or not any(failing_code(violation) is not None for violation in pending.violations):
        return None
    return decoder.finish("we closed the connection")


def cut_off_frame(decoder: FrameDecoder) -> FrameBatch | None:
    """Return the frame that the end of the stream cut off, or None if it ended between frames."""
    batch = decoder.finish()
    return batch if len(batch) else None
