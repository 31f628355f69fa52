"""The sink that saves a session while it happens."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from wsinspect.errors import UsageError
from wsinspect.events.codec import encode_event, encode_header
from wsinspect.events.stamped import Event

_FIRST_BYTES = b'{"wsinspect":"recording"'


class Recorder:
    """Writes a recording to `path`, readable by its owner alone, as it holds what was sent.

    Nothing that exists is lost by it: the file is begun with the first event, an older recording of that name is kept
    beside it with `~` after its name, and a file that is no recording is refused. Each event is handed to the operating
    system as it happens, so that a crash loses nothing. When a write fails, say on a full disk, the file is cut back to
    its last whole line, `problem` says why, nothing more is written, and the session goes on.

    Raises:
        UsageError: the file can't be created, or is another's.
    """

    def __init__(self, path: str | Path, *, wall_clock: Callable[[], int] = time.time_ns) -> None:
        self.path = Path(path)
        self.problem: str | None = None
        """Why the recording ends early, in words."""
        self.dropped_events = 0
        """Events that came after it had to end."""
        self._wall_clock = wall_clock
        self._whole_bytes = 0
        """Size of the file up to its last whole line."""
        self._begun = self._closed = False
        try:
            self._fd, self._regular, self._made = _opened(self.path)
            try:
                self._replaces = self._regular and os.fstat(self._fd).st_size > 0
                if self._replaces:
                    _check_ours(self._fd, self.path)
                    _check_may_rename(self.path)
            except BaseException:
                os.close(self._fd)
                raise
        except OSError as error:
            what = f"can't be written: {error.strerror or error}"
            raise UsageError(what, where=str(path), hint="choose another file for the recording") from error

    @property
    def told(self) -> str:
        """What there is to say of it in the end: why it ends early, and how much is not in it; empty if all is well."""
        if self.problem is None:
            return ""
        count = self.dropped_events
        missing = f"; {count} later event{'s are' if count != 1 else ' is'} not in it"
        return self.problem + (missing if count else "")

    def __call__(self, event: Event) -> None:
        """Save one event."""
        self._save(encode_event(event), 1)

    def extend(self, events: Sequence[Event]) -> None:
        """Save several events with one write."""
        self._save(b"".join(map(encode_event, events)), len(events))

    def _save(self, lines: bytes, events: int) -> None:
        if not self._closed:
            if not self._begun:
                # With one write: killed between two, it would leave a recording of nothing.
                lines = self._begin() + lines
            self._write(lines)
        if self._closed or self.problem is not None:
            self.dropped_events += events

    def discard(self) -> None:
        """Close the file and take it away; an older recording gets its name back."""
        self.close()
        if not (self._begun and self._regular):
            return
        try:
            if self._replaces:
                self._older.replace(self.path)
            else:
                self.path.unlink(missing_ok=True)
        except OSError as error:
            self.problem = f"{self.path}: {error.strerror or error}"

    def close(self) -> None:
        """Close the file; harmless when repeated. One that was made for nothing is taken away again."""
        if self._closed:
            return
        self._closed = True
        try:
            os.close(self._fd)
            if self._made and not self._begun:
                self.path.unlink(missing_ok=True)
        except OSError as error:
            self.problem = self.problem or f"{self.path}: {error.strerror or error}"

    @property
    def _older(self) -> Path:
        """Where an older recording of that name is kept."""
        return self.path.with_name(self.path.name + "~")

    def _begin(self) -> bytes:
        """Make the file ready, and return what it begins with."""
        self._begun = True
        try:
            if self._replaces:
                self._put_aside()
            elif self._regular:
                # An existing file keeps its mode otherwise.
                os.fchmod(self._fd, 0o600)
        except OSError as error:
            self.problem = f"{self.path}: nothing is recorded: {error.strerror or error}"
            return b""
        return encode_header(datetime.fromtimestamp(self._wall_clock() / 1e9, tz=UTC))

    def _put_aside(self) -> None:
        """Begin a new file in the place of the older recording, which gets another name.

        The new one is made first: where that fails, because the disk is full or no descriptor is free, the older one
        stays as it was.
        """
        aside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        fd = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            self.path.replace(self._older)
            aside.replace(self.path)
        except OSError:
            os.close(fd)
            aside.unlink(missing_ok=True)
            raise
        os.close(self._fd)
        self._fd = fd

    def _write(self, line: bytes) -> None:
        if self.problem is not None:
            return
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except OSError as error:
            self.problem = f"{self.path}: the recording ends here: {error.strerror or error}"
            if self._regular:
                os.ftruncate(self._fd, self._whole_bytes)
            return
        self._whole_bytes += len(line)


def _opened(path: Path) -> tuple[int, bool, bool]:
    """Open without touching what is there; return the descriptor, whether it is a file, and whether it is new."""
    flags = os.O_RDWR | os.O_CLOEXEC
    try:
        return os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600), True, True
    except FileExistsError:
        pass
    if not stat.S_ISREG(path.stat().st_mode):
        # A pipe is only written to.
        return os.open(path, os.O_WRONLY | os.O_CLOEXEC), False, False
    return os.open(path, flags), True, False


def _check_ours(fd: int, path: Path) -> None:
    if os.pread(fd, len(_FIRST_BYTES), 0) != _FIRST_BYTES:
        raise UsageError(
            "holds something that is no recording, and stays as it is",
            where=str(path),
            hint="choose another file, or move this one away",
        )


def _check_may_rename(path: Path) -> None:
    """The older recording must be able to get its other name when the time comes."""
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise PermissionError(13, f"the folder {path.parent} is read-only, so the older one can't be kept")
