"""What the composer asks for: sending, repeating, the history, templates, and frames that break the rules."""

from __future__ import annotations

from textual import on, work
from textual.message import Message

from wsinspect.errors import UsageError
from wsinspect.profiles.locations import history_file
from wsinspect.tui.history import append_history, read_history
from wsinspect.tui.key_hints import hint
from wsinspect.tui.panes.composer import Composer, ComposerInput
from wsinspect.tui.repeating import Repeating
from wsinspect.tui.rows import BLANK, MUTED, Row, row, text
from wsinspect.tui.screens.sizing import SizingScreen
from wsinspect.tui.session import Session
from wsinspect.tui.wording import FAILED_SIGN


class ComposingScreen(SizingScreen):
    """Turns what the composer posts into calls on the session."""

    class TemplatesWanted(Message):
        """Show the templates; `typed` may be kept as one."""

        def __init__(self, typed: str) -> None:
            super().__init__()
            self.typed = typed

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._repeating: Repeating | None = None

    @property
    def session(self) -> Session:
        """The session that is shown."""
        return self._session

    def action_focus_composer(self) -> None:
        """Go to the composer."""
        self.composer.field.focus()

    @on(ComposerInput.LeaveWanted)
    def _leave_composer(self) -> None:
        self._focusable(self._pane).focus()

    # Sending

    @on(Composer.Send)
    def _send(self, event: Composer.Send) -> None:
        from wsinspect.tui.raw_frame import broken_rules

        attempt = self._session.record.current
        broken = broken_rules(event.outgoing, attempt.deflate if attempt is not None else None)
        if not broken:
            self._send_now(event)
            return
        from wsinspect.tui.screens.confirm import ConfirmScreen

        sign = text((f"{FAILED_SIGN} ", "$text-warning"))
        rows: list[Row] = [row(event.outgoing.told), BLANK, *(row(rule, gutter=sign) for rule in broken)]
        rows += [BLANK, row(("A server may end the connection, or worse.", MUTED))]

        def answered(wanted: bool | None) -> None:
            if wanted:
                self._send_now(event)

        self.app.push_screen(ConfirmScreen("This breaks the protocol", rows, "Send it?"), answered)

    def _send_now(self, event: Composer.Send) -> None:
        written, composer = event.written, self.composer
        try:
            if written.repeat is None:
                self._session.send(event.outgoing)
                composer.variables.sent(written.body)
            else:
                self._start_repeating(event)
        except UsageError as error:
            composer.refused(str(error))
            return
        if composer.sent(event.entry):
            self._keep(event.entry)

    def _start_repeating(self, event: Composer.Send) -> None:
        written, session, variables = event.written, self._session, self.composer.variables
        assert written.repeat is not None

        def send() -> None:
            session.send(written.outgoing(variables.fill))
            variables.sent(written.body)

        if self._repeating is not None:
            self._repeating.stop()
        repeating = Repeating(written.repeat, send, lambda: self._tell_repeating(repeating))
        repeating.start()
        self._repeating = repeating
        self._tell_repeating(repeating)

    def _tell_repeating(self, repeating: Repeating) -> None:
        if repeating is not self._repeating or not self.is_attached:
            return
        if repeating.running:
            self.composer.tell_activity(repeating.told + hint(", {stop-repeating} stops"))
            return
        self._repeating = None
        self.composer.tell_activity("")
        if repeating.problem:
            told = f"stopped repeating after {repeating.sent}: {repeating.problem}"
            self.post_message(self.Notice(told, bad=True))

    def action_stop_repeating(self) -> None:
        """Stop a repetition."""
        repeating = self._repeating
        if repeating is None:
            self.post_message(self.Notice("nothing is being repeated"))
            return
        repeating.stop()
        self._repeating = None
        self.composer.tell_activity("")
        self.post_message(self.Notice(f"stopped repeating after {repeating.sent}"))

    def stop_repeating(self) -> None:
        """Stop a repetition without a word, because its session or the program ends."""
        if self._repeating is not None:
            self._repeating.stop()
            self._repeating = None
            self.composer.tell_activity("")

    def on_unmount(self) -> None:
        """Leave no task behind."""
        if self._repeating is not None:
            self._repeating.stop()

    # History

    @work(thread=True)
    def load_history(self) -> None:
        """Read what earlier runs sent."""
        older = read_history(history_file())
        if older:
            self.app.call_from_thread(self.composer.history.load, older)

    @work(thread=True, group="history")
    def _keep(self, entry: str) -> None:
        try:
            append_history(history_file(), entry)
        except UsageError as error:
            self.app.call_from_thread(self.post_message, self.Notice(f"history: {error}", bad=True))

    @on(ComposerInput.SearchWanted)
    def _search(self) -> None:
        from wsinspect.tui.screens.pick import Choice, PickScreen

        entries = self.composer.history.newest_first()
        choices = [Choice(str(at), " ".join(entry.split("\n"))) for at, entry in enumerate(entries)]

        def chosen(found: str | None) -> None:
            if found is not None:
                self.composer.write(entries[int(found)])

        self.app.push_screen(PickScreen("History", choices, nothing="nothing was sent yet"), chosen)

    # Templates and breaches

    @on(ComposerInput.TemplatesWanted)
    def _templates(self) -> None:
        self.post_message(self.TemplatesWanted(self.composer.entry))

    def action_break_rules(self) -> None:
        """Choose a frame that breaks a rule, and write it into the composer."""
        from wsinspect.tui.raw_frame import BREACHES
        from wsinspect.tui.screens.pick import Choice, PickScreen

        choices = [Choice(one.typed, one.title, f"{one.typed}  RFC 6455 {one.source}") for one in BREACHES]

        def chosen(typed: str | None) -> None:
            if typed is not None:
                self.composer.write(typed)
                self.composer.field.focus()

        self.app.push_screen(PickScreen("Break a rule", choices), chosen)
