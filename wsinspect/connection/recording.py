"""A recording as a file: a header line, then an event a line, read many lines at once."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from io import BufferedReader, BytesIO, FileIO
from operator import lt
from pathlib import Path
from typing import TypeAlias

from wsinspect.connection.chunk_run import ChunkRun, Exchange, SavedEvents, gathered
from wsinspect.connection.line_blocks import MAX_LINE_BYTES, LineBlocks
from wsinspect.errors import UsageError
from wsinspect.events import AttemptStarted, Event, ServerLogged
from wsinspect.events.codec import Header, decode_header, decode_saved, decode_saved_lines, event_of

Source: TypeAlias = "BufferedReader[FileIO] | BytesIO"
"""What a recording is read from."""
_TAIL = 1024 * 1024
"""Bytes of the end in which the last event is looked for."""
_LARGE_HAR = 2 * 1024 * 1024
_HAR_BEGIN = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"log"\s*:')


class Recording(Iterator[Event]):
    """The events of a recording, read one by one; `frames` is None in each. Closes its file at the end."""

    def __init__(self, source: Source, name: str) -> None:
        self._source = source
        self._name = name
        self._size = _size_of(source)
        self._line = 1
        self._blocks = LineBlocks(source)
        self._header_bytes = 0
        self._ended = False
        self._waiting: list[Event] = []
        """Events that were read and not yet handed out, the next one last."""
        self._last_seq = 0
        self._attempts: set[int] = set()
        self._problem: UsageError | None = None
        self.truncated = False
        """Whether the last line was cut off, as by a crash; what stands before it was read."""
        self.header = self._read_header()

    def __next__(self) -> Event:
        if not self._waiting:
            self._waiting = self._next_events().events[::-1]
        if not self._waiting:
            raise StopIteration
        return event_of(self._waiting.pop())

    def gathered(self) -> Iterator[Event | ChunkRun | Exchange]:
        """Yield what is left, with chunks that follow each other put together."""
        waiting, self._waiting = self._waiting[::-1], []
        yield from gathered(SavedEvents.of(waiting))
        while (saved := self._next_events()).events:
            yield from gathered(saved)

    @property
    def fraction(self) -> float | None:
        """How much was read, from 0.0 to 1.0; None where nobody knows how much there is, as of a pipe."""
        if not self._size:
            return None
        return min(1.0, (self._header_bytes + self._blocks.read_bytes) / self._size)

    @property
    def last_ns(self) -> int | None:
        """Time of the last whole event, without reading what is before it; None where that can't be known.

        To be asked before the end is read.
        """
        if not self._size:
            return None
        at = max(0, self._size - _TAIL)
        if isinstance(self._source, BytesIO):
            tail = bytes(self._source.getbuffer()[at:])
        else:
            tail = os.pread(self._source.fileno(), _TAIL, at)
        lines = tail[: tail.rfind(b"\n") + 1].splitlines()
        try:
            return decode_saved(lines[-1]).at_ns if len(lines) > 1 else None
        except UsageError:
            return None

    def close(self) -> None:
        """Close the file; harmless when repeated. Nothing more is read."""
        self._ended = True
        self._source.close()

    def _next_events(self) -> SavedEvents:
        """Return more events as they are saved; none at the end, where the file is closed."""
        blocks = self._blocks
        while not self._ended:
            try:
                self._ended = not blocks.advance()
            except OSError as error:
                raise self._error(UsageError(f"can't be read: {error.strerror or error}")) from error
            except UsageError as error:
                self._line += 1
                raise self._error(error) from error
            events = decode_saved_lines(blocks.buffer, blocks.end)
            saved = SavedEvents.of(events or [])
            if events is None or not self._in_place(saved):
                saved = SavedEvents.of(self._one_by_one(bytes(blocks.buffer[: blocks.end])))
            if saved.events:
                return saved
        self.close()
        if self._problem is not None:
            problem, self._problem = self._problem, None
            raise problem
        return SavedEvents.of([])

    def _in_place(self, saved: SavedEvents) -> bool:
        """Whether the events of whole lines follow each other, in attempts that have begun; if so, they are taken."""
        if AttemptStarted in saved.kinds or not saved.attempts <= self._attempts:
            return False
        numbers = [event.seq for event in saved.events]
        if not all(map(lt, [self._last_seq, *numbers], numbers)):
            return False
        self._last_seq = numbers[-1] if numbers else self._last_seq
        self._line += len(numbers)
        return True

    def _one_by_one(self, lines: bytes) -> list[Event]:
        """Return the events up to the first that is wrong; what is wrong with it is said when they are used up."""
        events: list[Event] = []
        for line in BytesIO(lines):
            self._line += 1
            try:
                event = decode_saved(line)
            except UsageError as error:
                if line.endswith(b"\n"):
                    self._problem = self._error(error)
                else:
                    self.truncated = True
                self._ended = True
                break
            try:
                self._check_place(event)
            except UsageError as error:
                self._problem = self._error(error)
                self._ended = True
                break
            events.append(event)
        return events

    def _check_place(self, event: Event) -> None:
        """An event must follow the one before it and belong to an attempt that has begun."""
        if isinstance(event, ServerLogged):
            # It stands among the events where it was read, and has no number among them.
            if not self._attempts:
                raise UsageError("a line of the server's log", allowed="an attempt-started first")
            return
        if event.seq <= self._last_seq:
            raise UsageError(f"event number {event.seq} after {self._last_seq}", allowed="ascending numbers")
        self._last_seq = event.seq
        started = isinstance(event, AttemptStarted)
        if started == (event.attempt in self._attempts):
            what = "begins twice" if started else "has not begun"
            raise UsageError(f"attempt {event.attempt} {what}", allowed="one attempt-started first")
        self._attempts.add(event.attempt)

    def _read_header(self) -> Header:
        try:
            line = self._source.readline(MAX_LINE_BYTES)
            self._header_bytes = len(line)
            return decode_header(line)
        except OSError as error:
            raise self._error(UsageError(f"can't be read: {error.strerror or error}")) from error
        except UsageError as error:
            raise self._error(error) from error

    def _error(self, error: UsageError) -> UsageError:
        self.close()
        where = f"{self._name}: line {self._line}"
        return UsageError(error.what, where=where, allowed=error.allowed, hint=error.hint)


def _size_of(source: Source) -> int | None:
    """Return the bytes of a file, or None."""
    if isinstance(source, BytesIO):
        return len(source.getbuffer())
    try:
        status = os.fstat(source.fileno())
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def read_recording(path: str | Path | Source) -> Recording:
    """Open a recording, or a browser's HAR as one, and return its events.

    A cut-off last line ends a recording and is said in `truncated`.

    Raises:
        UsageError: the file can't be read or is neither; from the iteration: a line that is no event. Each names
            the file and line.
    """
    if not isinstance(path, str | Path):
        return Recording(path, getattr(path, "name", "recording"))
    try:
        source = BufferedReader(FileIO(path))
    except OSError as error:
        raise UsageError(f"can't be read: {error.strerror or error}", where=str(path)) from error
    if _may_be_har(source):
        return _from_har(source, str(path))
    return Recording(source, str(path))


def takes_long(path: Path) -> bool:
    """Whether `read_recording` itself takes longer than a blink: a HAR is read whole, a recording only as it is asked for."""
    try:
        if path.stat().st_size < _LARGE_HAR:
            return False
        with BufferedReader(FileIO(path)) as source:
            return _may_be_har(source)
    except OSError:
        return False


def _may_be_har(source: BufferedReader[FileIO]) -> bool:
    """Whether it begins as a HAR does."""
    try:
        start = source.peek(64)[:64]
    except OSError:
        # Reading it says what is wrong.
        return False
    return _HAR_BEGIN.match(start) is not None


def _from_har(source: BufferedReader[FileIO], name: str) -> Recording:
    # Most recordings are our own, and pay nothing for loading it.
    from wsinspect.connection.har_events import har_recording

    with source:
        try:
            data = source.read(MAX_LINE_BYTES)
        except OSError as error:
            raise UsageError(f"can't be read: {error.strerror or error}", where=name) from error
    return Recording(BytesIO(har_recording(data, name)), name)
