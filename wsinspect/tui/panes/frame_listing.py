"""Which frames are in the list: all of them, or those that pass a filter, worked out in short steps."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from wsinspect.session.frame_log import FrameLog
from wsinspect.session.messages import message_of
from wsinspect.session.query import Filter, FilterScan, Progress, compile_filter
from wsinspect.session.query.block import AttemptRange

_HEADS_A_STEP = 5000
"""Frames whose message's first frame is looked for in one step."""
_NO_HEARTBEATS = "not (ping or pong)"
_HEADS = "(not continuation or violation:unexpected-continuation)"


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody wants in the list."""

    text: str = ""
    """A filter as it is typed."""
    heartbeats: bool = True
    """Whether pings and pongs are listed."""
    whole: bool = False
    """Whether a fragmented message is one row, at its first frame."""


class Listing:
    """Rows, each a frame's number, ascending. Grows with the log, by `step` alone: who takes no step has it frozen."""

    def __init__(self, log: FrameLog, choice: Choice, attempts: Sequence[AttemptRange] = ()) -> None:
        """Raises FilterError for a text that is no filter."""
        self.choice = choice
        self.filter: Filter = compile_filter(choice.text)
        """What was typed, alone."""
        self.stopped = False
        """Whether somebody has had enough of it."""
        self._log = log
        self._count = 0
        self._heads: array[int] | None = None
        self._headed = 0
        """Found frames whose message has been looked up."""
        parts = [] if choice.heartbeats else [_NO_HEARTBEATS]
        if not self.filter.everything:
            parts.append(f"({choice.text})")
            # A message is in the list for any of its fragments, at its first one.
            self._heads = array("I") if choice.whole else None
        elif choice.whole:
            parts.append(_HEADS)
        self._scan = FilterScan(log, compile_filter(" ".join(parts)), attempts=attempts) if parts else None

    @property
    def plain(self) -> bool:
        """Whether every frame is a row."""
        return self._scan is None

    @property
    def numbers(self) -> Sequence[int]:
        """The frames in the list, ascending."""
        if self._heads is not None:
            return self._heads
        return range(self._count) if self._scan is None else self._scan.numbers

    @property
    def matching(self) -> Sequence[int] | None:
        """The frames that a search may find; None for any."""
        return None if self._scan is None or self.filter.everything else self._scan.numbers

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        if self._scan is None:
            return Progress(self._count, len(self._log), self._count)
        return self._scan.progress

    @property
    def gave_up(self) -> bool:
        """Whether it has stopped by itself, at frames that take too long."""
        return self._scan is not None and self._scan.progress.gave_up

    @property
    def left_out(self) -> Sequence[int]:
        """Frames that are not listed as it takes too long to find out."""
        return self._scan.left_out if self._scan is not None else ()

    @property
    def why_left_out(self) -> str:
        """What was the matter with the last one, and what to do."""
        return self._scan.why_left_out if self._scan is not None else ""

    @property
    def done(self) -> bool:
        """Whether there is nothing to do for now."""
        if self.stopped:
            return True
        if self._heads is not None and self._scan is not None and self._headed < len(self._scan.numbers):
            return False
        return self.progress.done

    @property
    def behind(self) -> int:
        """Frames of the log that were not looked at."""
        progress = self.progress
        return progress.total - progress.scanned

    def step(self, budget_s: float) -> bool:
        """Go on for about this many seconds; say whether there are other rows than before."""
        if self.stopped:
            return False
        before = len(self)
        if self._scan is None:
            self._count = len(self._log)
        elif not self._scan.progress.done:
            self._scan.step(budget_s)
        return self._head() or len(self) != before

    def _head(self) -> bool:
        """Put the messages of what was found in the list."""
        if self._heads is None or self._scan is None:
            return False
        heads, found = self._heads, self._scan.numbers
        until = min(len(found), self._headed + _HEADS_A_STEP)
        for number in found[self._headed : until]:
            head = self.head_of(number)
            if not heads or head > heads[-1]:
                heads.append(head)
            elif (place := bisect_left(heads, head)) == len(heads) or heads[place] != head:
                # Messages of both directions may lie in each other.
                heads.insert(place, head)
        changed = until > self._headed
        self._headed = until
        return changed

    def head_of(self, number: int) -> int:
        """Return the frame at which the message of a frame is listed."""
        if not self.choice.whole or self._log.opcode(number) != 0:
            return number
        return message_of(self._log, number).first

    def number(self, row: int) -> int:
        """Return the frame of a row. Raises IndexError."""
        if not 0 <= row < len(self):
            raise IndexError(row)
        return self.numbers[row]

    def row_of(self, number: int) -> int:
        """Return the row of a frame, or of the nearest one before it that is listed; 0 where there is none, and -1 in an
        empty list."""
        if number < 0 or not len(self):
            return -1
        if self._scan is None:
            return min(number, self._count - 1)
        return max(0, bisect_right(self.numbers, self.head_of(number)) - 1)

    def holds(self, number: int) -> bool:
        """Whether the frame is listed itself."""
        row = self.row_of(number)
        return row >= 0 and self.number(row) == self.head_of(number)
