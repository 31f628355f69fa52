"""A saved recording becomes the same events again: frames are derived anew by the code that derives them live."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

import msgspec

from wsinspect.connection.chunk_run import ChunkRun, Exchange, in_turns
from wsinspect.connection.decoding import Decoders, broken_frame, cut_off_frame, decoders_for, find_final_head
from wsinspect.connection.emitter import Sink
from wsinspect.connection.recording import Recording, read_recording
from wsinspect.errors import UsageError
from wsinspect.events import (
    AttemptEnded,
    AttemptStarted,
    BytesExchanged,
    BytesReceived,
    BytesSent,
    Event,
    Layer,
    StreamClosedLocally,
    StreamEnded,
    StreamReset,
)
from wsinspect.options import Limits

__all__ = ["FrameRestorer", "Recording", "read_recording", "replay", "replay_timed", "restored"]


class _AttemptBytes:
    """What of one attempt is needed to derive its frames."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.request = bytearray()
        self.response = bytearray()
        self.decoders: Decoders | None = None

    def ready(self) -> Decoders:
        if self.decoders is None:
            final = find_final_head(self.response)
            head = None if final is None else final.head
            self.decoders = decoders_for(bytes(self.request), head, self.limits)
        return self.decoders


class FrameRestorer:
    """Gives the events of a recording the frames that they had live. Feed it every event, in order."""

    def __init__(self) -> None:
        self._attempts: dict[int, _AttemptBytes] = {}

    def restore(self, event: Event) -> Event:
        """Return the event with its frames."""
        if isinstance(event, AttemptStarted):
            self._attempts[event.attempt] = _AttemptBytes(event.options.limits)
            return event
        attempt = self._attempts.get(event.attempt)
        if attempt is None:
            return event
        if isinstance(event, AttemptEnded):
            del self._attempts[event.attempt]
        elif isinstance(event, BytesSent | BytesReceived):
            sent = isinstance(event, BytesSent)
            if event.layer is Layer.HTTP:
                (attempt.request if sent else attempt.response).extend(event.data)
            elif event.layer is Layer.WEBSOCKET:
                decoders = attempt.ready()
                frames = (decoders.sent if sent else decoders.received).feed(event.data)
                return msgspec.structs.replace(event, frames=frames)
        elif isinstance(event, StreamEnded | StreamReset) and attempt.decoders is not None:
            return msgspec.structs.replace(event, frames=cut_off_frame(attempt.decoders.received))
        elif isinstance(event, StreamClosedLocally) and attempt.decoders is not None:
            return msgspec.structs.replace(event, frames=broken_frame(attempt.decoders.received))
        return event

    def restore_some(self, event: Event, frames: int) -> tuple[Event, Event | None]:
        """Return the event up to so many frames, with them, and what is left of its bytes, to be restored next."""
        attempt = self._attempts.get(event.attempt)
        if (
            attempt is None
            or not isinstance(event, BytesSent | BytesReceived)
            or event.layer is not Layer.WEBSOCKET
        ):
            return self.restore(event), None
        decoders = attempt.ready()
        decoder = decoders.sent if isinstance(event, BytesSent) else decoders.received
        batch, taken = decoder.feed_some(event.data, frames)
        now = msgspec.structs.replace(event, data=event.data[:taken], frames=batch)
        left = event.data[taken:]
        return now, msgspec.structs.replace(event, data=left) if left else None

    def restore_run(self, run: ChunkRun) -> Event:
        """Return the chunks of a run as one event; its frames have the times that they had live."""
        attempt = self._attempts.get(run.event.attempt)
        return run.event if attempt is None else self._fed(attempt, run)[0]

    def restore_exchange(self, exchange: Exchange) -> Event:
        """Return the chunks of both directions as one event; its frames have the times and the order that they had live."""
        last = max(exchange.sent.event, exchange.received.event, key=attrgetter("seq"))
        attempt = self._attempts.get(last.attempt)
        if attempt is None:
            return last
        sent, from_sent = self._fed(attempt, exchange.sent)
        received, from_received = self._fed(attempt, exchange.received)
        order = in_turns(exchange.turns, from_sent, from_received)
        return BytesExchanged(
            seq=last.seq,
            at_ns=max(sent.at_ns, received.at_ns),
            attempt=last.attempt,
            chunks=(sent, received),
            order=order,
        )

    def _fed(
        self, attempt: _AttemptBytes, run: ChunkRun
    ) -> tuple[BytesSent | BytesReceived, Sequence[int] | None]:
        decoders = attempt.ready()
        decoder = decoders.sent if isinstance(run.event, BytesSent) else decoders.received
        before = decoder.fed_bytes
        batch = decoder.feed(run.event.data)
        counts = run.timed(batch, before)
        return msgspec.structs.replace(run.event, frames=batch), counts


def restored(recording: Recording, restorer: FrameRestorer | None = None) -> Iterator[Event]:
    """Yield what is left of a recording with its frames, as it was live, chunks that follow each other put together.

    `restorer` is what was given the events before.
    """
    restorer = restorer or FrameRestorer()
    for event in recording.gathered():
        match event:
            case ChunkRun():
                yield restorer.restore_run(event)
            case Exchange():
                yield restorer.restore_exchange(event)
            case _:
                yield restorer.restore(event)


def replay(events: Iterable[Event], sink: Sink) -> None:
    """Hand the events of a recording to `sink` as they were live, at once."""
    restorer = FrameRestorer()
    for event in events:
        sink(restorer.restore(event))


async def replay_timed(events: Iterable[Event], sink: Sink, speed: float = 1.0) -> None:
    """Hand the events of a recording to `sink` in their own time, `speed` times as fast.

    Raises:
        UsageError: `speed` is not greater than 0.
    """
    if not speed > 0:
        raise UsageError(f"speed {speed:g}", where="replay", allowed="a number greater than 0")
    loop = asyncio.get_running_loop()
    restorer = FrameRestorer()
    began: float | None = None
    for event in events:
        at_s = event.at_ns / 1e9 / speed
        if began is None:
            began = loop.time() - at_s
        await asyncio.sleep(max(0.0, began + at_s - loop.time()))
        sink(restorer.restore(event))
