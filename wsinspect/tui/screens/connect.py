"""The connect screen: one field that understands a URL, a curl command, a profile's name or a recording's path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option
from textual.widgets.text_area import Selection

from wsinspect.errors import WsinspectError
from wsinspect.profiles.curl import looks_like_curl
from wsinspect.profiles.target import Recording, Target
from wsinspect.safe_text import shortened, visible
from wsinspect.tui.actions import Scope, bindings
from wsinspect.tui.key_hints import hint
from wsinspect.tui.panes.key_footer import KeyFooter
from wsinspect.tui.panes.text_field import TextField
from wsinspect.tui.recent import RecentTarget
from wsinspect.tui.rows import MUTED, NAME, text
from wsinspect.tui.screens.compare import CompareScreen
from wsinspect.tui.wording import FAILED_SIGN

Understand = Callable[[str], Target | Recording]


class ConnectField(TextField):
    """The field. Enter connects, down goes to the list."""

    class ConnectWanted(Message):
        """Enter was pressed."""

    class ListWanted(Message):
        """Down was pressed on the last line."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.CONNECT)]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """On the first screen there is nothing to go back to, and the footer does not say so."""
        return action != "leave" or not isinstance(self.screen, ConnectScreen) or self.screen.can_leave

    def action_connect(self) -> None:
        """Connect to what is written."""
        self.post_message(self.ConnectWanted())

    def action_leave(self) -> None:
        """Back to the inspector."""
        screen = self.screen
        if isinstance(screen, ConnectScreen):
            screen.leave()

    def action_cursor_down(self, select: bool = False) -> None:
        """Down in the text, then into the list."""
        if self.cursor_location[0] < self.document.line_count - 1:
            super().action_cursor_down(select)
        else:
            self.post_message(self.ListWanted())


class ConnectList(OptionList):
    """What was saved or opened before. Enter opens one; Escape, and up from the first, go back to the field."""

    class FieldWanted(Message):
        """Back to the field."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.CONNECT)]

    def action_connect(self) -> None:
        """Open what is highlighted."""
        self.action_select()

    def action_leave(self) -> None:
        """Back to the field."""
        self.post_message(self.FieldWanted())

    def action_cursor_up(self) -> None:
        """Up in the list, then into the field."""
        if not self.highlighted:
            self.post_message(self.FieldWanted())
        else:
            super().action_cursor_up()


class ConnectScreen(Screen[Target | Recording | None]):
    """Dismissed with what to open, or None to go back. Reads nothing itself: `understand` and the lists are given."""

    AUTO_FOCUS = "#connect-field"

    def __init__(
        self,
        understand: Understand,
        profiles: Sequence[tuple[str, str]],
        recent: Sequence[RecentTarget],
        *,
        can_leave: bool,
        typed: str = "",
        error: str = "",
    ) -> None:
        super().__init__()
        self._understand = understand
        self._profiles = profiles
        """(name, url, secrets masked) of each saved profile."""
        self._recent = recent
        self._can_leave = can_leave
        self._typed = typed
        self._error = error
        self._asked_about: str | None = None
        """What was written into the field with a secret missing."""
        self._explained: tuple[str, str] | None = None
        """The console's line that was explained last, and the URL in it."""

    def compose(self) -> ComposeResult:
        """Title, field, what is wrong with it, and what was opened before."""
        with Vertical(id="connect-box"):
            yield Static(Content("w s i n s p e c t"), id="connect-title", markup=False)
            yield Static(Content("why does my WebSocket close?"), id="connect-motto", markup=False)
            yield ConnectField(
                self._typed,
                id="connect-field",
                soft_wrap=True,
                compact=True,
                highlight_cursor_line=False,
                placeholder=Content("wss://example.com/socket"),
            )
            yield Static("", id="connect-error", markup=False)
            yield ConnectList(*self._options(), id="connect-list", markup=False)
            yield Static(
                Content(
                    hint(
                        "{connect} connects",
                        "↓ to the list",
                        "curl commands and console lines are understood",
                        "{quit-always} leaves",
                        between=" · ",
                    )
                ),
                id="connect-hint",
                markup=False,
            )
        yield KeyFooter()

    def on_mount(self) -> None:
        """Name the boxes."""
        field = self.query_one(ConnectField)
        field.border_title = Content("URL, curl command, profile, recording, or a line of a console")
        field.move_cursor(field.document.end)
        choices = self.query_one(OptionList)
        choices.border_title = Content("saved profiles and recent targets")
        choices.display = bool(self._profiles or self._recent)
        if self._error:
            self._refuse(self._error)

    def _options(self) -> list[Option]:
        widest = max((len(name) for name, _ in self._profiles), default=0)
        options = [
            Option(text((f"{name:<{widest}}  ", f"bold {NAME}"), (shortened(url, 60), MUTED)), id=f"p{index}")
            for index, (name, url) in enumerate(self._profiles)
        ]
        options += [
            Option(text(shortened(one.shown, 100)), id=f"r{index}") for index, one in enumerate(self._recent)
        ]
        return options

    @property
    def can_leave(self) -> bool:
        """Whether there is an inspector to go back to."""
        return self._can_leave

    def leave(self) -> None:
        """Go back, if there is something to go back to."""
        if self._can_leave:
            self.dismiss(None)

    def _refuse(self, why: str) -> None:
        self.query_one("#connect-error", Static).update(Content(visible(f"{FAILED_SIGN} {why}")))

    def _open(self, typed: str) -> None:
        if not typed.strip():
            self._refuse("nothing is typed; allowed: a URL such as wss://example.com/socket")
            return
        if self._explains(typed):
            return
        if self._explained is not None and typed == self._explained[0] and self._explained[1]:
            typed = self._explained[1]
        try:
            found = self._understand(typed)
        except WsinspectError as error:
            self._refuse(str(error))
        else:
            self.dismiss(found)

    def _explains(self, typed: str) -> bool:
        """Explain a line of a browser's console, once; the next Enter connects to the URL in it."""
        if len(typed.split()) < 2 or looks_like_curl(typed) or (self._explained or ("",))[0] == typed:
            return False
        # The catalogue is loaded only where there is a line to look up.
        from wsinspect.diagnosis.console_lines import read_console_line
        from wsinspect.tui.explained_rows import explained_rows

        line = read_console_line(typed)
        if line is None:
            return False
        self._explained = (typed, line.url)
        self.app.push_screen(CompareScreen("Explained", explained_rows(line)))
        return True

    @on(ConnectField.ConnectWanted)
    def _connect(self) -> None:
        self._open(self.query_one(ConnectField).text)

    @on(ConnectField.ListWanted)
    def _to_list(self) -> None:
        choices = self.query_one(OptionList)
        if choices.display:
            choices.focus()
            if choices.highlighted is None:
                choices.action_first()

    @on(ConnectField.Changed)
    def _typing(self) -> None:
        if self.query_one(ConnectField).text != self._asked_about:
            self.query_one("#connect-error", Static).update(Content(""))

    @on(ConnectList.FieldWanted)
    def _to_field(self) -> None:
        self.query_one(ConnectField).focus()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        option = event.option.id or ""
        index = int(option[1:])
        if option[0] == "p":
            self._open(self._profiles[index][0])
        elif self._recent[index].whole:
            self._open(self._recent[index].typed)
        else:
            self._ask_for_secret(self._recent[index].typed)

    def _ask_for_secret(self, kept: str) -> None:
        """Write what was kept of a target into the field: what is missing has to be typed again."""
        field = self.query_one(ConnectField)
        field.text = kept
        start = kept.find("***")
        field.focus()
        field.selection = Selection((0, start), (0, kept.find("***", start + 3) + 3))
        self._asked_about = kept
        self._refuse("a secret stood where *** is; it was not written down, so type it again")
