"""An append-only store of bytes: the newest in memory, the older in a file without a name."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from wsinspect.session.spool_file import SpoolFile

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = 256 * 1024
"""Small pieces are gathered up to this size."""


class Spool:
    """Bytes by position, counted from 0 and never reused.

    At least the most recent `memory_bytes` are in memory. Older ones go to a temporary file that is made when it is
    first needed and vanishes with the process; while they are on their way there they stay in memory. Nothing here
    raises when the disk is full: what cannot be kept is counted in `dropped_bytes` and said in `problem`, and reading
    it gives fewer bytes.
    """

    def __init__(self, *, memory_bytes: int, file_bytes: int, folder: Path | None = None) -> None:
        self._memory_bytes = memory_bytes
        self._evict_bytes = min(32 * _BLOCK, memory_bytes // 2)
        """How much is moved out of memory at once."""
        self._file = SpoolFile(limit_bytes=file_bytes, folder=folder)
        self._blocks: list[bytes] = []
        """Full blocks in memory, oldest first."""
        self._block_starts: list[int] = []
        self._leaving = 0
        """How many of the oldest blocks are on their way to the file."""
        self._leaving_bytes = 0
        self._tail = bytearray()
        """The newest bytes."""
        self._tail_start = 0
        self._memory_start = 0
        """Bytes from here on are in memory; between the file's end and here they are lost."""

    @property
    def size(self) -> int:
        """Bytes ever appended."""
        return self._tail_start + len(self._tail)

    @property
    def dropped_bytes(self) -> int:
        """Bytes that are neither in memory nor in the file."""
        self._settle()
        return self._memory_start - self._file.size

    @property
    def problem(self) -> str | None:
        """One line that says why bytes were dropped or cannot be read."""
        self._settle()
        return self._file.problem

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
        self._settle()
        self._file.close()
        self._blocks.clear()
        self._block_starts.clear()
        self._tail_start = self._memory_start = self.size
        self._tail = bytearray()

    def _piece(self, position: int, end: int) -> bytes:
        """Return some of the bytes from `position` on, as many as lie together; empty if they were dropped."""
        if position >= self._tail_start:
            return bytes(self._tail[position - self._tail_start : end - self._tail_start])
        if position >= self._memory_start:
            index = bisect_right(self._block_starts, position) - 1
            start = self._block_starts[index]
            return self._blocks[index][position - start : end - start]
        return self._file.read(position, end - position)

    def _seal(self) -> None:
        if self._tail:
            block = bytes(self._tail)
            self._tail = bytearray()
            self._add_block(block)

    def _add_block(self, block: bytes) -> None:
        self._blocks.append(block)
        self._block_starts.append(self._tail_start)
        self._tail_start += len(block)
        excess = self._tail_start - self._memory_start - self._leaving_bytes - self._memory_bytes
        # Some blocks at once, so that the list is not shifted for each.
        if excess >= self._evict_bytes:
            self._evict(excess)

    def _evict(self, excess: int) -> None:
        """Begin to move the oldest blocks out of memory, `excess` bytes or a little less."""
        self._settle()
        count = moved = 0
        for block in self._blocks:
            if moved + len(block) > excess:
                break
            moved += len(block)
            count += 1
        if count:
            self._leaving, self._leaving_bytes = count, moved
            self._file.write(self._blocks[:count])

    def _settle(self) -> None:
        """Wait for the blocks on their way to the file, and forget them here."""
        if self._leaving:
            self._file.wait()
            self._memory_start += self._leaving_bytes
            del self._blocks[: self._leaving]
            del self._block_starts[: self._leaving]
            self._leaving = self._leaving_bytes = 0
