"""A log that was written already: the lines of it that are of a recording's time."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from msgspec import structs

from wsinspect.events.server_log import ServerLogged
from wsinspect.server_log.lines import LogLines

BEFORE_NS, AFTER_NS = 2_000_000_000, 10_000_000_000
"""What a server wrote a little before a session, or a little after it, may still be of it."""
MAX_BYTES = 64 * 1024 * 1024
"""Of a longer log the newest are read."""
_BLOCK = 1024 * 1024
_TAIL = 64 * 1024


def past_lines(path: Path, began_wall_ns: int, last_ns: int) -> tuple[list[ServerLogged], str]:
    """Return the lines of a log that state a time within a session, those that continue them too; and, where there are
    none, why, in words.

    `began_wall_ns` is when the session began (nanoseconds since the Unix epoch), `last_ns` how long after that its last event
    was. Takes as long as reading the file does.
    """
    found = _Found(began_wall_ns, last_ns)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return [], "is no file, and may have no end: for a recording, copy what there is into one"
        with path.open("rb") as file:
            for line in _lines(file, began_wall_ns + last_ns):
                found.take(line)
    except OSError as error:
        return [], f"can't be read: {error.strerror or error}"
    return found.lines, "" if found.lines else found.why_none()


class _Found:
    def __init__(self, began_wall_ns: int, last_ns: int) -> None:
        self.lines: list[ServerLogged] = []
        self._began_wall_ns = began_wall_ns
        self._last_ns = last_ns
        self._within = False
        """Whether the last line with a time was of the session."""
        self._stated: list[int] = []
        """The earliest and the latest time that was stated."""

    def take(self, line: ServerLogged) -> None:
        if line.wall_time_ns is None:
            if self._within and line.continues:
                self.lines.append(structs.replace(line, at_ns=self.lines[-1].at_ns))
            return
        self._stated = [min([line.wall_time_ns, *self._stated]), max([line.wall_time_ns, *self._stated])]
        at_ns = line.wall_time_ns - self._began_wall_ns
        self._within = -BEFORE_NS <= at_ns <= self._last_ns + AFTER_NS
        if self._within:
            # It was read long after; a line is never placed after that, and may be as late as its last digit leaves open.
            self.lines.append(structs.replace(line, at_ns=at_ns + line.precision_ns))

    def why_none(self) -> str:
        if not self._stated:
            return "no line of it states a time, so that none has a place in the recording"
        log = " to ".join(map(_moment, self._stated))
        ends = (self._began_wall_ns, self._began_wall_ns + self._last_ns)
        return f"its lines are of {log}, the recording is of {' to '.join(map(_moment, ends))} (UTC)"


def _lines(file: BinaryIO, wall_ns: int) -> Iterator[ServerLogged]:
    about = os.fstat(file.fileno())
    tail = LogLines()
    file.seek(max(0, about.st_size - _TAIL))
    # The newest line tells the zone, if the file was not copied since; older ones need to know it.
    tail.feed(file.read() + b"\n", at_ns=0, wall_ns=wall_ns, written_ns=about.st_mtime_ns)
    lines = LogLines(shift_s=tail.shift_s or 0)
    file.seek(max(0, about.st_size - MAX_BYTES))
    if about.st_size > MAX_BYTES:
        file.readline()
    while data := file.read(_BLOCK):
        yield from lines.feed(data, at_ns=0, wall_ns=wall_ns)
    yield from lines.flush(at_ns=0, wall_ns=wall_ns)


def _moment(wall_ns: int) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(wall_ns // 1_000_000_000))
    except (OverflowError, ValueError, OSError):
        return "a time beyond reason"
