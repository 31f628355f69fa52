"""How an attempt ended, taken apart: what stands behind a browser's 1006."""

from __future__ import annotations

from wsinspect.check.page import took
from wsinspect.events import Direction, LocalEnd, StreamReset
from wsinspect.safe_text import visible_bytes
from wsinspect.session.attempt import Attempt
from wsinspect.session.closure import By, CloseFrame, Closure, How
from wsinspect.session.record import SessionRecord
from wsinspect.wire.close_codes import describe_close_code
from wsinspect.wire.opcode import Opcode, opcode_name

_PREVIEW = 40
_NOT_CLOSE = bytes(first & 15 != Opcode.CLOSE for first in range(256))
_OURS = {
    LocalEnd.ABORTED_BY_USER: "we dropped it",
    LocalEnd.CLOSED_BY_USER: "we closed it",
    LocalEnd.HOLD_OVER: "the time to hold it was over",
    LocalEnd.CANCELLED: "we were interrupted",
    LocalEnd.STEP_FAILED: "a step failed, so we hung up",
    LocalEnd.CLOSING_HANDSHAKE_DONE: "the closing handshake was done",
    LocalEnd.CLOSE_TIMED_OUT: "our Close frame was not answered in time",
    LocalEnd.KEEPALIVE_TIMED_OUT: "no pong answered our ping in time",
    LocalEnd.PEER_VIOLATED_PROTOCOL: "the server broke the protocol, so we failed the connection",
    LocalEnd.REDIRECTED: "we followed a redirect",
}
_HOW = {
    How.FIN: "FIN, the ordinary end of a TCP stream",
    How.RST: "RST, the connection was reset",
    How.TLS_CLOSE_NOTIFY: "TLS close_notify, the ordinary end of a TLS stream",
    How.TLS_ALERT: "a fatal TLS alert",
    How.TIMEOUT: "nothing came: our own time limit",
    How.LOCAL: "our own socket was closed first",
}


def closing_rows(record: SessionRecord, attempt: Attempt) -> list[tuple[str, str]]:
    """Return names and texts, raw, on the end of an attempt that was open or whose stream the server ended."""
    closure = attempt.closure
    if not attempt.ended or (attempt.opened_ns is None and closure.stream_end is None):
        return []
    rows = [("who", _who(closure)), ("how", _how(closure))]
    if attempt.opened_ns is not None:
        rows.append(
            ("Close", f"{_close('received', closure.close_received)}; {_close('sent', closure.close_sent)}")
        )
        rows += _frames(record, attempt)
        rows.append(("open for", took(_end_ns(attempt) - attempt.opened_ns)))
    silence = _silence_ns(attempt)
    if silence is not None and closure.by is By.SERVER and closure.close_received is None:
        rows.append(("silence", f"{took(silence)} without a byte in either direction before the end"))
    rows.append(("browser", browser_says(closure)))
    return rows


def browser_says(closure: Closure) -> str:
    """Say what a browser's close event would carry."""
    code = closure.browser_code
    if code is None:
        return "nothing yet"
    received = closure.close_received
    reason = (
        f", reason {received.payload.reason!r}"
        if received is not None and received.payload.reason and code != 1006
        else ""
    )
    before = "" if closure.opened else "an error event, then "
    clean = "true" if closure.clean else "false"
    return f"{before}close with code {code} ({describe_close_code(code).name}), wasClean {clean}{reason}"


def _who(closure: Closure) -> str:
    ended = closure.locally_ended
    if closure.by is By.CLIENT:
        return f"we did: {_OURS[ended.why]}" if ended is not None else "we did"
    if closure.by is By.UNKNOWN:
        return "nobody can say"
    if closure.close_received is not None:
        return "the server: its Close frame came first"
    if closure.fatal_alert is not None:
        return "the server: its TLS alert came first"
    if isinstance(closure.stream_end, StreamReset):
        return "the server, or something on the way: the reset came first"
    return "the server, or something on the way: it ended the stream first"


def _how(closure: Closure) -> str:
    if closure.how is None:
        return "the stream never ended"
    words = _HOW[closure.how]
    alert = closure.fatal_alert
    if alert is not None:
        from wsinspect.wire.tls_records import alert_name

        words += f": {alert.code} {alert_name(alert.code)}"
    if isinstance(closure.stream_end, StreamReset) and closure.stream_end.message:
        words += f" ({closure.stream_end.message})"
    return words


def _close(word: str, close: CloseFrame | None) -> str:
    if close is None:
        return f"none {word}"
    payload = close.payload
    code = (
        "without a code"
        if payload.code is None
        else f"{payload.code} {describe_close_code(payload.code).name}"
    )
    return f"{code} {word}" + (f", reason {payload.reason!r}" if payload.reason else "")


def _frames(record: SessionRecord, attempt: Attempt) -> list[tuple[str, str]]:
    rows = []
    for direction, name in ((Direction.RECEIVED, "last in"), (Direction.SENT, "last out")):
        number = _last(record, attempt, direction)
        rows.append((name, "no frame" if number is None else _frame(record, attempt, number)))
    return rows


def _last(record: SessionRecord, attempt: Attempt, direction: Direction) -> int | None:
    """Return the attempt's last frame of a direction that is not a Close, or None."""
    first, stop = attempt.first_frame, attempt.end_frame
    return record.frames.find(first, stop, direction=direction, firsts=_NOT_CLOSE, backwards=True)


def _frame(record: SessionRecord, attempt: Attempt, number: int) -> str:
    frames = record.frames
    opcode, size = frames.opcode(number), frames.length(number)
    before = took(max(0, _end_ns(attempt) - frames.at_ns(number)))
    text = f"{opcode_name(opcode)}, {size} byte{'' if size == 1 else 's'}, {before} before the end"
    if opcode == Opcode.TEXT and size:
        shown = visible_bytes(frames.preview(number, _PREVIEW))
        text += f": {shown}" + ("…" if size > _PREVIEW else "")
    return text


def _end_ns(attempt: Attempt) -> int:
    """When the end began: the first Close, the end of the stream, or our decision."""
    closure = attempt.closure
    found = [close.at_ns for close in (closure.close_received, closure.close_sent) if close is not None]
    found += [event.at_ns for event in (closure.stream_end, closure.locally_ended) if event is not None]
    return min(found, default=attempt.ended_ns or 0)


def _silence_ns(attempt: Attempt) -> int | None:
    end = attempt.closure.stream_end
    moments = [t for t in (attempt.last_sent_ns, attempt.last_received_ns) if t is not None]
    return max(0, end.at_ns - max(moments)) if end is not None and moments else None
