"""What leaves for the terminal: no colour at all where NO_COLOR is set, and the sixteen of the terminal in the ansi theme."""

from __future__ import annotations

from functools import lru_cache

from rich.color import Color, ColorSystem, ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as Background
from textual.filter import LineFilter


class WithoutColour(LineFilter):
    """Leaves bold, underline and reverse, and takes every colour away."""

    def apply(self, segments: list[Segment], background: Background) -> list[Segment]:
        """Return the segments without colour; `background` is of no matter."""
        return [Segment(text, style and style.without_color, control) for text, style, control in segments]


class SixteenColours(LineFilter):
    """Turns what is not one of the terminal's own colours, such as a mixture of two, into the nearest of them."""

    def apply(self, segments: list[Segment], background: Background) -> list[Segment]:
        """Return the segments in sixteen colours; `background` is of no matter."""
        return [Segment(text, style and _sixteen(style), control) for text, style, control in segments]


@lru_cache(2048)
def _sixteen(style: Style) -> Style:
    return style + Style.from_color(_nearest(style.color), _nearest(style.bgcolor))


def _nearest(colour: Color | None) -> Color | None:
    if colour is None or colour.type in (ColorType.DEFAULT, ColorType.STANDARD):
        return colour
    return colour.downgrade(ColorSystem.STANDARD)
