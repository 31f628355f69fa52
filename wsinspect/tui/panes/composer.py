"""Where frames are written: text or a slash command, history, and mistakes said in place."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Static, TextArea

from wsinspect.errors import UsageError
from wsinspect.safe_text import visible
from wsinspect.tui.actions import Scope, bindings
from wsinspect.tui.history import History
from wsinspect.tui.panes.text_field import TextField
from wsinspect.tui.rows import text
from wsinspect.tui.typed import COMMANDS_SHOWN, Kind, Outgoing, completions, parse_typed, split_kind
from wsinspect.tui.wording import FAILED_SIGN


class ComposerInput(TextField):
    """The field itself. Enter sends; what is pasted is kept as it is and shown safely."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.COMPOSER)]

    class SendWanted(Message):
        """Enter was pressed."""

    class KindWanted(Message):
        """Another kind of frame."""

    class HistoryWanted(Message):
        """An entry before (-1) or after (1) this one."""

        def __init__(self, direction: int) -> None:
            super().__init__()
            self.direction = direction

    class LeaveWanted(Message):
        """Back to the panes."""

    def action_send(self) -> None:
        """Send."""
        self.post_message(self.SendWanted())

    def action_newline(self) -> None:
        """Begin a new line."""
        self.insert("\n")

    def action_next_kind(self) -> None:
        """Another kind."""
        self.post_message(self.KindWanted())

    def action_history_back(self) -> None:
        """Up in the text, then back in history."""
        if self.cursor_location[0] > 0:
            self.action_cursor_up()
        else:
            self.post_message(self.HistoryWanted(-1))

    def action_history_on(self) -> None:
        """Down in the text, then on in history."""
        if self.cursor_location[0] < self.document.line_count - 1:
            self.action_cursor_down()
        else:
            self.post_message(self.HistoryWanted(1))

    def action_leave(self) -> None:
        """Back to the panes."""
        self.post_message(self.LeaveWanted())


class Composer(Horizontal):
    """Reads what is typed and posts `Send`; whoever sends it calls `sent` or `refused`."""

    DEFAULT_CSS = """
    Composer { height: auto; min-height: 3; max-height: 8; }
    Composer #kind { width: auto; height: 1; padding: 0 1 0 0; }
    Composer TextArea { width: 1fr; height: auto; max-height: 6; border: none; padding: 0; }
    """

    class Send(Message):
        """Send this frame."""

        def __init__(self, outgoing: Outgoing) -> None:
            super().__init__()
            self.outgoing = outgoing

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._kind = Kind.TEXT
        self._history = History()
        self._error = ""

    def compose(self) -> ComposeResult:
        """The kind, then the field."""
        yield Static("", id="kind", markup=False)
        yield ComposerInput(
            id="composer-input",
            soft_wrap=True,
            compact=True,
            highlight_cursor_line=False,
            placeholder=Content(f"text to send, or {COMMANDS_SHOWN}"),
        )

    def on_mount(self) -> None:
        """Show the first hint."""
        self.border_title = Content("5 Compose")
        self._hint()

    @property
    def field(self) -> ComposerInput:
        """The field."""
        return self.query_one(ComposerInput)

    @property
    def typed(self) -> str:
        """What is typed, as typed."""
        return self.field.text

    def sent(self) -> None:
        """What was typed is sent: keep it in history and empty the field."""
        self._history.add(self.typed)
        self._kind = Kind.TEXT if self._kind is Kind.CLOSE else self._kind
        self.field.text = ""
        self._error = ""
        self._hint()

    def refused(self, why: str) -> None:
        """What was typed can't be sent: say why, keep it."""
        self._error = why
        self._hint()

    def _outgoing(self) -> Outgoing:
        return parse_typed(self.typed, self._kind)

    def _hint(self) -> None:
        typed = self.typed
        try:
            kind = split_kind(typed, self._kind)[0]
            hint = f"Enter {self._outgoing().told}" if typed or self._kind is not Kind.TEXT else ""
            error = self._error
        except UsageError as mistake:
            kind, hint, error = self._kind, "", self._error or str(mistake)
            # While a command is still being typed, its name is no mistake.
            if not self._error and kind is Kind.TEXT and (possible := completions(typed)):
                hint, error = "  ".join(possible), ""
        self.query_one("#kind", Static).update(text((f"{kind.upper()} ›", "bold $text-accent")))
        self.set_class(bool(error), "-error")
        said = f"{FAILED_SIGN} {error}" if error else hint
        self.border_subtitle = Content(visible(said)) if said else None

    @on(TextArea.Changed)
    def _changed(self, event: TextArea.Changed) -> None:
        event.stop()
        self._error = ""
        self._hint()

    @on(ComposerInput.SendWanted)
    def _send(self, event: ComposerInput.SendWanted) -> None:
        event.stop()
        if not self.typed and self._kind is Kind.TEXT:
            self.refused("nothing is typed; /text alone sends an empty text message")
            return
        try:
            outgoing = self._outgoing()
        except UsageError as error:
            self.refused(str(error))
            return
        self.post_message(self.Send(outgoing))

    @on(ComposerInput.KindWanted)
    def _next_kind(self, event: ComposerInput.KindWanted) -> None:
        event.stop()
        kinds = list(Kind)
        self._kind = kinds[(kinds.index(self._kind) + 1) % len(kinds)]
        self._error = ""
        self._hint()

    @on(ComposerInput.HistoryWanted)
    def _from_history(self, event: ComposerInput.HistoryWanted) -> None:
        event.stop()
        found = self._history.back(self.typed) if event.direction < 0 else self._history.on()
        if found is not None:
            self.field.text = found
            self.field.move_cursor(self.field.document.end)
