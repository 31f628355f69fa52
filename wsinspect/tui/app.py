"""The application: screens, palette, clipboard, profiles. Owns no socket and no record; the session does."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from msgspec import structs
from textual import events, on, work
from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen

from wsinspect.errors import WsinspectError
from wsinspect.options import ConnectOptions
from wsinspect.profiles.layout import load_sizes
from wsinspect.tui.actions import Scope, bindings
from wsinspect.tui.key_hints import hint
from wsinspect.tui.layout_keeping import LayoutKeepingApp
from wsinspect.tui.opening import Opening, warm_up
from wsinspect.tui.panes.status_line import About
from wsinspect.tui.preferences import Preferences
from wsinspect.tui.recent import Recent, masked_target
from wsinspect.tui.recording_keeping import RecordingKeepingApp
from wsinspect.tui.screens.inspector import InspectorScreen
from wsinspect.tui.session import Recorder, Session
from wsinspect.tui.sessions import Sessions
from wsinspect.tui.terminal_size import corrected

if TYPE_CHECKING:
    from wsinspect.lab.scenario import Scenario
    from wsinspect.profiles.target import Recording, Target


class WsinspectApp(LayoutKeepingApp, RecordingKeepingApp):
    """The terminal UI."""

    TITLE = "wsinspect"
    CSS_PATH = "styles.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.APP)]
    ENABLE_COMMAND_PALETTE = True

    def __init__(
        self,
        opening: Opening,
        *,
        make_session: Callable[[], Session] = Session,
        recorder: Recorder | None = None,
        recording_name: str = "",
        show_secrets: bool = False,
        settle_s: float = 0.04,
        environ: Mapping[str, str] = os.environ,
        preferences: Preferences | None = None,
    ) -> None:
        super().__init__(preferences or Preferences(), environ=environ, show_secrets=show_secrets)
        self._opening = opening
        self._recording_name = recording_name
        self._settle_s = settle_s
        """How long the first picture may take before a connection is begun; 0 begins at once."""
        self._recent = Recent()
        self._sessions = Sessions(make_session, recorder)

    def get_default_screen(self) -> Screen[None]:
        """Return the inspector."""
        screen = InspectorScreen(self.session, About(), show_secrets=self._show_secrets)
        screen.take_sizes(load_sizes())
        return screen

    @property
    def session(self) -> Session:
        """The session that is shown."""
        return self._sessions.current

    @property
    def inspector(self) -> InspectorScreen:
        """The inspector, whatever lies over it."""
        screen = self.screen_stack[0]
        assert isinstance(screen, InspectorScreen)
        return screen

    def on_mount(self) -> None:
        """Begin once the first picture stands."""
        self.call_after_refresh(self._begin)
        self.app_resume_signal.subscribe(self, self._repaint)
        self.tell_problem()

    def _repaint(self, _: App[None]) -> None:
        """The terminal was somebody else's, and shows nothing of ours any more."""
        self.refresh(layout=True)

    def _begin(self) -> None:
        opening = self._opening
        if opening == Opening(changes=opening.changes):
            self._ask()
            self.call_later(warm_up)
            return
        warm_up()
        # The footer and the scrollbars are still being painted, which would be counted as the peer's time.
        if self._settle_s > 0:
            self.set_timer(self._settle_s, self._open)
        else:
            self._open()

    def _open(self) -> None:
        opening = self._opening
        try:
            if opening.recording is not None:
                self._replay(opening.recording, speed=opening.speed)
            elif opening.lab is not None:
                self._serve(opening.lab)
            elif opening.options is not None:
                self._connect(opening.options, opening.profile)
        except WsinspectError as error:
            self._ask(typed=opening.options.url if opening.options is not None else "", error=str(error))

    async def aclose(self) -> None:
        """End every session; called when the screen is gone."""
        await self._sessions.aclose()

    # Opening

    def _show(self, session: Session, about: About) -> None:
        """Show a session that was handed out, and end the one before it."""
        session.on_problem = partial(self.tell, bad=True)
        session.on_hint = self.tell
        if session.recorder is not None:
            about = replace(about, recording=self._recording_name)
        self.inspector.show_session(session, about)
        self._take_profile(about.profile)
        self._end_left()

    @work
    async def _end_left(self) -> None:
        await self._sessions.end_left()

    def _connect(self, options: ConnectOptions, profile: str | None, *, chosen: bool = False) -> None:
        """Connect; what the command line says holds unless the options were chosen on the screen."""
        if not chosen:
            options = structs.replace(options, **dict(self._opening.changes or {}))
        self._connected_with.append(options)
        session = self._sessions.to_connect()
        self._show(session, About(profile=profile or ""))
        session.connect(options)
        self._remember(profile or options.url)

    @work(thread=True)
    def _remember(self, target: str) -> None:
        try:
            self._recent.remember(target)
        except WsinspectError as error:
            self.call_from_thread(self.tell, f"recent targets: {error}", bad=True)

    def _replay(self, path: Path, *, speed: float | None = None) -> None:
        session = self._sessions.to_read()
        self._show(session, About(replayed=path.name))
        session.replay(path, speed=speed)

    def _serve(self, scenario: Scenario) -> None:
        from wsinspect.lab.scenario import LabSettings

        session = self._sessions.to_connect()
        self._show(session, About(scenario=scenario.id))
        session.serve_lab(scenario, self._opening.lab_settings or LabSettings())
        self.tell(scenario.title)

    def _ask(self, typed: str = "", error: str = "") -> None:
        from wsinspect.profiles.store import load_profiles
        from wsinspect.profiles.target import read_target
        from wsinspect.tui.screens.connect import ConnectScreen

        try:
            urls = {name: str(one.table.get("url", "")) for name, one in load_profiles().items()}
            show = self._show_secrets
            profiles = [(name, url if show else masked_target(url)) for name, url in urls.items()]
        except WsinspectError as problem:
            profiles, error = [], error or str(problem)
        screen = ConnectScreen(
            read_target,
            profiles,
            self._recent.targets(show_secrets=self._show_secrets),
            can_leave=bool(self.session.record.attempts),
            typed=typed,
            error=error,
        )
        self.push_screen(screen, partial(self._asked))

    def _asked(self, found: Target | Recording | None) -> None:
        if found is None:
            return
        from wsinspect.profiles.target import Recording

        try:
            if isinstance(found, Recording):
                self._replay(found.path)
            else:
                self._connect(found.options, found.profile)
        except WsinspectError as error:
            self._ask(
                typed=str(found.path) if isinstance(found, Recording) else found.options.url, error=str(error)
            )

    @on(InspectorScreen.OpenWanted)
    def _open_wanted(self, event: InspectorScreen.OpenWanted) -> None:
        self._ask(event.typed)

    @on(InspectorScreen.ConnectWanted)
    def _connect_wanted(self, event: InspectorScreen.ConnectWanted) -> None:
        left = self.session.replayed
        self._connect(event.options, None, chosen=True)
        if left is not None:
            self.tell(f"{left.name} is left for a new connection" + hint("; {open} opens it again"))

    # Keys

    def action_suspend(self) -> None:
        """Sleep until the shell's `fg`, where there is a shell that could wake the program."""
        driver = self._driver
        if driver is None or not driver.can_suspend:
            self.tell("only a program in a terminal can be suspended", bad=True)
        elif os.getpgrp() == os.getsid(0):
            # It leads the session itself, or whoever does keeps no jobs: nobody would ever wake it.
            self.tell("no shell with job control is there to wake it with `fg`", bad=True)
        else:
            self.action_suspend_process()

    async def on_event(self, event: events.Event) -> None:
        """Called by Textual with everything that comes from the terminal."""
        if isinstance(event, events.Key | events.Paste):
            if not self.screen_stack:
                # It was still on its way when the program left: no screen is there that it could be for.
                return
            self.inspector.pace.key()
        if isinstance(event, events.Resize) and not self.is_headless:
            event = corrected(event)
        await super().on_event(event)
