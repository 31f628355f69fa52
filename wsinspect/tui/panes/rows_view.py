"""A pane of rows that answers to keys and mouse: the cursor goes where they say, and a row leads where it stands for."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message

from wsinspect.tui.actions import Scope, bindings
from wsinspect.tui.panes.rows_shown import ShownRows
from wsinspect.tui.rows import Place


class RowsView(ShownRows, can_focus=True):
    """Posts `Chosen` for a row that stands for a place."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.ROWS)]

    class Chosen(Message):
        """Somebody wants to see where this row leads."""

        def __init__(self, view: RowsView, place: Place) -> None:
            super().__init__()
            self.view = view
            self.place = place

        @property
        def control(self) -> RowsView:
            """The pane that it came from."""
            return self.view

    def on_click(self, event: events.Click) -> None:
        """Select the row that was clicked, and choose it if it leads somewhere."""
        offset = event.get_content_offset(self)
        if offset is None or self.text_selection is not None:
            return
        at = offset.y + self.scroll_offset.y
        if at < len(self._lines):
            if event.shift:
                self._picks.begin(self.cursor)
            else:
                self._picks.moved()
            self.moved = True
            self.cursor = self._lines[at][0]
            self.refresh()
            if not event.shift:
                self.clicked()

    def clicked(self) -> None:
        """The row under the cursor was clicked."""
        self.action_choose()

    def on_mouse_scroll_up(self) -> None:
        """Somebody turns the wheel."""
        self.moved = True

    def on_mouse_scroll_down(self) -> None:
        """Somebody turns the wheel."""
        self.moved = True

    def on_scroll_to(self) -> None:
        """Somebody drags the scrollbar."""
        self.moved = True

    def _step(self, by: int) -> None:
        self.moved = True
        position = self.cursor + by
        while 0 <= position < len(self._rows) and not self._rows[position].plain:
            position += 1 if by > 0 else -1
        if 0 <= position < len(self._rows):
            self.reveal(position)
        elif by < 0:
            self.scroll_home(animate=False)

    def action_row_up(self) -> None:
        """One row up."""
        self._picks.moved()
        self._step(-1)

    def action_row_down(self) -> None:
        """One row down."""
        self._picks.moved()
        self._step(1)

    def _page(self, direction: int) -> None:
        self._picks.moved()
        self.moved = True
        height = max(1, self.scrollable_content_region.height - 1)
        target = max(0, min(self._lines.of(self.cursor).start + direction * height, len(self._lines) - 1))
        if self._lines:
            self.reveal(self._lines[target][0])

    def action_page_up_rows(self) -> None:
        """One page up."""
        self._page(-1)

    def action_page_down_rows(self) -> None:
        """One page down."""
        self._page(1)

    def action_first_row(self) -> None:
        """To the first row."""
        self._picks.moved()
        self.moved = True
        self.reveal(0)

    def action_last_row(self) -> None:
        """To the last row."""
        self._picks.moved()
        self.moved = True
        self.reveal(len(self._rows) - 1)

    def action_choose(self) -> None:
        """Show what the row stands for."""
        if 0 <= self.cursor < len(self._rows):
            place = self._rows[self.cursor].place
            if place is not None:
                self.post_message(self.Chosen(self, place))
