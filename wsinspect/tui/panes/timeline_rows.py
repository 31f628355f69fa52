"""The timeline: the attempts, the ladder of the one shown, its keepalive, what happened in order, and how it ended."""

from __future__ import annotations

from collections.abc import Collection
from statistics import median

from wsinspect.events import ReadyState
from wsinspect.export.redact import Redactor
from wsinspect.session.attempt import Attempt
from wsinspect.session.record import SessionRecord
from wsinspect.tui.panes.attempt_rows import attempt_rows
from wsinspect.tui.panes.event_rows import event_rows, log_rows
from wsinspect.tui.panes.ladder_rows import WORDY_COLUMNS, ladder_rows
from wsinspect.tui.rows import BLANK, GOOD, MUTED, STRONG, WARNING, Part, Row, heading, row
from wsinspect.tui.wording import counted, duration, sparkline
from wsinspect.wire.close_codes import describe_close_code

STATE_SIGNS = {
    ReadyState.CONNECTING: "◌",
    ReadyState.OPEN: "●",
    ReadyState.CLOSING: "◍",
    ReadyState.CLOSED: "○",
}
_LATE_NS = 500_000_000
"""A pong that is younger is not worth a word."""
_SPARKS = 60
NOTHING_MASKED = Redactor()


def timeline_rows(
    record: SessionRecord,
    shown: Attempt,
    now_ns: int,
    width: int,
    opened: Collection[str] = (),
    redact: Redactor = NOTHING_MASKED,
) -> list[Row]:
    """Return the timeline's rows for the attempt `shown`; times are seconds since the session began.

    `opened` holds the names of what is folded open. `redact` masks what is cut to a length; the rest is masked by
    whoever shows or copies it.
    """
    attempts = attempt_rows(record.attempts, shown, now_ns, opened, brief=width < WORDY_COLUMNS)
    rows = [*attempts, BLANK] if attempts else []
    rows += ladder_rows(shown, now_ns, width)
    rows += _keepalive(shown, now_ns, width)
    rows += [BLANK, *event_rows(record, shown, width, redact)]
    rows += _ending(shown)
    rows += log_rows(record)
    return rows


def _keepalive(attempt: Attempt, now_ns: int, width: int) -> list[Row]:
    heart = attempt.heartbeat
    interval = attempt.options.ping_interval_s
    if not (heart.pings_sent or heart.pings_received or interval):
        return []
    rows = [BLANK, heading("Keepalive", f"a ping every {interval:g} s" if interval else "")]
    if heart.pings_sent:
        answered = len(heart.rtt_ns)
        parts: list[Part] = [f"{counted(heart.pings_sent, 'ping')} sent, {answered} answered"]
        oldest = heart.oldest_unanswered_ns
        if oldest is not None and not attempt.ended and now_ns - oldest > _LATE_NS:
            parts.append((f", one waits for {duration(max(0, now_ns - oldest))}", WARNING))
        rows.append(row(*parts))
    if heart.pings_received:
        rows.append(row(f"{counted(heart.pings_received, 'ping')} received, {heart.pongs_sent} pongs sent"))
    if heart.rtt_ns:
        rows += _round_trips(heart.rtt_ns.tolist(), width)
    return rows


def _round_trips(values: list[int], width: int) -> list[Row]:
    """Return the newest round trips as a sparkline, from 0 to the slowest of them, and the figures of all."""
    figures: list[Part] = [("RTT ", STRONG), (f"last {duration(values[-1])}", STRONG)]
    if len(values) > 1:
        low, middle, high = min(values), int(median(values)), max(values)
        figures.append(f"  min {duration(low)}  median {duration(middle)}  max {duration(high)}")
    cells = max(8, min(_SPARKS, width - 14))
    newest = values[-cells:]
    rows = [row(*figures)]
    if len(newest) > 1:
        top = duration(max(newest))
        rows.append(row((sparkline(values, cells), GOOD), (f" █ {top}", MUTED)))
    return rows


def _ending(attempt: Attempt) -> list[Row]:
    closure = attempt.closure
    rows: list[Row] = []
    code = closure.browser_code
    if code is not None:
        clean = "clean" if closure.clean else "not clean"
        described = describe_close_code(code).name
        rows.append(
            row(("A browser would report ", MUTED), (f"{code}", STRONG), (f" ({described}), {clean}", MUTED))
        )
    if closure.how is not None:
        rows.append(
            row(
                ("Ended by ", MUTED),
                (str(closure.by), STRONG),
                (", with ", MUTED),
                (str(closure.how), STRONG),
            )
        )
    return [BLANK, heading("The end"), *rows] if rows else []
