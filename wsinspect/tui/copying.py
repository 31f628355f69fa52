"""Copying from wherever one reads: the message that asks for it, and dialogs that can be copied from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import BindingType
from textual.message import Message
from textual.screen import ModalScreen, Screen, ScreenResultType

from wsinspect.tui.actions import Scope, bindings
from wsinspect.tui.panes.rows_view import RowsView

if TYPE_CHECKING:
    from wsinspect.export.redact import Redactor


class CopyWanted(Message):
    """Copy this text."""

    def __init__(self, text: str | Callable[[Redactor], Iterator[str | None]], what: str) -> None:
        super().__init__()
        self.text = text
        """The text, its secrets still in it, or what yields its lines when it is given what masks them."""
        self.what = what


def selected_text(screen: Screen[Any]) -> tuple[str, str] | None:
    """Return what is selected on a screen, with the mouse or row by row with keys, and what it is; None for nothing."""
    selected = screen.get_selected_text()
    if selected:
        return selected, "the selected text"
    focused = screen.focused
    views = [focused] if isinstance(focused, RowsView) else list(screen.query(RowsView))
    for view in views:
        count = view.picked_count
        if count:
            return view.picked_text(), "the selected row" if count == 1 else f"{count} selected rows"
    return None


class CopyableDialog(ModalScreen[ScreenResultType]):
    """A dialog whose text can be copied, with `ctrl+c` and, where nothing is typed or asked, with `y`."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.COPYING)]

    def all_text(self) -> str:
        """Return what is copied where nothing is selected."""
        return "".join(view.as_text() for view in self.query(RowsView))

    def action_copy_dialog(self) -> None:
        """Copy what is selected, else everything."""
        selected = selected_text(self)
        self.post_message(CopyWanted(*(selected or (self.all_text(), "the text of this dialog"))))
