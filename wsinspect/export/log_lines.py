"""Lines of the server's log as they leave the program: those of an attempt, without secrets."""

from __future__ import annotations

from collections.abc import Sequence

from wsinspect.export.line_secrets import masked_line
from wsinspect.export.redact import Redactor
from wsinspect.safe_text import shortened
from wsinspect.session.attempt import Attempt
from wsinspect.session.log_window import lines_of, nearest, turning_point
from wsinspect.session.record import SessionRecord
from wsinspect.session.server_log import PlacedLine, TimedBy

LINES_SHOWN = 20
_TEXT_SHOWN = 300
_SIGNS = {TimedBy.READ: "?", TimedBy.CONTINUES: "│"}


def lines_in_report(record: SessionRecord, attempt: Attempt) -> tuple[list[PlacedLine], int]:
    """Return the lines nearest to what a report on an attempt is about, and how many of it are left out."""
    moment = turning_point(attempt)
    shown, earlier, later = nearest(
        lines_of(record, attempt), record.last_ns if moment is None else moment, LINES_SHOWN
    )
    return shown, earlier + later


def log_rows(lines: Sequence[PlacedLine], attempt: Attempt, redact: Redactor) -> list[str]:
    """Return a row a line: seconds since the attempt began, a sign of how far that is to be trusted, and the text.

    `~` is a time to the second, `?` when the line was read, `│` a line that belongs to the one before.
    """
    rows = []
    for line in lines:
        sign = _SIGNS.get(line.timed_by, "~" if line.coarse else " ")
        at = "" if sign == "│" else f"{(line.at_ns - attempt.started.at_ns) / 1e9:+.3f}"
        text = shortened(masked_line(line.event.text, redact), _TEXT_SHOWN)
        rows.append(f"{at:>10} {sign} {text}")
    return rows
