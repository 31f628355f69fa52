"""One moment of the timeline in detail: when it was by every clock, and everything that its event says."""

from __future__ import annotations

import errno
from datetime import datetime
from itertools import pairwise

from wsinspect.events import (
    Address,
    AddressAttempted,
    AttemptStarted,
    BytesReceived,
    BytesSent,
    Event,
    Layer,
    NameResolved,
    StepFailed,
    StepSucceeded,
    TlsPeerCertificates,
)
from wsinspect.export.redact import Redactor
from wsinspect.safe_text import shortened
from wsinspect.session.attempt import Attempt
from wsinspect.session.record import SessionRecord
from wsinspect.session.server_log import PlacedLine, TimedBy
from wsinspect.tui.panes.ladder_rows import step_name
from wsinspect.tui.rows import (
    ACCENT,
    MUTED,
    STRONG,
    EventPlace,
    FramePlace,
    LogPlace,
    Part,
    Place,
    Row,
    row,
    text,
)
from wsinspect.tui.wording import duration, moment
from wsinspect.wire.close_codes import describe_close_code

_LONGEST = 2000
_OWN_NAMES = ("seq", "at_ns", "attempt", "frames", "options", "wall_time_ns")
_HEX_SHOWN = 64


def detail_rows(record: SessionRecord, attempt: Attempt, place: Place | None, redact: Redactor) -> list[Row]:
    """Return what is known of the moment at `place`; nothing where it is no moment. What is cut is masked before."""
    match place:
        case EventPlace(seq):
            event = record.event(seq)
            owner = _attempt_of(record, event, attempt)
            return _event(owner, event, redact) if event is not None else []
        case FramePlace(number):
            return _close(record, attempt, number, redact)
        case LogPlace(number):
            line = next((one for one in record.server_log.lines if one.number == number), None)
            return _log_line(attempt, line, redact) if line is not None else []
        case _:
            return []


def _attempt_of(record: SessionRecord, event: Event | None, default: Attempt) -> Attempt:
    if event is None or event.attempt == default.number:
        return default
    return next((one for one in record.attempts if one.number == event.attempt), default)


def _event(attempt: Attempt, event: Event, redact: Redactor) -> list[Row]:
    name = str(event.__struct_config__.tag).replace("-", " ")
    rows = [_title(attempt, event.at_ns, f"event {event.seq}", name)]
    previous = next((one for one, two in pairwise(attempt.events) if two.seq == event.seq), None)
    if previous is not None:
        after = duration(event.at_ns - previous.at_ns)
        rows[0] = Row(
            rows[0].gutter, rows[0].body.append(text((f"  {after} after event {previous.seq}", MUTED)))
        )
    pairs = [*_timing(attempt, event), *_own(attempt, event)]
    return rows + [_pair(name, redact(value)) for name, value in pairs if value]


def _title(attempt: Attempt, at_ns: int, what: str, name: str) -> Row:
    since = at_ns - attempt.started.at_ns
    parts: list[Part] = [
        (f"{name} ", STRONG),
        (f"{what}  ", ACCENT),
        f"{clock_of(attempt, at_ns)}  ",
        (f"{moment(at_ns)} s, {_signed(since)} in attempt {attempt.number}", MUTED),
    ]
    return row(*parts)


def _signed(ns: int) -> str:
    return f"{'-' if ns < 0 else '+'}{duration(abs(ns))}"


def clock_of(attempt: Attempt, at_ns: int) -> str:
    """Return a moment as this machine's clock showed it, with its zone: `12:34:56.789 +02:00`."""
    wall_ns = attempt.started.wall_time_ns + at_ns - attempt.started.at_ns
    try:
        at = datetime.fromtimestamp(wall_ns // 1_000_000_000).astimezone()
    except (OverflowError, ValueError, OSError):
        return "at a time that no calendar has"
    zone = at.strftime("%z")
    return f"{at:%H:%M:%S}.{wall_ns // 1_000_000 % 1000:03} {zone[:3]}:{zone[3:5]}"


def _pair(name: str, value: str) -> Row:
    return row(shortened(value, _LONGEST), gutter=text((f"{name:<10} ", MUTED)))


def _timing(attempt: Attempt, event: Event) -> list[tuple[str, str]]:
    if not isinstance(event, StepSucceeded | StepFailed):
        return []
    rung = attempt.ladder.steps.get(event.step)
    if rung is None:
        return []
    limit = f", of {rung.timeout_s:g} s that it had" if rung.timeout_s is not None else ""
    return [
        ("step", step_name(event.step)),
        ("took", f"{duration(rung.duration_ns())}{limit}, from {moment(rung.started_ns)} s"),
    ]


def _own(attempt: Attempt, event: Event) -> list[tuple[str, str]]:
    match event:
        case BytesSent() | BytesReceived():
            return _chunk(event)
        case AttemptStarted():
            return [("target", event.options.url), ("reason", str(event.reason))]
        case NameResolved():
            addresses = ", ".join(str(one) for one in event.addresses)
            return [("name", f"{event.host} ({event.source})"), ("addresses", addresses)]
        case TlsPeerCertificates():
            return [
                ("chain", ", ".join(f"{len(one)} bytes" for one in event.chain)),
                ("more", "in the handshake"),
            ]
        case AddressAttempted():
            return [("address", str(event.address))]
        case _:
            return _fields(attempt, event)


def _fields(attempt: Attempt, event: Event) -> list[tuple[str, str]]:
    """Return whatever an event says, by its own names."""
    pairs = []
    for name in event.__struct_fields__:
        value = getattr(event, name)
        if name in _OWN_NAMES or value is None or value in ("", ()):
            continue
        if name == "errno":
            pairs.append(("errno", f"{value} {errno.errorcode.get(value, '')}".strip()))
        elif name == "step":
            continue
        elif isinstance(value, bytes):
            pairs.append((name, f"{len(value)} bytes  {value[:_HEX_SHOWN].hex(' ')}"))
        elif isinstance(value, tuple):
            pairs.append((name, ", ".join(str(one) for one in value)))
        elif isinstance(value, Address):
            local = _local(attempt, value)
            pairs.append((name, f"{value}{f'  from {local}' if local else ''}"))
        elif name != "local":
            pairs.append((name.replace("_", " "), str(value)))
    return pairs


def _local(attempt: Attempt, address: Address) -> str:
    return next((one.local for one in attempt.ladder.addresses if one.address == address and one.local), "")


def _chunk(event: BytesSent | BytesReceived) -> list[tuple[str, str]]:
    sent = isinstance(event, BytesSent)
    pairs = [("bytes", f"{len(event.data)} {'sent' if sent else 'received'} at the {event.layer} layer")]
    if event.layer is Layer.TLS:
        pairs.append(("begins", event.data[:_HEX_SHOWN].hex(" ")))
    else:
        # The whole first line: half a secret could not be masked.
        pairs.append(("begins", event.data.partition(b"\r\n")[0].decode("latin-1")))
    return pairs


def _close(record: SessionRecord, attempt: Attempt, number: int, redact: Redactor) -> list[Row]:
    closure = attempt.closure
    close = next(
        (
            one
            for one in (closure.close_sent, closure.close_received)
            if one is not None and one.frame == number
        ),
        None,
    )
    if close is None or number >= record.frame_count:
        return []
    who = "sent" if close is closure.close_sent else "received"
    rows = [_title(attempt, close.at_ns, f"frame {number + 1}", f"close {who}")]
    if close.payload.code is not None:
        described = describe_close_code(close.payload.code)
        rows.append(_pair("code", f"{close.payload.code} {described.name}: {described.meaning}"))
    if close.payload.reason:
        rows.append(_pair("reason", redact(close.payload.reason)))
    rows.append(_pair("bytes", f"{record.frames.length(number)} of payload"))
    return rows


def _log_line(attempt: Attempt, line: PlacedLine, redact: Redactor) -> list[Row]:
    event = line.event
    rows = [_title(attempt, line.at_ns, f"line {line.number}", "server log")]
    if line.timed_by is TimedBy.STATED:
        how = f"stated to {duration(event.precision_ns)}" if event.precision_ns > 1 else "stated"
        how += ", moved between zones" if event.shifted_s else ""
        said = f"{how}; read at {moment(event.at_ns)} s"
    elif line.timed_by is TimedBy.READ:
        said = "the line states none: this is when it was read"
    else:
        said = "the line states none: it belongs to the one before it"
    return [*rows, _pair("time", said), _pair("text", redact(event.text))]
