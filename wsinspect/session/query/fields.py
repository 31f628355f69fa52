"""The words of the filter language that mean something: those that stand alone, and those that are compared."""

from __future__ import annotations

import re

from msgspec import Struct

from wsinspect.errors import nearest
from wsinspect.session.frame_columns import COMPRESSED
from wsinspect.session.query.payload import Contains
from wsinspect.session.query.predicates import (
    Arrived,
    Bits,
    CloseCode,
    Column,
    Compared,
    Figure,
    Not,
    OfAttempt,
    OfDirection,
    Predicate,
    Violating,
    of_opcodes,
)
from wsinspect.session.query.text_pattern import byte_string
from wsinspect.session.query.tokens import FilterError
from wsinspect.wire.opcode import Direction, Opcode
from wsinspect.wire.violations import ViolationKind


class Keyword(Struct, frozen=True):
    """A word that stands alone."""

    predicate: Predicate
    meaning: str


def _bits(column: Column, bit: int, told: str, told_negated: str) -> Bits:
    return Bits(column, bytes(int(bool(byte & bit)) for byte in range(256)), told, told_negated)


def _first(bit: int, name: str) -> Bits:
    return _bits(Column.FIRSTS, bit, f"have {name} set", f"have {name} not set")


KEYWORDS: dict[str, Keyword] = {
    "sent": Keyword(OfDirection(Direction.SENT), "what we sent; also > or ↑"),
    "received": Keyword(OfDirection(Direction.RECEIVED), "what the peer sent; also < or ↓"),
    "text": Keyword(of_opcodes([Opcode.TEXT], "text"), "text frames"),
    "binary": Keyword(of_opcodes([Opcode.BINARY], "binary"), "binary frames"),
    "continuation": Keyword(
        of_opcodes([Opcode.CONTINUATION], "continuation"), "fragments after a message's first"
    ),
    "close": Keyword(of_opcodes([Opcode.CLOSE], "close"), "close frames"),
    "ping": Keyword(of_opcodes([Opcode.PING], "ping"), "ping frames"),
    "pong": Keyword(of_opcodes([Opcode.PONG], "pong"), "pong frames"),
    "control": Keyword(of_opcodes(range(8, 16), "control"), "close, ping, pong, and reserved opcodes above"),
    "data": Keyword(of_opcodes(range(8), "data"), "text, binary, continuation, and reserved opcodes below 8"),
    "reserved": Keyword(of_opcodes([*range(3, 8), *range(11, 16)], "reserved"), "opcodes without a meaning"),
    "fin": Keyword(_first(0x80, "FIN"), "the last, or only, fragment of a message"),
    "rsv1": Keyword(_first(0x40, "RSV1"), "bit RSV1 set: compressed, if that was agreed on"),
    "rsv2": Keyword(_first(0x20, "RSV2"), "bit RSV2 set"),
    "rsv3": Keyword(_first(0x10, "RSV3"), "bit RSV3 set"),
    "masked": Keyword(_bits(Column.SECONDS, 0x80, "are masked", "are not masked"), "masked payloads"),
    "compressed": Keyword(
        _bits(Column.FLAGS, COMPRESSED, "are compressed", "are not compressed"),
        "frames of compressed messages",
    ),
    "fragment": Keyword(
        Bits(
            Column.FIRSTS,
            bytes(int(first & 0x0F == 0 or first & 0x88 == 0) for first in range(256)),
            "are fragments",
            "are not fragments",
        ),
        "frames that are not a whole message",
    ),
    "violations": Keyword(Violating(None), "frames that break a rule; violations:KIND for one rule"),
}
"""By word."""
KEYWORDS["violation"] = KEYWORDS["violations"]

_ORDERED = ("=", "==", "!=", "<", "<=", ">", ">=", ":")
_EQUAL = (":", "=", "==", "!=")
_GIVEN = (":",)
_SIZES = "bytes as 125, 1k (1000), 1Ki (1024), 2.5M"
_TIMES = "a time since the session began, as 250ms, 1.5s, 2m or 1h; seconds without a unit"
_KINDS = " ".join(kind.value for kind in ViolationKind)


class Field(Struct, frozen=True):
    """A word that is followed by an operator and a value."""

    operators: tuple[str, ...]
    meaning: str
    allowed: str
    """Values, in words."""
    example: str
    """Operator and value."""
    values: tuple[str, ...] = ()
    """Some that may be offered."""


_LENGTH = Field(_ORDERED, "payload bytes on the wire", _SIZES, ">1k", ("125", "1k", "64Ki", "1M"))
_OPCODE_NUMBERS = {opcode.name.lower(): int(opcode) for opcode in Opcode}
_OPCODES = tuple(_OPCODE_NUMBERS)
FIELDS: dict[str, Field] = {
    "size": _LENGTH,
    "len": _LENGTH,
    "inflated": Field(
        _ORDERED, "bytes of application data, once inflated", _SIZES, ">1k", ("1k", "64Ki", "1M")
    ),
    "opcode": Field(_EQUAL, "the opcode", f"0 to 15, 0x0 to 0xf, {' '.join(_OPCODES)}", ":9", _OPCODES),
    "code": Field(
        _ORDERED, "the code of close frames", "a close code such as 1001", ":1001", ("1000", "1001", "1011")
    ),
    "attempt": Field(_EQUAL, "the attempt, as the timeline counts them", "a number from 1", ":2"),
    "frame": Field(_ORDERED, "the frame's number, as the list counts them", "a number from 1", ">1000"),
    "after": Field(_GIVEN, "at this time or later", _TIMES, ":1.5s"),
    "before": Field(_GIVEN, "before this time", _TIMES, ":1.5s"),
    "violation": Field(
        _EQUAL,
        "frames that break this rule",
        _KINDS,
        ":invalid-utf8",
        tuple(kind.value for kind in ViolationKind),
    ),
    "hex": Field(_GIVEN, "data that holds these bytes", "pairs of hexadecimal digits", ":00ff"),
}
"""By word."""
FIELDS["violations"] = FIELDS["violation"]

_SIZE = re.compile(r"(\d+(?:\.\d+)?)([kmg]?)(i?)b?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3}
_TIME = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|)")
_UNITS_NS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_DIGITS = 15
"""Longer numbers mean nothing here."""


def field_predicate(name: str, comparison: str, value: str, column: int) -> Predicate:
    """Return what a field, a comparison of `COMPARISONS` and a value mean. Raises FilterError for a wrong value, which
    stands at `column`."""
    predicate = _predicate(name, comparison, value)
    if predicate is None:
        hint = ""
        if name in ("opcode", "violation", "violations"):
            holding = next((known for known in FIELDS[name].values if value in known), value)
            hint = nearest(holding, FIELDS[name].values)
        raise FilterError(
            f"{value!r} is no value for {name}", column, allowed=FIELDS[name].allowed, hint=hint
        )
    return predicate


def _predicate(name: str, comparison: str, value: str) -> Predicate | None:
    match name:
        case "size" | "len" | "inflated":
            size = _size(value)
            figure = Figure.INFLATED if name == "inflated" else Figure.LENGTH
            return None if size is None else Compared(figure, comparison, size)
        case "frame" | "code" | "attempt":
            number = _number(value)
            if number is None:
                return None
            if name == "frame":
                return Compared(Figure.NUMBER, comparison, number)
            if name == "code":
                return CloseCode(comparison, number)
            return _equal(OfAttempt(number), comparison)
        case "after" | "before":
            at_ns = _time_ns(value)
            return None if at_ns is None else Arrived(at_ns, name == "before", value)
        case "opcode":
            opcode = _opcode(value)
            return None if opcode is None else _equal(of_opcodes([opcode], f"opcode {value}"), comparison)
        case "violation" | "violations":
            known = {kind.value: kind for kind in ViolationKind}
            return _equal(Violating(known[value]), comparison) if value in known else None
        case _:
            try:
                return Contains(byte_string(bytes.fromhex(value)))
            except ValueError:
                return None


def _equal(predicate: Predicate, comparison: str) -> Predicate:
    return Not(predicate) if comparison == "!=" else predicate


def _number(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) <= _DIGITS else None


def _size(value: str) -> int | None:
    match = _SIZE.fullmatch(value)
    if match is None or len(value) > _DIGITS or (match[3] and not match[2]):
        return None
    unit: int = (1024 if match[3] else 1000) ** _POWERS[match[2].lower()]
    return round(float(match[1]) * unit)


def _time_ns(value: str) -> int | None:
    match = _TIME.fullmatch(value)
    return None if match is None or len(value) > _DIGITS else round(float(match[1]) * _UNITS_NS[match[2]])


def _opcode(value: str) -> int | None:
    if value in _OPCODE_NUMBERS:
        return _OPCODE_NUMBERS[value]
    try:
        number = int(value, 16) if value.startswith("0x") else int(value)
    except ValueError:
        return None
    return number if 0 <= number < 16 else None
