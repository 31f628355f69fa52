"""A dialog that asks before something is done that can't be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content

from wsinspect.tui.actions import Scope, bindings
from wsinspect.tui.copying import CopyableDialog
from wsinspect.tui.key_hints import dialog_keys
from wsinspect.tui.panes.key_footer import KeyFooter
from wsinspect.tui.panes.rows_view import RowsView
from wsinspect.tui.rows import Row


class ConfirmScreen(CopyableDialog[bool]):
    """Dismissed with whether it is wanted. Enter is not yes: it may have been meant for what was there before."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.DIALOG), *bindings(Scope.CONFIRM)]

    def __init__(self, title: str, rows: Sequence[Row], question: str) -> None:
        super().__init__()
        self._title = title
        self._rows = rows
        self._question = question

    def compose(self) -> ComposeResult:
        """What it means, in a box."""
        with Vertical(id="confirm-box", classes="dialog"):
            yield RowsView(id="confirm-rows")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Fill the box."""
        box = self.query_one("#confirm-box")
        box.border_title = Content(self._title)
        box.border_subtitle = Content(dialog_keys(self._question, "{confirm} agrees", "{refuse} refuses"))
        rows = self.query_one(RowsView)
        rows.show(list(self._rows))
        rows.focus()

    def action_confirm(self) -> None:
        """Yes."""
        self.dismiss(True)

    def action_dismiss_dialog(self) -> None:
        """No."""
        self.dismiss(False)
