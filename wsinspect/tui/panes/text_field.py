"""A text field that shows what a terminal would act on as signs, and keeps it as it was typed or pasted."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import TextArea

_SIGNS = (
    {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "␡"} | dict.fromkeys(range(128, 160), "�")
)
_SIGNS |= dict.fromkeys(
    (
        0xAD,
        0x61C,
        0xFEFF,
        *range(0x200B, 0x2010),
        *range(0x2028, 0x202F),
        *range(0x2060, 0x2070),
        *range(0xD800, 0xE000),
    ),
    "�",
)
"""One sign for one character, so that the cursor stands where it seems to."""


class TextField(TextArea):
    """A small text area. Its text is exactly what was typed; only the display differs."""

    def get_line(self, line_index: int) -> Text:
        """Return a line for display."""
        return Text(self.document.get_line(line_index).translate(_SIGNS), end="", no_wrap=True)
