"""Regular expressions that go over many frames in one sweep, as their matches cannot leave a frame.

Where every frame's header begins with a byte that is not ASCII and every payload is ASCII, an expression in which nothing
matches such a byte finds in all of it, headers included, what it finds in each payload, in half of the time.
"""

from __future__ import annotations

import re

_BLANKS = r"\t-\r\x1c-\x20"
"""What is blank in ASCII for an expression over text."""
_BEYOND = r"\x80-\xff"
_KEPT_ESCAPES = "dwnrtfv"
_OUTSIDE = {
    "D": rf"[^\d{_BEYOND}]",
    "W": rf"[^\w{_BEYOND}]",
    "S": f"[^{_BLANKS}{_BEYOND}]",
    "s": f"[{_BLANKS}]",
}
_CLASS = re.compile(r"\[(?P<negated>\^?)(?P<items>(?:\\.|[^\\\]])+)\]", re.DOTALL)
_ITEM = re.compile(r"\\(.)", re.DOTALL)


def swept(source: str, flags: int) -> str | None:
    """Return an expression for such a sweep, with `flags` and `re.ASCII`; None where that is not certain to do.

    `source` is one that `re` accepts. In ASCII it matches what `source` matches; what is not ASCII it does not match.
    """
    if not source.isascii():
        return None
    parts: list[str] = []
    position = 0
    while position < len(source):
        char = source[position]
        part: str | None = char
        end = position + 1
        if char == "\\":
            end += 1
            escaped = source[position + 1]
            part = _OUTSIDE.get(escaped, source[position:end] if _is_kept(escaped) else None)
        elif char == "[":
            found = _CLASS.match(source, position)
            part = _class(found) if found else None
            end = found.end() if found else end
        elif char == ".":
            part = r"[\x00-\x7f]" if flags & re.DOTALL else rf"[^\n{_BEYOND}]"
        elif char in "^$" or (source.startswith("(?", position) and not source.startswith("(?:", position)):
            part = None
        elif source.startswith("(?:", position):
            part, end = "(?:", position + 3
        if part is None:
            return None
        parts.append(part)
        position = end
    told = "".join(parts)
    # What matches nothing at all does so in every frame.
    return None if re.compile(told, flags | re.ASCII).match("") else told


def _is_kept(escaped: str) -> bool:
    return escaped in _KEPT_ESCAPES or not escaped.isalnum()


def _class(found: re.Match[str]) -> str | None:
    items = found["items"]
    if items[0] in "]^[" or not all(_is_kept(escaped) or escaped == "s" for escaped in _ITEM.findall(items)):
        return None
    items = _ITEM.sub(lambda item: _BLANKS if item[1] == "s" else item[0], items)
    return f"[^{_BEYOND}{items}]" if found["negated"] else f"[{items}]"
