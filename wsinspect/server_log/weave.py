"""Weaves the server's log into a session while it goes on: lines become events of its sink, timed on its clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from wsinspect.clock import elapsed_ns
from wsinspect.events import Event
from wsinspect.events.server_log import ServerLogged
from wsinspect.server_log.follow import POLL_S, LogFollower

_EARLY_LINES = 10_000
LATE_S = 0.25
"""How long after the end of a connection the server may take to write of it."""


class LogWeaver:
    """Follows one log for one session. Tell it of every event; `run` it for as long as the session lives."""

    def __init__(
        self,
        path: Path,
        sink: Callable[[Event], None],
        *,
        changed: Callable[[str], None] = lambda _: None,
        clock: Callable[[], int] = elapsed_ns,
        wall_clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self.follower = LogFollower(path, self._now_ns, wall_clock=wall_clock)
        self._sink = sink
        self._changed = changed
        self._clock = clock
        self._began_ns: int | None = None
        self._early: list[ServerLogged] = []
        """Lines that were read before the session's first event."""
        self._said = ""
        self._stopping = asyncio.Event()

    def saw(self, event: Event) -> None:
        """Take note of an event of the session, after its sink has taken it: the first one starts the clock."""
        if self._began_ns is None and not isinstance(event, ServerLogged):
            self._began_ns = self._clock() - event.at_ns
            early, self._early = self._early, []
            for line in early:
                self._sink(line)

    async def run(self) -> None:
        """Follow until `stop`, and take a last line without an end then; the file is closed in any case."""
        try:
            while not self._stopping.is_set():
                # A file on a server that hangs must not hold the screen.
                self._take(await asyncio.to_thread(self.follower.poll))
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await self._stopping.wait()
            self._take(self.follower.finish())
        finally:
            self.follower.close()

    def stop(self) -> None:
        """Let `run` come to its end."""
        self._stopping.set()

    @property
    def trouble(self) -> str:
        """Why lines are missing, in words, or nothing."""
        skipped = self.follower.skipped_bytes
        notes = [self.follower.note, f"{skipped} bytes came too fast and were skipped" if skipped else ""]
        return "; ".join(note for note in notes if note)

    def _now_ns(self) -> int:
        return 0 if self._began_ns is None else self._clock() - self._began_ns

    def _take(self, lines: list[ServerLogged]) -> None:
        for line in lines:
            if self._began_ns is not None:
                self._sink(line)
            elif len(self._early) < _EARLY_LINES:
                self._early.append(line)
        if self.trouble != self._said:
            self._said = self.trouble
            self._changed(self._said)
