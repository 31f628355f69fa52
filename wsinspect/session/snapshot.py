"""A record as it is now: what is read in many short steps must not grow meanwhile."""

from __future__ import annotations

from copy import copy

from wsinspect.session.frame_log import FrameLog
from wsinspect.session.record import SessionRecord


class FrozenFrames(FrameLog):
    """The frames that another log has now, in that log's own columns. Not to be added to."""

    def __init__(self, frames: FrameLog) -> None:
        # Nothing is copied, whatever the session's length.
        vars(self).update(vars(frames))
        self._size = len(frames)
        self.read_up_to = 0
        """The newest frame whose bytes were asked for: how far somebody has come who goes through all of them."""

    def __len__(self) -> int:
        return self._size

    def raw(self, number: int, limit: int | None = None) -> bytes:
        """Return the frame as it crossed the wire."""
        self.read_up_to = number
        return super().raw(number, limit)

    def preview(self, number: int, size: int = 200) -> bytes:
        """Return the first `size` bytes of the application data."""
        self.read_up_to = number
        return super().preview(number, size)

    def stream_from(self, number: int, size: int) -> bytes:
        """Return `size` bytes of the frame's stream from its first byte on."""
        self.read_up_to = number
        return super().stream_from(number, size)

    def inflated_from(self, number: int, size: int) -> bytes:
        """Return `size` inflated bytes of the frame's attempt and direction from its first one on."""
        self.read_up_to = number
        return super().inflated_from(number, size)

    @property
    def fraction(self) -> float:
        """How far somebody has come, from 0.0 to 1.0."""
        return self.read_up_to / self._size if self._size else 0.0


def snapshot(record: SessionRecord) -> tuple[SessionRecord, FrozenFrames]:
    """Return the record as it is now, and its frames. It is read, never added to or closed."""
    frozen = copy(record)
    frames = FrozenFrames(record.frames)
    vars(frozen)["frames"] = frames
    frozen.events = list(record.events)
    frozen.attempts = [copy(attempt) for attempt in record.attempts]
    for attempt in frozen.attempts:
        attempt.events = list(attempt.events)
    return frozen, frames
