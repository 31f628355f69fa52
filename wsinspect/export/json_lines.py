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
- `log`: a line of the server's log, where one was followed: `attempt` (the newest that had begun), `time`, `at_ms` (below 0
  for what was written before the session), `text`, `timed_by` (where its place comes from: `stated` by the line, `read`:
  when it was read, `continues` the line before), `stated` (the time in the line, else null), `precision_ms` (how exactly it
  is written, else null), `shifted_s` (added to it, as the line names no time zone).
- `end`: `frames`, `events`, `log_lines`, `dropped_events`, `dropped_bytes`, `dropped_log_lines`.

`time` is ISO 8601 in UTC, `at_ms` milliseconds since the session began.
"""

from __future__ import annotations

from base64 import b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from heapq import merge
from operator import itemgetter

import msgspec

from wsinspect import __version__
from wsinspect.events import (
    BytesReceived,
    BytesSent,
    Event,
    Layer,
    StreamClosedLocally,
    StreamEnded,
    StreamReset,
)
from wsinspect.export.frame_objects import Object, attempt_objects, frame_object, message_object, when
from wsinspect.export.handshake_chunks import HandshakeChunks
from wsinspect.export.json_text import iso_time, json_line
from wsinspect.export.line_secrets import masked_line
from wsinspect.export.masking import masked
from wsinspect.export.payloads import Payloads
from wsinspect.export.redact import Redactor
from wsinspect.session.attempt import Attempt
from wsinspect.session.messages import message_of
from wsinspect.session.record import SessionRecord
from wsinspect.session.server_log import PlacedLine
from wsinspect.wire.opcode import Opcode

SCHEMA = 1
_LINES = 256
"""Lines that are handed out at once."""
_EVENT, _FRAME, _LOG = range(3)
"""The order of what has the same time."""

_Timed = tuple[int, int, Object]
"""When it happened, what it is, and the object."""


def json_lines(
    record: SessionRecord, redact: Redactor, numbers: Sequence[int] | None = None
) -> Iterator[bytes]:
    """Yield the file, some lines at a time; with `numbers` of frames, ascending, these alone, no events and no log."""
    lines = [
        json_line(
            {
                "type": "session",
                "schema": SCHEMA,
                "program": f"wsinspect {__version__}",
                "masked": not redact.shows,
                "attempts": len(record.attempts),
            }
        )
    ]
    everything = numbers is None
    log = list(record.server_log.lines) if everything else []
    # Each is in order already, and none is ever whole in memory.
    beside = merge(
        _events(record, redact) if everything else (),
        (_logged(line, record.attempts, redact) for line in log),
        key=itemgetter(0, 1),
    )
    due = next(beside, None)
    for at_ns, item in _frames(record, redact, numbers):
        while due is not None and due[:2] < (at_ns, _FRAME):
            lines.append(json_line(due[2]))
            due = next(beside, None)
        lines.append(json_line(item))
        if len(lines) >= _LINES:
            yield b"".join(lines)
            lines.clear()
    while due is not None:
        lines.append(json_line(due[2]))
        due = next(beside, None)
    frames = record.frames
    end = {
        "type": "end",
        "frames": len(frames if numbers is None else numbers),
        "events": len(record.events) if everything else 0,
        "log_lines": len(log),
        "dropped_events": record.dropped_events,
        "dropped_bytes": frames.dropped_bytes,
        "dropped_log_lines": record.server_log.dropped,
    }
    yield b"".join([*lines, json_line(end)])


def _events(record: SessionRecord, redact: Redactor) -> Iterator[_Timed]:
    attempts = {attempt.number: attempt for attempt in record.attempts}
    chunks = {attempt.number: HandshakeChunks(attempt, redact) for attempt in record.attempts}
    for event in record.events:
        number = event.attempt
        yield event.at_ns, _EVENT, _event(event, attempts[number], chunks[number], redact)


def _event(event: Event, attempt: Attempt, chunks: HandshakeChunks, redact: Redactor) -> Object:
    if isinstance(event, BytesSent | BytesReceived):
        name = "bytes-sent" if isinstance(event, BytesSent) else "bytes-received"
        own: Object = {"event": name, "layer": str(event.layer), "size": len(event.data)}
        if event.layer is Layer.TLS:
            own["base64"] = b64encode(event.data).decode("ascii")
        else:
            own["text"] = chunks.of(event).decode("latin-1")
    else:
        if isinstance(event, StreamEnded | StreamReset | StreamClosedLocally):
            event = msgspec.structs.replace(event, frames=None)
        own = masked(msgspec.to_builtins(event), redact)
        own.pop("frames", None)
    rest = {name: value for name, value in own.items() if name not in ("event", "seq", "at_ns", "attempt")}
    return {"type": "event", "event": own["event"], "seq": event.seq, **when(attempt, event.at_ns), **rest}


def _logged(line: PlacedLine, attempts: Sequence[Attempt], redact: Redactor) -> _Timed:
    begun = bisect_right(attempts, line.at_ns, key=lambda attempt: attempt.started.at_ns)
    event = line.event
    stated = event.wall_time_ns
    item = {
        "type": "log",
        **when(attempts[max(0, begun - 1)], line.at_ns),
        "text": masked_line(event.text, redact),
        "timed_by": str(line.timed_by),
        "stated": None if stated is None else iso_time(stated, digits=6),
        "precision_ms": None if stated is None else event.precision_ns / 1e6,
        "shifted_s": event.shifted_s,
    }
    return line.at_ns, _LOG, item


def _frames(
    record: SessionRecord, redact: Redactor, numbers: Sequence[int] | None
) -> Iterator[tuple[int, Object]]:
    log = record.frames
    payloads = Payloads(log, redact)
    for attempt in record.attempts:
        if numbers is None:
            yield from attempt_objects(log, attempt, payloads)
            continue
        first, end = attempt.first_frame, attempt.end_frame
        for number in numbers[bisect_left(numbers, first) : bisect_left(numbers, end)]:
            at_ns = log.at_ns(number)
            yield at_ns, frame_object(log, number, attempt, payloads)
            if log.opcode(number) == Opcode.CONTINUATION and log.fin(number):
                message = message_of(log, number)
                if message.complete and message.first != number:
                    yield at_ns, message_object(message, attempt, at_ns, payloads)
