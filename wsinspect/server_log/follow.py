"""Follows a log as `tail -F` does: what is appended, through rotation and truncation, also before the file exists."""

from __future__ import annotations

import errno
import os
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

from wsinspect.errors import UsageError
from wsinspect.events.server_log import ServerLogged
from wsinspect.server_log.lines import LogLines

TAIL_BYTES = 64 * 1024
"""So much of what stands in the file already is read."""
_READ_BYTES = 64 * 1024
MAX_BYTES_A_POLL = 1024 * 1024
"""More than this at once is skipped up to its end, and counted."""
POLL_S = 0.05
"""How often it is looked for new lines: the exactness of the time of one that states none."""
_AWAY = (errno.ENOENT, errno.ENOTDIR, errno.ESTALE)


def check_log(path: Path) -> None:
    """See that `path` can be followed; one that does not exist yet can be, where its folder does.

    Raises:
        UsageError: it never could.
    """
    where = f"--server-log {path}"
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise UsageError(
                f"there is no folder {path.parent}", where=where, allowed="a log file; it may come later"
            ) from None
        return
    except OSError as error:
        raise UsageError(f"can't be read: {error.strerror or error}", where=where) from error
    if stat.S_ISDIR(mode):
        raise UsageError("is a folder", where=where, allowed="a log file, or a pipe")
    if not os.access(path, os.R_OK):
        raise UsageError(
            "can't be read: Permission denied", where=where, hint="a copy, or `<(sudo tail -F FILE)`, can"
        )


class LogFollower:
    """Reads one log, a regular file or a pipe. Ask it with `poll`; it never waits for data."""

    def __init__(
        self, path: Path, now_ns: Callable[[], int], *, wall_clock: Callable[[], int] = time.time_ns
    ) -> None:
        self.path = path
        self.note = ""
        """Why nothing comes, where there is a reason; changes as things change."""
        self.skipped_bytes = 0
        """Bytes that came faster than they could be told of."""
        self._now_ns = now_ns
        self._wall_clock = wall_clock
        self._lines = LogLines()
        self._fd = -1
        self._identity = (0, 0)
        self._position = 0
        self._pipe = False
        self._first = True
        self._over = False
        # Whoever stops following may do so while another thread reads.
        self._lock = threading.Lock()

    @property
    def not_text(self) -> int:
        """Lines that hold NUL bytes, and are left out."""
        return self._lines.not_text

    def poll(self) -> list[ServerLogged]:
        """Return the lines that have come since the last time. A trouble with the file is in `note`, never raised."""
        try:
            with self._lock:
                found = self._poll()
        except OSError as error:
            self._drop()
            self.note = "is not there yet" if error.errno in _AWAY else f"can't be read: {error.strerror}"
            return []
        if self.not_text:
            self.note = f"{self.not_text} lines hold NUL bytes and are left out: is it a text file?"
        return found

    def finish(self) -> list[ServerLogged]:
        """Return what is left, a last line without an end too, and close the file."""
        found = self.poll()
        found += self._lines.flush(at_ns=self._now_ns(), wall_ns=self._wall_clock())
        self.close()
        return found

    def close(self) -> None:
        """Close the file; harmless when repeated."""
        with self._lock:
            self._drop()
            self._over = True

    def _poll(self) -> list[ServerLogged]:
        if self._over:
            return []
        if self._fd < 0:
            self._open()
        if self._pipe:
            return self._read_pipe()
        found: list[ServerLogged] = []
        size = os.fstat(self._fd).st_size
        if size < self._position:
            # Cut back in place, as `copytruncate` does: what it holds now is new.
            self._position = 0
            self._lines.restart()
        found += self._read_file(size)
        if self._replaced():
            # Nothing is written to the old file any more once its writer has the new one; what came meanwhile is read.
            found += self._read_file(os.fstat(self._fd).st_size)
            found += self._lines.flush(at_ns=self._now_ns(), wall_ns=self._wall_clock())
            self._drop()
            self._open()
            found += self._read_file(os.fstat(self._fd).st_size)
        return found

    def _open(self) -> None:
        # A pipe without a writer would wait for one otherwise.
        self._fd = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        about = os.fstat(self._fd)
        self._identity = (about.st_dev, about.st_ino)
        self._pipe = not stat.S_ISREG(about.st_mode)
        if stat.S_ISDIR(about.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        self._position = max(0, about.st_size - TAIL_BYTES) if self._first and not self._pipe else 0
        self.note = ""

    def _drop(self) -> None:
        # What is opened after a first look is new from its beginning.
        self._first = False
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _replaced(self) -> bool:
        try:
            about = self.path.stat()
        except OSError:
            # Moved away and not made anew: its writer may still write to it.
            return False
        return (about.st_dev, about.st_ino) != self._identity

    def _read_file(self, size: int) -> list[ServerLogged]:
        first, self._first = self._first, False
        if size - self._position > MAX_BYTES_A_POLL:
            self.skipped_bytes += size - MAX_BYTES_A_POLL - self._position
            self._position = size - MAX_BYTES_A_POLL
            self._lines.restart()
        whole = self._position == 0
        parts = []
        while self._position < size and (data := os.pread(self._fd, _READ_BYTES, self._position)):
            parts.append(data)
            self._position += len(data)
        data = b"".join(parts)
        if not data:
            return []
        if not first:
            return self._lines.feed(data, at_ns=self._now_ns(), wall_ns=self._wall_clock())
        if not whole:
            # The first line of a tail is the end of one.
            data = data.partition(b"\n")[2]
        written_ns = os.fstat(self._fd).st_mtime_ns
        return self._lines.feed(data, at_ns=self._now_ns(), wall_ns=self._wall_clock(), written_ns=written_ns)

    def _read_pipe(self) -> list[ServerLogged]:
        found: list[ServerLogged] = []
        for _ in range(MAX_BYTES_A_POLL // _READ_BYTES):
            try:
                data = os.read(self._fd, _READ_BYTES)
            except BlockingIOError:
                break
            if not data:
                # Nobody writes to it now. One by name may get another writer, one of a shell's `<(...)` does not.
                break
            found += self._lines.feed(data, at_ns=self._now_ns(), wall_ns=self._wall_clock())
        return found
