"""Bytes as rows of hexadecimal digits beside their ASCII, with marks and carets at bytes that matter."""

from __future__ import annotations

from collections.abc import Sequence

from wsinspect.tui.key_hints import hint
from wsinspect.tui.rows import BAD, MUTED, FoldPlace, Row, row, text
from wsinspect.tui.wording import size
from wsinspect.wire.violations import Violation

_FIRST_BYTES = 4096
_AROUND = 256
_MARK = f"bold reverse {BAD}"
Range = tuple[int, int]


def bytes_per_line(width: int) -> int:
    """Return how many bytes a line of `width` cells has room for."""
    return 16 if width >= 77 else 8


def hex_rows(
    data: bytes, per_line: int, *, marked: Sequence[Range] = (), whole: bool = False, key: str = "more"
) -> list[Row]:
    """Return bytes as rows: all with `whole`, else those of the beginning, or around the first mark."""
    first, stop = 0, len(data)
    if not whole and len(data) > _FIRST_BYTES:
        if marked and marked[0][0] >= _FIRST_BYTES - _AROUND:
            first = max(0, marked[0][0] - _AROUND) // per_line * per_line
        stop = min(stop, first + _FIRST_BYTES)
    rows = [_line(data, start, per_line, marked) for start in range(first, stop, per_line)]
    if first:
        rows.insert(0, _rest(first, key))
    if stop < len(data):
        rows.append(_rest(len(data) - stop, key))
    return rows


def _rest(count: int, key: str) -> Row:
    return row((f"… {size(count)} more" + hint(", {row-choose} shows them"), MUTED), place=FoldPlace(key))


def _line(data: bytes, start: int, per_line: int, marked: Sequence[Range]) -> Row:
    chunk = data[start : start + per_line]
    half = per_line // 2
    left, right = chunk[:half].hex(" "), chunk[half:].hex(" ")
    signs = "".join(chr(byte) if 0x20 <= byte < 0x7F else "·" for byte in chunk)
    body = text(f"{left:<{3 * half - 1}}  {right:<{3 * half - 1}} ", (f"│{signs}│", MUTED))
    for low, high in marked:
        for at in range(max(low, start) - start, min(high, start + len(chunk)) - start):
            column = _column(at, per_line)
            body = body.stylize(_MARK, column, column + 2)
            body = body.stylize(_MARK, 3 * per_line + 2 + at, 3 * per_line + 3 + at)
    return Row(text((f"{start:08x}  ", MUTED)), body)


def _column(at: int, per_line: int) -> int:
    return 3 * at + (1 if at >= per_line // 2 else 0)


def violation_rows(raw: bytes, violation: Violation, width: int) -> list[Row]:
    """Return the bytes around a violation, and a caret below the one that it begins at."""
    if not raw or violation.offset > len(raw):
        return []
    per_line = bytes_per_line(width)
    ended = violation.offset == len(raw)
    at = min(violation.offset, len(raw) - 1)
    start = at // per_line * per_line
    column = _column(at - start, per_line) + (3 if ended else 0)
    told = f"byte {violation.offset}{': the stream ended' if ended else ''}"
    return [
        _line(raw, start, per_line, [] if ended else [(at, at + 1)]),
        row(" " * column, ("^^ ", f"bold {BAD}"), (told, BAD), gutter=text(" " * 10)),
    ]
