"""What the frame log knows of one attempt, asked without reading it through."""

from __future__ import annotations

from bisect import bisect_left

import msgspec
from msgspec import Struct

from wsinspect.diagnosis.evidence import Evidence, at_frame, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.events import LocalEnd
from wsinspect.wire.opcode import Direction, opcode_name
from wsinspect.wire.violations import Violation, ViolationKind

_ANY = bytes([1]) * 256
_DATA = bytes(int(first & 0x0F < 8) for first in range(256))
_LOOKED_AT = 256
"""Violating frames of which one that counts is looked for."""
_NOT_A_BREACH = (ViolationKind.CUT_OFF, ViolationKind.INFLATE_LIMIT, ViolationKind.AFTER_CLOSE)
"""The stream's end, our own limit, and what came too late to matter."""


def first_received(facts: Facts) -> int | None:
    """Return the number of the first frame that the peer sent in this attempt."""
    attempt = facts.attempt
    if not attempt.websocket_bytes_received:
        return None
    return facts.session.frames.find(
        attempt.first_frame, attempt.end_frame, direction=Direction.RECEIVED, firsts=_ANY
    )


def last_frame(facts: Facts, direction: Direction, *, data_only: bool = False) -> int | None:
    """Return the number of the attempt's last frame in this direction, control frames aside with `data_only`."""
    attempt, log = facts.attempt, facts.session.frames
    number = log.last(direction, data_only=data_only)
    if number is None or number < attempt.first_frame:
        return None
    if number < attempt.end_frame:
        return number
    firsts = _DATA if data_only else _ANY
    return log.find(
        attempt.first_frame, attempt.end_frame, direction=direction, firsts=firsts, backwards=True
    )


def has_data(facts: Facts, direction: Direction) -> bool:
    """Say whether a data frame went in this direction."""
    return last_frame(facts, direction, data_only=True) is not None


def last_word_was_ours(facts: Facts) -> int | None:
    """Return our last data frame where the peer sent nothing after it, or None."""
    ours = last_frame(facts, Direction.SENT, data_only=True)
    theirs = last_frame(facts, Direction.RECEIVED)
    return ours if ours is not None and (theirs is None or theirs < ours) else None


def show_frame(facts: Facts, number: int, note: str = "") -> Evidence:
    """Point at a frame and say what it is."""
    log = facts.session.frames
    way = "sent" if log.direction(number) is Direction.SENT else "received"
    size, name = log.length(number), opcode_name(log.opcode(number))
    text = f"{way} {at_second(log.at_ns(number), facts)}: {name}, {size} payload bytes"
    if log.opcode(number) == 1:
        shown = log.preview(number, 60).decode("utf-8", "replace")
        text += f" '{shown}{'…' if size > 60 else ''}'"
    return at_frame(number, f"{text}; {note}" if note else text)


def last_each_way(facts: Facts) -> tuple[Evidence, ...]:
    """Point at the last frame of each direction, as far as there is one."""
    numbers = (last_frame(facts, Direction.RECEIVED), last_frame(facts, Direction.SENT))
    return tuple(show_frame(facts, n, "the last of its direction") for n in numbers if n is not None)


def at_second(at_ns: int, facts: Facts) -> str:
    """Return when something was, counted from the opening: `2.4 s after the opening`."""
    return f"{max(0, at_ns - (facts.attempt.opened_ns or 0)) / 1e9:.2f} s after the opening"


class Breach(Struct, frozen=True, kw_only=True):
    """The first frame that broke a rule of the protocol, and which."""

    frame: int
    """Its number in the frame log, or the one that it will have there."""
    violations: tuple[Violation, ...]
    """All of that frame, in the order in which they were found."""
    arriving: Evidence | None = None
    """What there is of it as yet, where it is still arriving; None once it is in the frame log."""

    @property
    def kinds(self) -> frozenset[ViolationKind]:
        """The rules broken."""
        return frozenset(violation.kind for violation in self.violations)

    def evidence(self, kind: ViolationKind | None = None) -> Evidence:
        """Point at the offending byte of the violation of this kind, of the first one for None."""
        wanted = (v for v in self.violations if kind is None or v.kind is kind)
        violation = next(wanted, self.violations[0])
        if self.arriving is not None:
            return msgspec.structs.replace(self.arriving, text=f"{violation.text}; {self.arriving.text}")
        return at_frame(self.frame, violation.text, (violation.offset, violation.offset + 1))


def first_breach(facts: Facts, direction: Direction) -> Breach | None:
    """Return the attempt's first breach in this direction, unless it came after we had ended the connection."""
    attempt, log = facts.attempt, facts.session.frames
    ours = attempt.closure.locally_ended
    over_ns = ours.at_ns if ours is not None and ours.why is not LocalEnd.PEER_VIOLATED_PROTOCOL else None
    numbers = log.violating
    start = bisect_left(numbers, attempt.first_frame)
    for number in numbers[start : start + _LOOKED_AT]:
        if number >= attempt.end_frame or (over_ns is not None and log.at_ns(number) > over_ns):
            return None
        if log.direction(number) is direction:
            breaches = tuple(v for v in log.violations(number) if v.kind not in _NOT_A_BREACH)
            if breaches:
                return Breach(frame=number, violations=breaches)
    return _arriving_breach(facts) if direction is Direction.RECEIVED else None


def _arriving_breach(facts: Facts) -> Breach | None:
    """Return the breach of a frame over which we failed the connection before it was whole, as it may never be."""
    attempt = facts.attempt
    broken, ours = attempt.broken, attempt.closure.locally_ended
    if broken is None or ours is None or ours.why is not LocalEnd.PEER_VIOLATED_PROTOCOL:
        return None
    breaches = tuple(v for v in broken.violations if v.kind not in _NOT_A_BREACH)
    if not breaches:
        return None
    header = facts.session.frames.stream_bytes(
        attempt.first_frame, Direction.RECEIVED, broken.start, broken.received - broken.payload_received
    )
    came = f"{broken.payload_received} of {broken.payload_length} payload bytes came"
    text = f"the frame was still arriving, its header is {header.hex(' ')}, {came}"
    # Our Close frame comes before it.
    number = attempt.end_frame + (attempt.closure.close_sent is None)
    return Breach(frame=number, violations=breaches, arriving=at_seq(ours.seq, text))
