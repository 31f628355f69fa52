"""How text for people is set: width, colour, masks; every string of a peer or a person passes through `clean` first."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from wsinspect.export.redact import Redactor
from wsinspect.safe_text import shortened, visible

BOLD, BAD, WARNING, GOOD, MUTED = "1", "1;31", "1;33", "32", "2"
_LONGEST = 4000


class Page:
    """What a report is written on."""

    def __init__(self, *, width: int = 100, colour: bool = False, redact: Redactor | None = None) -> None:
        self.width = width
        self._colour = colour
        self._redact = redact or Redactor()

    def styled(self, text: str, code: str) -> str:
        """Return `text` in the SGR style `code`; without colour, as it is."""
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour and text else text

    def clean(self, text: str, limit: int = _LONGEST) -> str:
        """Return text of anybody's masked, safe for a terminal and at most `limit` characters long.

        Masked first: a secret that was cut or made visible would no longer be known.
        """
        return shortened(visible(self._redact(text)), limit)

    def clean_block(self, text: str) -> str:
        """Return text of several lines masked and safe for a terminal, its line ends kept."""
        return visible(self._redact(text), keep_newlines=True)

    def masked(self, text: str) -> str:
        """Return text masked and nothing more: not yet safe for a terminal."""
        return self._redact(text)

    def wrapped(self, text: str, first: str = "", rest: str | None = None) -> Iterator[str]:
        """Yield clean `text` in lines that fit: `first` before the first of them, `rest` before the others.

        Lines that are indented, a snippet's, stay as they are.
        """
        indent = first if rest is None else rest
        begin = first
        for line in text.split("\n"):
            if line.startswith((" ", "\t")) or not line:
                yield (begin + line).rstrip()
            else:
                yield from textwrap.wrap(
                    line,
                    max(self.width, len(begin) + 20),
                    initial_indent=begin,
                    subsequent_indent=indent,
                    break_long_words=False,
                    break_on_hyphens=False,
                )
            begin = indent

    def section(self, title: str) -> Iterator[str]:
        """Yield a blank line and a heading."""
        yield ""
        yield self.styled(title, BOLD)

    def numbered(self, steps: tuple[str, ...]) -> Iterator[str]:
        """Yield clean steps, numbered from 1."""
        for number, step in enumerate(steps, 1):
            first = f"  {number}. "
            yield from self.wrapped(step, first, " " * len(first))

    def pairs(self, rows: list[tuple[str, str]], indent: str = "  ") -> Iterator[str]:
        """Yield names and clean texts in two columns."""
        column = max((len(name) for name, _ in rows), default=0) + 2
        for name, text in rows:
            yield from self.wrapped(text, f"{indent}{name:<{column}}", indent + " " * column)


def took(ns: int | None) -> str:
    """Return a duration as `0.3 ms` or `2.05 s`; empty for None."""
    if ns is None:
        return ""
    return f"{ns / 1e6:.1f} ms" if ns < 1e9 else f"{ns / 1e9:.2f} s"
