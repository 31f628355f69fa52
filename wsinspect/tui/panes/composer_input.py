"""The composer's field: keys become messages for the composer around it."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from wsinspect.tui.actions import Scope, bindings
from wsinspect.tui.panes.text_field import TextField


class ComposerInput(TextField):
    """The field itself. Enter sends; what is pasted is kept as it is and shown safely."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.COMPOSER)]

    class SendWanted(Message):
        """Enter was pressed."""

    class WayWanted(Message):
        """Another way to write."""

    class LayoutWanted(Message):
        """Lay the JSON out anew."""

    class SearchWanted(Message):
        """Search the history."""

    class TemplatesWanted(Message):
        """Show the templates."""

    class HistoryWanted(Message):
        """An entry before (-1) or after (1) this one."""

        def __init__(self, direction: int) -> None:
            super().__init__()
            self.direction = direction

    class LeaveWanted(Message):
        """Back to the panes."""

    def action_send(self) -> None:
        """Send."""
        self.post_message(self.SendWanted())

    def action_newline(self) -> None:
        """Begin a new line."""
        self.insert("\n")

    def action_next_kind(self) -> None:
        """Another way to write."""
        self.post_message(self.WayWanted())

    def action_lay_out(self) -> None:
        """Lay the JSON out anew."""
        self.post_message(self.LayoutWanted())

    def action_search_history(self) -> None:
        """Search the history."""
        self.post_message(self.SearchWanted())

    def action_templates(self) -> None:
        """Show the templates."""
        self.post_message(self.TemplatesWanted())

    def action_history_back(self) -> None:
        """Up in the text, then back in history."""
        if self.cursor_location[0] > 0:
            self.action_cursor_up()
        else:
            self.post_message(self.HistoryWanted(-1))

    def action_history_on(self) -> None:
        """Down in the text, then on in history."""
        if self.cursor_location[0] < self.document.line_count - 1:
            self.action_cursor_down()
        else:
            self.post_message(self.HistoryWanted(1))

    def action_leave(self) -> None:
        """Back to the panes."""
        self.post_message(self.LeaveWanted())
