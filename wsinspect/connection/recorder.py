"""The sink that saves a session while it happens."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from wsinspect.errors import UsageError
from wsinspect.events.codec import encode_event, encode_header
from wsinspect.events.stamped import Event


class Recorder:
    """Writes a recording to `path`, replacing what is there; readable by its owner alone, as it holds what was sent.

    Each event is handed to the operating system as it happens, so that a crash loses nothing. When a write fails,
    say on a full disk, the file is cut back to its last whole line, `problem` says why, nothing more is written, and
    the session goes on.

    Raises:
        UsageError: the file can't be created.
    """

    def __init__(self, path: str | Path, *, wall_clock: Callable[[], int] = time.time_ns) -> None:
        self.path = Path(path)
        self.problem: str | None = None
        """Why the recording ends early, in words."""
        self.dropped_events = 0
        """Events that came after it had to end."""
        self._whole_bytes = 0
        """Size of the file up to its last whole line."""
        try:
            self._fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        except OSError as error:
            what = f"can't be written: {error.strerror or error}"
            raise UsageError(what, where=str(path), hint="choose another file for the recording") from error
        self._regular = stat.S_ISREG(os.fstat(self._fd).st_mode)
        if self._regular:
            # An existing file keeps its mode otherwise.
            os.fchmod(self._fd, 0o600)
        self._write(encode_header(datetime.fromtimestamp(wall_clock() / 1e9, tz=UTC)))

    def __call__(self, event: Event) -> None:
        """Save one event."""
        if self.problem is not None or self._fd < 0:
            self.dropped_events += 1
            return
        self._write(encode_event(event))

    def close(self) -> None:
        """Close the file; harmless when repeated."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            try:
                os.close(fd)
            except OSError as error:
                self.problem = self.problem or f"{self.path}: {error.strerror or error}"

    def _write(self, line: bytes) -> None:
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except OSError as error:
            self.problem = f"{self.path}: the recording ends here: {error.strerror or error}"
            self.dropped_events += 1
            if self._regular:
                os.ftruncate(self._fd, self._whole_bytes)
            return
        self._whole_bytes += len(line)
