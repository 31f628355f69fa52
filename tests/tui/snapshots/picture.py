"""A picture of the screen as text: what stands in the cells, then which cells look different from most and how.

A look is called by the names of the theme's colours, so that another shade changes only the pictures that tell shades, and by two
letters made of these names, so that a look that is added or goes does not rename the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from hashlib import blake2s
from typing import Any

from rich.style import Style
from textual.app import App

_COLOURS = (
    *("foreground", "background", "surface", "panel"),
    *("text-primary", "text-muted", "text-success", "text-warning", "text-error", "text-accent"),
    *("border", "border-blurred", "block-cursor-foreground", "block-cursor-background"),
    *("footer-key-foreground", "footer-background", "scrollbar", "scrollbar-background"),
    *("input-cursor-background", "input-cursor-foreground", "primary", "secondary", "accent"),
)
"""Names of the theme's colours; of two that are the same, the first is told."""
_FRAMEWORK = ("border", "border-blurred", "scrollbar", "scrollbar-background")
"""Of what is drawn in these, the signs in the cells tell enough; told, they would be more than all the rest."""
_ATTRIBUTES = ("bold", "dim", "italic", "underline", "reverse", "strike")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Looks:
    """Says how cells look."""

    def __init__(self, app: App[Any], *, shades: bool) -> None:
        variables = {} if shades else app.get_css_variables()
        self._names: dict[str, str] = {}
        for name in _COLOURS:
            if (value := variables.get(name, "").lower()).startswith("#"):
                self._names.setdefault(value, name)

    def _colour(self, colour: Any) -> str:
        if colour is None or colour.is_default:
            return "default"
        if colour.triplet is None:
            return str(colour.name)
        return self._names.get(colour.triplet.hex, str(colour.triplet.hex))

    def told(self, style: Style) -> tuple[str, str, str]:
        """Return the foreground, the background and the attributes of a style."""
        attributes = " ".join(name for name in _ATTRIBUTES if getattr(style, name))
        return self._colour(style.color), self._colour(style.bgcolor), attributes


def cells(app: App[Any]) -> tuple[str, ...]:
    """Return the lines of the topmost screen with what is below it, without the spaces at their ends."""
    return tuple(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


def looks(app: App[Any], *, shades: bool = False) -> Iterator[str]:
    """Return a line for each line of the screen that has cells which look different from most, then what the letters mean;
    with `shades`, colours themselves in place of their names."""
    tell = Looks(app, shades=shades)
    lines: list[list[tuple[int, int, str]]] = []
    counted: Counter[str] = Counter()
    for strip in app.screen._compositor.render_strips():
        spans: list[tuple[int, int, str]] = []
        at, before = 0, ("", "", "")
        for segment in strip:
            look = tell.told(segment.style or Style())
            # Of a space nothing but its background is seen.
            if not segment.text.strip() and look[1] == before[1] and not before[2] and not look[2]:
                look = before
            before = look
            told = f"{look[0]} on {look[1]}{' ' + look[2] if look[2] else ''}"
            if not shades and {look[0], look[1]} & {*_FRAMEWORK}:
                at += segment.cell_length
                continue
            counted[told] += segment.cell_length
            if spans and spans[-1][2] == told and sum(spans[-1][:2]) == at:
                start, length, _ = spans.pop()
                spans.append((start, length + segment.cell_length, told))
            elif segment.cell_length:
                spans.append((at, segment.cell_length, told))
            at += segment.cell_length
        lines.append(spans)
    usual = counted.most_common(1)[0][0]
    letters = _letters(sorted(look for look in counted if look != usual))
    for number, spans in enumerate(lines, 1):
        told_spans = [f"{start}+{length}{letters[one]}" for start, length, one in spans if one != usual]
        if told_spans:
            yield f"{number:>2} {' '.join(told_spans)}"
    yield f"   {usual}"
    for name, short in sorted(letters.items()):
        yield f"{short} {name}"


def _letters(described: list[str]) -> dict[str, str]:
    """Return two letters for each look, which depend on it alone unless another one has them."""
    found: dict[str, str] = {}
    for look in described:
        number = int.from_bytes(blake2s(look.encode()).digest()[:4], "big")
        while (letters := _LETTERS[number // 26 % 26] + _LETTERS[number % 26]) in found.values():
            number += 1
        found[look] = letters
    return found
