"""What can be asked of a frame that its columns answer, and how questions combine."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from itertools import repeat
from typing import Any, Protocol

from wsinspect.session.frame_columns import NOT_INFLATED
from wsinspect.session.query.block import (
    COMPRESSED_OF,
    OF_DIRECTION,
    Block,
    both,
    either,
    inverse,
    marked,
    places,
)
from wsinspect.wire.opcode import Direction, Opcode
from wsinspect.wire.violations import ViolationKind

_LONG = 0xFFFFFFFF
"""A length that the column may only hint at."""
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_COMPARED = {
    "==": "exactly",
    "!=": "other than",
    "<": "less than",
    "<=": "at most",
    ">": "more than",
    ">=": "at least",
}


class Cost(IntEnum):
    """What comes first when several things are asked."""

    COLUMN = 0
    LOOP = 1
    PAYLOAD = 2
    JSON = 3


class Predicate(Protocol):
    """Something that is so for some frames. What is true of a frame never changes when later frames arrive."""

    @property
    def cost(self) -> Cost: ...

    def marks(self, block: Block, wanted: bytes) -> bytes:
        """Return the set of frames for which it is so; what it says of frames outside `wanted` means nothing."""
        ...

    def words(self, *, negated: bool = False) -> str:
        """Return what it is, to follow `frames that`."""
        ...


@dataclass(frozen=True, slots=True)
class All:
    """Every one of the parts."""

    parts: tuple[Predicate, ...]

    @property
    def cost(self) -> Cost:
        return max((part.cost for part in self.parts), default=Cost.COLUMN)

    def marks(self, block: Block, wanted: bytes) -> bytes:
        for part in sorted(self.parts, key=lambda part: part.cost):
            if 1 not in wanted:
                break
            wanted = both(wanted, part.marks(block, wanted))
        return wanted

    def words(self, *, negated: bool = False) -> str:
        return _joined(self.parts, "or" if negated else "and", negated=negated)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the parts."""

    parts: tuple[Predicate, ...]

    @property
    def cost(self) -> Cost:
        return max(part.cost for part in self.parts)

    def marks(self, block: Block, wanted: bytes) -> bytes:
        found = block.none
        for part in sorted(self.parts, key=lambda part: part.cost):
            if 1 not in wanted:
                break
            found = either(found, both(wanted, part.marks(block, wanted)))
            wanted = both(wanted, inverse(found))
        return found

    def words(self, *, negated: bool = False) -> str:
        return _joined(self.parts, "and" if negated else "or", negated=negated)


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: Predicate

    @property
    def cost(self) -> Cost:
        return self.part.cost

    def marks(self, block: Block, wanted: bytes) -> bytes:
        return both(wanted, inverse(both(wanted, self.part.marks(block, wanted))))

    def words(self, *, negated: bool = False) -> str:
        return self.part.words(negated=not negated)


def _joined(parts: Iterable[Predicate], word: str, *, negated: bool) -> str:
    told = []
    for part in parts:
        words = part.words(negated=negated)
        inner = part
        while isinstance(inner, Not):
            inner = inner.part
        told.append(f"({words})" if isinstance(inner, All | AnyOf) else words)
    return f" {word} ".join(told)


@dataclass(frozen=True, slots=True)
class OfDirection:
    """Sent, or received."""

    direction: Direction

    @property
    def cost(self) -> Cost:
        return Cost.COLUMN

    def marks(self, block: Block, wanted: bytes) -> bytes:
        return block.flags.translate(OF_DIRECTION[self.direction])

    def words(self, *, negated: bool = False) -> str:
        return f"were {'not ' if negated else ''}{self.direction.name.lower()}"


class Column(IntEnum):
    """A column of one byte a frame."""

    FIRSTS = 0
    SECONDS = 1
    FLAGS = 2


@dataclass(frozen=True, slots=True)
class Bits:
    """One byte of a frame's columns is in a table."""

    column: Column
    table: bytes
    """256 zeros and ones."""
    told: str
    told_negated: str

    @property
    def cost(self) -> Cost:
        return Cost.COLUMN

    def marks(self, block: Block, wanted: bytes) -> bytes:
        column = (block.firsts, block.seconds, block.flags)[self.column]
        return column.translate(self.table)

    def words(self, *, negated: bool = False) -> str:
        return self.told_negated if negated else self.told


def of_opcodes(opcodes: Iterable[int], told: str) -> Bits:
    """Return the question whether a frame has one of these opcodes; `told` is such as `text`."""
    known = frozenset(opcodes)
    table = bytes(int(first & 0x0F in known) for first in range(256))
    return Bits(Column.FIRSTS, table, f"are {told} frames", f"are not {told} frames")


class Figure(IntEnum):
    """A number that a frame has."""

    LENGTH = 0
    INFLATED = 1
    NUMBER = 2


_FIGURES = ("carry {} bytes", "carry {} bytes once inflated", "have a number of {}")
_FIGURES_NEGATED = (
    "do not carry {} bytes",
    "do not carry {} bytes once inflated",
    "do not have a number of {}",
)


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure of the frame beside a number."""

    figure: Figure
    comparison: str
    value: int

    @property
    def cost(self) -> Cost:
        return Cost.LOOP

    def marks(self, block: Block, wanted: bytes) -> bytes:
        compare = COMPARISONS[self.comparison]
        return bytes(map(compare, self._values(block), repeat(self.value)))

    def _values(self, block: Block) -> Iterable[int]:
        if self.figure is Figure.NUMBER:
            # People count from 1.
            return range(block.start + 1, block.stop + 1)
        lengths = block.log.columns.lengths[block.start : block.stop]
        if self.figure is Figure.LENGTH:
            return lengths if self.value < _LONG else map(block.log.length, range(block.start, block.stop))
        values = [
            length if length < _LONG else block.log.length(number)
            for number, length in enumerate(lengths, block.start)
        ]
        for direction in Direction:
            compressed = block.flags.translate(COMPRESSED_OF[direction])
            if 1 in compressed:
                sizes = block.log.inflated_sizes(block.start + compressed.find(1), compressed.count(1))
                for place, size in zip(places(compressed), sizes, strict=True):
                    if not block.flags[place] & NOT_INFLATED:
                        values[place] = size
        return values

    def words(self, *, negated: bool = False) -> str:
        told = (_FIGURES_NEGATED if negated else _FIGURES)[self.figure]
        return told.format(f"{_COMPARED[self.comparison]} {self.value}")


@dataclass(frozen=True, slots=True)
class Arrived:
    """Complete at a moment or later, or before it."""

    at_ns: int
    """Since the session began."""
    before: bool
    typed: str

    @property
    def cost(self) -> Cost:
        return Cost.LOOP

    def marks(self, block: Block, wanted: bytes) -> bytes:
        # Not by bisection: an imported recording may hold its frames in another order than their times.
        compare = operator.lt if self.before else operator.ge
        times = block.log.columns.at_ns[block.start : block.stop]
        return bytes(map(compare, times, repeat(self.at_ns)))

    def words(self, *, negated: bool = False) -> str:
        return f"came {'before' if self.before is not negated else 'at or after'} {self.typed}"


@dataclass(frozen=True, slots=True)
class OfAttempt:
    """Of one attempt, counted as the timeline counts."""

    number: int

    @property
    def cost(self) -> Cost:
        return Cost.COLUMN

    def marks(self, block: Block, wanted: bytes) -> bytes:
        found = block.none
        for attempt in block.attempts:
            if attempt.number == self.number:
                found = either(found, block.ranged(attempt.first_frame, attempt.end_frame))
        return found

    def words(self, *, negated: bool = False) -> str:
        return f"{'do not belong' if negated else 'belong'} to attempt {self.number}"


@dataclass(frozen=True, slots=True)
class Violating:
    """Breaking a rule: any, or this one."""

    kind: ViolationKind | None

    @property
    def cost(self) -> Cost:
        return Cost.COLUMN if self.kind is None else Cost.LOOP

    def marks(self, block: Block, wanted: bytes) -> bytes:
        found = both(wanted, block.of_numbers(block.log.violating))
        if self.kind is None:
            return found
        violations = block.log.violations
        return marked(
            len(block),
            (
                place
                for place in places(found)
                if any(violation.kind is self.kind for violation in violations(block.start + place))
            ),
        )

    def words(self, *, negated: bool = False) -> str:
        rule = "a rule" if self.kind is None else f"the rule {self.kind.value}"
        return f"{'do not break' if negated else 'break'} {rule}"


@dataclass(frozen=True, slots=True)
class CloseCode:
    """Close frames whose code compares so with a number."""

    comparison: str
    value: int

    @property
    def cost(self) -> Cost:
        return Cost.LOOP

    def marks(self, block: Block, wanted: bytes) -> bytes:
        closes = block.firsts.translate(_IS_CLOSE)
        compare = COMPARISONS[self.comparison]
        found = []
        for place in places(both(wanted, closes)):
            code = block.log.preview(block.start + place, 2)
            if len(code) == 2 and compare(int.from_bytes(code), self.value):
                found.append(place)
        return marked(len(block), found)

    def words(self, *, negated: bool = False) -> str:
        return f"{'are not' if negated else 'are'} close frames with a code of {_COMPARED[self.comparison]} {self.value}"


_IS_CLOSE = bytes(int(first & 0x0F == Opcode.CLOSE) for first in range(256))
