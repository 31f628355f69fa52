"""The file beneath a spool: private, without a name, and written by a thread, so that a slow disk delays nobody."""

from __future__ import annotations

import contextlib
import os
import time
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

ALIGNMENT = 4096
"""What memory, position and size of a batch have to be multiples of, to be written past the system's cache."""
_FAST = 600e6
"""Bytes a second that are written past the system's cache if that is faster. What comes slower is kept in the cache, as
it may be read again soon."""
_PATIENCE = 3
"""How many times longer it may take past the cache, as no processor is needed for it."""
_HICCUP = 3
"""How many times longer than before a batch may seem to have taken."""
_FORGETTING = 0.9
"""What is left of a remembered time after each batch that was written the other way."""


class SpoolFile:
    """Bytes from 0 on, made when something is first written. After the first loss nothing more is: it stays a prefix.

    Nothing raises: `problem` says in one line why bytes were lost or cannot be read.
    """

    def __init__(self, *, limit_bytes: int, folder: Path | None = None) -> None:
        self._limit_bytes = limit_bytes
        self._folder = folder
        self._descriptors: list[int] = []
        """The file as it is opened usually, and, where that can be had, past the system's cache."""
        self._took_s = [0.0, 0.0]
        """How long the last batch took through the cache, and past it; the longer ago, the less; 0 before the first."""
        self._began = 0.0
        """When the last batch began to be written, `perf_counter` seconds."""
        self._writer: ThreadPoolExecutor | None = None
        self._writing: Future[None] | None = None
        self._lost = False
        self.size = 0
        """Bytes that are in the file; grows while `write` goes on."""
        self.problem: str | None = None

    def write(self, batch: memoryview, *, behind: bool = False) -> None:
        """Begin to append bytes; they must not be touched, nor `write` called again, until `wait` returned.

        `behind` says that as many are waiting already. To be written past the system's cache they have to lie at a
        multiple of `ALIGNMENT`, in memory as in the file.
        """
        if self._lost:
            return
        if self._writer is None:
            # Only a session that outgrows its memory needs it.
            from concurrent.futures import ThreadPoolExecutor

            self._writer = ThreadPoolExecutor(1, "wsinspect-spool")
        self._writing = self._writer.submit(self._write, batch, behind=behind)

    @property
    def busy(self) -> bool:
        """Whether `wait` would have to wait."""
        return self._writing is not None and not self._writing.done()

    def wait(self) -> None:
        """Return once everything is written, or lost."""
        if self._writing is not None:
            writing, self._writing = self._writing, None
            writing.result()

    def read(self, position: int, size: int) -> bytes:
        """Return up to `size` bytes from `position` on; empty where there are none."""
        if not self._descriptors or position >= self.size:
            return b""
        try:
            return os.pread(self._descriptors[0], min(size, self.size - position), position)
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
        while self._descriptors:
            os.close(self._descriptors.pop())
        self.size = 0

    def _write(self, batch: memoryview, *, behind: bool) -> None:
        room = self._limit_bytes - self.size
        if len(batch) > room:
            self._lose(f"has reached its limit of {self._limit_bytes} bytes (spool_bytes)")
            batch = batch[:room]
        try:
            if not self._descriptors:
                self._descriptors = _unnamed_file(self._folder)
            began = time.perf_counter()
            in_a_hurry = behind or len(batch) > _FAST * (began - self._began)
            self._began = began
            past = self._rather_past_the_cache(batch) if in_a_hurry else False
            while batch:
                try:
                    written = os.pwrite(self._descriptors[past], batch, self.size)
                except OSError:
                    if not past:
                        raise
                    # It was refused, or the disk is full: the usual way can do it, or says what is the matter.
                    os.close(self._descriptors.pop())
                    past = False
                    continue
                self.size += written
                batch = batch[written:]
            # One that took long for once does not tell much.
            self._took_s[past] = min(time.perf_counter() - began, _HICCUP * (self._took_s[past] or inf))
            self._took_s[not past] *= _FORGETTING
        except OSError as error:
            self._lose(f"cannot be written ({error.strerror})")

    def _rather_past_the_cache(self, batch: memoryview) -> bool:
        """Whether a batch that is in a hurry is written past the system's cache.

        That costs no processor time, while the cache may have to ask for each of its pages: a virtual machine is given
        them one by one. But a disk may be slow; so the time that each way takes decides.
        """
        if len(self._descriptors) < 2 or len(batch) % ALIGNMENT:
            return False
        through, past = self._took_s
        return past <= _PATIENCE * through

    def _lose(self, why: str) -> None:
        self._lost = True
        self.problem = f"the spool file {why}; older payloads are dropped"


def _unnamed_file(folder: Path | None) -> list[int]:
    """Open a new file, 0600, that has no name any more; once as usual, once past the cache if the system has that."""
    import tempfile

    descriptor, name = tempfile.mkstemp(prefix="wsinspect-", dir=folder)
    descriptors = [descriptor]
    with contextlib.suppress(OSError, AttributeError):  # not every file system, nor every system, has it
        descriptors.append(os.open(name, os.O_WRONLY | os.O_CLOEXEC | os.O_DIRECT))
    with contextlib.suppress(OSError):
        Path(name).unlink()
    return descriptors
