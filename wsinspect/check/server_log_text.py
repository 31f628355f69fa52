"""The server's own log in the report: its lines around what happened here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from wsinspect.check.page import MUTED, WARNING, Page
from wsinspect.session.attempt import Attempt
from wsinspect.session.log_window import lines_of, nearest, turning_point
from wsinspect.session.record import SessionRecord
from wsinspect.session.server_log import PlacedLine, TimedBy

_TEXT_LINES, _JSON_LINES = 20, 200
_SIGNS = {TimedBy.READ: "?", TimedBy.CONTINUES: "│"}


def server_log_lines(record: SessionRecord, attempt: Attempt, page: Page) -> Iterator[str]:
    """Yield the section of the log's lines; nothing where no log was followed."""
    log = record.server_log
    if not log.source and not log.lines:
        return
    yield from page.section(f"Server log {page.clean(log.source, 100)}".rstrip())
    moment = turning_point(attempt)
    found = lines_of(record, attempt)
    lines, earlier, later = nearest(found, record.last_ns if moment is None else moment, _TEXT_LINES)
    if log.trouble:
        yield from (page.styled(one, WARNING) for one in page.wrapped(page.clean(log.trouble), "  "))
    if log.dropped:
        told = f"the oldest {log.dropped} lines were not kept (server_log_bytes = {record.limits.server_log_bytes})"
        yield page.styled(f"  {told}", WARNING)
    if not lines:
        yield page.styled(f"  no line of this time ({log.seen} were read)", MUTED)
        return
    note = (
        "seconds since the attempt began, if its clock agrees with ours; ~ to the second, ? when it was read"
    )
    yield page.styled(f"  ({note})", MUTED)
    if earlier:
        yield page.styled(f"  … {earlier} earlier", MUTED)
    for line in lines:
        sign = _SIGNS.get(line.timed_by, "~" if line.coarse else " ")
        at = "" if sign == "│" else f"{(line.at_ns - attempt.started.at_ns) / 1e9:+.3f}"
        begin = f"  {at:>9}{sign} "
        yield from page.wrapped(page.clean(line.event.text, 1000).strip(), begin, " " * len(begin))
    if later:
        yield page.styled(f"  … {later} later", MUTED)


def server_log_object(record: SessionRecord, attempt: Attempt) -> dict[str, Any] | None:
    """Return the lines for the JSON report; None where no log was followed."""
    log = record.server_log
    if not log.source and not log.lines:
        return None
    moment = turning_point(attempt)
    lines, earlier, later = nearest(
        lines_of(record, attempt), record.last_ns if moment is None else moment, _JSON_LINES
    )
    return {
        "source": log.source,
        "trouble": log.trouble,
        "lines_read": log.seen,
        "lines_dropped": log.dropped,
        "earlier": earlier,
        "later": later,
        "lines": [_line_object(line, attempt) for line in lines],
    }


def _line_object(line: PlacedLine, attempt: Attempt) -> dict[str, Any]:
    stated = line.event.wall_time_ns
    return {
        "ms": round((line.at_ns - attempt.started.at_ns) / 1e6, 3),
        "timed_by": str(line.timed_by),
        "time": _iso(stated) if stated is not None else None,
        "precision_ms": line.event.precision_ns / 1e6 if stated is not None else None,
        "shifted_s": line.event.shifted_s,
        "text": line.event.text,
    }


def _iso(wall_ns: int) -> str | None:
    try:
        return datetime.fromtimestamp(wall_ns / 1e9, tz=UTC).isoformat(timespec="milliseconds")
    except (OverflowError, ValueError, OSError):
        return None
