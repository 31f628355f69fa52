"""A line pasted from a browser's console or a client's error: which causes print it."""

from __future__ import annotations

import re

from msgspec import Struct

from wsinspect.diagnosis.catalogue import load
from wsinspect.diagnosis.cause import Cause
from wsinspect.diagnosis.numbers import causes_of_status
from wsinspect.diagnosis.product_statuses import products_with_status
from wsinspect.diagnosis.vague_lines import vague_line

_URL = re.compile(r"\b(?:wss?|https?)://[^\s'\"`<>\u2018\u2019\u201c\u201d]+")
_STATUS = re.compile(
    r"(?:response code: ?|server response: ?|rejected WebSocket connection: HTTP |Handshake status |HandshakeError: |response but was '"
    r"|status code '|HTTP error: |unexpected status code \()(\d{3})\b",
    re.IGNORECASE,
)
_LONGEST = 4000
_CHROMIUM_401 = "HTTP Authentication failed; no valid credentials available"
_ANY_OTHER_STATUS = "http-421-or-451-etc"


class ConsoleLine(Struct, frozen=True, kw_only=True):
    """What a pasted line was read as."""

    read_as: str
    """The part of the line that told."""
    causes: tuple[Cause, ...]
    """Most likely first; at least one."""
    url: str
    """The WebSocket URL in the line, empty where there is none."""
    meaning: str = ""
    """What a line says that hides the reason; empty where the line tells it."""


def read_console_line(line: str) -> ConsoleLine | None:
    """Return the causes whose console patterns the line matches, or None where none does.

    The cause that accounts for more of the line comes first, then the catalogue's order, which puts the usual before
    the rare. A status brings along what else shows it; a line that hides the reason brings the usual suspects.
    """
    text = " ".join(line[:_LONGEST].split())
    known = load()
    found: list[tuple[str, Cause]] = []
    for cause in known.values():
        matches = [m[0] for p in cause.console if (m := re.search(p, text, re.IGNORECASE)) is not None]
        if matches:
            found.append((max(matches, key=len), cause))
    found.sort(key=lambda item: -len(item[0]))
    told = [cause.id for _, cause in found]
    vague = vague_line(text)
    meaning = ""
    read_as = found[0][0] if found else ""
    if vague is not None and len(vague[1][vague[1].lastindex or 0]) >= len(read_as):
        entry, place = vague
        read_as, meaning = place[0], entry.meaning
        told = [*entry.causes, *told]
    else:
        told = _with_status(text, told)
    causes = tuple(known[one] for one in dict.fromkeys(told) if one in known)
    if not causes:
        return None
    url = _URL.search(text)
    return ConsoleLine(
        read_as=read_as, causes=causes, url=url[0].rstrip(".,:;)") if url else "", meaning=meaning
    )


def _with_status(text: str, told: list[str]) -> list[str]:
    found = _STATUS.search(text)
    status = int(found[1]) if found else 401 if _CHROMIUM_401 in text else None
    if status is None:
        return told
    others, products = causes_of_status(status), products_with_status(status)
    # The cause of last resort stands behind every other one.
    first = [*others, *told] if told[:1] == [_ANY_OTHER_STATUS] else [*told, *others]
    return [*first, *products]
