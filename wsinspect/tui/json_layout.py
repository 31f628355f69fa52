"""JSON laid out on several lines or one, token by token: numbers, key order and doubled keys stay as they were typed."""

from __future__ import annotations

import re

_TOKEN = re.compile(r'\$\{\w+\}|"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s\[\]{}:,"]+|"', re.DOTALL)
_INDENT = "  "


def one_line(text: str) -> str:
    """Return JSON without blanks between its tokens."""
    return "".join(_TOKEN.findall(text))


def indented(text: str) -> str:
    """Return JSON with a line for each member and element; what is empty stays on one line."""
    out: list[str] = []
    depth = 0
    tokens = _TOKEN.findall(text)
    for at, token in enumerate(tokens):
        before = tokens[at - 1] if at else ""
        if token in ("}", "]"):
            depth = max(0, depth - 1)
            if before not in ("{", "["):
                out.append("\n" + _INDENT * depth)
        elif before in ("{", "[", ","):
            out.append("\n" + _INDENT * depth)
        out.append(": " if token == ":" else token)
        if token in ("{", "["):
            depth += 1
    return "".join(out)


def relaid(text: str) -> str:
    """Return JSON indented, or on one line if it is indented already."""
    wide = indented(text)
    return one_line(text) if wide == text.strip() else wide
