"""Two frames compared, in a box over the screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from wsinspect.tui.actions import Scope, bindings
from wsinspect.tui.copying import CopyableDialog
from wsinspect.tui.key_hints import dialog_keys
from wsinspect.tui.panes.key_footer import KeyFooter
from wsinspect.tui.panes.rows_view import RowsView
from wsinspect.tui.rows import Row


class CompareScreen(CopyableDialog[None]):
    """Shows rows that `compare_rows` made."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.DIALOG), *bindings(Scope.READING)]
    DEFAULT_CSS = """
    CompareScreen { align: center middle; background: $background 60%; }
    CompareScreen #compare-rows {
        width: 110; max-width: 98%; height: auto; max-height: 94%;
        border: round $border; background: $surface; padding: 0 1; border-title-color: $text-primary;
    }
    """

    def __init__(self, title: str, rows: list[Row]) -> None:
        super().__init__()
        self._heading = title
        self._rows = rows

    def compose(self) -> ComposeResult:
        """The rows in a box."""
        yield RowsView(id="compare-rows")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Fill the box."""
        view = self.query_one(RowsView)
        view.border_title = Content(self._heading)
        view.border_subtitle = Content(dialog_keys("{copy-dialog} copies"))
        view.show(self._rows)
        view.focus()

    def action_dismiss_dialog(self) -> None:
        """Close."""
        self.dismiss(None)
