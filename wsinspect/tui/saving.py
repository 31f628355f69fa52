"""Saving a session while it goes on: what has happened so far is told to a recorder, which then listens itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from wsinspect.connection.recorder import Recorder
from wsinspect.errors import UsageError
from wsinspect.events import BytesReceived, BytesSent, Event
from wsinspect.session.as_events import RecordAsEvents
from wsinspect.session.record import SessionRecord
from wsinspect.tui.session import Session

_EVENTS_A_STEP, _BYTES_A_STEP = 200, 256 * 1024


class Saving:
    """Writes a session to `path` and stays with it. Iterating does it step by step; `discard` takes it back.

    Raises:
        UsageError: the file can't be created, or holds something that is no recording.
    """

    def __init__(self, session: Session, path: Path) -> None:
        self.path = path
        self.recorder = Recorder(path)
        self.goes_on = False
        """Whether what happens next is recorded too."""
        self._session = session
        self._telling = RecordAsEvents(session.record)

    @property
    def fraction(self) -> float:
        """How far it has come, from 0.0 to 1.0."""
        return self._telling.fraction

    @property
    def problem(self) -> str:
        """Why the file does not hold everything, empty where it does."""
        if self.recorder.problem is not None:
            return self.recorder.problem
        if self._telling.lost_bytes:
            return f"{self.path}: ends where payloads are no longer kept, their place on the disk being full"
        return ""

    def __iter__(self) -> Iterator[None]:
        events: list[Event] = []
        size = 0
        for event in self._telling:
            events.append(event)
            size += len(event.data) if isinstance(event, BytesReceived | BytesSent) else 0
            if len(events) >= _EVENTS_A_STEP or size >= _BYTES_A_STEP:
                self.recorder.extend(events)
                events, size = [], 0
                if self.recorder.problem is not None:
                    return
                yield
        if events:
            self.recorder.extend(events)
        # Nothing has happened since the last event was told: the recorder takes the next one itself.
        self.goes_on = self._session.live and not self.problem
        if self.goes_on:
            self._session.recorder = self.recorder

    def discard(self) -> None:
        """Take the file away again; an older recording gets its name back."""
        self.recorder.discard()


def proposed_name(record: SessionRecord, suffix: str) -> str:
    """Return a name for a file about this session: its host, when it began, and `suffix`."""
    attempt = record.attempts[0]
    host = attempt.target.host if attempt.target is not None else ""
    began = datetime.fromtimestamp(attempt.started.wall_time_ns / 1e9)  # noqa: DTZ006 - the person's own time
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", host).strip("-.")[:60] or "session"
    return f"{name}-{began:%Y%m%d-%H%M%S}{suffix}"


def chosen_path(typed: str) -> Path:
    """Return the file that a typed name means.

    Raises:
        UsageError: nothing is typed, it is a folder, or there is no folder for it.
    """
    if not typed:
        raise UsageError("a file needs a name")
    try:
        path = Path(typed).expanduser()
        if path.is_dir():
            raise UsageError("is a folder", where=typed, hint="add a name")
        if not path.parent.is_dir():
            raise UsageError("there is no such folder", where=str(path.parent))
    except (OSError, ValueError, RuntimeError) as error:
        # A name too long, a NUL in it, a home folder that nobody knows.
        raise UsageError(f"can't be a file's name: {error}") from error
    return path


class Overwriting:
    """Lets a name pass that is already a file's only when it is given a second time."""

    def __init__(self, kept_as: str = "") -> None:
        self._kept_as = kept_as
        self._asked_for = ""

    def check(self, path: Path) -> None:
        """Raises UsageError the first time."""
        if path.exists() and self._asked_for != str(path):
            self._asked_for = str(path)
            raise UsageError(
                "exists already", where=str(path), hint=f"Enter again replaces it{self._kept_as}"
            )
