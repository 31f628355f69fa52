"""What a filter means, one frame at a time and without a thought of speed."""

from __future__ import annotations

import json
from itertools import pairwise

from wsinspect.session.frame_log import FrameLog
from wsinspect.session.messages import message_of
from wsinspect.session.query.block import Block
from wsinspect.session.query.json_path import JsonTest, select
from wsinspect.session.query.payload import Contains, JsonMatch
from wsinspect.session.query.predicates import (
    COMPARISONS,
    All,
    AnyOf,
    Arrived,
    Bits,
    CloseCode,
    Compared,
    Figure,
    Not,
    OfDirection,
    Predicate,
    Violating,
)
from wsinspect.session.query.text_pattern import TextPattern
from wsinspect.wire.opcode import Opcode


def passes(predicate: Predicate, log: FrameLog, number: int) -> bool:
    """Return whether the frame is what the predicate asks for."""
    frame = log.frame(number)
    match predicate:
        case All(parts):
            return all(passes(part, log, number) for part in parts)
        case AnyOf(parts):
            return any(passes(part, log, number) for part in parts)
        case Not(part):
            return not passes(part, log, number)
        case OfDirection(direction):
            return frame.direction is direction
        case Compared(figure, comparison, value):
            figures = {
                Figure.LENGTH: frame.payload_length,
                Figure.INFLATED: frame.payload_length
                if frame.inflated_length is None
                else frame.inflated_length,
                Figure.NUMBER: number + 1,
            }
            return COMPARISONS[comparison](figures[figure], value)
        case Arrived(at_ns, before, _):
            return frame.at_ns < at_ns if before else frame.at_ns >= at_ns
        case Violating(kind):
            return any(kind in (None, violation.kind) for violation in frame.violations)
        case CloseCode(comparison, value):
            code = frame.application_data[:2]
            return (
                frame.opcode == Opcode.CLOSE
                and len(code) == 2
                and COMPARISONS[comparison](int.from_bytes(code), value)
            )
        case Bits():
            return bool(predicate.marks(Block(log, number, number + 1), b"\1")[0])
        case Contains(pattern):
            return _contains(pattern, log, number)
        case JsonMatch(test, _):
            return _json(test, log, number)
    raise AssertionError(predicate)


def _contains(pattern: TextPattern, log: FrameLog, number: int) -> bool:
    data = log.application_data(number)
    if _in(pattern, data):
        return True
    before = _before(log, number)[-pattern.carried_bytes :]
    whole = before + data
    if pattern.exact is not None:
        places = range(len(whole) - len(pattern.exact) + 1)
        return any(
            whole.startswith(pattern.exact, place) and place + len(pattern.exact) > len(before)
            for place in places
        )
    if not before:
        return False
    if pattern.data is not None:
        return any(match.end() > len(before) for match in pattern.data.finditer(whole))
    assert pattern.text is not None
    text = whole.decode(errors="surrogateescape")
    return any(
        len(text[: match.end()].encode(errors="surrogateescape")) > len(before)
        for match in pattern.text.finditer(text)
    )


def _before(log: FrameLog, number: int) -> bytes:
    """Return the data of the fragments to which this continuation frame is the next; also where their first is missing."""
    before = b""
    start, _ = log.stream_range(number)
    at = number
    while log.opcode(at) == Opcode.CONTINUATION:
        earlier = [
            other
            for other in range(start, at)
            if log.direction(other) is log.direction(number) and log.opcode(other) <= Opcode.BINARY
        ]
        if not earlier or log.fin(earlier[-1]):
            break
        at = earlier[-1]
        before = log.application_data(at) + before
    return before


def _in(pattern: TextPattern, data: bytes) -> bool:
    if pattern.exact is not None:
        return pattern.exact in data
    if pattern.data is not None:
        return pattern.data.search(data) is not None
    assert pattern.text is not None
    return pattern.text.search(data.decode(errors="surrogateescape")) is not None


def _json(test: JsonTest, log: FrameLog, number: int) -> bool:
    if log.opcode(number) > 2 or not log.fin(number):
        return False
    message = message_of(log, number)
    if message.last != number:
        return False
    try:
        root = json.loads(message.data())
    except ValueError:
        return False
    values = list(select(root, test.steps))
    if not test.comparison:
        return bool(values)
    return any(_fits(test, value) for value in values)


def _fits(test: JsonTest, value: object) -> bool:
    if test.comparison == "~":
        assert test.pattern is not None
        return isinstance(value, str) and _in(test.pattern, value.encode())
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (value, test.value))
    if not numbers and type(value) is not type(test.value):
        return test.comparison == "!="
    if test.comparison in ("==", "!="):
        return (value == test.value) is (test.comparison == "==")
    if not numbers and not isinstance(value, str):
        return False
    return COMPARISONS[test.comparison](value, test.value)


def scanned(log: FrameLog, predicate: Predicate | None) -> list[int]:
    """Return the frames that pass."""
    numbers = [number for number in range(len(log)) if predicate is None or passes(predicate, log, number)]
    assert all(one < two for one, two in pairwise(numbers))
    return numbers
