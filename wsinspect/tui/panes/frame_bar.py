"""Where a filter or a search is typed: what it means, where it is wrong and what may come next are said meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static, TextArea

from wsinspect.safe_text import visible
from wsinspect.session.query import (
    Completion,
    Filter,
    FilterError,
    compile_filter,
    compile_search,
    complete,
    explain,
)
from wsinspect.tui.actions import Scope, bindings
from wsinspect.tui.history import History
from wsinspect.tui.key_hints import hint
from wsinspect.tui.panes.text_field import TextField
from wsinspect.tui.rows import ACCENT, BAD, MUTED, text

_OFFERED = 12


_TOLD_ROWS = 3


class Purpose(StrEnum):
    """What is typed."""

    FILTER = "filter"
    SEARCH = "search"


def search_filter(typed: str) -> Filter:
    """Return what a search looks for: a text, in any case if it has no capitals, or between slashes a regular expression.

    Raises FilterError.
    """
    if len(typed) > 2 and typed.startswith("/") and "/" in typed[1:]:
        source, flags = typed[1:].rsplit("/", 1)
        if source and (not flags or flags.isalpha()):
            return compile_filter(typed)
    return compile_search(typed, ignore_case=typed == typed.lower() and typed != typed.upper())


def _fitting(told: Content, width: int, rows: int) -> Content:
    """Return as much as `rows` rows of `width` cells hold, with a sign that something is left out."""
    lines = told.wrap(width) if width > 0 else [told]
    if len(lines) <= rows:
        return told
    last = lines[rows - 1].append("…")
    return Content("\n").join([*lines[: rows - 1], last.truncate(width, ellipsis=True)])


class BarField(TextField):
    """The field itself, one line."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.FRAME_BAR)]

    class Asked(Message):
        """A key of the bar: `apply`, `leave`, `complete`, `back` or `on`."""

        def __init__(self, what: str) -> None:
            super().__init__()
            self.what = what

    def _refresh_size(self) -> None:
        # As `TextArea` does it, every key would have the whole screen laid out again.
        width, height = self.document.get_size(self.indent_width)
        size = Size(width + self.gutter_width + 1, height)
        self.set_reactive(Widget.virtual_size, size)
        self._scroll_update(size)

    def on_focus(self) -> None:
        """Now that it has the focus, letters and signs are typed, which the footer may not know of yet."""
        self.screen.refresh_bindings()

    def action_bar(self, what: str) -> None:
        """Pass on what a key asks for."""
        self.post_message(self.Asked(what))


class FrameBar(Vertical):
    """Posts `Applied` with what was typed, and `Left`."""

    DEFAULT_CSS = """
    FrameBar { height: 4; display: none; }
    FrameBar.-open { display: block; }
    FrameBar Horizontal { height: 1; }
    FrameBar .prompt { width: auto; height: 1; }
    FrameBar BarField { width: 1fr; height: 1; border: none; padding: 0; }
    FrameBar .told { height: 3; width: 1fr; }
    """

    class Applied(Message):
        """This is what is wanted."""

        def __init__(self, purpose: Purpose, text: str) -> None:
            super().__init__()
            self.purpose = purpose
            self.text = text

    class Left(Message):
        """Back to the frames."""

    def __init__(self) -> None:
        super().__init__()
        self.purpose = Purpose.FILTER
        self.paths: Callable[[], Sequence[str]] = tuple
        """JSON paths that occur, to be offered."""
        self._histories = {purpose: History() for purpose in Purpose}
        self._offers: list[Completion] = []
        self._offered = -1
        self._completing = False

    def compose(self) -> ComposeResult:
        """Prompt and field, then what is said about what is typed."""
        with Horizontal():
            yield Static("", classes="prompt", markup=False)
            yield BarField(soft_wrap=False, compact=True, highlight_cursor_line=False)
        yield Static("", classes="told", markup=False)

    @property
    def field(self) -> BarField:
        """The field."""
        return self.query_one(BarField)

    @property
    def told(self) -> str:
        """What is said about what is typed."""
        content = self.query_one(".told", Static).content
        return content.plain if isinstance(content, Content) else str(content)

    def open(self, purpose: Purpose, present: str) -> None:
        """Ask for a filter or a search; `present` is the one in effect."""
        self.purpose = purpose
        self.add_class("-open")
        self.query_one(".prompt", Static).update(text((f"{purpose} › ", f"bold {ACCENT}")))
        self.field.text = present
        self.field.select_all()
        self.field.focus()
        self._tell()

    def close(self) -> None:
        """Give the room back."""
        self.remove_class("-open")

    def on_resize(self) -> None:
        """Other lines fit."""
        if self.has_class("-open"):
            self._tell()

    @property
    def _indent(self) -> int:
        return len(self.purpose) + 3

    @on(TextArea.Changed)
    def _changed(self, event: TextArea.Changed) -> None:
        event.stop()
        if not self._completing:
            self._offered = -1
        self._completing = False
        self._tell()

    def _tell(self) -> None:
        typed = self.field.text
        column: int | None = None
        try:
            if self.purpose is Purpose.FILTER:
                compile_filter(typed)
                said = explain(typed)
            else:
                said = (
                    f"frames that {search_filter(typed).words.removeprefix('frames that ')}" if typed else ""
                )
        except FilterError as error:
            column = error.column
            said = explain(typed) if self.purpose is Purpose.FILTER else str(error)
        parts: list[str | tuple[str, str]] = []
        if column is not None:
            parts.append((f"{' ' * (self._indent + column)}^\n", f"bold {BAD}"))
        elif not typed:
            said = (
                'such as: received text size>1k $.type == "ping" /err.r/i violations'
                if self.purpose is Purpose.FILTER
                else "a text, or /a regular expression/"
                + hint("; {search-next} and {search-previous} go on to the next and the one before")
            )
        content = Content.assemble(*((visible(part[0], keep_newlines=True), part[1]) for part in parts))
        width = self.query_one(".told", Static).size.width
        rows = _TOLD_ROWS - (column is not None)
        content = content.append(_fitting(text((said, BAD if column is not None else MUTED)), width, rows))
        if self._offered < 0:
            self._offers = self._complete(typed)
        if self._offers and typed:
            names = "  ".join(offer.text for offer in self._offers[:_OFFERED])
            offers = _fitting(text((hint("{bar-complete} "), ACCENT), (names, MUTED)), width, 1)
            content = content.append("\n").append(offers)
        # Its height is fixed: the screen need not be laid out again for every key.
        self.query_one(".told", Static).update(content, layout=False)

    def _complete(self, typed: str) -> list[Completion]:
        if self.purpose is not Purpose.FILTER:
            return []
        cursor = self.field.cursor_location[1]
        paths = self.paths() if "$" in typed[:cursor] else ()
        return complete(typed, cursor, paths=paths)

    @on(BarField.Asked)
    def _asked(self, event: BarField.Asked) -> None:
        event.stop()
        typed = self.field.text
        match event.what:
            case "apply":
                self._apply(typed)
            case "leave":
                self.post_message(self.Left())
            case "complete":
                self._insert_next()
            case "back" | "on":
                history = self._histories[self.purpose]
                found = history.back(typed) if event.what == "back" else history.on()
                if found is not None:
                    self.field.text = found
                    self.field.move_cursor(self.field.document.end)

    def _apply(self, typed: str) -> None:
        try:
            if self.purpose is Purpose.FILTER:
                compile_filter(typed)
            elif typed:
                search_filter(typed)
        except FilterError:
            self._tell()  # It says already what is wrong, and where.
            return
        self._histories[self.purpose].add(typed)
        self.post_message(self.Applied(self.purpose, typed))

    def _insert_next(self) -> None:
        """Put in the first thing that may stand here; asked again, the one after it."""
        if not self._offers:
            return
        field = self.field
        before = self._offers[self._offered] if self._offered >= 0 else None
        self._offered = (self._offered + 1) % len(self._offers)
        offer = self._offers[self._offered]
        stop = offer.start + len(before.text) if before is not None else offer.stop
        self._completing = True
        field.replace(offer.text, (0, offer.start), (0, stop))
        field.move_cursor((0, offer.start + len(offer.text)))
