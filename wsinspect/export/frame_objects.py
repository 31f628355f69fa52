"""Frames and messages as objects of JSON's builtins: one that somebody picked, or all of an attempt, a block at a time."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from wsinspect.export.json_text import iso_time
from wsinspect.export.moments import wall_ns
from wsinspect.export.payloads import Payloads
from wsinspect.session.attempt import Attempt
from wsinspect.session.frame_columns import RECEIVED
from wsinspect.session.frame_log import FrameLog
from wsinspect.session.messages import Message, message_of
from wsinspect.session.query.block import next_block
from wsinspect.wire.close import parse_close
from wsinspect.wire.opcode import Direction, Opcode, opcode_name

Object = dict[str, Any]
_BLOCK_FRAMES = 512


def when(attempt: Attempt, at_ns: int) -> Object:
    """Return the fields that say when something happened in an attempt."""
    return {
        "attempt": attempt.number,
        "time": iso_time(wall_ns(attempt, at_ns), digits=6),
        "at_ms": round(at_ns / 1e6, 6),
    }


def frame_object(log: FrameLog, number: int, attempt: Attempt, payloads: Payloads) -> Object:
    """Return one frame; its payload is asked of `payloads`."""
    return _object(log, number, attempt, payloads.of_frame(number))


def attempt_objects(log: FrameLog, attempt: Attempt, payloads: Payloads) -> Iterator[tuple[int, Object]]:
    """Yield each frame of the attempt with the time at which it was complete, in nanoseconds; a message in several frames
    follows its last one."""
    columns = log.columns
    start = attempt.first_frame
    while start < attempt.end_frame:
        _, stop = next_block(log, start, attempt.end_frame, frames=_BLOCK_FRAMES, payloads=True)
        for number, data in enumerate(payloads.of_block(start, stop), start):
            at_ns = columns.at_ns[number]
            yield at_ns, _object(log, number, attempt, data)
            if columns.firsts[number] & 0x8F == 0x80:
                message = message_of(log, number)
                if message.complete and message.first != number:
                    yield at_ns, message_object(message, attempt, at_ns, payloads)
        start = stop


def message_object(message: Message, attempt: Attempt, at_ns: int, payloads: Payloads) -> Object:
    """Return a fragmented message; `at_ns` is when it was complete."""
    return {
        "type": "message",
        **when(attempt, at_ns),
        "direction": message.direction.name.lower(),
        "opcode": message.opcode,
        "kind": opcode_name(message.opcode),
        "frames": [number + 1 for number in message.fragments],
        **_content(message.opcode, payloads.of_message(message), whole=True),
    }


def _object(log: FrameLog, number: int, attempt: Attempt, data: bytes) -> Object:
    columns = log.columns
    first = columns.firsts[number]
    opcode, fin = first & 0x0F, first >= 0x80
    length, inflated = columns.length(number), log.inflated_length(number)
    item: Object = {
        "type": "frame",
        "number": number + 1,
        **when(attempt, columns.at_ns[number]),
        **_of_header(columns.flags[number] & RECEIVED, first, columns.seconds[number] & 0x80),
        "length": length,
        "inflated_length": inflated,
        "whole": fin and opcode != Opcode.CONTINUATION,
        **_content(opcode, data, whole=fin),
        "violations": [
            {"kind": str(v.kind), "offset": v.offset, "text": v.text}
            for v in (log.violations(number) if log.violation_count else ())
        ],
    }
    if opcode == Opcode.CLOSE:
        close = parse_close(data)
        item["close"] = {"code": close.code, "reason": close.reason}
    missing = (length if inflated is None else inflated) - len(data)
    if missing:
        item["missing"] = missing
    return item


@lru_cache(maxsize=1024)
def _of_header(direction: int, first: int, mask_bit: int) -> Object:
    """Return what two header bytes say; there are few that differ. Not to be changed."""
    opcode = first & 0x0F
    return {
        "direction": Direction(direction).name.lower(),
        "opcode": opcode,
        "kind": opcode_name(opcode),
        "fin": first >= 0x80,
        "rsv": first >> 4 & 0b111,
        "masked": bool(mask_bit),
    }


def _content(opcode: int, data: bytes, *, whole: bool) -> Object:
    """Text where it is meant as such and is UTF-8, base64 else; a fragment may end inside a character."""
    if opcode == Opcode.TEXT and whole:
        try:
            return {"text": data.decode("utf-8")}
        except UnicodeDecodeError:
            pass
    return {"base64": b64encode(data).decode("ascii")}
