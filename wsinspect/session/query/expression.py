"""A regular expression that somebody typed, and how frames are asked for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import inf

from wsinspect.session.query.expression_worker import AT_BEGINNING, SEARCHED, SLICED
from wsinspect.session.query.regex_needles import alternative_count, effort
from wsinspect.session.query.regex_sweep import swept

_LEFT_CONTEXT = re.compile(r"\^|\\[AbBZ]|\(\?<|\(\?[aiLmsux]")
"""Where an expression may look at what is before the place at which a search begins; a guess on the safe side."""
_GROUP = re.compile(r"\(\?(?::|=|!|<=|<!)")
_RANGE = re.compile(r"(?:[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9])")
_KEPT_ESCAPES = "dDsSwWbBAZnrtfv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """What `re` is to match. It may take forever, and cannot be interrupted: see `asking`."""

    told: str
    """As it is typed."""
    source: str | bytes
    flags: int
    how: int
    """How a piece of data is looked into: one of `SEARCHED`, `SLICED` and `AT_BEGINNING`."""
    pieces_source: str | bytes
    """What is matched against each piece of data, looked into in that way."""
    effort: tuple[int, int] | None
    """How many ways there are to match it at most, as `regex_needles.effort` says; None if that is not told."""
    folded: str | None
    """The same for ASCII text whose letters were lowered, with `folded_flags`; it is much faster than to ignore case."""

    swept: str | None
    """The same for many pieces in one sweep, with `re.ASCII`; for lowered text if there is `folded`."""

    @property
    def folded_flags(self) -> int:
        """The flags for `folded`."""
        return self.flags & ~int(re.IGNORECASE)

    def steps(self, size: int, longest: int) -> float:
        """Return for how many steps, roughly, `re` may be busy with `size` bytes in pieces of at most `longest`."""
        if self.effort is None:
            return inf
        ways, repeats = self.effort
        return float(size * ways) * float(longest) ** min(repeats, 50)


def expression_of(told: str, source: str | bytes, flags: int) -> Expression:
    """Return what `re` is to match, such as it compiles."""
    text = source if isinstance(source, str) else source.decode("latin-1")
    how, pieces = SEARCHED, source
    if _LEFT_CONTEXT.search(text):
        how = SLICED
        only_begin = not flags & re.MULTILINE and alternative_count(text) == 1
        if only_begin and text.startswith("^") and not _LEFT_CONTEXT.search(text, 1):
            how, pieces = AT_BEGINNING, source[1:]
    folded = None
    if flags & re.IGNORECASE and isinstance(pieces, str):
        folded = lowered(pieces)
    one_sweep = None
    if how == SEARCHED and isinstance(pieces, str) and (folded is not None or not flags & re.IGNORECASE):
        one_sweep = swept(folded or pieces, flags & ~int(re.IGNORECASE))
    return Expression(
        told=told,
        source=source,
        flags=flags,
        how=how,
        pieces_source=pieces,
        effort=effort(text),
        folded=folded,
        swept=one_sweep,
    )


def lowered(source: str) -> str | None:
    """Return an expression that matches ASCII text with lowered letters where `source` matches the text in any case.

    None where that cannot be told: only what is understood is used.
    """
    if not source.isascii():
        return None
    parts: list[str] = []
    position, in_class = 0, False
    while position < len(source):
        char = source[position]
        if char == "\\":
            escaped = source[position + 1]
            if escaped.isalnum() and escaped not in _KEPT_ESCAPES:
                return None
            parts.append(source[position : position + 2])
            position += 2
            if in_class and source.startswith("-", position) and not source.startswith("-]", position):
                return None
            continue
        if in_class:
            if char == "]":
                in_class = False
            elif source.startswith("-", position + 1) and not source.startswith("-]", position + 1):
                if not _RANGE.match(source, position):
                    return None
                parts.append(source[position : position + 3].lower())
                position += 3
                continue
        elif char == "[":
            in_class = True
            begin = re.compile(r"\[\^?\]?").match(source, position)
            assert begin is not None
            if source.startswith("-", begin.end()):
                return None
            parts.append(begin[0])
            position = begin.end()
            continue
        elif source.startswith("(?", position):
            group = _GROUP.match(source, position)
            if group is None:
                return None
            parts.append(group[0])
            position = group.end()
            continue
        parts.append(char.lower())
        position += 1
    return "".join(parts)
