"""The formats by name: what a session can be exported to."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from wsinspect.errors import UsageError, nearest
from wsinspect.export.raw import Selection
from wsinspect.export.redact import Redactor
from wsinspect.session.record import SessionRecord


class Format(Struct, frozen=True, kw_only=True):
    """One format."""

    name: str
    suffix: str
    binary: bool
    """Whether it is nothing for a terminal."""
    what: str
    """One line for a menu or a help text."""


FORMATS = {
    made.name: made
    for made in (
        Format(
            name="har", suffix=".har", binary=False, what="HAR 1.2 for Chrome's DevTools, messages included"
        ),
        Format(name="jsonl", suffix=".jsonl", binary=False, what="JSON Lines: an event or a frame a line"),
        Format(name="pcapng", suffix=".pcapng", binary=True, what="packets for Wireshark, TLS taken off"),
        Format(name="markdown", suffix=".md", binary=False, what="a bug report"),
        Format(name="raw", suffix=".bin", binary=True, what="payload bytes alone"),
    )
}


def export_session(
    record: SessionRecord, to: str, *, show_secrets: bool = False, selection: Selection | None = None
) -> Iterator[bytes]:
    """Return the session in the format named `to`, piece by piece; nothing is held whole that could be large.

    Secrets are masked unless `show_secrets`. `selection` is for `raw`, its `frames` for `jsonl` too. The record must not grow meanwhile.

    Raises:
        UsageError: there is no such format, or nothing in the session that it could hold.
    """
    if to not in FORMATS:
        raise UsageError(f"unknown format {to!r}", allowed=", ".join(FORMATS), hint=nearest(to, FORMATS))
    if not record.attempts:
        raise UsageError("the session holds no attempt", where="export", hint="connect, or open a recording")
    redact = Redactor.for_session(record, show=show_secrets)
    match to:
        case "har":
            from wsinspect.export.har import har

            return har(record, redact)
        case "jsonl":
            from wsinspect.export.json_lines import json_lines

            return json_lines(record, redact, selection.frames if selection is not None else None)
        case "pcapng":
            from wsinspect.export.pcapng import pcapng

            return pcapng(record, redact)
        case "markdown":
            from wsinspect.diagnosis.engine import diagnose
            from wsinspect.export.bug_report import bug_report

            return iter((bug_report(record, diagnose(record), redact).encode(),))
        case _:
            from wsinspect.export.raw import raw

            return raw(record, redact, selection or Selection())
