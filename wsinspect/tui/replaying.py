"""A session's part about recordings: one is read into its record, at once or in its own time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wsinspect.errors import UsageError
from wsinspect.events import AttemptStarted, Event
from wsinspect.options import ConnectOptions
from wsinspect.session.record import SessionRecord

if TYPE_CHECKING:
    from wsinspect.connection.recording import Recording
    from wsinspect.tui.playback import Playback


class Replaying:
    """A record, and the recording that is read into it. Belongs to one event loop."""

    def __init__(self) -> None:
        self.record = SessionRecord()
        self.options: ConnectOptions | None = None
        """What the newest attempt was or will be made with."""
        self.playback: Playback | None = None
        """What reads the recording that is shown, if one is."""
        self.converting = False
        """Whether a browser's HAR is being made a recording of."""
        self.replayed: Path | None = None
        """Where that recording is."""
        self.on_problem: Callable[[str], None] = lambda _: None
        """Told when something of ours goes wrong in the background."""
        self.on_hint: Callable[[str], None] = lambda _: None
        """Told what the person has to do for a lab scenario to show its fault."""
        self._tasks: set[asyncio.Task[None]] = set()

    def replay(self, path: Path, *, speed: float | None = None) -> None:
        """Read a recording into a new record: at once, or `speed` times as fast as it was, 0 being step by step.

        Raises:
            UsageError: the file can't be read or is no recording.
        """
        from wsinspect.connection.recording import read_recording, takes_long

        if takes_long(path):
            self._run(self._replay_later(path, speed))
        else:
            self._play(read_recording(path), path, speed)

    async def _replay_later(self, path: Path, speed: float | None) -> None:
        from wsinspect.connection.recording import read_recording

        self.converting = True
        try:
            recording = await asyncio.to_thread(read_recording, path)
        except UsageError as error:
            self.on_problem(str(error))
            return
        finally:
            self.converting = False
        self._play(recording, path, speed)

    def _play(self, recording: Recording, path: Path, speed: float | None) -> None:
        from wsinspect.tui.playback import Playback

        if self.playback is not None:
            self.playback.stop()
            self.record.close()
            self.record = SessionRecord()
        self.playback = Playback(recording, self._played, speed=speed)
        self.replayed = path
        self._run(self._replay(self.playback))

    def _played(self, event: Event) -> None:
        self.record.append(event)
        if isinstance(event, AttemptStarted):
            self.options = event.options

    async def _replay(self, playback: Playback) -> None:
        try:
            await playback.run()
        except UsageError as error:
            self.on_problem(str(error))
            return
        if playback is not self.playback:
            return
        if playback.stopped:
            self.on_hint(f"stopped: {playback.fraction:.0%} of the recording was read".replace("%", " %"))
        elif playback.recording.truncated:
            self.on_problem("the recording's last line is cut off; what stands before it is shown")
        elif self.record.attempts and not self.record.attempts[-1].ended:
            state = self.record.attempts[-1].ready_state
            self.on_problem(
                f"the recording ends while the connection was {state}: its program was stopped then"
            )
        if not playback.stopped:
            await self._read_to_end()

    async def _read_to_end(self) -> None:
        """Do what is to be done once a recording is in the record."""

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, OSError | UsageError):
            self.on_problem(str(error))
            return
        from wsinspect.export.crash_file import crash_note
        from wsinspect.export.redact import secrets_of_options

        given = [] if self.options is None else secrets_of_options(self.options)
        self.on_problem(crash_note(error, secrets=given))
