"""JSON as rows that fold: objects and arrays can be closed, numbers stay as they were written."""

from __future__ import annotations

import json
from collections.abc import Iterator

from wsinspect.tui.key_hints import hint
from wsinspect.tui.rows import GOOD, MUTED, NAME, FoldPlace, Part, Row, row, text

_MOST_ROWS = 2000
_MANY = 100
"""Members of an object or array that is closed at first."""
OPEN, CLOSED = "▾ ", "▸ "


class _Pairs(list[tuple[str, object]]):
    """An object's members in order, twice where they were written twice."""


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


class Folds:
    """What is open and what is closed."""

    def __init__(self) -> None:
        self._toggled: set[str] = set()
        self.depth: int | None = None
        """Containers from this depth on are closed; None closes large ones only."""

    @property
    def key(self) -> tuple[frozenset[str], int | None]:
        """Equal as long as nothing is opened or closed."""
        return frozenset(self._toggled), self.depth

    def toggle(self, key: str) -> None:
        """Open what is closed, close what is open."""
        self._toggled ^= {key}

    def toggled(self, key: str) -> bool:
        """Whether something is not as it is at first."""
        return key in self._toggled

    def all_from(self, depth: int | None) -> None:
        """Close everything from a depth on."""
        self._toggled.clear()
        self.depth = depth

    def is_open(self, key: str, depth: int, members: int) -> bool:
        """Whether a container is open."""
        closed = depth >= self.depth if self.depth is not None else depth > 0 and members > _MANY
        return closed == self.toggled(key)


def parsed_json(data: bytes | str) -> object:
    """Return JSON with its members in order and its numbers as written. Raises ValueError for what is none."""
    try:
        return json.loads(data, object_pairs_hook=_Pairs, parse_int=_Number, parse_float=_Number)
    except RecursionError as error:
        raise ValueError("too deep") from error


def json_rows(value: object, folds: Folds) -> list[Row]:
    """Return what `parsed_json` gave as rows; those of containers are places that fold."""
    rows: list[Row] = []
    for one in _rows(value, "", [], "", 0, folds):
        rows.append(one)
        if len(rows) >= _MOST_ROWS:
            rows.append(row(("… more lines" + hint("; {detail-fold-all} closes objects and arrays"), MUTED)))
            break
    return rows


def json_lines(value: object) -> list[str]:
    """Return the same as plain lines, everything open."""
    folds = Folds()
    folds.all_from(1 << 30)
    return [one.body.plain for one in json_rows(value, folds)]


def _rows(value: object, path: str, name: list[Part], comma: str, depth: int, folds: Folds) -> Iterator[Row]:
    indent = "  " * depth
    if not isinstance(value, list) or not value:
        yield row(indent, *name, _scalar(value), comma, gutter=text("  "))
        return
    pairs = isinstance(value, _Pairs)
    opening, closing = ("{", "}") if pairs else ("[", "]")
    key = f"json{path}"
    if not folds.is_open(key, depth, len(value)):
        inside = f" {len(value)} {'member' if pairs else 'item'}{'s' if len(value) > 1 else ''} "
        yield row(
            indent,
            *name,
            opening,
            (inside, MUTED),
            closing + comma,
            gutter=text(CLOSED),
            place=FoldPlace(key),
        )
        return
    yield row(indent, *name, opening, gutter=text(OPEN), place=FoldPlace(key))
    for at, item in enumerate(value):
        after = "," if at + 1 < len(value) else ""
        if pairs:
            member, inner = item
            own: list[Part] = [(_quoted(member), NAME), ": "]
            yield from _rows(inner, f"{path}.{at}", own, after, depth + 1, folds)
        else:
            yield from _rows(item, f"{path}.{at}", [], after, depth + 1, folds)
    yield row(indent, closing + comma, gutter=text("  "))


def _scalar(value: object) -> Part:
    match value:
        case _Number():
            return (str(value), "$text-accent")
        case str():
            return (_quoted(value), GOOD)
        case list():
            return "{}" if isinstance(value, _Pairs) else "[]"
        case _:
            return (json.dumps(value), "$text-accent")


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
