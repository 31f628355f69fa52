"""Markdown that foreign text can't get out of: every string passes through `inline` or `fenced`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from wsinspect.safe_text import shortened, visible

_MEANT = re.compile(r"([\\`*_\[\]|~$])")
_AT_START = re.compile(r"\A(\s*(?:\d+(?=[.)](?:\s|\Z)))?)([-+#>=.):])")
"""What begins a list, a heading or a quotation."""
_LONGEST_INLINE = 2000


def inline(text: str, limit: int = _LONGEST_INLINE) -> str:
    """Return text of anybody's as text of a paragraph or a table's cell, at most `limit` of its characters.

    Line ends and control characters are visible signs, HTML is escaped, and what Markdown gives a meaning has a backslash.
    """
    safe = shortened(visible(text), limit)
    safe = safe.replace("&", "&amp;").replace("<", "&lt;")
    return _AT_START.sub(r"\1\\\2", _MEANT.sub(r"\\\1", safe))


def fenced(lines: Iterable[str], language: str = "text") -> list[str]:
    """Return lines of anybody's as a code block, whose fence is longer than any row of backticks in it."""
    safe = [visible(line) for line in lines]
    longest = max((len(row) for line in safe for row in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *safe, fence]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table; the cells are of anybody's."""

    def row(cells: Sequence[str]) -> str:
        return f"| {' | '.join(inline(cell) for cell in cells)} |"

    return [row(head), f"|{' --- |' * len(head)}", *(row(cells) for cells in rows)]


def section(title: str, body: Sequence[str], level: int = 2) -> list[str]:
    """Return a heading of ours and what stands under it; nothing where there is nothing."""
    return [f"{'#' * level} {title}", "", *body, ""] if body else []
