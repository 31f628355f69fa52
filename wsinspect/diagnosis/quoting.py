"""Evidence that quotes the answer to the upgrade: its status line, a field, a piece of its body, with their bytes."""

from __future__ import annotations

import re

from wsinspect.diagnosis.evidence import Evidence, at_seq
from wsinspect.diagnosis.facts import Facts

_SHOWN = 160
REJECT_REASON = "X-WebSocket-Reject-Reason"
"""Where node's library `websocket` puts what its application gave to request.reject()."""


def quote_status(facts: Facts) -> Evidence:
    """Point at the status line of the answer."""
    head = facts.head
    line = head.status_line if head is not None else ""
    start = _head_start(facts)
    span = (start, start + len(line)) if line and start >= 0 else None
    return at_seq(facts.attempt.handshake.response_seq, f"the answer begins '{line}'", span)


def quote_field(facts: Facts, name: str) -> Evidence | None:
    """Point at the first field `name` of the answer, or None where it is missing."""
    lines = facts.head.lines(name) if facts.head is not None else []
    if not lines:
        return None
    start = _head_start(facts) + lines[0].offset
    text = f"it carries '{_short(f'{lines[0].name}: {lines[0].value}')}'"
    return at_seq(facts.attempt.handshake.response_seq, text, (start, start + len(lines[0].raw)))


def quote_body(facts: Facts, found: re.Match[str] | None = None) -> Evidence | None:
    """Point at what a pattern found in the body's text, or at the body's beginning; None where it is empty.

    A body whose coding hides the words from the bytes as received is quoted without a byte range.
    """
    words = found[0] if found is not None else facts.body_text[:_SHOWN]
    if not words.strip():
        return None
    response = facts.attempt.handshake.response
    body_start = max(0, len(response) - len(facts.attempt.handshake.raw_body))
    start = response.find(words.encode("utf-8", "replace"), body_start)
    span = (start, start + len(words.encode())) if start >= 0 else None
    label = "its body says" if found is not None else "its body begins"
    return at_seq(facts.attempt.handshake.response_seq, f"{label} '{_short(words)}'", span)


def quote_request_field(facts: Facts, name: str) -> Evidence | None:
    """Point at a field that we sent, or None where we did not."""
    value = facts.attempt.handshake.request_head.get(name)
    if value is None:
        return None
    return at_seq(facts.attempt.handshake.request_seq, f"we sent '{_short(f'{name}: {value}')}'")


def known(*evidence: Evidence | None) -> tuple[Evidence, ...]:
    """Return the pieces that exist, in order."""
    return tuple(piece for piece in evidence if piece is not None)


def _head_start(facts: Facts) -> int:
    head = facts.head
    return facts.attempt.handshake.response.find(head.raw) if head is not None else -1


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= _SHOWN else f"{one_line[: _SHOWN - 1]}…"
