"""Fields that show what a terminal would act on as signs, and keep it as it was typed or pasted."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import Input, TextArea

from wsinspect.safe_text import signs_in_place


class TextField(TextArea):
    """A small text area. Its text is exactly what was typed; only the display differs."""

    def get_line(self, line_index: int) -> Text:
        """Return a line for display."""
        return Text(signs_in_place(self.document.get_line(line_index)), end="", no_wrap=True)


class LineField(Input):
    """A field of one line. Its value is exactly what was typed, or came from a file; only the display differs."""

    @property
    def _value(self) -> Text:
        if self.password:
            return super()._value
        return Text(signs_in_place(self.value), no_wrap=True, overflow="ignore", end="")

    def _position_to_cell(self, position: int) -> int:
        # A tab is a sign here, of one cell.
        return cell_len(signs_in_place(self.value[:position]))
