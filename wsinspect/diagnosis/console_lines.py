"""A line pasted from a browser's console or a client's error: which causes print it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wsinspect.diagnosis.catalogue import load
from wsinspect.diagnosis.cause import Cause

_URL = re.compile(r"\b(?:wss?|https?)://[^\s'\"`<>\u2018\u2019\u201c\u201d]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleLine:
    """What a pasted line was read as."""

    read_as: str
    """The part of the line that told."""
    causes: tuple[Cause, ...]
    """Most likely first; at least one."""
    url: str
    """The WebSocket URL in the line, empty where there is none."""


def read_console_line(line: str) -> ConsoleLine | None:
    """Return the causes whose console patterns the line matches, or None where none does."""
    text = " ".join(line.split())
    found: list[tuple[int, Cause]] = []
    told = ""
    for cause in load().values():
        for position, pattern in enumerate(cause.console):
            match = re.search(pattern, text, re.IGNORECASE)
            if match is not None:
                found.append((position, cause))
                told = max(told, match[0], key=len)
                break
    if not found:
        return None
    found.sort(key=lambda item: item[0])
    url = _URL.search(text)
    return ConsoleLine(
        read_as=told, causes=tuple(cause for _, cause in found), url=url[0].rstrip(".,:;)") if url else ""
    )
