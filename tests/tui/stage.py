"""An app whose connection is played by a test: no sockets, no clock, no sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from textual.app import App
from textual.pilot import Pilot

from tests.diagnosis.story import Story, Teller, happened
from wsinspect.errors import UsageError
from wsinspect.events import AttemptEnded, Event, ReadyState, ReadyStateChanged
from wsinspect.options import ConnectOptions, ReconnectPolicy
from wsinspect.tui.app import WsinspectApp
from wsinspect.tui.opening import Opening
from wsinspect.tui.preferences import Preferences
from wsinspect.tui.session import Pointless, Session, Sink

URL = "ws://echo.example/"
_BEGUN_S = 60.0


class PlayedConnection:
    """Takes the calls of the UI, and hands over the events of a story when the test says so."""

    def __init__(self, options: ConnectOptions, sink: Sink) -> None:
        self.options = options
        self.sink = sink
        self.calls: list[tuple[Any, ...]] = []
        self.pointless: Pointless = str
        self.scheduled = False
        self.refuse = ""
        self.refused = asyncio.Event()
        """A call was refused."""
        self.enough = 1
        self.called_enough = asyncio.Event()
        """`enough` calls were taken."""
        self.record: Any = None
        self._over = asyncio.Event()

    @property
    def ready_state(self) -> ReadyState:
        attempts = self.record.attempts
        return attempts[-1].ready_state if attempts else ReadyState.CLOSED

    def _called(self, *call: Any) -> None:
        if self.refuse:
            self.refused.set()
            raise UsageError(self.refuse)
        self.calls.append(call)
        if len(self.calls) >= self.enough:
            self.called_enough.set()

    async def run(self) -> None:
        await self._over.wait()

    async def wait_closed(self) -> None:
        await self._over.wait()

    async def shutdown(self) -> None:
        self.calls.append(("shutdown",))
        self._over.set()

    def send_text(self, text: str, *, fragments: int = 1) -> None:
        self._called("text", text, *((fragments,) if fragments > 1 else ()))

    def send_binary(self, data: bytes, *, fragments: int = 1) -> None:
        self._called("binary", data, *((fragments,) if fragments > 1 else ()))

    def send_ping(self, payload: bytes = b"") -> None:
        self._called("ping", payload)

    def send_pong(self, payload: bytes = b"") -> None:
        self._called("pong", payload)

    def send_raw_frame(
        self, *, fin: bool = True, rsv: int = 0, opcode: int = 1, mask: bool = True, payload: bytes = b""
    ) -> None:
        self._called("raw", fin, rsv, opcode, mask, payload)

    def close(self, code: int | None = 1000, reason: str = "") -> None:
        self._called("close", code, reason)
        self._over.set()

    def abort(self) -> None:
        self._called("abort")

    def reconnect(self, options: ConnectOptions | None = None) -> None:
        self._called("reconnect", options)

    def set_reconnect(self, policy: ReconnectPolicy) -> None:
        self._called("policy", policy)


class Stage:
    """The app, its pilot and what the test plays with."""

    def __init__(self, app: WsinspectApp) -> None:
        self.app = app
        self.pilot: Pilot[Any]
        self.connections: list[PlayedConnection] = []
        self.now_ns = 0

    @property
    def connection(self) -> PlayedConnection:
        return self.connections[-1]

    async def settle(self) -> None:
        """Let everything that is under way be shown."""
        await self.pilot.pause()
        self.app.inspector.look()
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    async def type(self, text: str) -> None:
        """Press a key for each character."""
        names = {" ": "space", "/": "slash", ":": "colon", ".": "full_stop", "-": "minus"}
        await self.press(*(names.get(character, character) for character in text))

    def told(self) -> str:
        """Return every notification, a line each."""
        return "\n".join(note.message for note in self.app._notifications)

    def screen_text(self) -> str:
        """Return what stands on the screen, line by line."""
        return screen_text(self.app)


def screen_text(app: App[Any]) -> str:
    """Return every line of the topmost screen as text."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text for strip in strips)


@asynccontextmanager
async def staged(
    story: Story | Sequence[Event] | None = None,
    *,
    size: tuple[int, int] = (120, 36),
    opening: Opening | None = None,
    waits_s: float = 0.0,
    preferences: Preferences | None = None,
    environ: Mapping[str, str] | None = None,
) -> AsyncIterator[Stage]:
    """Run the app on a story, or on the events of a recording; `waits_s` is how long nothing has happened since the last."""
    stage: Stage
    begun = asyncio.Event()

    def make_connection(options: ConnectOptions, sink: Sink, pointless: Pointless) -> PlayedConnection:
        connection = PlayedConnection(options, sink)
        connection.pointless = pointless
        stage.connections.append(connection)
        connection.record = stage.app.session.record
        if story is not None:
            events = told(story) if isinstance(story, Story) else story
            # The session's clock begins with its first event, so that what it tells is the same however often it is looked at.
            stage.now_ns = events[0].at_ns if events else 0
            for event in events:
                sink(event)
            # Before anybody looks: an open connection on which nothing happens is not looked at again for a second.
            stage.now_ns = connection.record.last_ns + int(waits_s * 1e9)
        begun.set()
        return connection

    def make_session() -> Session:
        return Session(make_connection=make_connection, clock=lambda: stage.now_ns)

    begin = opening if opening is not None else Opening(options=ConnectOptions(url=URL))
    app = WsinspectApp(
        begin, make_session=make_session, settle_s=0, environ=environ or {}, preferences=preferences
    )
    stage = Stage(app)
    async with app.run_test(size=size, notifications=True) as pilot:
        stage.pilot = pilot
        if begin.options is not None:
            # On a busy machine the app may be ready long before it connects.
            async with asyncio.timeout(_BEGUN_S):
                await begun.wait()
        await pilot.pause()
        await stage.settle()
        yield stage
        if app.is_running and app._exit is False:
            screen_text(app)  # What is never looked at could not fail.
    await app.aclose()


def told(story: Story) -> list[Any]:
    """Return a story's events with their frames, in order."""
    events: list[Any] = []

    class Listening:
        def __init__(self, record: Any) -> None:
            self._append = record.append

        def __call__(self, event: Any) -> None:
            events.append(event)
            self._append(event)

    teller = Teller()
    teller.record.append = Listening(teller.record)  # type: ignore[method-assign]
    for move in story.moves:
        move(teller)
    return events


def over() -> Story:
    """The attempt is over."""
    return Story(
        (
            happened(
                ReadyStateChanged, old=ReadyState.CONNECTING, new=ReadyState.CLOSED, reason="a step failed"
            ),
            happened(AttemptEnded),
        )
    )
