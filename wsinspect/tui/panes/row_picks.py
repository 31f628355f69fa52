"""Rows selected together, with keys: from where the selection began to the cursor."""

from __future__ import annotations

from textual.actions import SkipAction
from textual.scroll_view import ScrollView

from wsinspect.tui.rows import Row, plain_text


class RowPicks:
    """A range of rows. `held` is whether every move of the cursor extends it."""

    def __init__(self) -> None:
        self._anchor: int | None = None
        self._whole: int | None = None
        self.held = False

    def begin(self, cursor: int, *, held: bool = False) -> None:
        """Begin at the cursor, unless it has begun."""
        if self._anchor is None or self._whole is not None:
            self._anchor, self._whole = max(0, cursor), None
        self.held = self.held or held

    def take_all(self, count: int) -> None:
        """Select all of `count` rows, wherever the cursor is."""
        self._anchor, self._whole = 0, count

    def moved(self) -> None:
        """The cursor was moved by a key that does not extend."""
        if not self.held or self._whole is not None:
            self.drop()

    def drop(self) -> bool:
        """Select nothing; say whether anything was selected."""
        had = self._anchor is not None
        self._anchor, self._whole, self.held = None, None, False
        return had

    @property
    def begun(self) -> bool:
        """Whether anything is selected."""
        return self._anchor is not None

    def rows(self, cursor: int, count: int) -> range:
        """Return the selected rows of `count` with the cursor at `cursor`."""
        if self._anchor is None or not count:
            return range(0)
        if self._whole is not None:
            return range(count)
        low, high = sorted((min(self._anchor, count - 1), max(0, cursor)))
        return range(low, high + 1)


class PickableRows(ScrollView):
    """The part of a pane of rows that selects some of them."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id, classes=classes)
        self._rows: list[Row] = []
        self.cursor = -1
        """Position of the row under the cursor, -1 before any is."""
        self._picks = RowPicks()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where nothing is selected, the key that selects nothing is somebody else's, and the footer says whose."""
        return action != "drop_rows" or self._picks.begun

    def reveal(self, position: int, *, to_top: bool = False) -> None:
        """Move the cursor to a row and scroll it into view."""
        raise NotImplementedError

    def _step(self, by: int) -> None:
        raise NotImplementedError

    @property
    def _picked(self) -> range:
        return self._picks.rows(self.cursor, len(self._rows))

    @property
    def picked_count(self) -> int:
        """How many rows are selected."""
        return len(self._picked)

    def picked_text(self) -> str:
        """Return the selected rows for the clipboard, empty for none."""
        picked = self._picked
        return plain_text(self._rows[picked.start : picked.stop]) if picked else ""

    def drop_picks(self) -> bool:
        """Select nothing; say whether anything was selected."""
        self.refresh()
        return self._picks.drop()

    def action_extend_rows(self, by: int) -> None:
        """Select from where this began to the row above (-1) or below (1)."""
        self._picks.begin(self.cursor)
        self._step(by)
        self.refresh()

    def action_hold_rows(self) -> None:
        """Begin to select, so that every move extends; again to stop."""
        if not (self._picks.held and self.drop_picks()):
            self._picks.begin(self.cursor, held=True)
            self.reveal(self.cursor)

    def action_pick_all_rows(self) -> None:
        """Select every row."""
        self._picks.take_all(len(self._rows))
        self.refresh()

    def action_drop_rows(self) -> None:
        """Select nothing; where nothing is selected, the key is somebody else's."""
        if not self.drop_picks():
            raise SkipAction
