"""An append-only store of bytes: the newest in memory, the older in a file without a name."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from wsinspect.session.spool_file import ALIGNMENT, SpoolFile

if TYPE_CHECKING:
    from pathlib import Path

_BATCHES = 4
"""In how many batches the bytes that stay in memory would leave it."""
_LEAD = 3
"""Batches beyond those: one that is on its way to the file, and what arrives meanwhile."""
_SMALLEST_BATCH = 16 * 1024
_FEW_BYTES = 2 * 1024 * 1024
"""A session of no more takes memory by the page, not by the megabyte."""


class Spool:
    """Bytes by position, counted from 0 and never reused.

    At least the most recent `memory_bytes` are in memory, and up to three quarters more. Older ones go to a temporary
    file that is made when it is first needed and vanishes with the process; they are overwritten in memory once they
    are there. Nothing here raises when the disk is full: what cannot be kept is counted in `dropped_bytes` and said in
    `problem`, and reading it gives fewer bytes.
    """

    def __init__(self, *, memory_bytes: int, file_bytes: int, folder: Path | None = None) -> None:
        self._plan(memory_bytes)
        self._ring: memoryview | None = None
        """The newest bytes, each at its position modulo the size. The same memory again and again: asking for new
        pages costs more than filling them. Made with the first byte."""
        self._ring_start = 0
        """Bytes before this position were never in the ring."""
        self._file = SpoolFile(limit_bytes=file_bytes, folder=folder)
        self._writing = False
        self._written = 0
        """Bytes before this position may be overwritten: they are in the file, or lost."""
        self._size = 0

    @property
    def size(self) -> int:
        """Bytes ever appended."""
        return self._size

    @property
    def dropped_bytes(self) -> int:
        """Bytes that are neither in memory nor in the file."""
        self._settle()
        return max(0, self._memory_start - self._file.size)

    @property
    def problem(self) -> str | None:
        """One line that says why bytes were dropped or cannot be read."""
        self._settle()
        return self._file.problem

    def append(self, data: bytes) -> int:
        """Add bytes; return the position of the first one."""
        position = self._size
        at = 0
        while at < len(data):
            at += self._put(data, at)
            if self._size - self._written >= self._full:
                self._evict()
        return position

    def read(self, position: int, size: int) -> bytes:
        """Return up to `size` bytes from `position` on: fewer at the end, and where bytes were dropped."""
        end = min(position + size, self._size)
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
        self._ring = None
        self._ring_start = self._written = self._size

    @property
    def _memory_start(self) -> int:
        """Bytes from here on are in memory."""
        return max(self._ring_start, self._size - self._ring_bytes)

    def _plan(self, memory_bytes: int) -> None:
        self._batch = max(_SMALLEST_BATCH, -(-memory_bytes // (_BATCHES * ALIGNMENT)) * ALIGNMENT)
        """How many bytes are written to the file at once."""
        self._full = (-(-memory_bytes // self._batch) + 1) * self._batch
        """Bytes in memory alone at which a batch of them is written."""
        self._ring_bytes = self._full + (_LEAD - 1) * self._batch

    def _new_ring(self) -> memoryview:
        import mmap

        while True:
            try:
                # Its pages are taken as they are first written to.
                ring = mmap.mmap(-1, self._ring_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
                break
            except (OSError, OverflowError):
                if self._batch == _SMALLEST_BATCH:
                    raise
                # The budget is more than this machine has.
                self._plan(self._full // 2)
        if self._ring_bytes > _FEW_BYTES and hasattr(mmap, "MADV_HUGEPAGE"):
            # Where there are large pages, a flood takes some twenty instead of ten thousand.
            with suppress(OSError):
                ring.madvise(mmap.MADV_HUGEPAGE, _FEW_BYTES)
        return memoryview(ring)

    def _put(self, data: bytes, at: int) -> int:
        """Copy bytes from `at` on into the ring, as many as there is room for in one place; return how many."""
        if self._ring is None:
            self._ring = self._new_ring()
        room = self._ring_bytes - (self._size - self._written)
        if not room:
            self._settle()
            return 0
        begin = self._size % self._ring_bytes
        size = min(len(data) - at, room, self._ring_bytes - begin)
        self._ring[begin : begin + size] = data if size == len(data) else memoryview(data)[at : at + size]
        self._size += size
        return size

    def _piece(self, position: int, end: int) -> bytes:
        """Return some of the bytes from `position` on, as many as lie together; empty if they were dropped."""
        start = self._memory_start
        if position < start:
            return self._file.read(position, min(end, start) - position)
        if self._ring is None:
            return b""
        begin = position % self._ring_bytes
        return bytes(self._ring[begin : min(begin + end - position, self._ring_bytes)])

    def _evict(self) -> None:
        """Begin to write the oldest batch that is in memory alone, unless another one is being written."""
        if self._writing:
            if self._file.busy:
                return
            self._settle()
        assert self._ring is not None
        begin = self._written % self._ring_bytes
        waiting = self._size - self._written - self._full
        self._file.write(self._ring[begin : begin + self._batch], behind=waiting >= self._batch)
        self._writing = True

    def _settle(self) -> None:
        """Wait for the batch that is on its way to the file, and let it be overwritten."""
        if self._writing:
            self._file.wait()
            self._writing = False
            self._written += self._batch
