"""What happened in an attempt, in order, with the lines of the server's log woven in by time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from heapq import merge
from typing import cast

from wsinspect.events import (
    AddressConnected,
    AddressFailed,
    AttemptStarted,
    BytesReceived,
    BytesSent,
    Direction,
    Event,
    FailureKind,
    KeepaliveExpired,
    Layer,
    LimitReached,
    LocallyEnded,
    MachineSlept,
    NameResolved,
    ProgramStoodStill,
    ProxyBypassed,
    ProxyChosen,
    ReadyState,
    ReadyStateChanged,
    ReconnectGivenUp,
    ReconnectScheduled,
    StepFailed,
    StreamClosedLocally,
    StreamEnded,
    StreamReset,
    TlsAlert,
    TlsCertificateRequested,
    TlsEstablished,
    TlsPeerCertificates,
    TlsStarted,
    TlsVerificationFailed,
)
from wsinspect.export.redact import Redactor
from wsinspect.safe_text import shortened
from wsinspect.session.attempt import Attempt
from wsinspect.session.closure import CloseFrame
from wsinspect.session.log_window import lines_of, nearest, turning_point
from wsinspect.session.record import SessionRecord
from wsinspect.session.server_log import PlacedLine, TimedBy
from wsinspect.tui.panes.ladder_rows import step_name
from wsinspect.tui.rows import (
    ACCENT,
    BAD,
    BLANK,
    GOOD,
    MUTED,
    STRONG,
    WARNING,
    EventPlace,
    FramePlace,
    LogPlace,
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
    RECEIVED_SIGN,
    SENT_SIGN,
    STOPPED_SIGN,
    counted,
    duration,
    moment,
    size,
)
from wsinspect.wire.close_codes import describe_close_code

LOG_SIGN = "≡"
"""In front of everything that the server's log says."""
_LOG_LINES = 200
_LONGEST = 240
"""Characters of one row; the details under the pane hold the rest."""
_LOG_LINES_EACH = 3
"""Lines of the screen that a line of the log takes at most."""
_STATED = r"^\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d[.,\d]*(?:Z|[+-]\d\d:?\d\d)?\]?\s+"
Moment = tuple[int, int, Row]
Chunk = BytesSent | BytesReceived


def event_rows(record: SessionRecord, attempt: Attempt, width: int, redact: Redactor) -> list[Row]:
    """Return the rows of the section, its heading included; what is cut is masked before."""
    ours = sorted((*_events(attempt, redact), *_closes(attempt, redact)), key=lambda one: one[:2])
    theirs, earlier, later = _log(record, attempt, max(60, (width - 15) * _LOG_LINES_EACH), redact)
    rows = [heading("Events", "seconds since the session began"), *_left_out(earlier, "earlier")]
    rows += [one for _, _, one in merge(theirs, ours, key=lambda one: one[0])]
    rows += _left_out(later, "later")
    return rows


def log_rows(record: SessionRecord) -> list[Row]:
    """Return what is to be known of the server's log as a whole; nothing where there is none."""
    log = record.server_log
    if not log.source and not log.lines:
        return []
    rows = [BLANK, heading("Server log", log.source)]
    read = counted(log.seen, "line")
    dropped = f", the oldest {log.dropped} are dropped" if log.dropped else ""
    rows.append(row(f"{read} read{dropped}; {LOG_SIGN} log marks them among the events"))
    if log.trouble:
        rows.append(row((log.trouble, WARNING), gutter=text(("! ", f"bold {WARNING}"))))
    shifted = next((line.event.shifted_s for line in reversed(log.lines) if line.event.shifted_s), 0)
    if shifted:
        hours = duration(abs(shifted) * 1_000_000_000)
        rows.append(
            row(
                (f"its times name no zone and are {hours} {'behind' if shifted > 0 else 'ahead'}; ", MUTED),
                ("they were moved into ours", MUTED),
            )
        )
    if any(line.timed_by is TimedBy.READ for line in log.lines[-_LOG_LINES:]):
        rows.append(row(("? states no time: placed where it was read", MUTED)))
    if any(line.coarse for line in log.lines[-_LOG_LINES:]):
        rows.append(row(("~ states its time to the second", MUTED)))
    rows.append(row(("its clock is taken to agree with ours", MUTED)))
    return rows


def timed_row(
    at_ns: int,
    *body: Part,
    sign: Part = " ",
    seq: int | None = None,
    place: Place | None = None,
    about: tuple[int, ...] = (),
) -> Row:
    """Return a row that begins with a time and a sign of one cell."""
    return row(
        *body,
        gutter=text((f"{moment(at_ns):>8} ", MUTED), sign, " "),
        place=place or (EventPlace(seq) if seq is not None else None),
        about=about or ((seq,) if seq is not None else ()),
        at_ns=at_ns,
    )


def _left_out(count: int, when: str) -> list[Row]:
    return (
        [row((f"… {counted(count, 'line')} of the log {when}", MUTED), gutter=text(" " * 9))] if count else []
    )


def _log(
    record: SessionRecord, attempt: Attempt, longest: int, redact: Redactor
) -> tuple[list[Moment], int, int]:
    around = turning_point(attempt)
    found = lines_of(record, attempt)
    lines, earlier, later = nearest(found, record.last_ns if around is None else around, _LOG_LINES)
    return [(line.at_ns, 0, _log_row(line, longest, redact)) for line in lines], earlier, later


@lru_cache(maxsize=2048)
def _log_row(line: PlacedLine, longest: int, redact: Redactor) -> Row:
    continues = line.timed_by is TimedBy.CONTINUES
    doubt = "?" if line.timed_by is TimedBy.READ else "~" if line.coarse else " "
    at = " " * 8 if continues else f"{moment(line.at_ns):>8}"
    # The row begins with the time already.
    said = re.sub(_STATED, "", line.event.text) if line.timed_by is TimedBy.STATED else line.event.text
    said = shortened(redact(said.expandtabs(2)), longest)
    return row(
        (said, MUTED if continues else ""),
        gutter=text((f"{at}{doubt}", MUTED), (f"{LOG_SIGN} log ", ACCENT)),
        place=LogPlace(line.number),
        at_ns=line.at_ns,
    )


def _closes(attempt: Attempt, redact: Redactor) -> Iterator[Moment]:
    closure = attempt.closure
    for close, direction in (
        (closure.close_sent, Direction.SENT),
        (closure.close_received, Direction.RECEIVED),
    ):
        if close is not None:
            yield close.at_ns, 0, _close_row(close, direction, redact)


def _close_row(close: CloseFrame, direction: Direction, redact: Redactor) -> Row:
    payload = close.payload
    word = "sent" if direction is Direction.SENT else "received"
    parts: list[Part] = [(f"Close {word} ", STRONG)]
    if payload.code is None:
        parts.append("without a code")
    else:
        parts.append(f"{payload.code} {describe_close_code(payload.code).name}")
    if payload.reason:
        parts.append(f' "{shortened(redact(payload.reason), _LONGEST)}"')
    return timed_row(close.at_ns, *parts, sign=_arrow(direction), place=FramePlace(close.frame))


def _arrow(direction: Direction) -> Part:
    return (SENT_SIGN, GOOD) if direction is Direction.SENT else (RECEIVED_SIGN, ACCENT)


def _events(attempt: Attempt, redact: Redactor) -> Iterator[Moment]:
    events = attempt.events
    at = 0
    while at < len(events):
        event = events[at]
        at += 1
        if isinstance(event, BytesSent | BytesReceived):
            # Chunks that follow each other are one thing that happened.
            chunks: list[Chunk] = [event]
            while at < len(events) and _goes_on(event, events[at]):
                chunks.append(cast(Chunk, events[at]))
                at += 1
            yield event.at_ns, event.seq, _bytes_row(attempt, chunks)
            continue
        said = _said(event, redact)
        if said is not None:
            sign, body = said
            yield event.at_ns, event.seq, timed_row(event.at_ns, *body, sign=sign, seq=event.seq)


def _goes_on(first: Chunk, then: Event) -> bool:
    return isinstance(then, BytesSent | BytesReceived) and (
        type(then) is type(first) and then.layer is first.layer
    )


def _bytes_row(attempt: Attempt, chunks: list[Chunk]) -> Row:
    event = chunks[0]
    count = sum(len(one.data) for one in chunks)
    numbers = tuple(one.seq for one in chunks)
    sent = isinstance(event, BytesSent)
    exchange = attempt.handshake if event.layer is Layer.HTTP else attempt.proxy_exchange
    what = "TLS records"
    if event.layer in (Layer.HTTP, Layer.PROXY):
        what = "request" if sent else "answer"
        first = exchange.request_seq if sent else exchange.response_seq
        if event.layer is Layer.PROXY:
            what = f"proxy {what}"
        if not sent and exchange.head is not None and event.seq == first:
            what = f"{what} {exchange.head.status_code or ''} {exchange.head.reason_phrase}".rstrip()
        elif event.seq != first:
            what = f"more of the {what}"
    return timed_row(
        event.at_ns,
        (shortened(what, 120), STRONG),
        (f", {size(count)}", MUTED),
        sign=_arrow(Direction.SENT if sent else Direction.RECEIVED),
        place=EventPlace(event.seq),
        about=numbers,
    )


def _said(event: Event, redact: Redactor) -> tuple[Part, list[Part]] | None:
    """Return an event's sign and words, None for one that another row tells of."""
    found = _said_of_network(event)
    return found if found is not None else _said_of_life(event, redact)


def _said_of_network(event: Event) -> tuple[Part, list[Part]] | None:
    match event:
        case NameResolved(source="literal"):
            return None
        case NameResolved():
            hosts = ", ".join(one.host for one in event.addresses[:4])
            more = f" and {len(event.addresses) - 4} more" if len(event.addresses) > 4 else ""
            return " ", [("Resolved ", STRONG), f"{event.host} to {hosts}{more}"]
        case AddressConnected():
            return (OK_SIGN, GOOD), [("TCP ", STRONG), f"connected to {event.address}"]
        case AddressFailed():
            why = str(event.kind).replace("-", " ")
            return (FAILED_SIGN, BAD), [("TCP ", STRONG), f"{event.address} {why}"]
        case ProxyChosen():
            return " ", [("Proxy ", STRONG), f"{event.scheme}://{event.host}:{event.port} ({event.source})"]
        case ProxyBypassed():
            return " ", [("No proxy ", STRONG), f"{event.variable} does not hold ({event.rule})"]
        case TlsStarted():
            return " ", [("TLS begins ", STRONG), f"SNI {event.server_name or 'none'}"]
        case TlsAlert():
            word = "sent" if event.direction is Direction.SENT else "received"
            name = "close_notify" if event.code == 0 else f"alert {event.code}"
            return _arrow(event.direction), [("TLS ", STRONG), f"{name} {word}"]
        case TlsCertificateRequested():
            return (RECEIVED_SIGN, ACCENT), [("TLS ", STRONG), "asks for a client certificate"]
        case TlsPeerCertificates():
            return (RECEIVED_SIGN, ACCENT), [("TLS ", STRONG), counted(len(event.chain), "certificate")]
        case TlsEstablished():
            return (OK_SIGN, GOOD), [("TLS ", STRONG), f"{event.version}, {event.cipher}"]
        case TlsVerificationFailed():
            return (FAILED_SIGN, BAD), [("Certificate refused ", STRONG), shortened(event.message, _LONGEST)]
        case StreamEnded():
            return (RECEIVED_SIGN, ACCENT), [("FIN ", STRONG), "the peer will send nothing more"]
        case StreamReset():
            return (FAILED_SIGN, BAD), [("RST ", f"bold {BAD}"), event.message or "the connection was reset"]
        case StreamClosedLocally():
            return " ", [("Socket closed ", STRONG), "by us, aborting" if event.aborted else "by us"]
        case _:
            return None


def _said_of_life(event: Event, redact: Redactor) -> tuple[Part, list[Part]] | None:
    match event:
        case AttemptStarted():
            why = str(event.reason).replace("-", " ")
            return " ", [(ReadyState.CONNECTING.value, STRONG), f" attempt {event.attempt}, {why}"]
        case StepFailed(kind=FailureKind.CANCELLED):
            return (STOPPED_SIGN, WARNING), [
                (f"{step_name(event.step)} STOPPED ", f"bold {WARNING}"),
                "by our own side",
            ]
        case StepFailed():
            message = shortened(redact(event.message), _LONGEST) or str(event.kind).replace("-", " ")
            return (FAILED_SIGN, f"bold {BAD}"), [
                (f"{step_name(event.step)} FAILED ", f"bold {BAD}"),
                message,
            ]
        case ReadyStateChanged():
            style = {ReadyState.OPEN: f"bold {GOOD}", ReadyState.CLOSING: f"bold {WARNING}"}
            return " ", [(event.new.value, style.get(event.new, STRONG)), f" {event.reason}"]
        case LimitReached():
            said = f"{event.what} ({event.setting})"
            return ("!", f"bold {WARNING}"), [("Limit ", f"bold {WARNING}"), said]
        case KeepaliveExpired():
            return (FAILED_SIGN, BAD), [("No pong ", f"bold {BAD}"), f"within {event.timeout_s:g} s"]
        case MachineSlept():
            return ("!", f"bold {WARNING}"), [
                ("This machine slept ", f"bold {WARNING}"),
                f"for {duration(event.asleep_ns)}, after {moment(event.after_ns)}",
            ]
        case ProgramStoodStill():
            return ("!", f"bold {WARNING}"), [
                ("wsinspect itself stood still ", f"bold {WARNING}"),
                f"for {duration(event.still_ns)}, after {moment(event.after_ns)}",
            ]
        case LocallyEnded():
            note = f" ({event.note})" if event.note else ""
            return " ", [("We ended it: ", STRONG), f"{str(event.why).replace('-', ' ')}{note}"]
        case ReconnectScheduled():
            of = f"{event.number} of {event.attempts} " if event.attempts else ""
            return " ", [(f"Reconnect {of}", STRONG), f"in {event.delay_s:.1f} s: {event.why}"]
        case ReconnectGivenUp():
            return ("!", f"bold {WARNING}"), [("No reconnect: ", f"bold {WARNING}"), event.why]
        case _:
            return None
