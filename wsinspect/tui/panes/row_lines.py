"""Rows wrapped to a width: which lines each of them takes, and what is on them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from wsinspect.tui.rows import Row

_LINE_LIMIT = 20_000
"""Characters of one row that are shown; a header of 64 KiB must not cost a second."""


class RowLines:
    """The lines of rows, from the top. Rows that are wrapped again at the same width are not wrapped anew."""

    def __init__(self) -> None:
        self.width = 0
        """Cells of a line."""
        self._lines: list[tuple[int, Content]] = []
        self._first: list[int] = [0]
        """The first line of each row, and at the end the number of lines."""
        self._known: dict[int, tuple[Row, list[Content]]] = {}
        """By the identity of a row, its lines."""

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, y: int) -> tuple[int, Content]:
        """Return the position of the row that a line belongs to, and what is on the line."""
        return self._lines[y]

    def wrap(self, rows: Sequence[Row], width: int) -> None:
        """Take these rows in place of those before, in lines of so many cells."""
        before, self._known = self._known if width == self.width else {}, {}
        self.width = width
        self._lines, self._first = [], [0]
        for position, one in enumerate(rows):
            # Most rows are those that were shown a moment ago.
            known = before.get(id(one))
            wrapped = known[1] if known is not None and known[0] is one else wrap_row(one, width)
            self._known[id(one)] = one, wrapped
            self._lines += [(position, line) for line in wrapped]
            self._first.append(len(self._lines))

    def of(self, position: int) -> range:
        """Return the lines of a row, none for a row that there was not when it was wrapped."""
        if not 0 <= position < len(self._first) - 1:
            return range(0)
        return range(self._first[position], self._first[position + 1])

    @property
    def plain(self) -> str:
        """All lines without their styles."""
        return "\n".join(content.plain for _, content in self._lines)


def wrap_row(one: Row, width: int) -> list[Content]:
    """Return the lines of a row in `width` cells; the body hangs right of the gutter."""
    indent = one.gutter.cell_length
    room = width - indent
    body = one.body if len(one.body) <= _LINE_LIMIT else one.body[:_LINE_LIMIT].append("…")
    if body.cell_length <= room:
        return [one.gutter.append(body)]
    if room < 8:
        return one.gutter.append(body).wrap(max(1, width))
    first, *others = body.wrap(room)
    return [one.gutter.append(first), *(line.pad_left(indent) for line in others)]
