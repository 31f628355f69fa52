"""JSON Lines for scripts: one JSON object a line, in the order in which things happened, nothing derived left to redo.

The first line has `"type": "session"`, and the last one `"type": "end"`. Schema 1, fields are only ever added:

- `session`: `schema`, `program`, `masked` (whether secrets are masked), `attempts`.
- `event`: `event` (its name, such as `step-failed`), `seq`, `attempt`, `time`, `at_ms`, and the event's own fields as a
  recording has them. Bytes of the handshake are in `text` (each byte one character), those of TLS in `base64`.
- `frame`: `number` (from 1, as findings cite it), `attempt`, `time`, `at_ms`, `direction` (`sent`, `received`), `opcode` (a number), `kind`
  (`text`, `binary`, `ping`, ..., `reserved 3`), `fin`, `rsv` (three bits as a number), `masked`, `length` (payload bytes on
  the wire), `inflated_length` (with compression, else null), `whole` (whether the frame is a message or a control frame by
  itself), `text` or `base64` (unmasked and inflated), `violations` (each `kind`, `offset`, `text`), for a Close frame
  also `close` (`code`, `reason`), and `missing` (bytes of it that were not kept) where it is not 0.
- `message`: after the last frame of a message in several: `attempt`, `time`, `at_ms`, `direction`, `opcode`, `kind`,
  `frames` (their numbers), `text` or `base64`. `.whole or .type == "message"` selects every message once.
- `end`: `frames`, `events`, `dropped_events`, `dropped_bytes`.

`time` is ISO 8601 in UTC, `at_ms` milliseconds since the session began.
"""

from __future__ import annotations

from base64 import b64encode
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from heapq import merge
from typing import Any

import msgspec

from wsinspect import __version__
from wsinspect.events import BytesReceived, BytesSent, Event, Layer, StreamEnded, StreamReset
from wsinspect.export.handshake_chunks import HandshakeChunks
from wsinspect.export.json_text import iso_time, json_text
from wsinspect.export.masking import masked
from wsinspect.export.moments import wall_ns
from wsinspect.export.payloads import Payloads
from wsinspect.export.redact import Redactor
from wsinspect.session.attempt import Attempt
from wsinspect.session.frame_log import FrameLog
from wsinspect.session.messages import Message, message_of
from wsinspect.session.record import SessionRecord
from wsinspect.wire.close import parse_close
from wsinspect.wire.opcode import Opcode, opcode_name

SCHEMA = 1
_DATA = (Opcode.CONTINUATION, Opcode.TEXT, Opcode.BINARY)

Object = dict[str, Any]


def json_lines(
    record: SessionRecord, redact: Redactor, numbers: Sequence[int] | None = None
) -> Iterator[bytes]:
    """Yield the file line by line; with `numbers` of frames, ascending, these alone and no events."""
    head = {
        "type": "session",
        "schema": SCHEMA,
        "program": f"wsinspect {__version__}",
        "masked": not redact.shows,
        "attempts": len(record.attempts),
    }
    yield _line(head)
    attempts = {attempt.number: attempt for attempt in record.attempts}
    chunks = {attempt.number: HandshakeChunks(attempt, redact) for attempt in record.attempts}
    events = (
        (event.at_ns, 0, _event(event, attempts[event.attempt], chunks[event.attempt], redact))
        for event in (record.events if numbers is None else ())
    )
    # Each of the two is in order already, and neither is ever whole in memory.
    for _, _, item in merge(events, _frames(record, redact, numbers), key=lambda entry: entry[:2]):
        yield _line(item)
    frames = record.frames
    yield _line(
        {
            "type": "end",
            "frames": len(frames if numbers is None else numbers),
            "events": len(record.events) if numbers is None else 0,
            "dropped_events": record.dropped_events,
            "dropped_bytes": frames.dropped_bytes,
        }
    )


def _line(item: Object) -> bytes:
    return json_text(item).encode("ascii") + b"\n"


def _when(attempt: Attempt, at_ns: int) -> Object:
    return {
        "attempt": attempt.number,
        "time": iso_time(wall_ns(attempt, at_ns), digits=6),
        "at_ms": round(at_ns / 1e6, 6),
    }


def _event(event: Event, attempt: Attempt, chunks: HandshakeChunks, redact: Redactor) -> Object:
    if isinstance(event, BytesSent | BytesReceived):
        name = "bytes-sent" if isinstance(event, BytesSent) else "bytes-received"
        own: Object = {"event": name, "layer": str(event.layer), "size": len(event.data)}
        if event.layer is Layer.TLS:
            own["base64"] = b64encode(event.data).decode("ascii")
        else:
            own["text"] = chunks.of(event).decode("latin-1")
    else:
        if isinstance(event, StreamEnded | StreamReset):
            event = msgspec.structs.replace(event, frames=None)
        own = masked(msgspec.to_builtins(event), redact)
        own.pop("frames", None)
    rest = {name: value for name, value in own.items() if name not in ("event", "seq", "at_ns", "attempt")}
    return {"type": "event", "event": own["event"], "seq": event.seq, **_when(attempt, event.at_ns), **rest}


def _frames(
    record: SessionRecord, redact: Redactor, numbers: Sequence[int] | None
) -> Iterator[tuple[int, int, Object]]:
    log = record.frames
    payloads = Payloads(log, redact)
    for attempt in record.attempts:
        first, end = attempt.first_frame, attempt.end_frame
        if numbers is not None:
            wanted = numbers[bisect_left(numbers, first) : bisect_left(numbers, end)]
        for number in range(first, end) if numbers is None else wanted:
            at_ns = log.at_ns(number)
            yield at_ns, 1, frame_object(log, number, attempt, payloads)
            if log.opcode(number) == Opcode.CONTINUATION and log.fin(number):
                message = message_of(log, number)
                if message.complete and message.first != number:
                    yield at_ns, 1, message_object(message, attempt, at_ns, payloads)


def frame_object(log: FrameLog, number: int, attempt: Attempt, payloads: Payloads) -> Object:
    """Return a frame as an object of JSON's builtins; payloads are asked for it."""
    opcode, fin, header = log.opcode(number), log.fin(number), log.header(number)
    data = payloads.of_frame(number)
    inflated = log.inflated_length(number)
    item: Object = {
        "type": "frame",
        "number": number + 1,
        **_when(attempt, log.at_ns(number)),
        "direction": log.direction(number).name.lower(),
        "opcode": opcode,
        "kind": opcode_name(opcode),
        "fin": fin,
        "rsv": header >> 12 & 0b111,
        "masked": bool(header & 0x80),
        "length": log.length(number),
        "inflated_length": inflated,
        "whole": fin and opcode != Opcode.CONTINUATION,
        **_content(opcode, data, whole=fin),
        "violations": [
            {"kind": str(v.kind), "offset": v.offset, "text": v.text} for v in log.violations(number)
        ],
    }
    if opcode == Opcode.CLOSE:
        close = parse_close(data)
        item["close"] = {"code": close.code, "reason": close.reason}
    missing = (log.length(number) if inflated is None else inflated) - len(data)
    if missing:
        item["missing"] = missing
    return item


def message_object(message: Message, attempt: Attempt, at_ns: int, payloads: Payloads) -> Object:
    """Return a fragmented message as an object of JSON's builtins; `at_ns` is when it was complete."""
    return {
        "type": "message",
        **_when(attempt, at_ns),
        "direction": message.direction.name.lower(),
        "opcode": message.opcode,
        "kind": opcode_name(message.opcode),
        "frames": [number + 1 for number in message.fragments],
        **_content(message.opcode, payloads.of_message(message), whole=True),
    }


def _content(opcode: int, data: bytes, *, whole: bool) -> Object:
    """Text where it is meant as such and is UTF-8, base64 else; a fragment may end inside a character."""
    if opcode == Opcode.TEXT and whole:
        try:
            return {"text": data.decode("utf-8")}
        except UnicodeDecodeError:
            pass
    return {"base64": b64encode(data).decode("ascii")}
