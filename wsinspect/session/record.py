"""The session record: append-only events and the frame log, and the attempts derived from them."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from functools import cached_property
from typing import TYPE_CHECKING

from wsinspect.events import (
    AttemptEnded,
    AttemptStarted,
    BytesExchanged,
    BytesReceived,
    BytesSent,
    Direction,
    Event,
    Layer,
    ServerLogged,
    StreamClosedLocally,
    StreamEnded,
    StreamReset,
)
from wsinspect.options import Limits
from wsinspect.session.attempt import Attempt
from wsinspect.session.server_log import ServerLog

if TYPE_CHECKING:
    from wsinspect.session.frame_log import FrameLog
    from wsinspect.wire.frame_batch import FrameBatch


class SessionRecord:
    """Everything that happened, in order. `append` is the sink that a connection or a replay feeds."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.attempts: list[Attempt] = []
        self.events: list[Event] = []
        """All events but the chunks of the WEBSOCKET layer, ordered by `seq`."""
        self.frames_before = array("I")
        """For each of them, how many frames there were when it happened."""
        self.dropped_events = 0
        """Events beyond `Limits.events`; what is derived from them is kept all the same."""
        self.server_log = ServerLog(self.limits.server_log_bytes)
        """Lines of the server's log, if one is followed. No finding depends on it."""
        self.version = 0
        """Grows with every event: a pane that has seen this version is up to date."""
        self.last_ns = 0
        """Time of the newest event."""

    def append(self, event: Event) -> None:
        """Add one event. Events of an attempt that was never started are refused with ValueError."""
        if isinstance(event, ServerLogged):
            self._log(event)
            return
        self.version += 1
        self.last_ns = max(self.last_ns, event.at_ns)
        if isinstance(event, BytesExchanged):
            self._exchange(event)
            return
        frames_before = self.frame_count
        if isinstance(event, AttemptStarted):
            first_frame = 0
            if self._has_frames:
                self.frames.begin_stream()
                first_frame = len(self.frames)
            self.attempts.append(Attempt(event, first_frame))
        attempt = self._attempt(event.attempt)
        attempt.absorb(event)
        if isinstance(event, BytesReceived | BytesSent) and event.layer is Layer.WEBSOCKET:
            direction = Direction.RECEIVED if isinstance(event, BytesReceived) else Direction.SENT
            if event.frames is not None:
                self._extend(attempt, direction, event.at_ns, event.data, event.frames)
            return
        if isinstance(event, StreamEnded | StreamReset | StreamClosedLocally) and event.frames is not None:
            self._finish(attempt, event.at_ns, event.frames)
        if len(self.events) >= self.limits.events and not isinstance(event, AttemptStarted | AttemptEnded):
            self.dropped_events += 1
            return
        self.events.append(event)
        self.frames_before.append(frames_before)
        attempt.events.append(event)

    def _log(self, event: ServerLogged) -> None:
        if not self.attempts:
            raise ValueError("a line of the server's log before the first attempt")
        begun = self.attempts[-1].started
        self.server_log.append(event, begun.wall_time_ns - begun.at_ns)
        self.version += 1

    def tell_of_log(self, source: str, trouble: str) -> None:
        """Say which log is followed, and why lines of it are missing; neither is an event."""
        self.server_log.source, self.server_log.trouble = source, trouble
        self.version += 1

    @cached_property
    def frames(self) -> FrameLog:
        """Every frame of all attempts. Made when it is first asked for: most attempts that fail have none."""
        from wsinspect.session.frame_log import FrameLog

        return FrameLog(self.limits)

    @property
    def _has_frames(self) -> bool:
        return "frames" in self.__dict__

    @property
    def frame_count(self) -> int:
        """Frames of all attempts."""
        return len(self.frames) if self._has_frames else 0

    @property
    def current(self) -> Attempt | None:
        """The newest attempt, or None before the first."""
        return self.attempts[-1] if self.attempts else None

    def event(self, seq: int) -> Event | None:
        """Return the event with this number, or None where it was a chunk or was dropped."""
        at = bisect_left(self.events, seq, key=lambda event: event.seq)
        return self.events[at] if at < len(self.events) and self.events[at].seq == seq else None

    def attempt_of_frame(self, number: int) -> Attempt | None:
        """Return the attempt that the frame belongs to."""
        return next((a for a in reversed(self.attempts) if a.first_frame <= number < a.end_frame), None)

    def close(self) -> None:
        """Free the spool's file."""
        if self._has_frames:
            self.frames.close()

    def _attempt(self, number: int) -> Attempt:
        for attempt in reversed(self.attempts):
            if attempt.number == number:
                return attempt
        raise ValueError(f"event of attempt {number}, which was never started")

    def _extend(
        self, attempt: Attempt, direction: Direction, at_ns: int, data: bytes, batch: FrameBatch
    ) -> None:
        first = len(self.frames)
        self.frames.extend(direction, at_ns, data, batch)
        if direction is Direction.RECEIVED:
            attempt.broken = batch.broken
        if len(batch):
            attempt.frames_added(direction, at_ns, first, len(self.frames), batch)

    def _exchange(self, event: BytesExchanged) -> None:
        attempt = self._attempt(event.attempt)
        sent, received = event.chunks
        attempt.absorb(sent)
        attempt.absorb(received)
        if sent.frames is None or received.frames is None:
            return
        first = len(self.frames)
        batches = (sent.frames, received.frames)
        batch = self.frames.extend_both((sent.data, received.data), batches, event.order)
        attempt.broken = received.frames.broken
        if event.order:
            attempt.frames_exchanged(event.order, first, batch)

    def _finish(self, attempt: Attempt, at_ns: int, batch: FrameBatch) -> None:
        first = len(self.frames)
        self.frames.finish(Direction.RECEIVED, at_ns, batch)
        attempt.broken = None
        attempt.frames_added(Direction.RECEIVED, at_ns, first, len(self.frames), batch)
