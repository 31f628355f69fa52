"""The sessions of one run of the program: the one that is shown, those that are ending, and which one is recorded."""

from __future__ import annotations

from collections.abc import Callable

from wsinspect.tui.session import Recorder, Session


class Sessions:
    """Hands out sessions. A recording is one session: what is connected to later belongs to it while it is shown."""

    def __init__(self, make_session: Callable[[], Session], recorder: Recorder | None = None) -> None:
        self._make_session = make_session
        self._recorder = recorder
        self._left: list[Session] = []
        self.current = make_session()

    def to_connect(self) -> Session:
        """Return a session to connect with: the recorded one while it is shown, else a new one."""
        if self.current.recorder is None:
            self._leave()
            self.current.recorder, self._recorder = self._recorder, None
        return self.current

    def to_read(self) -> Session:
        """Return an empty session for a recording to be read into."""
        self._leave()
        return self.current

    def _leave(self) -> None:
        if self.current.used:
            self._left.append(self.current)
            self.current = self._make_session()

    async def end_left(self) -> None:
        """End the sessions that are no longer shown."""
        while self._left:
            await self._left.pop().aclose()

    async def aclose(self) -> None:
        """End every session."""
        await self.end_left()
        await self.current.aclose()
