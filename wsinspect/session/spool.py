"""An append-only store of bytes: the newest in memory, the older in a file without a name."""

from __future__ import annotations

import contextlib
import os
from bisect import bisect_right
from pathlib import Path

_BLOCK = 256 * 1024
"""Small pieces are gathered up to this size."""


class Spool:
    """Bytes by position, counted from 0 and never reused.

    At least the most recent `memory_bytes` are in memory. Older ones go to a temporary file that is made when it is
    first needed and vanishes with the process. Nothing here raises when the disk is full: what cannot be kept is
    counted in `dropped_bytes` and said in `problem`, and reading it gives fewer bytes.
    """

    def __init__(self, *, memory_bytes: int, file_bytes: int, folder: Path | None = None) -> None:
        self._memory_bytes = memory_bytes
        self._file_bytes = file_bytes
        self._folder = folder
        self._blocks: list[bytes] = []
        """Full blocks in memory, oldest first."""
        self._block_starts: list[int] = []
        self._tail = bytearray()
        """The newest bytes."""
        self._tail_start = 0
        self._file: int | None = None
        self._filed = 0
        """Bytes 0 to here are in the file."""
        self._memory_start = 0
        """Bytes from here on are in memory; between `_filed` and here they are lost."""
        self._closed = False
        self.problem: str | None = None
        """One line that says why bytes were dropped."""

    @property
    def size(self) -> int:
        """Bytes ever appended."""
        return self._tail_start + len(self._tail)

    @property
    def dropped_bytes(self) -> int:
        """Bytes that are neither in memory nor in the file."""
        return self._memory_start - self._filed

    def append(self, data: bytes) -> int:
        """Add bytes; return the position of the first one."""
        position = self.size
        if len(data) >= _BLOCK // 4:
            self._seal()
            self._add_block(data)
        else:
            self._tail += data
            if len(self._tail) >= _BLOCK:
                self._seal()
        return position

    def read(self, position: int, size: int) -> bytes:
        """Return up to `size` bytes from `position` on: fewer at the end, and where bytes were dropped."""
        end = min(position + size, self.size)
        parts: list[bytes] = []
        while position < end:
            part = self._piece(position, end)
            if not part:
                break
            parts.append(part)
            position += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Let go of memory and file; afterwards reading gives nothing. May be called twice."""
        self._closed = True
        self._blocks.clear()
        self._block_starts.clear()
        self._tail_start = self._memory_start = self.size
        self._tail = bytearray()
        if self._file is not None:
            os.close(self._file)
            self._file = None
        self._filed = 0

    def _piece(self, position: int, end: int) -> bytes:
        """Return some of the bytes from `position` on, as many as lie together; empty if they were dropped."""
        if position >= self._tail_start:
            return bytes(self._tail[position - self._tail_start : end - self._tail_start])
        if position >= self._memory_start:
            index = bisect_right(self._block_starts, position) - 1
            start = self._block_starts[index]
            return self._blocks[index][position - start : end - start]
        if position < self._filed and self._file is not None:
            try:
                return os.pread(self._file, min(end, self._filed) - position, position)
            except OSError as error:
                self.problem = f"older payloads cannot be read back: {error.strerror}"
        return b""

    def _seal(self) -> None:
        if self._tail:
            block = bytes(self._tail)
            self._tail = bytearray()
            self._add_block(block)

    def _add_block(self, block: bytes) -> None:
        self._blocks.append(block)
        self._block_starts.append(self._tail_start)
        self._tail_start += len(block)
        excess = self._tail_start - self._memory_start - self._memory_bytes
        # Some blocks at once, so that the list is not shifted for each.
        if excess >= min(16 * _BLOCK, self._memory_bytes):
            self._evict(excess)

    def _evict(self, excess: int) -> None:
        """Move the oldest blocks out of memory, `excess` bytes or a little less."""
        count = 0
        for block in self._blocks:
            if len(block) > excess:
                break
            excess -= len(block)
            count += 1
        if not count:
            return
        for block in self._blocks[:count]:
            self._write(block)
            self._memory_start += len(block)
        del self._blocks[:count]
        del self._block_starts[:count]

    def _write(self, block: bytes) -> None:
        # After the first loss the file stays as it is: it is a prefix, and the gap after it is counted.
        if self.dropped_bytes or self._closed:
            return
        room = self._file_bytes - self._filed
        if len(block) > room:
            self.problem = f"the spool file has reached its limit of {self._file_bytes} bytes; older payloads are dropped"
            block = block[:room]
        try:
            if self._file is None:
                self._file = _unnamed_file(self._folder)
            view = memoryview(block)
            while view:
                written = os.write(self._file, view)
                self._filed += written
                view = view[written:]
        except OSError as error:
            self.problem = f"the spool file cannot be written ({error.strerror}); older payloads are dropped"


def _unnamed_file(folder: Path | None) -> int:
    """Open a new file, 0600, that has no name any more."""
    # Only a session that outgrows its memory needs it.
    import tempfile

    descriptor, name = tempfile.mkstemp(prefix="wsinspect-", dir=folder)
    with contextlib.suppress(OSError):
        Path(name).unlink()
    return descriptor
