"""The opening handshake: our request, the peer's answer to the last byte, and what RFC 6455 section 4.1 says of it."""

from __future__ import annotations

import asyncio

from msgspec import Struct

from wsinspect.connection.deadline import within
from wsinspect.connection.decoding import Decoders, FinalHead, FinalHeadFinder, decoders_for
from wsinspect.connection.emitter import Emitter
from wsinspect.connection.request import build_request
from wsinspect.connection.step import StepError
from wsinspect.connection.stream import ByteStream, StreamResetError
from wsinspect.connection.stream_end import PeerEnd
from wsinspect.connection.url import Target
from wsinspect.events import BytesReceived, BytesSent, FailureKind, Layer, LimitReached
from wsinspect.options import ConnectOptions
from wsinspect.wire.handshake import check_response
from wsinspect.wire.http import ResponseHead, body_complete, parse_request_head, starts_like_http

NOT_HTTP_WAIT_S = 0.5
NOT_HTTP_BYTES = 1024
"""How much more is read of an answer that is not HTTP, so that the record shows what it is."""
AFTER_INVALID_WAIT_S = 0.3
AFTER_INVALID_BYTES = 4096
"""How much more is read after a 101 that fails a check: what follows often names the culprit."""
_MARGIN_S = 0.05
"""What is read only to be shown must not use up the step's own time, or a refusal would become a timeout."""


class Upgraded(Struct, frozen=True):
    """A valid 101: what the open connection goes on with."""

    decoders: Decoders
    rest: bytes
    """Bytes that came in the same chunk after the head; not yet recorded."""


class OpeningHandshake:
    """One request and its answer on a stream that is ready for HTTP."""

    def __init__(
        self, emit: Emitter, options: ConnectOptions, target: Target, stream: ByteStream, peer_end: PeerEnd
    ) -> None:
        self._emit = emit
        self._options = options
        self._stream = stream
        self._peer_end = peer_end
        # Not in `run`: the first request loads what builds it, which would be counted as the peer's time.
        self._request = build_request(options, target)
        self._deadline = 0.0
        """Loop time at which the reading of what is only shown has to end."""
        self.response: ResponseHead | None = None
        """The final response head, as soon as it is complete."""

    async def run(self, *, collect_messages: bool = False) -> Upgraded:
        """Send the request and read the answer.

        Raises:
            StepError: refused (any complete head but a 101), invalid (a 101 that fails a check), not HTTP,
                too large, ended or reset.
        """
        self._deadline = asyncio.get_running_loop().time() + self._options.upgrade_timeout_s - _MARGIN_S
        self._emit(BytesSent(*self._emit.stamp(), layer=Layer.HTTP, data=self._request))
        self._stream.write(self._request)
        final, received = await self._read_head()
        self.response = head = final.head
        if head.status_code is None:
            await self._collect(received)
            raise StepError(
                FailureKind.HTTP_MALFORMED, f"the answer is not an HTTP/1.x response: {head.malformed}"
            )
        if head.status_code != 101:
            await self._read_body(head, received[final.end :])
            message = f"the server answered {head.status_code} {head.reason_phrase}".rstrip()
            raise StepError(FailureKind.HTTP_REFUSED, message, code=str(head.status_code))
        decoders = decoders_for(self._request, head, self._options.limits, collect_messages=collect_messages)
        rest = received[final.end :]
        failing = [check for check in check_response(parse_request_head(self._request), head) if not check.ok]
        if failing:
            await self._read_after_invalid(decoders, rest)
            first = failing[0]
            raise StepError(
                FailureKind.HANDSHAKE_INVALID,
                first.detail or f"{first.name}: {first.arrived}",
                code=first.name.value,
            )
        return Upgraded(decoders, rest)

    def _at_most(self, wait_s: float) -> float:
        """Return how long to wait for more, without using up the step's time."""
        return min(wait_s, self._deadline - asyncio.get_running_loop().time())

    def _record(self, data: bytes) -> None:
        if data:
            self._emit(BytesReceived(*self._emit.stamp(), layer=Layer.HTTP, data=data))

    async def _read_head(self) -> tuple[FinalHead, bytes]:
        """Return the final head and all the bytes so far; those after a 101's head are not recorded yet."""
        finder = FinalHeadFinder()
        received = finder.received
        limit = self._options.limits.head_bytes
        while True:
            try:
                data = await self._stream.read()
            except StreamResetError as error:
                raise self._peer_end.reset(error, code=_how_far(received)) from error
            if not data:
                raise self._peer_end.fin(_ended_message(received), code=_how_far(received))
            final = finder.feed(data)
            switched = final is not None and final.head.status_code == 101
            self._record(data[: len(data) - (len(received) - final.end)] if final and switched else data)
            if not starts_like_http(bytes(received[:5])):
                await self._collect(bytes(received))
                raise StepError(FailureKind.HTTP_MALFORMED, "the answer is not HTTP", code="not-http")
            if (final.end if final else len(received)) > limit:
                self._limit("head_bytes", limit, "the response head is longer")
                raise StepError(FailureKind.HEAD_TOO_LARGE, f"the response head is longer than {limit} bytes")
            if final is not None:
                return final, bytes(received)

    def _limit(self, name: str, allowed: float, what: str) -> None:
        self._emit(LimitReached(*self._emit.stamp(), limit=name, allowed=allowed, what=what))

    async def _collect(self, received: bytes) -> None:
        """Record what else arrives of an answer that is not HTTP, as far as the limits go."""
        size = len(received)
        try:
            async with within(self._at_most(NOT_HTTP_WAIT_S)):
                while size < NOT_HTTP_BYTES:
                    data = await self._stream.read()
                    if not data:
                        self._peer_end.fin("")
                        return
                    self._record(data)
                    size += len(data)
        except StreamResetError as error:
            self._peer_end.reset(error)
        except TimeoutError:
            return

    async def _read_body(self, head: ResponseHead, start: bytes) -> None:
        """Record a refusal's body: `start` of it is recorded already."""
        limits = self._options.limits
        body = bytearray(start)
        try:
            async with within(self._at_most(limits.body_wait_s)):
                while not body_complete(head, bytes(body)):
                    room = limits.body_bytes - len(body)
                    if room <= 0:
                        self._limit("body_bytes", limits.body_bytes, "the refusal's body is longer")
                        return
                    data = await self._stream.read()
                    if not data:
                        self._peer_end.fin("")
                        return
                    self._record(data[:room])
                    body += data
        except StreamResetError as error:
            self._peer_end.reset(error)
        except TimeoutError:
            self._limit("body_wait_s", limits.body_wait_s, "the refusal's body had not ended")

    async def _read_after_invalid(self, decoders: Decoders, rest: bytes) -> None:
        """Record what follows a 101 that is not valid."""
        size = 0
        data = rest
        self._peer_end.decoder = decoders.received
        try:
            async with within(self._at_most(AFTER_INVALID_WAIT_S)):
                while True:
                    if data:
                        frames = decoders.received.feed(data)
                        stamp = self._emit.stamp()
                        self._emit(BytesReceived(*stamp, layer=Layer.WEBSOCKET, data=data, frames=frames))
                        size += len(data)
                    if size >= AFTER_INVALID_BYTES:
                        return
                    data = await self._stream.read()
                    if not data:
                        self._peer_end.fin("")
                        return
        except StreamResetError as error:
            self._peer_end.reset(error)
        except TimeoutError:
            return


def _how_far(received: bytearray) -> str:
    return "inside-head" if received else "no-byte"


def _ended_message(received: bytearray) -> str:
    if received:
        return f"the peer ended the stream inside the response head, after {len(received)} bytes"
    return "the peer ended the stream without a byte of an answer"
