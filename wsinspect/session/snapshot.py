"""A record as it is now: what is read in many short steps must not grow meanwhile."""

from __future__ import annotations

from collections.abc import Collection
from copy import copy

from wsinspect.session.frame_log import FrameLog
from wsinspect.session.record import SessionRecord
from wsinspect.wire.opcode import Direction


class FrozenFrames(FrameLog):
    """The frames that another log has now, in that log's own columns. Not to be added to."""

    def __init__(self, frames: FrameLog) -> None:
        # Nothing is copied, whatever the session's length.
        vars(self).update(vars(frames))
        self._size = len(frames)
        self.read_up_to = 0
        """The newest frame that was asked for: how far somebody has come who goes through all of them."""

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

    def numbers(
        self,
        start: int = 0,
        stop: int | None = None,
        *,
        direction: Direction | None = None,
        opcodes: Collection[int] | None = None,
    ) -> list[int]:
        """Return numbers from `start` to before `stop`; who reads frames by the block asks for each block's."""
        self.read_up_to = (self._size if stop is None else stop) - 1
        return super().numbers(start, stop, direction=direction, opcodes=opcodes)

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
