"""HAR 1.2 with the WebSocket messages where Chrome's DevTools puts them and looks for them.

One entry an attempt, with `_resourceType: "websocket"` and `_webSocketMessages`: `type` (`send`, `receive`), `time`
(seconds since the Unix epoch), `opcode`, and `data` (text of opcode 1, base64 of any other). Chrome itself lists only
whole messages; control frames are added here with their own opcodes, which its import shows too.

Source: the HAR 1.2 specification; Chrome's fields have no other definition than its exporter.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from wsinspect import __version__
from wsinspect.events import Direction, Step
from wsinspect.export.json_text import iso_time, json_text
from wsinspect.export.line_secrets import masked_line
from wsinspect.export.moments import wall_ns
from wsinspect.export.payloads import Payloads
from wsinspect.export.redact import Redactor
from wsinspect.session.attempt import Attempt
from wsinspect.session.frame_log import FrameLog
from wsinspect.session.ladder import AddressStatus
from wsinspect.session.log_window import lines_of
from wsinspect.session.messages import message_of
from wsinspect.session.record import SessionRecord
from wsinspect.wire.http import FieldLine, RequestHead, ResponseHead
from wsinspect.wire.opcode import Opcode

_UNKNOWN = -1
_MIME = "x-unknown"
_FRAGMENT_OPCODES = (Opcode.CONTINUATION, Opcode.TEXT, Opcode.BINARY)

Object = dict[str, Any]


def har(record: SessionRecord, redact: Redactor) -> Iterator[bytes]:
    """Yield the file piece by piece: every attempt of the session, the messages one after the other."""
    creator = {"name": "wsinspect", "version": __version__}
    yield f'{{"log":{{"version":"1.2","creator":{json_text(creator)},"pages":[],"entries":['.encode()
    for index, attempt in enumerate(record.attempts):
        # The messages come last in their entry, so that they can be written as they are read.
        head = json_text(_entry(record, attempt, redact)).removesuffix("}")
        yield f'{"," if index else ""}\n{head},"_webSocketMessages":['.encode()
        for number, message in enumerate(_messages(record, attempt, redact)):
            yield f"{',' if number else ''}\n{json_text(message)}".encode()
        yield b"]}"
    yield b"\n]}}\n"


def _entry(record: SessionRecord, attempt: Attempt, redact: Redactor) -> Object:
    timings = _timings(attempt)
    total = sum(value for name, value in timings.items() if value > 0 and name != "ssl")
    entry: Object = {
        "startedDateTime": iso_time(wall_ns(attempt, attempt.started.at_ns)),
        "time": round(total, 3),
        "request": _request(attempt, redact),
        "response": _response(attempt, redact),
        "cache": {},
        "timings": timings,
        "_resourceType": "websocket",
    }
    connected = next((a for a in attempt.ladder.addresses if a.status is AddressStatus.CONNECTED), None)
    if connected is not None and connected.address.family != "unix":
        entry["serverIPAddress"] = connected.address.host
        # Client's or server's port, says the format; browsers mean the server's.
        entry["connection"] = str(connected.address.port)
    if attempt.failure is not None and attempt.opened_ns is None:
        entry["_wsinspectFailure"] = {"step": str(attempt.failure.step), "kind": str(attempt.failure.kind)}
    log = _log(record, attempt, redact)
    if log:
        entry["_wsinspectServerLog"] = log
    comment = _comment(record, attempt)
    if comment:
        entry["comment"] = redact(comment)
    return entry


def _log(record: SessionRecord, attempt: Attempt, redact: Redactor) -> list[Object]:
    """Return the lines of the server's log around the attempt, timed as messages are: in seconds since the Unix epoch."""
    return [
        {
            "time": round(wall_ns(attempt, line.at_ns) / 1e9, 6),
            "timedBy": str(line.timed_by),
            "text": masked_line(line.event.text, redact),
        }
        for line in lines_of(record, attempt)
    ]


def _comment(record: SessionRecord, attempt: Attempt) -> str:
    """Say what of the attempt the format has no place for."""
    parts = [] if attempt.target is None else list(attempt.target.notes)
    if attempt.proxy is not None:
        parts.append(f"through the proxy {attempt.proxy.scheme}://{attempt.proxy.host}:{attempt.proxy.port}")
    if attempt.frame_count:
        unfinished = sum(not m.complete for m in _open_at_end(record.frames, attempt))
        if unfinished:
            parts.append(f"{unfinished} message{'s' * (unfinished > 1)} without an end left out")
        if record.frames.dropped_bytes:
            parts.append(f"{record.frames.dropped_bytes} bytes of the session's payloads were not kept")
    return "; ".join(parts)


def _open_at_end(log: FrameLog, attempt: Attempt) -> Iterator[Any]:
    data = bytes(first & 0x0F in _FRAGMENT_OPCODES for first in range(256))
    for direction in Direction:
        last = log.find(
            attempt.first_frame, attempt.end_frame, direction=direction, firsts=data, backwards=True
        )
        if last is not None:
            yield message_of(log, last)


# The handshake


def _timings(attempt: Attempt) -> dict[str, float]:
    """Return milliseconds a phase; -1 where the attempt had none. `connect` includes `ssl`, as the format asks."""
    steps = attempt.ladder.steps

    def took(step: Step) -> float:
        record = steps.get(step)
        duration = None if record is None else record.duration_ns()
        return _UNKNOWN if duration is None else round(duration / 1e6, 3)

    def between(start: int | None, end: int | None) -> float:
        return _UNKNOWN if start is None or end is None else round(max(0, end - start) / 1e6, 3)

    ssl, exchange = took(Step.TLS), attempt.handshake
    connect = [time for time in (took(Step.TCP), took(Step.PROXY), ssl) if time != _UNKNOWN]
    head_ns = attempt.opened_ns if attempt.opened_ns is not None else exchange.last_byte_ns
    return {
        "blocked": took(Step.URL),
        "dns": took(Step.RESOLVE),
        "connect": round(sum(connect), 3) if connect else _UNKNOWN,
        "ssl": ssl,
        "send": 0,
        "wait": max(0, between(exchange.request_ns, exchange.first_byte_ns)),
        "receive": max(0, between(exchange.first_byte_ns, head_ns)),
    }


def _request(attempt: Attempt, redact: Redactor) -> Object:
    url = redact(attempt.target.url if attempt.target is not None else attempt.options.url)
    sent = bool(attempt.handshake.request)
    head = attempt.handshake.request_head
    try:
        query = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    except ValueError:
        query = []
    return {
        "method": head.method if sent else "GET",
        "url": url,
        "httpVersion": head.version if sent else "HTTP/1.1",
        "headers": _fields(head, redact) if sent else [],
        "queryString": [{"name": redact(name), "value": redact(value)} for name, value in query],
        "cookies": _cookies(head.lines("Cookie"), redact) if sent else [],
        "headersSize": len(head.raw) if sent else _UNKNOWN,
        "bodySize": 0,
    }


def _response(attempt: Attempt, redact: Redactor) -> Object:
    head = attempt.handshake.head
    failure = attempt.failure
    error = redact(failure.message) if failure is not None and attempt.opened_ns is None else None
    if head is None:
        return {
            "status": 0,
            "statusText": "",
            "httpVersion": "",
            "headers": [],
            "cookies": [],
            "content": {"size": 0, "mimeType": _MIME},
            "redirectURL": "",
            "headersSize": _UNKNOWN,
            "bodySize": _UNKNOWN,
            "_transferSize": 0,
            "_error": error,
        }
    content: Object = {
        "size": len(attempt.handshake.body),
        "mimeType": redact(head.get("Content-Type") or _MIME),
    }
    if attempt.handshake.body:
        content["text"] = redact(attempt.handshake.body_text)
    return {
        "status": head.status_code or 0,
        "statusText": redact(head.reason_phrase),
        "httpVersion": head.version,
        "headers": _fields(head, redact),
        "cookies": _cookies(head.lines("Set-Cookie"), redact, one_a_field=True),
        "content": content,
        "redirectURL": redact(head.get("Location") or ""),
        "headersSize": len(head.raw),
        "bodySize": len(attempt.handshake.raw_body),
        "_transferSize": len(attempt.handshake.response),
        "_error": error,
    }


def _fields(head: RequestHead | ResponseHead, redact: Redactor) -> list[Object]:
    return [{"name": redact(line.name), "value": redact(line.value)} for line in head.fields]


def _cookies(lines: list[FieldLine], redact: Redactor, *, one_a_field: bool = False) -> list[Object]:
    pairs = [line.value.split(";")[:1] if one_a_field else line.value.split(";") for line in lines]
    split = [pair.strip().partition("=") for of_line in pairs for pair in of_line if pair.strip()]
    return [{"name": redact(name), "value": redact(value)} for name, _, value in split]


# The messages


def _messages(record: SessionRecord, attempt: Attempt, redact: Redactor) -> Iterator[Object]:
    """Yield whole messages and control frames in the order in which they were complete."""
    if not attempt.frame_count:
        return
    log = record.frames
    payloads = Payloads(log, redact)
    for number in range(attempt.first_frame, attempt.end_frame):
        opcode = log.opcode(number)
        if opcode in _FRAGMENT_OPCODES:
            if not log.fin(number):
                continue
            if opcode == Opcode.CONTINUATION:
                message = message_of(log, number)
                opcode, data = message.opcode, payloads.of_message(message)
            else:
                data = payloads.of_frame(number)
        else:
            data = payloads.of_frame(number)
        yield {
            "type": "send" if log.direction(number) is Direction.SENT else "receive",
            "time": round(wall_ns(attempt, log.at_ns(number)) / 1e9, 6),
            "opcode": opcode,
            "data": _text(data) if opcode == Opcode.TEXT else b64encode(data).decode("ascii"),
        }


def _text(data: bytes) -> str:
    """What is not UTF-8 is replaced, as a browser's own text would have it."""
    return data.decode("utf-8", "replace")
