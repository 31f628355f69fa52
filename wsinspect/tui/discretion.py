"""The application's part about what it tells and lets out: notifications, copies, and whether secrets are masked in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from textual import on, work

from wsinspect.errors import WsinspectError
from wsinspect.safe_text import visible
from wsinspect.tui import clipboard
from wsinspect.tui.copying import CopyWanted, selected_text
from wsinspect.tui.key_hints import hint
from wsinspect.tui.personal import PersonalApp
from wsinspect.tui.preferences import Preferences
from wsinspect.tui.screens.inspector import InspectorScreen
from wsinspect.tui.session import Session
from wsinspect.tui.work import Work

if TYPE_CHECKING:
    from wsinspect.export.redact import Redactor


class DiscreetApp(PersonalApp):
    """What `WsinspectApp` does before words leave it."""

    def __init__(self, preferences: Preferences, *, environ: Mapping[str, str], show_secrets: bool) -> None:
        super().__init__(preferences, environ)
        self._environ = environ
        self._show_secrets = show_secrets

    @property
    def session(self) -> Session:
        """The session that is shown."""
        raise NotImplementedError

    @property
    def inspector(self) -> InspectorScreen:
        """The inspector, whatever lies over it."""
        raise NotImplementedError

    @on(CopyWanted)
    def _copy_wanted(self, event: CopyWanted) -> None:
        self._copy(event.text, event.what)

    @work
    async def _copy(self, text: str | Callable[[Redactor], Iterator[str | None]], what: str) -> None:
        from wsinspect.export.redact import Redactor

        redact = Redactor.for_session(self.session.record, show=self._show_secrets)
        if not isinstance(text, str):
            try:
                made = await self._joined(text(redact))
            except WsinspectError as error:
                self.tell(str(error), bad=True)
                return
            if made is None:
                return
            text = made
        masked = redact(text)
        driver = self._driver
        # Neither a test nor a page in a browser is a terminal that knows OSC 52.
        dumb = driver is None or self.is_headless or self.is_web
        terminal = driver.write if driver is not None and not dumb else None
        where = await clipboard.copy(masked, terminal, self._environ)
        self.tell(f"{what} copied to {where}{self._about_secrets(text, masked)}")

    async def _joined(self, lines: Iterator[str | None]) -> str | None:
        """Put lines together beside everything else; None if somebody stopped it."""
        inspector = self.inspector
        joined: list[str] = []
        if inspector.work is not None:
            self.tell("wait for what is under way" + hint(", or stop it with {stop-work}"), bad=True)
            return None

        def steps() -> Iterator[None]:
            for line in lines:
                if line is not None:
                    joined.append(line)
                yield None

        inspector.work = under_way = Work("COPYING")
        try:
            return "\n".join(joined) if await under_way.run(steps()) else None
        finally:
            inspector.work = None

    def _about_secrets(self, text: str, masked: str) -> str:
        """Say what became of the secrets in what was copied."""
        from wsinspect.export.redact import Redactor

        redact = Redactor.for_session(self.session.record)
        masks = (form for forms in redact.masks.values() for form in forms)
        if masked != text or any(form in masked for form in masks):
            return "; its secrets are masked" + hint(", {show-secrets} shows them")
        return "; its secrets are in it" if redact(text) != text else ""

    def copy_to_clipboard(self, text: str) -> None:
        """Copy what Textual wants copied, such as text selected in a field, by our own ways."""
        # What a field pastes.
        self._clipboard = text
        self._copy(text, "the selected text")

    @on(InspectorScreen.SecretsWanted)
    def _secrets_wanted(self, event: InspectorScreen.SecretsWanted) -> None:
        self._show_secrets = event.show
        self.inspector.mask_anew(show=event.show)
        shown = "secrets are shown, and copied" + hint(", until {show-secrets} masks them")
        self.tell(shown if event.show else "secrets are masked")

    @on(InspectorScreen.Notice)
    def _notice(self, event: InspectorScreen.Notice) -> None:
        self.tell(event.text, bad=event.bad)

    def tell(self, message: str, *, bad: bool = False, timeout_s: float = 5) -> None:
        """Show a notification; its text is made safe and never read as markup."""
        from wsinspect.export.redact import Redactor

        message = visible(Redactor.for_session(self.session.record, show=self._show_secrets)(message))
        # Said again, it takes the place of what was said before: a key that is held down must not cover the screen.
        for earlier in [one for one in self._notifications if one.message == message]:
            self._unnotify(earlier, refresh=False)
        self.notify(message, severity="error" if bad else "information", markup=False, timeout=timeout_s)

    def action_help_quit(self) -> None:
        """Ctrl+C copies what is selected; say how to leave where nothing is."""
        selected = selected_text(self.screen)
        if selected is None:
            self.tell(hint("{quit-always} leaves; ^c copies selected text"))
        else:
            self._copy(*selected)
