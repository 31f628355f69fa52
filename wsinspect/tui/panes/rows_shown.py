"""A pane of rows as it is drawn: wrapped, scrolled, with a top that keeps its line and a cursor that keeps its row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style

from wsinspect.tui.panes.row_lines import RowLines
from wsinspect.tui.panes.row_picks import PickableRows
from wsinspect.tui.rows import Row, plain_text
from wsinspect.tui.themes import quiet_cursor


class ShownRows(PickableRows):
    """Shows rows, whose texts are safe already, while they change; moves only where it is told to."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"rows--cursor", "rows--pointed"}
    DEFAULT_CSS = """
    ShownRows { overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id, classes=classes)
        self._lines = RowLines()
        self._wrapped_at = 0
        """The width at which rows were last to be wrapped, 0 where there was no room at all."""
        self.pointed = False
        """Whether the cursor's row is marked without the focus, because somebody moved over its moment elsewhere."""
        self._top: tuple[int, int] | None = None
        """The row that is to stand at the top and which of its lines, None for the first; kept while there is no room for it."""
        self._restores = False
        self.moved = False
        """Whether somebody has moved the cursor or scrolled: then nothing else does, until other things are shown."""

    @property
    def allow_select(self) -> bool:
        """Text can be selected with the mouse."""
        return True

    @property
    def rows(self) -> Sequence[Row]:
        """What is shown."""
        return self._rows

    def show(self, rows: list[Row]) -> None:
        """Show `rows`; the cursor stays on its row, and what is read where it is, as far as they can be found again."""
        if rows == self._rows:
            return
        under = self._rows[self.cursor] if 0 <= self.cursor < len(self._rows) else None
        if self._top is not None and self._top[0] < len(self._rows):
            top = _find(rows, self._rows[self._top[0]], self._top[0])
            self._top = (top, self._top[1]) if top is not None else self._top
        self._rows = rows
        self.cursor = min(self.cursor, len(rows) - 1)
        if under is not None and (again := _find(rows, under, self.cursor)) is not None:
            self.cursor = again
        self._wrap()

    def begin_anew(self) -> None:
        """Show nothing, from the top."""
        self.moved, self.cursor, self._top = False, -1, None
        self.show([])
        self.scroll_to(y=0, animate=False, immediate=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Called by Textual."""
        super().watch_scroll_y(old_value, new_value)
        if self._restores or round(old_value) > self.max_scroll_y:
            return  # There is no room for as much as was scrolled; there may be again.
        y = round(new_value)
        if 0 < y < len(self._lines):
            row = self._lines[y][0]
            self._top = row, y - self._lines.of(row).start
        else:
            self._top = None

    def _restore(self) -> None:
        """Scroll to what is to stand at the top."""
        if self._top is None:
            return
        own = self._lines.of(self._top[0])
        if not own:
            return
        self._restores = True
        self.scroll_to(y=own[min(self._top[1], len(own) - 1)], animate=False, immediate=True)
        self._restores = False

    def as_text(self) -> str:
        """Return all rows for the clipboard."""
        return plain_text(self._rows)

    def reveal(self, position: int, *, to_top: bool = False) -> None:
        """Move the cursor to a row and scroll it into view, or so that it is the second line of the pane."""
        if not self._rows:
            return
        self.cursor = max(0, min(position, len(self._rows) - 1))
        own = self._lines.of(self.cursor)
        height = self.scrollable_content_region.height
        if own and height > 0:
            top = round(self.scroll_y)
            if to_top:
                self.scroll_to(y=max(0, own[0] - 1), animate=False)
            elif own[0] < top or len(own) >= height:
                self.scroll_to(y=own[0], animate=False)
            elif own[-1] >= top + height:
                self.scroll_to(y=own[-1] - height + 1, animate=False)
        self.refresh()

    def reveal_event(self, seq: int, byte_range: tuple[int, int] | None = None) -> bool:
        """Move to the row that tells of an event, or of these bytes of the response; False where none does."""
        at = next((position for position, one in enumerate(self._rows) if seq in one.about), None)
        if at is None:
            return False
        if byte_range is not None:
            for position in range(at, len(self._rows)):
                span = self._rows[position].span
                if span is not None and span[0] <= byte_range[0] < span[1]:
                    at = position
                    break
        self.reveal(at, to_top=True)
        return True

    def point_at(self, position: int) -> None:
        """Put the cursor on a row and mark it, though the focus is elsewhere."""
        self.pointed = True
        self.reveal(position)

    def point_at_event(self, seq: int) -> None:
        """Mark the row that tells of an event, where one does."""
        at = next((position for position, one in enumerate(self._rows) if seq in one.about), None)
        if at is not None:
            self.point_at(at)

    def line_of(self, position: int) -> int | None:
        """Return the first line of a row, counted from the top of all."""
        own = self._lines.of(position)
        return own.start if own else None

    def scroll_to_row(self, position: int) -> None:
        """Make a row the first of the pane, as far as it goes and as soon as there is room; the cursor stays."""
        self._top = position, 0
        self._restore()

    def point_at_first_place(self) -> None:
        """Put the cursor on the first row that leads somewhere, without scrolling."""
        self.pointed = self.moved = False
        self._top = None
        self.cursor = next((position for position, one in enumerate(self._rows) if one.place is not None), -1)
        self.scroll_home(animate=False)
        self.refresh()

    def _wrap(self) -> None:
        width = self.scrollable_content_region.width
        self._wrapped_at = width
        if width <= 0:
            return
        self._lines.wrap(self._rows, width)
        self._restores = True
        self.virtual_size = Size(width, len(self._lines))
        self._restores = False
        self._restore()
        self.refresh()

    def _wrap_if_needed(self) -> None:
        """Wrap for another width, or where there was no room at all."""
        if self.scrollable_content_region.width != self._wrapped_at:
            self._wrap()

    def on_resize(self, _event: events.Resize) -> None:
        """Wrap again for another width, and show what is to stand at the top."""
        self._wrap_if_needed()
        self._restore()

    def watch_show_vertical_scrollbar(self) -> None:
        """The scrollbar takes a column."""
        self.call_after_refresh(self._wrap_if_needed)

    def notify_style_update(self) -> None:
        """Called by Textual when styles changed."""
        super().notify_style_update()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return one line of the viewport."""
        width = self.scrollable_content_region.width
        at = y + self.scroll_offset.y
        base = self.visual_style
        if not 0 <= at < len(self._lines):
            return Strip.blank(width, base.rich_style)
        index, content = self._lines[at]
        if self.has_focus and index == self.cursor:
            base = self.get_visual_style("rows--cursor")
            content = content if quiet_cursor(self.app.theme) else content.without_spans
        elif index in self._picked:
            base += Style(reverse=True)
            content = content.without_spans
        elif self.pointed and index == self.cursor:
            base = self.get_visual_style("rows--pointed")
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(at)) is not None:
            start, end = span
            content = content.stylize(
                Style.from_rich_style(self.selection_style),
                start,
                None if end == -1 else end,
            )
        parse = self.app.stylesheet.parse_style
        strip = Strip(
            [
                Segment(part, style.rich_style)
                for part, style in content.render(base, end="", parse_style=parse)
            ]
        )
        return strip.adjust_cell_length(width, base.rich_style).apply_offsets(0, at)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the text that the mouse selected."""
        return selection.extract(self._lines.plain), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Show the selection."""
        self.refresh()


def _find(rows: Sequence[Row], sought: Row, near: int) -> int | None:
    """Return the position of the row that reads the same, the nearest of several; None where there is none."""
    if near < len(rows) and rows[near].plain == sought.plain:
        return near
    same = [at for at, one in enumerate(rows) if one.plain == sought.plain]
    return min(same, key=lambda at: abs(at - near), default=None)
