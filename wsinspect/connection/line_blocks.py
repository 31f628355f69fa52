"""The lines of a file, many at once, in one buffer that is used again: a new one each time costs more than reading it."""

from __future__ import annotations

from io import BufferedReader, BytesIO, FileIO

from wsinspect.errors import UsageError

MAX_LINE_BYTES = 1024 * 1024 * 1024
"""Longest line that is read: one event is at most one message that somebody sent."""
_BLOCK = 256 * 1024
"""Read at once: a few milliseconds of work."""


class LineBlocks:
    """Whole lines in `buffer`, from its beginning to `end`, until the next call of `advance`."""

    def __init__(self, source: BufferedReader[FileIO] | BytesIO) -> None:
        self.buffer = bytearray(_BLOCK)
        self.end = 0
        self.read_bytes = 0
        """So far, what stands after `end` included."""
        self._source = source
        self._filled = 0
        """Where the bytes end that were read; after `end` they are the beginning of a line."""

    def advance(self) -> bool:
        """Go on to the next lines; False at the end of the file, where a last line without its end may stand in `buffer`.

        Raises:
            OSError: the file can't be read.
            UsageError: a line is longer than `MAX_LINE_BYTES`.
        """
        self._move_rest()
        while True:
            if self._filled == len(self.buffer):
                self._enlarge()
            with memoryview(self.buffer) as view:
                size = self._source.readinto(view[self._filled : self._filled + _BLOCK])
            if not size:
                self.end = self._filled
                return False
            searched = self._filled
            self._filled += size
            self.read_bytes += size
            self.end = self.buffer.rfind(b"\n", searched, self._filled) + 1
            if self.end:
                return True

    def _move_rest(self) -> None:
        rest = self.buffer[self.end : self._filled]
        if len(self.buffer) > _BLOCK > 2 * len(rest):
            # It was enlarged for one line.
            self.buffer = bytearray(_BLOCK)
        self.buffer[: len(rest)] = rest
        self._filled = len(rest)
        self.end = 0

    def _enlarge(self) -> None:
        if self._filled >= MAX_LINE_BYTES:
            raise UsageError("the line is too long", allowed=f"at most {MAX_LINE_BYTES} bytes")
        self.buffer.extend(bytes(len(self.buffer)))
