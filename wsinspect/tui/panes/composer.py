"""Where messages are written: text or slash commands, history, and mistakes said in place."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static, TextArea

from wsinspect.errors import UsageError
from wsinspect.safe_text import visible
from wsinspect.tui.history import History
from wsinspect.tui.json_layout import relaid
from wsinspect.tui.key_hints import hint, title_key
from wsinspect.tui.outgoing import Outgoing
from wsinspect.tui.panes.composer_input import ComposerInput
from wsinspect.tui.payloads import check_json
from wsinspect.tui.rows import text
from wsinspect.tui.typed import (
    COMMANDS_SHOWN,
    WAYS_BY_KEY,
    Way,
    Written,
    as_text,
    completions,
    split,
)
from wsinspect.tui.variables import Variables, mentions_variables
from wsinspect.tui.wording import FAILED_SIGN

__all__ = ["Composer", "ComposerInput"]

_CHECKED_CHARACTERS = 100_000
"""What is longer is checked when it is sent, so that typing stays quick."""
_ONCE = frozenset({Way.CLOSE})
"""Ways that are left again once they are used."""


class Composer(Vertical):
    """Reads what is typed and posts `Send`; whoever sends it calls `sent` or `refused`."""

    DEFAULT_CSS = """
    Composer { height: auto; min-height: 3; max-height: 8; }
    Composer #composer-line { height: auto; }
    Composer #why { display: none; height: auto; max-height: 3; color: $text-error; }
    Composer.-long-error #why { display: block; }
    Composer #kind { width: auto; height: 1; padding: 0 1 0 0; }
    Composer TextArea { width: 1fr; height: auto; max-height: 6; border: none; padding: 0; }
    """

    class Send(Message):
        """Send this; `entry` is what history keeps of it."""

        def __init__(self, written: Written, outgoing: Outgoing, entry: str) -> None:
            super().__init__()
            self.written = written
            self.outgoing = outgoing
            self.entry = entry

    class RowsTaken(Message):
        """The composer takes so many rows of the screen now, none where it is hidden."""

        def __init__(self, rows: int) -> None:
            super().__init__()
            self.rows = rows

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._way = Way.TEXT
        self._way_shown: Way | None = None
        self.history = History()
        self.variables = Variables({})
        """What may be filled in; its owner gives the real ones."""
        self._error = ""
        self._activity = ""

    def compose(self) -> ComposeResult:
        """The way of writing, then the field; below them a mistake that the border has no room for."""
        with Horizontal(id="composer-line"):
            yield Static("", id="kind", markup=False)
            yield ComposerInput(
                id="composer-input",
                soft_wrap=True,
                compact=True,
                highlight_cursor_line=False,
                placeholder=Content(f"text to send, or {COMMANDS_SHOWN}"),
            )
        yield Static("", id="why", markup=False)

    def on_mount(self) -> None:
        """Show the first hint."""
        self.tell_activity("")
        self._hint()

    def on_resize(self) -> None:
        """Say how high it is now, borders included."""
        self.post_message(self.RowsTaken(self.outer_size.height))
        self._hint()

    def on_hide(self) -> None:
        """Say that it takes no room."""
        self.post_message(self.RowsTaken(0))

    def on_show(self) -> None:
        """Say that it takes room again."""
        self.post_message(self.RowsTaken(self.outer_size.height))

    @property
    def field(self) -> ComposerInput:
        """The field."""
        return self.query_one(ComposerInput)

    @property
    def typed(self) -> str:
        """What is typed, as typed."""
        return self.field.text

    @property
    def entry(self) -> str:
        """What is typed, with the command that its way of writing stands for."""
        try:
            return as_text(self.typed, self._way)
        except UsageError:
            return self.typed

    def tell_activity(self, activity: str) -> None:
        """Say in the title what goes on by itself, such as a repetition."""
        self._activity = activity
        title = " ".join(filter(None, (title_key("compose"), "Compose", activity and f" {activity}")))
        self.border_title = Content(visible(title))

    def write(self, entry: str) -> None:
        """Put an entry of history or a template into the field; what stands there goes into history's draft."""
        self._way = Way.TEXT
        self.field.text = entry
        self.field.move_cursor(self.field.document.end)
        self._error = ""
        self._hint()

    def sent(self, entry: str) -> bool:
        """What was typed is sent: empty the field, and say whether history has something new. Anything typed since then
        stays."""
        new = self.history.add(entry)
        if entry == self.entry:
            self._way = Way.TEXT if self._way in _ONCE else self._way
            self.field.text = ""
        self._error = ""
        self._hint()
        return new

    def refused(self, why: str) -> None:
        """What was typed can't be sent: say why, keep it."""
        self._error = why
        self._hint()

    def opened(self) -> None:
        """The connection is open: what could not be sent before can be now."""
        if self._error:
            self._error = ""
            self._hint()

    def _written(self) -> Written:
        return split(self.typed, self._way)

    def _hint(self) -> None:
        typed = self.typed
        way = self._way
        hint, error = "", self._error
        try:
            written = self._written()
            way = written.way
            if typed or self._way is not Way.TEXT:
                hint = self._told(written)
        except UsageError as mistake:
            error = error or str(mistake)
            # While a command is still being typed, its name is no mistake.
            if not self._error and self._way is Way.TEXT and (possible := completions(typed)):
                hint, error = "  ".join(possible), ""
            # An empty field is not wrong yet.
            elif not self._error and not typed:
                error = ""
        self._show_way(way)
        self.set_class(bool(error), "-error")
        said = f"{FAILED_SIGN} {error}" if error else hint
        told = Content(visible(said))
        # The border's corners, a cell beside each, and a blank at both ends.
        is_long = bool(error) and told.cell_length > self.outer_size.width - 6
        self.set_class(is_long, "-long-error")
        if is_long:
            self.query_one("#why", Static).update(told)
        self.border_subtitle = told if said and not is_long else None

    def _show_way(self, way: Way) -> None:
        # Its width is its text's: the whole screen would be laid out again for every key.
        if way is not self._way_shown:
            self._way_shown = way
            self.query_one("#kind", Static).update(text((f"{way.upper()} ›", "bold $text-accent")))

    def _told(self, written: Written) -> str:
        if len(written.body) > _CHECKED_CHARACTERS:
            return f"{hint('{send} ')}sends {len(written.body)} characters, checked then{written.hint}"
        told = hint("{send} ") + written.told(self.variables.fill)
        if mentions_variables(written.body):
            told += ", variables filled in"
        if written.way is Way.TEXT and written.body.lstrip()[:1] in ("{", "["):
            try:
                check_json(self.variables.fill(written.body))
                told += ", valid JSON"
            except UsageError as mistake:
                told += f"; {mistake.what}"
        return told

    @on(TextArea.Changed)
    def _changed(self, event: TextArea.Changed) -> None:
        event.stop()
        self._error = ""
        self._hint()

    @on(ComposerInput.SendWanted)
    def _send(self, event: ComposerInput.SendWanted) -> None:
        event.stop()
        if not self.typed and self._way is Way.TEXT:
            self.refused("nothing is typed; /text alone sends an empty text message")
            return
        try:
            written = self._written()
            outgoing = written.outgoing(self.variables.fill)
        except UsageError as error:
            self.refused(str(error))
            return
        self.post_message(self.Send(written, outgoing, self.entry))

    @on(ComposerInput.WayWanted)
    def _next_way(self, event: ComposerInput.WayWanted) -> None:
        event.stop()
        at = WAYS_BY_KEY.index(self._way) + 1
        self._way = WAYS_BY_KEY[at % len(WAYS_BY_KEY)]
        self._error = ""
        self._hint()

    @on(ComposerInput.LayoutWanted)
    def _lay_out(self, event: ComposerInput.LayoutWanted) -> None:
        event.stop()
        try:
            written = self._written()
            check_json(self.variables.fill(written.body))
        except UsageError as error:
            self.refused(str(error))
            return
        before = self.typed[: len(self.typed) - len(written.body)]
        self._replace(before + relaid(written.body))

    def _replace(self, typed: str) -> None:
        """Put `typed` in place of everything, so that ctrl+z takes it back."""
        field = self.field
        field.replace(typed, (0, 0), field.document.end)
        field.move_cursor(field.document.end)

    @on(ComposerInput.HistoryWanted)
    def _from_history(self, event: ComposerInput.HistoryWanted) -> None:
        event.stop()
        found = self.history.back(self.entry) if event.direction < 0 else self.history.on()
        if found is not None:
            self.write(found)
