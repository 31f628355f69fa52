"""The open connection: what arrives is recorded, then answered; how it ended is told apart at the end.

Source: RFC 6455 sections 5.5, 6, 7 and 8.1.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from heapq import merge

from wsinspect.connection.closing import (
    KEEPALIVE_CODE,
    KEEPALIVE_REASON,
    close_payload,
    describe_close,
    failing_code,
    reply_payload,
)
from wsinspect.connection.deadline import Deadline
from wsinspect.connection.emitter import Emitter
from wsinspect.connection.keepalive import Keepalive
from wsinspect.connection.ready_states import ReadyStates
from wsinspect.connection.sending import FrameSender
from wsinspect.connection.step import StepError
from wsinspect.connection.stream import ByteStream, StreamResetError
from wsinspect.connection.stream_end import PeerEnd
from wsinspect.connection.upgrade import Upgraded
from wsinspect.events import (
    BytesReceived,
    FailureKind,
    KeepaliveExpired,
    Layer,
    LimitReached,
    LocalEnd,
    ReadyState,
)
from wsinspect.options import ConnectOptions
from wsinspect.wire.decoder import FrameBatch
from wsinspect.wire.opcode import Opcode
from wsinspect.wire.violations import Violation, ViolationKind

EndLocally = Callable[[LocalEnd, str], None]
OnMessage = Callable[[int, bytes], None]

_BREATH_S = 0.0015
"""How long a stream that always has data may keep the event loop to itself."""
_FRAMES_AT_ONCE = 3000
"""Frames that are worked through at once: a piece that was chosen for ordinary frames may be full of empty pings."""


class _Pace:
    """How much is worked through at once: a chunk may hold one frame, or a hundred thousand, or a bomb."""

    def __init__(self, *, compressed: bool) -> None:
        # A compressed byte may stand for a thousand: what one piece inflates to has to fit in memory.
        self._most_bytes = 32 * 1024 if compressed else 512 * 1024
        self.piece_bytes = 16 * 1024

    def took(self, taken: int, given: int, seconds: float) -> None:
        """Take how many bytes of those given were worked through, and how long that took; choose the size of the next."""
        if seconds > _BREATH_S:
            self.piece_bytes = max(self.piece_bytes // 2, 2 * 1024)
        elif taken < given:
            # There were more frames than are taken at once: the rest was copied for nothing.
            self.piece_bytes = max(taken, 2 * 1024)
        elif self.piece_bytes < self._most_bytes:
            self.piece_bytes *= 2


class OpenConnection:
    """Drives one connection from its 101 to the end of its stream."""

    def __init__(
        self,
        emit: Emitter,
        options: ConnectOptions,
        stream: ByteStream,
        upgraded: Upgraded,
        *,
        ready: ReadyStates,
        peer_end: PeerEnd,
        end_locally: EndLocally,
        on_message: OnMessage | None = None,
    ) -> None:
        self._emit = emit
        self._options = options
        self._stream = stream
        self._decoder = upgraded.decoders.received
        self._rest = upgraded.rest
        self._ready = ready
        self._peer_end = peer_end
        peer_end.decoder = self._decoder
        self._end_locally = end_locally
        self._on_message = on_message
        self.sender = FrameSender(emit, stream, upgraded.decoders)
        self._pace = _Pace(compressed=upgraded.decoders.deflate is not None)
        self._reading: asyncio.Timeout | None = None
        self._deadline: Deadline | None = None
        """When we stop waiting for what the peer has to do next."""
        self._close_sent = False
        self._close_received = False
        self._failed: StepError | None = None
        """Why we failed the connection, if we did."""
        self._keepalive: Keepalive | None = None
        self.over = False
        """Whether the stream has ended, so that nothing can be sent any more."""

    async def run(self) -> None:
        """Read until the stream ends; return after a clean closing handshake.

        Raises:
            StepError: the connection ended in any other way.
        """
        self._start_keepalive()
        try:
            async with asyncio.timeout(None) as self._reading:
                end = await self._read_to_the_end()
        except TimeoutError:
            self._end_locally(LocalEnd.CLOSE_TIMED_OUT, "")
            end = self._timed_out()
        finally:
            self.over = True
            self._reading = None
            if self._deadline is not None:
                self._deadline.cancel()
            self._stop_keepalive()
        if self._failed is not None:
            raise self._failed
        if not (self._close_sent and self._close_received):
            raise end

    def close(self, payload: bytes) -> None:
        """Start the closing handshake with a Close frame of this body; only while OPEN."""
        if self._close_sent:  # a sink that closes hears of our Close frame before the state has moved
            return
        self._send_close(payload)
        self._closing(f"we sent {describe_close(payload)}")

    def send_raw(self, *, fin: bool, rsv: int, opcode: int, mask: bool, payload: bytes) -> None:
        """Send one frame as it is described; a Close among them starts the closing handshake."""
        self.sender.send_raw(fin=fin, rsv=rsv, opcode=opcode, mask=mask, payload=payload)
        if opcode == Opcode.CLOSE:
            self._close_sent = True
            self._await_peer()
            self._closing(f"we sent {describe_close(payload)}")

    async def _read_to_the_end(self) -> StepError:
        loop = asyncio.get_running_loop()
        breath = loop.time() + _BREATH_S
        data = self._rest
        self._rest = b""
        try:
            while True:
                at = 0
                while at < len(data):
                    began = loop.time()
                    piece = data[at : at + self._pace.piece_bytes]
                    taken = self._received(piece)
                    at += taken
                    self._pace.took(taken, len(piece), loop.time() - began)
                    await self.sender.drain()
                    if loop.time() >= breath:
                        await asyncio.sleep(0)
                        breath = loop.time() + _BREATH_S
                data = await self._stream.read()
                if not data:
                    return self._peer_end.fin(*self._ended_early())
        except StreamResetError as error:
            return self._peer_end.reset(error)

    def _received(self, data: bytes) -> int:
        """Record bytes that arrived, and answer what they ask for; return how many of them were taken."""
        batch, taken = self._decoder.feed_some(data, _FRAMES_AT_ONCE)
        data = data[:taken]
        self._emit(BytesReceived(*self._emit.stamp(), layer=Layer.WEBSOCKET, data=data, frames=batch))
        if self._close_received or self._failed is not None:
            return taken  # RFC 6455 section 7.1.7: nothing is processed any more; it is still recorded.
        failing = self._first_failing(batch)
        if batch.controls or batch.messages:
            self._react(batch, before=len(batch) if failing is None else failing[0])
        if failing is not None and not self._close_received:
            self._fail_the_connection(failing[1])
        return taken

    def _first_failing(self, batch: FrameBatch) -> tuple[int, Violation] | None:
        """Return the first violation that fails the connection, and its frame's index in the batch."""
        for index, violation in batch.violations:
            if failing_code(violation) is not None:
                return index, violation
        # RFC 6455 section 8.1 wants bad UTF-8 to fail the connection at once, within a frame that is still arriving;
        # and a frame whose declared length is wrong may never end.
        if batch.broken is not None:
            for violation in batch.broken.violations:
                if failing_code(violation) is not None:
                    return len(batch), violation
        return None

    def _react(self, batch: FrameBatch, *, before: int) -> None:
        """Answer what the frames in front of index `before` ask for, in order, up to a Close."""
        pongs: list[bytes] = []
        """Not sent yet: a flood of pings is answered with one write."""
        for index, opcode, payload in _in_order(batch):
            if index >= before or self._close_received:
                break
            if opcode == Opcode.PING:
                # RFC 6455 section 5.5.1: after our Close we send nothing more.
                if self._options.auto_pong and not self._close_sent:
                    pongs.append(payload)
                continue
            if pongs and opcode != Opcode.PONG:
                self.sender.send_pongs(pongs)
                pongs = []
            if opcode == Opcode.CLOSE:
                self._close_arrived(payload)
            elif self._close_sent:
                continue
            elif opcode == Opcode.PONG:
                if self._keepalive is not None:
                    self._keepalive.pong_received(payload)
            elif self._on_message is not None:
                self._on_message(opcode, payload)
        if pongs:
            self.sender.send_pongs(pongs)

    def _close_arrived(self, payload: bytes) -> None:
        self._close_received = True
        self._closing(f"the peer sent {describe_close(payload)}")
        if not self._close_sent:
            self._send_close(reply_payload(payload))
        # RFC 6455 section 7.1.1: the server closes the TCP connection first.
        self._await_peer()

    def _send_close(self, payload: bytes) -> None:
        self._close_sent = True
        self.sender.send_control(Opcode.CLOSE, payload)
        self._await_peer()

    def _await_peer(self) -> None:
        """Give the peer another `close_timeout_s` seconds for what it has to do next."""
        self._stop_keepalive()
        if self._deadline is not None:
            self._deadline.cancel()
        timeout_s = self._options.close_timeout_s
        when = asyncio.get_running_loop().time() + timeout_s
        self._deadline = Deadline(when, timeout_s, self._give_up)

    def _give_up(self) -> None:
        # Once it is about to cancel the reader, it can't be moved.
        if self._reading is not None and not self._reading.expired():
            self._reading.reschedule(asyncio.get_running_loop().time())

    def _closing(self, reason: str) -> None:
        if self._ready.current is ReadyState.OPEN:
            self._ready.move(ReadyState.CLOSING, reason)

    def _fail_the_connection(self, violation: Violation) -> None:
        """RFC 6455 section 7.1.7, with a Close frame that says why; what still arrives is recorded."""
        if violation.kind is ViolationKind.INFLATE_LIMIT:
            limit = self._options.limits.message_bytes
            stamp = self._emit.stamp()
            self._emit(LimitReached(*stamp, limit="message_bytes", allowed=limit, what=violation.text))
        self._end_locally(LocalEnd.PEER_VIOLATED_PROTOCOL, violation.text)
        self._failed = StepError(
            FailureKind.CANCELLED,
            f"we failed the connection: {violation.text}",
            code=LocalEnd.PEER_VIOLATED_PROTOCOL.value,
        )
        if not self._close_sent:
            self._send_close(close_payload(failing_code(violation)))
        else:
            self._await_peer()
        self._closing(f"we failed the connection: {violation.text}")

    def _start_keepalive(self) -> None:
        interval_s = self._options.ping_interval_s
        if interval_s is None:
            return
        self._keepalive = Keepalive(
            interval_s,
            self._options.ping_timeout_s,
            ping=lambda payload: self.sender.send_control(Opcode.PING, payload),
            expired=self._keepalive_expired,
        )
        self._keepalive.start()

    def _stop_keepalive(self) -> None:
        if self._keepalive is not None:
            self._keepalive.stop()
            self._keepalive = None

    def _keepalive_expired(self, payload: bytes) -> None:
        timeout_s = self._options.ping_timeout_s
        self._emit(KeepaliveExpired(*self._emit.stamp(), payload=payload, timeout_s=timeout_s))
        self._end_locally(LocalEnd.KEEPALIVE_TIMED_OUT, "")
        message = f"no pong within {timeout_s:g} s"
        self._failed = StepError(FailureKind.TIMED_OUT, message, code=LocalEnd.KEEPALIVE_TIMED_OUT.value)
        self._send_close(close_payload(KEEPALIVE_CODE, KEEPALIVE_REASON))
        self._closing(f"we failed the connection: {message}")

    def _ended_early(self) -> tuple[str, str]:
        """Return message and code of a FIN before the closing handshake was done."""
        if self._close_sent:
            return "the peer ended the stream without answering our Close", "close-unanswered"
        return "the peer ended the stream without a Close frame", "no-close-frame"

    def _timed_out(self) -> StepError:
        within = f"within {self._options.close_timeout_s:g} s"
        message = f"no Close frame answered ours {within}"
        return StepError(FailureKind.TIMED_OUT, message, code=LocalEnd.CLOSE_TIMED_OUT.value)


def _in_order(batch: FrameBatch) -> Iterator[tuple[int, int, bytes]]:
    """Return control frames and messages by the position of the frame that completed them."""
    if not batch.messages:
        return iter(batch.controls)
    return merge(batch.controls, batch.messages, key=lambda entry: entry[0])
