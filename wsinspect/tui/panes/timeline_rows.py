"""The timeline: earlier attempts in a line each, the ladder of the one shown, then its states, keepalive and end."""

from __future__ import annotations

from wsinspect.events import (
    Event,
    KeepaliveExpired,
    LimitReached,
    LocallyEnded,
    ReadyState,
    ReadyStateChanged,
    ReconnectGivenUp,
    ReconnectScheduled,
    StreamClosedLocally,
    StreamEnded,
    StreamReset,
    TlsAlert,
)
from wsinspect.safe_text import shortened
from wsinspect.session.attempt import Attempt
from wsinspect.session.closure import CloseFrame
from wsinspect.tui.panes.ladder_rows import ladder_rows, step_name, stopped
from wsinspect.tui.rows import (
    BAD,
    BLANK,
    GOOD,
    MUTED,
    STRONG,
    WARNING,
    EventPlace,
    FramePlace,
    Part,
    Place,
    Row,
    heading,
    row,
    text,
)
from wsinspect.tui.wording import (
    FAILED_SIGN,
    OK_SIGN,
    STOPPED_SIGN,
    counted,
    duration,
    moment,
    size,
    sparkline,
)
from wsinspect.wire.close_codes import describe_close_code
from wsinspect.wire.opcode import Direction

STATE_SIGNS = {
    ReadyState.CONNECTING: "◌",
    ReadyState.OPEN: "●",
    ReadyState.CLOSING: "◍",
    ReadyState.CLOSED: "○",
}


def timeline_rows(attempts: list[Attempt], shown: Attempt, now_ns: int, width: int) -> list[Row]:
    """Return the timeline's rows for the attempt `shown`; times are seconds since the session began."""
    rows: list[Row] = []
    if len(attempts) > 1:
        rows += [_attempt_row(one, now_ns, is_shown=one is shown) for one in attempts[-6:]]
        rows.append(BLANK)
    rows += ladder_rows(shown, now_ns, width)
    rows += _states(shown)
    rows += _keepalive(shown, now_ns, width)
    rows += _ending(shown)
    return rows


def _attempt_row(attempt: Attempt, now_ns: int, *, is_shown: bool) -> Row:
    failed = attempt.ladder.failed()
    end_ns = attempt.ended_ns if attempt.ended_ns is not None else now_ns
    took = duration(max(0, end_ns - attempt.started.at_ns))
    if failed is not None and stopped(failed):
        said: Part = (f"{STOPPED_SIGN} stopped at {step_name(failed.step)}", WARNING)
    elif failed is not None:
        said = (f"{FAILED_SIGN} failed at {step_name(failed.step)}", BAD)
    elif attempt.ended:
        said = (f"{OK_SIGN} ended", MUTED)
    else:
        said = (f"{STATE_SIGNS[attempt.ready_state]} {attempt.ready_state}", GOOD)
    mark = "▸ " if is_shown else "  "
    why = str(attempt.started.reason).replace("-", " ")
    return row(
        (f"Attempt {attempt.number}", STRONG if is_shown else MUTED),
        (f" {why}  ", MUTED),
        said,
        (f"  {took}", MUTED),
        gutter=text((mark, STRONG)),
        place=EventPlace(attempt.started.seq),
        about=(attempt.started.seq,),
    )


def _states(attempt: Attempt) -> list[Row]:
    rows = [BLANK, heading("Ready states")]
    rows.append(_timed(attempt.started.at_ns, (ReadyState.CONNECTING.value, STRONG), seq=attempt.started.seq))
    for change in attempt.ready_states:
        style = {ReadyState.OPEN: f"bold {GOOD}", ReadyState.CLOSING: f"bold {WARNING}"}.get(
            change.new, STRONG
        )
        rows.append(
            _timed(change.at_ns, (f"{change.new.value:<10}", style), f" {change.reason}", seq=change.seq)
        )
    return rows


def _timed(at_ns: int, *body: Part, seq: int | None = None, place: Place | None = None) -> Row:
    about = (seq,) if seq is not None else ()
    return row(
        *body,
        gutter=text((f"{moment(at_ns):>9}  ", MUTED)),
        place=place or (EventPlace(seq) if seq is not None else None),
        about=about,
    )


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
        values = heart.rtt_ns.tolist()
        last = duration(values[-1])
        low, high = duration(min(values)), duration(max(values))
        rows.append(
            row(
                (f"RTT {last}", STRONG), f"  {low} to {high}  ", (sparkline(values, max(8, width - 40)), GOOD)
            )
        )
    return rows


_LATE_NS = 500_000_000
"""A pong that is younger is not worth a word."""

_ENDING = (
    LimitReached,
    KeepaliveExpired,
    LocallyEnded,
    StreamEnded,
    StreamReset,
    StreamClosedLocally,
    ReconnectScheduled,
    ReconnectGivenUp,
)


def _ending(attempt: Attempt) -> list[Row]:
    moments = [
        (event.at_ns, event.seq, _timed(event.at_ns, *_said(event), seq=event.seq))
        for event in attempt.events
        if isinstance(event, _ENDING) or (isinstance(event, TlsAlert) and attempt.opened_ns is not None)
    ]
    closure = attempt.closure
    for close, direction in (
        (closure.close_sent, Direction.SENT),
        (closure.close_received, Direction.RECEIVED),
    ):
        if close is not None:
            moments.append((close.at_ns, 0, _close_row(close, direction)))
    if not moments:
        return []
    rows = [BLANK, heading("The end" if attempt.ended else "Ending")]
    rows += [one for _, _, one in sorted(moments, key=lambda m: m[:2])]
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
    return rows


def _close_row(close: CloseFrame, direction: Direction) -> Row:
    payload = close.payload
    word = "sent" if direction is Direction.SENT else "received"
    parts: list[Part] = [(f"Close {word} ", STRONG)]
    if payload.code is None:
        parts.append("without a code")
    else:
        parts.append(f"{payload.code} {describe_close_code(payload.code).name}")
    if payload.reason:
        parts.append(f' "{shortened(payload.reason, 200)}"')
    return _timed(close.at_ns, *parts, place=FramePlace(close.frame))


def _said(event: Event) -> list[Part]:
    match event:
        case LimitReached():
            return [("Limit ", f"bold {WARNING}"), f"{event.what} ({event.setting})"]
        case KeepaliveExpired():
            return [("No pong ", f"bold {BAD}"), f"within {event.timeout_s:g} s"]
        case LocallyEnded():
            note = f" ({event.note})" if event.note else ""
            return [("We ended it: ", STRONG), f"{str(event.why).replace('-', ' ')}{note}"]
        case StreamEnded():
            return [("FIN ", STRONG), "the peer will send nothing more"]
        case StreamReset():
            return [("RST ", f"bold {BAD}"), event.message or "the connection was reset"]
        case StreamClosedLocally():
            return [("Socket closed ", STRONG), "by us, aborting" if event.aborted else "by us"]
        case ReconnectScheduled():
            of = f"{event.number} of {event.attempts} " if event.attempts else ""
            return [(f"Reconnect {of}", STRONG), f"in {event.delay_s:.1f} s: {event.why}"]
        case ReconnectGivenUp():
            return [("No reconnect: ", f"bold {WARNING}"), event.why]
        case TlsAlert():
            word = "sent" if event.direction is Direction.SENT else "received"
            name = "close_notify" if event.code == 0 else f"alert {event.code}"
            return [("TLS ", STRONG), f"{name} {word}"]
        case ReadyStateChanged():
            return [event.new.value]
        case _:
            return [type(event).__name__]


def bytes_line(sent: int, received: int) -> str:
    """Return `12 B sent, 1.2 kB received`."""
    return f"{size(sent)} sent, {size(received)} received"
