"""Rows wrapped to lines: which lines are whose, and that a row is wrapped once."""

from __future__ import annotations

from wsinspect.tui.panes.row_lines import RowLines
from wsinspect.tui.rows import BLANK, row, text

ROWS = [row("one two three", gutter=text("> ")), BLANK, row("four")]


def test_the_body_hangs_right_of_the_gutter_and_every_line_knows_its_row() -> None:
    lines = RowLines()
    lines.wrap(ROWS, 11)
    assert [(at, line.plain.rstrip()) for at, line in (lines[y] for y in range(len(lines)))] == [
        (0, "> one two"),
        (0, "  three"),
        (1, ""),
        (2, "four"),
    ]
    assert [lines.of(position) for position in range(3)] == [range(2), range(2, 3), range(3, 4)]
    assert not lines.of(3)
    assert not lines.of(-1)


def test_a_row_is_wrapped_again_only_for_another_width() -> None:
    lines = RowLines()
    lines.wrap(ROWS, 11)
    _, before = lines[3]
    lines.wrap([ROWS[2]], 11)
    assert lines[0] == (0, before)
    assert lines[0][1] is before
    lines.wrap(ROWS, 40)
    assert len(lines) == 3
    assert lines[2][1] is not before


def test_what_is_very_long_is_cut_off() -> None:
    lines = RowLines()
    lines.wrap([row("x" * 100_000)], 50_000)
    assert len(lines) == 1
    assert lines[0][1].plain == "x" * 20_000 + "…"
