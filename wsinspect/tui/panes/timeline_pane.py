"""The timeline as a pane: its rows, and under them the details of the moment that the cursor is on."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from wsinspect.tui.panes.rows_view import RowsView
from wsinspect.tui.rows import AttemptPlace, FoldPlace, Row


class TimelineRows(RowsView):
    """The rows. Posts `Moved` whenever somebody moves over them; the cursor stays on its row while others come."""

    class Moved(Message):
        """The cursor was put on this row."""

        def __init__(self, row: Row) -> None:
            super().__init__()
            self.row = row

    _width = 0

    class Resized(Message):
        """There is another width for the ladder: one that was out of sight had none."""

    def on_resize(self, event: events.Resize) -> None:
        """The rows are as wide as the pane."""
        super().on_resize(event)
        if event.size.width != self._width:
            self._width = event.size.width
            self.post_message(self.Resized())

    def show(self, rows: list[Row]) -> None:
        """Show `rows`; what comes before the row under the cursor moves neither the cursor nor what is in view."""
        if rows == self.rows:
            return
        cursor, top = self.cursor, round(self.scroll_y)
        held = self.rows[cursor] if 0 <= cursor < len(self.rows) else None
        before = self.line_of(cursor)
        super().show(rows)
        if held is None or held.place is None:
            return
        same = [at for at, one in enumerate(rows) if one.place == held.place]
        if not same:
            return
        # A ladder's rung and an event of it lead to the same place: the one that is nearest in kind and position.
        self.cursor = min(same, key=lambda at: (rows[at].gutter != held.gutter, abs(at - cursor)))
        after = self.line_of(self.cursor)
        if before is not None and after is not None and after != before:
            self.scroll_to(y=top + after - before, animate=False)

    def show_moment(self, at_ns: int) -> None:
        """Point at the last row that is not later than a moment, and bring it into view."""
        found = -1
        latest = -1
        for position, one in enumerate(self.rows):
            if one.at_ns is not None and latest <= one.at_ns <= at_ns:
                found, latest = position, one.at_ns
        if found >= 0:
            self.point_at(found)

    def _step(self, by: int) -> None:
        super()._step(by)
        self._tell()

    def _page(self, direction: int) -> None:
        super()._page(direction)
        self._tell()

    def action_first_row(self) -> None:
        """To the first row."""
        super().action_first_row()
        self._tell()

    def action_last_row(self) -> None:
        """To the last row."""
        super().action_last_row()
        self._tell()

    def clicked(self) -> None:
        """A click shows the moment and leaves the focus here; what folds or is another attempt is chosen."""
        self._tell()
        if isinstance(self.rows[self.cursor].place, FoldPlace | AttemptPlace):
            self.action_choose()

    def _tell(self) -> None:
        if 0 <= self.cursor < len(self.rows):
            self.post_message(self.Moved(self.rows[self.cursor]))


class TimelinePane(Vertical):
    """The rows and the details. What they show is made elsewhere."""

    DEFAULT_CSS = """
    TimelinePane #timeline-rows { height: 1fr; }
    TimelinePane #timeline-detail { height: auto; max-height: 7; display: none; border-top: solid $border-blurred; }
    TimelinePane.-details #timeline-detail { display: block; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id, classes=classes)
        self.opened: set[str] = set()
        """Names of what is folded open."""

    def compose(self) -> ComposeResult:
        """The rows, then the details."""
        yield TimelineRows(id="timeline-rows")
        yield RowsView(id="timeline-detail")

    @property
    def timeline(self) -> TimelineRows:
        """The rows."""
        return self.query_one(TimelineRows)

    @property
    def detail(self) -> RowsView:
        """The details."""
        return self.query_one("#timeline-detail", RowsView)

    def show_details(self, rows: list[Row]) -> None:
        """Show details under the rows, or nothing."""
        detail = self.detail
        if rows != detail.rows:
            detail.show(rows)
            detail.scroll_home(animate=False)
            self.set_class(bool(rows), "-details")

    def toggle(self, key: str) -> None:
        """Open what is folded, or fold it."""
        self.opened ^= {key}
