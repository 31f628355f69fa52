"""A line pasted from a browser's console or a client's error: which causes print it."""

from __future__ import annotations

import re

from msgspec import Struct

from wsinspect.diagnosis.catalogue import load
from wsinspect.diagnosis.cause import Cause

_URL = re.compile(r"\b(?:wss?|https?)://[^\s'\"`<>\u2018\u2019\u201c\u201d]+")


class ConsoleLine(Struct, frozen=True, kw_only=True):
    """What a pasted line was read as."""

    read_as: str
    """The part of the line that told."""
    causes: tuple[Cause, ...]
    """Most likely first; at least one."""
    url: str
    """The WebSocket URL in the line, empty where there is none."""


def read_console_line(line: str) -> ConsoleLine | None:
    """Return the causes whose console patterns the line matches, or None where none does.

    The cause that accounts for more of the line comes first, then the catalogue's order, which puts the
    usual before the rare.
    """
    text = " ".join(line.split())
    found: list[tuple[str, Cause]] = []
    for cause in load().values():
        matches = [m[0] for p in cause.console if (m := re.search(p, text, re.IGNORECASE)) is not None]
        if matches:
            found.append((max(matches, key=len), cause))
    if not found:
        return None
    found.sort(key=lambda item: -len(item[0]))
    url = _URL.search(text)
    return ConsoleLine(
        read_as=found[0][0],
        causes=tuple(cause for _, cause in found),
        url=url[0].rstrip(".,:;)") if url else "",
    )
