"""A saved recording becomes the same events again: frames are derived anew by the code that derives them live."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator
from io import BufferedReader, BytesIO, FileIO
from pathlib import Path
from typing import BinaryIO

import msgspec

from wsinspect.connection.decoding import Decoders, cut_off_frame, decoders_for, find_final_head
from wsinspect.connection.emitter import Sink
from wsinspect.errors import UsageError
from wsinspect.events import (
    AttemptEnded,
    AttemptStarted,
    BytesReceived,
    BytesSent,
    Event,
    Layer,
    StreamEnded,
    StreamReset,
)
from wsinspect.events.codec import Header, decode_event, decode_header
from wsinspect.options import Limits

MAX_LINE_BYTES = 1024 * 1024 * 1024
"""Longest line that is read: one event is at most one message that somebody sent."""
_HAR_BEGIN = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"log"\s*:')


class Recording(Iterator[Event]):
    """The events of a recording, read one by one; `frames` is None in each. Closes its file at the end."""

    def __init__(self, source: BinaryIO, name: str) -> None:
        self._source = source
        self._name = name
        self._line = 1
        self._last_seq = 0
        self._attempts: set[int] = set()
        self.truncated = False
        """Whether the last line was cut off, as by a crash; what stands before it was read."""
        self.header = self._read_header()

    def __next__(self) -> Event:
        line = b"" if self._source.closed else self._read_line()
        if not line:
            self.close()
            raise StopIteration
        self._line += 1
        if len(line) >= MAX_LINE_BYTES:
            raise self._error(UsageError("the line is too long", allowed=f"at most {MAX_LINE_BYTES} bytes"))
        try:
            event = decode_event(line)
        except UsageError as error:
            if not line.endswith(b"\n"):
                self.truncated = True
                self.close()
                raise StopIteration from error
            raise self._error(error) from error
        self._check_place(event)
        return event

    def close(self) -> None:
        """Close the file; harmless when repeated."""
        self._source.close()

    def _read_line(self) -> bytes:
        try:
            return self._source.readline(MAX_LINE_BYTES)
        except OSError as error:
            raise self._error(UsageError(f"can't be read: {error.strerror or error}")) from error

    def _read_header(self) -> Header:
        line = self._read_line()
        try:
            return decode_header(line)
        except UsageError as error:
            raise self._error(error) from error

    def _check_place(self, event: Event) -> None:
        """An event must follow the one before it and belong to an attempt that has begun."""
        if event.seq <= self._last_seq:
            what = f"event number {event.seq} after {self._last_seq}"
            raise self._error(UsageError(what, allowed="ascending numbers"))
        self._last_seq = event.seq
        started = isinstance(event, AttemptStarted)
        if started == (event.attempt in self._attempts):
            what = "begins twice" if started else "has not begun"
            raise self._error(
                UsageError(f"attempt {event.attempt} {what}", allowed="one attempt-started first")
            )
        self._attempts.add(event.attempt)

    def _error(self, error: UsageError) -> UsageError:
        self.close()
        where = f"{self._name}: line {self._line}"
        return UsageError(error.what, where=where, allowed=error.allowed, hint=error.hint)


def read_recording(path: str | Path | BinaryIO) -> Recording:
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
        return event


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
