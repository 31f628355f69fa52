"""A record as the events that it was made of: what a recorder would have written, had it listened from the beginning.

The record does not keep where one chunk ended and the next began. The frames that were complete at one moment become one
chunk; numbers and times of events, frames and their order are those of the record, so that replaying gives the same
frames and the same findings.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator

import msgspec

from wsinspect.events import (
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
from wsinspect.session.attempt import Attempt
from wsinspect.session.frame_columns import RECEIVED
from wsinspect.session.record import SessionRecord
from wsinspect.wire.frames import HEADER_SIZES

_ANY_FIRST_BYTE = bytes((1,)) * 256
_OTHER = tuple(bytes(int(flags & RECEIVED != direction) for flags in range(256)) for direction in Direction)
"""By direction: a table over the flags column, 1 for the other direction's frames."""


class RecordAsEvents(Iterator[Event]):
    """Hands out the events one by one, frames left out. Goes on with what is added to the record meanwhile, and is
    exhausted when it has caught up."""

    def __init__(self, record: SessionRecord) -> None:
        self._record = record
        self._events_done = 0
        self._frames_done = 0
        self._seq = 0
        self._stream = -1
        """Position of the attempt whose bytes are being handed out."""
        self._handed_out = [0, 0]
        """Bytes of its two streams so far."""
        self._log_seen = 0
        """Lines of the server's log that were taken notice of."""
        self._log_lines: deque[ServerLogged] = deque()
        self.lost_bytes = 0
        """Bytes that were not kept any more: what comes after them can't be told, so that the events end there."""

    @property
    def fraction(self) -> float:
        """How far it has come, from 0.0 to 1.0."""
        record = self._record
        total = len(record.events) + record.frame_count
        return (self._events_done + self._frames_done) / total if total else 1.0

    def __next__(self) -> Event:
        if self.lost_bytes:
            raise StopIteration
        record = self._record
        following = record.events[self._events_done] if self._events_done < len(record.events) else None
        frames_before = (
            record.frames_before[self._events_done] if following is not None else record.frame_count
        )
        line = self._logged(following)
        if line is not None:
            return line
        event = self._next_frames(frames_before)
        if event is None:
            event = self._incomplete(following)
        if event is None and following is not None and not self.lost_bytes:
            event = self._take(following)
        if event is None:
            raise StopIteration
        self._seq = event.seq
        return event

    def _logged(self, following: Event | None) -> ServerLogged | None:
        """Return the next line of the server's log, if it was read before this event."""
        log = self._record.server_log
        if log.seen > self._log_seen:
            new = [line for line in log.lines if line.number > self._log_seen]
            self._log_lines += (line.event for line in sorted(new, key=lambda line: line.number))
            self._log_seen = log.seen
        if not self._log_lines or not self._events_done:
            return None
        if following is not None and self._log_lines[0].at_ns > following.at_ns:
            return None
        return self._log_lines.popleft()

    def _take(self, event: Event) -> Event:
        self._events_done += 1
        if isinstance(event, StreamEnded | StreamReset | StreamClosedLocally) and event.frames is not None:
            # The frame that the end cut off is derived from the end again.
            self._frames_done += len(event.frames)
            return msgspec.structs.replace(event, frames=None)
        return event

    def _next_frames(self, until: int) -> Event | None:
        """Return the next frames before `until` as a chunk."""
        first = self._frames_done
        if first >= until:
            return None
        log, attempts = self._record.frames, self._record.attempts
        columns = log.columns
        while self._stream < 0 or first >= attempts[self._stream].end_frame:
            self._stream += 1
            self._handed_out = [0, 0]
        attempt = attempts[self._stream]
        direction, at_ns = log.direction(first), log.at_ns(first)
        until = min(until, attempt.end_frame)
        last = first
        # However many frames there are, they get one number: more than there were chunks would run into the next event's.
        if first + 1 < until and columns.at_ns[first + 1] == at_ns:
            last = bisect_right(columns.at_ns, at_ns, first, until) - 1
            flags = columns.flags[first : last + 1]
            other = flags.translate(_OTHER[direction]).find(1)
            if other >= 0:
                last = first + other - 1
        end = columns.starts[last] + HEADER_SIZES[columns.seconds[last]] + columns.length(last)
        end = self._with_beginning(attempt, direction, last, at_ns, end)
        self._frames_done = last + 1
        return self._chunk(attempt, direction, at_ns, end)

    def _with_beginning(self, attempt: Attempt, direction: Direction, last: int, at_ns: int, end: int) -> int:
        """Return where the chunk ends that ends with this frame, or with the beginning of one that was never whole."""
        received = direction is Direction.RECEIVED
        total = attempt.websocket_bytes_received if received else attempt.websocket_bytes_sent
        latest_ns = attempt.last_received_ns if received else attempt.last_sent_ns
        at_once = total > end and (latest_ns is None or latest_ns <= at_ns)
        return total if at_once and not self._whole_later(attempt, last + 1, direction) else end

    def _incomplete(self, following: Event | None) -> Event | None:
        """Return the beginning of a frame that was never whole, or is not whole yet, if it came before this event."""
        attempts = self._record.attempts
        if not attempts:
            return None
        number = attempts[-1].number if following is None else following.attempt
        place = next((at for at, one in enumerate(attempts) if one.number == number), len(attempts))
        if place < self._stream or place == len(attempts):
            return None
        attempt = attempts[place]
        handed_out = self._handed_out[Direction.RECEIVED] if place == self._stream else 0
        at_ns = attempt.last_received_ns or 0
        if attempt.websocket_bytes_received <= handed_out:
            return None
        if following is not None:
            came_before = at_ns <= following.at_ns and following.seq > self._seq + 1
            if not came_before or self._whole_later(attempt, self._frames_done, Direction.RECEIVED):
                return None
        if place > self._stream:
            self._stream, self._handed_out = place, [0, 0]
        return self._chunk(attempt, Direction.RECEIVED, at_ns, attempt.websocket_bytes_received)

    def _whole_later(self, attempt: Attempt, start: int, direction: Direction) -> bool:
        """Whether a whole frame of this direction is among the attempt's frames from `start` on."""
        log = self._record.frames
        found = log.find(start, attempt.end_frame, direction=direction, firsts=_ANY_FIRST_BYTE)
        return found is not None and not log.is_cut_off(found)

    def _chunk(self, attempt: Attempt, direction: Direction, at_ns: int, end: int) -> Event | None:
        start = self._handed_out[direction]
        if attempt.frame_count or attempt is self._record.current:
            data = self._record.frames.stream_bytes(attempt.first_frame, direction, start, end - start)
        else:
            # Nobody can see what never became a frame: its place in the stream was not kept.
            end = min(end, len(attempt.websocket_head))
            data = bytes(attempt.websocket_head)
        self._handed_out[direction] = attempt.websocket_bytes_received if not attempt.frame_count else end
        self.lost_bytes += end - start - len(data)
        if self.lost_bytes:
            return None
        made = BytesReceived if direction is Direction.RECEIVED else BytesSent
        return made(seq=self._seq + 1, at_ns=at_ns, attempt=attempt.number, layer=Layer.WEBSOCKET, data=data)
