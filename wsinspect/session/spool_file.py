"""The file beneath a spool: private, without a name, and written by a thread, so that a slow disk delays nobody."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

_AT_ONCE = 1024
"""IOV_MAX of Linux and macOS: pieces that one call writes."""


class SpoolFile:
    """Bytes from 0 on, made when something is first written. After the first loss nothing more is: it stays a prefix.

    Nothing raises: `problem` says in one line why bytes were lost or cannot be read.
    """

    def __init__(self, *, limit_bytes: int, folder: Path | None = None) -> None:
        self._limit_bytes = limit_bytes
        self._folder = folder
        self._descriptor: int | None = None
        self._writer: ThreadPoolExecutor | None = None
        self._writing: Future[None] | None = None
        self._lost = False
        self.size = 0
        """Bytes that are in the file; grows while `write` goes on."""
        self.problem: str | None = None

    def write(self, blocks: Sequence[bytes]) -> None:
        """Begin to append blocks; they must not be touched, nor `write` called again, until `wait` returned."""
        if self._lost:
            return
        if self._writer is None:
            # Only a session that outgrows its memory needs it.
            from concurrent.futures import ThreadPoolExecutor

            self._writer = ThreadPoolExecutor(1, "wsinspect-spool")
        self._writing = self._writer.submit(self._write, blocks)

    def wait(self) -> None:
        """Return once everything is written, or lost."""
        if self._writing is not None:
            writing, self._writing = self._writing, None
            writing.result()

    def read(self, position: int, size: int) -> bytes:
        """Return up to `size` bytes from `position` on; empty where there are none."""
        if self._descriptor is None or position >= self.size:
            return b""
        try:
            return os.pread(self._descriptor, min(size, self.size - position), position)
        except OSError as error:
            self.problem = f"older payloads cannot be read back: {error.strerror}"
            return b""

    def close(self) -> None:
        """Let go of the file; afterwards reading gives nothing and writing does nothing. May be called twice."""
        self._lost = True
        self.wait()
        if self._writer is not None:
            self._writer.shutdown()
            self._writer = None
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        self.size = 0

    def _write(self, blocks: Sequence[bytes]) -> None:
        try:
            if self._descriptor is None:
                self._descriptor = _unnamed_file(self._folder)
            room = max(0, self._limit_bytes - self.size)
            views = [memoryview(block) for block in blocks]
            excess = sum(map(len, views)) - room
            if excess > 0:
                self._lost = True
                self.problem = f"the spool file has reached its limit of {self._limit_bytes} bytes (spool_bytes); older payloads are dropped"
                _cut(views, excess)
            # Many in one call: between calls the thread would wait for the interpreter, which is busy with frames.
            while views:
                written = os.writev(self._descriptor, views[:_AT_ONCE])
                self.size += written
                _skip(views, written)
        except OSError as error:
            self._lost = True
            self.problem = f"the spool file cannot be written ({error.strerror}); older payloads are dropped"


def _cut(views: list[memoryview], size: int) -> None:
    """Take bytes away from the end."""
    while views and size >= len(views[-1]):
        size -= len(views.pop())
    if views and size:
        views[-1] = views[-1][:-size]


def _skip(views: list[memoryview], size: int) -> None:
    """Take bytes away from the beginning, and empty pieces after them."""
    done = 0
    while done < len(views) and size >= len(views[done]):
        size -= len(views[done])
        done += 1
    del views[:done]
    if views and size:
        views[0] = views[0][size:]


def _unnamed_file(folder: Path | None) -> int:
    """Open a new file, 0600, that has no name any more."""
    import tempfile

    descriptor, name = tempfile.mkstemp(prefix="wsinspect-", dir=folder)
    with contextlib.suppress(OSError):
        Path(name).unlink()
    return descriptor
