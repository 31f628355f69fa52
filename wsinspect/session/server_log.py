"""The server's log beside the session: its lines in the order of their times, as far as memory allows."""

from __future__ import annotations

from bisect import bisect_left, insort
from enum import StrEnum

from msgspec import Struct

from wsinspect.events.server_log import ServerLogged

_COARSE_NS = 10_000_000
"""A time that is written less exactly leaves open where among our events a line belongs."""
_LINE_COST = 200
"""Bytes that a line takes beside its text."""


class TimedBy(StrEnum):
    """Where a line's place in time comes from."""

    STATED = "stated"
    """The line says it."""
    READ = "read"
    """The line says nothing: it is when the line was read."""
    CONTINUES = "continues"
    """The line says nothing and belongs to the one before it."""


class PlacedLine(Struct, frozen=True):
    """A line of the server's log and where it belongs in the session."""

    at_ns: int
    """Nanoseconds since the session began, below 0 for what stood in the log before."""
    timed_by: TimedBy
    number: int
    """From 1, in the order in which lines were read."""
    event: ServerLogged

    @property
    def coarse(self) -> bool:
        """Whether the stated time is not exact enough to order it among our events."""
        return self.timed_by is TimedBy.STATED and self.event.precision_ns > _COARSE_NS


class ServerLog:
    """The lines that are kept, the newest `allowed_bytes` of them."""

    def __init__(self, allowed_bytes: int) -> None:
        self.lines: list[PlacedLine] = []
        self.source = ""
        """The file's name, while one is followed."""
        self.trouble = ""
        """Why lines of it are missing, in words, or nothing."""
        self.seen = 0
        """Lines that were read, dropped ones included."""
        self.dropped = 0
        """Lines that memory had no room for, the oldest."""
        self._allowed = allowed_bytes
        self._size = 0
        self._last: PlacedLine | None = None

    def append(self, event: ServerLogged, began_wall_ns: int) -> PlacedLine:
        """Place a line; `began_wall_ns` is when the session began by the calendar.

        A line is never placed after the moment at which it was read. One whose time is written to the second is placed
        as late in that second as that allows, because that is when it arrived here.
        """
        self.seen += 1
        at_ns, timed_by = event.at_ns, TimedBy.READ
        if event.continues and self._last is not None:
            at_ns, timed_by = self._last.at_ns, TimedBy.CONTINUES
        elif event.wall_time_ns is not None:
            stated = event.wall_time_ns - began_wall_ns
            slack = event.precision_ns - 1 if event.precision_ns > _COARSE_NS else 0
            at_ns, timed_by = min(event.at_ns, stated + slack), TimedBy.STATED
        line = PlacedLine(at_ns, timed_by, self.seen, event)
        self._last = line
        if self.lines and at_ns < self.lines[-1].at_ns:
            insort(self.lines, line, key=lambda one: one.at_ns)
        else:
            self.lines.append(line)
        self._size += _cost(line)
        if self._size > self._allowed:
            self._drop()
        return line

    def between(self, from_ns: int, to_ns: int) -> list[PlacedLine]:
        """Return the lines from one moment to before another, in order."""
        begin = bisect_left(self.lines, from_ns, key=lambda one: one.at_ns)
        return self.lines[begin : bisect_left(self.lines, to_ns, lo=begin, key=lambda one: one.at_ns)]

    def _drop(self) -> None:
        """Drop the oldest tenth at least: dropping one by one would move all others each time."""
        count = 0
        while count < len(self.lines) - 1 and self._size > self._allowed * 9 // 10:
            self._size -= _cost(self.lines[count])
            count += 1
        del self.lines[:count]
        self.dropped += count


def _cost(line: PlacedLine) -> int:
    return len(line.event.text) + _LINE_COST
