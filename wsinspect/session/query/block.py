"""A run of frames that is looked at in one go, and sets of its frames as bytes of zeros and ones."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Protocol

from wsinspect.session.frame_columns import COMPRESSED, RECEIVED
from wsinspect.session.frame_log import FrameLog
from wsinspect.session.query.asking import Asked
from wsinspect.wire.opcode import Direction

PAYLOAD_BYTES = 16 * 1024 * 1024
"""How much of one frame's application data is looked into."""
FRAMES_OF_COLUMNS = 65536
FRAMES_OF_PAYLOAD = 4096
FRAMES_OF_JSON = 512
"""Frames that are looked at in one go, by what it costs."""
_WEIGHT = 1024 * 1024
"""Payload bytes of a block, unless it is a single frame: a few milliseconds of searching."""
_INVERSE = bytes((1, 0)) + bytes(254)
OF_DIRECTION = tuple(
    bytes(int(flags & RECEIVED == direction) for flags in range(256)) for direction in Direction
)
"""By direction: a table over the flags column, 1 for its frames."""
COMPRESSED_OF = tuple(
    bytes(int(flags & RECEIVED == direction and bool(flags & COMPRESSED)) for flags in range(256))
    for direction in Direction
)
"""By direction: a table over the flags column, 1 for frames of its compressed messages."""


class AttemptRange(Protocol):
    """What is asked of an attempt."""

    @property
    def number(self) -> int: ...
    @property
    def first_frame(self) -> int: ...
    @property
    def end_frame(self) -> int: ...


def both(some: bytes, others: bytes) -> bytes:
    """Return the frames that are in both sets of one block."""
    marks = int.from_bytes(some, "little") & int.from_bytes(others, "little")
    return marks.to_bytes(len(some), "little")


def either(some: bytes, others: bytes) -> bytes:
    """Return the frames that are in one of two sets of one block, or in both."""
    marks = int.from_bytes(some, "little") | int.from_bytes(others, "little")
    return marks.to_bytes(len(some), "little")


def inverse(marks: bytes) -> bytes:
    """Return the frames that are not in the set."""
    return marks.translate(_INVERSE)


def places(marks: bytes) -> Iterable[int]:
    """Yield the places of the ones, ascending; quick where they are few."""
    place = marks.find(1)
    while place >= 0:
        yield place
        place = marks.find(1, place + 1)


def marked(size: int, numbers: Iterable[int]) -> bytes:
    """Return a set of a block of `size` frames that holds these places."""
    marks = bytearray(size)
    for number in numbers:
        marks[number] = 1
    return bytes(marks)


class Block:
    """The frames from `start` to before `stop`. A set of them has a byte a frame."""

    def __init__(
        self,
        log: FrameLog,
        start: int,
        stop: int,
        attempts: Sequence[AttemptRange] = (),
        asked: Asked | None = None,
    ) -> None:
        """`asked` is who is asked about regular expressions; without one, what asks them waits for the answers."""
        self.log = log
        self.start = start
        self.stop = stop
        self.attempts = attempts
        self.asked = asked if asked is not None else Asked()

    def __len__(self) -> int:
        return self.stop - self.start

    @cached_property
    def all(self) -> bytes:
        """The set of all its frames."""
        return b"\1" * len(self)

    @cached_property
    def none(self) -> bytes:
        """The empty set."""
        return bytes(len(self))

    @cached_property
    def firsts(self) -> bytes:
        """First header bytes."""
        return bytes(self.log.columns.firsts[self.start : self.stop])

    @cached_property
    def seconds(self) -> bytes:
        """Second header bytes."""
        return bytes(self.log.columns.seconds[self.start : self.stop])

    @cached_property
    def flags(self) -> bytes:
        """The flags column."""
        return bytes(self.log.columns.flags[self.start : self.stop])

    def ranged(self, start: int, stop: int) -> bytes:
        """Return the set of its frames with numbers from `start` to before `stop`."""
        first = min(max(start - self.start, 0), len(self))
        last = min(max(stop - self.start, first), len(self))
        return bytes(first) + b"\1" * (last - first) + bytes(len(self) - last)

    def of_numbers(self, numbers: Sequence[int]) -> bytes:
        """Return the set of its frames that are among ascending frame numbers."""
        first = bisect_left(numbers, self.start)
        last = bisect_left(numbers, self.stop, first)
        return marked(len(self), (number - self.start for number in numbers[first:last]))


def next_block(
    log: FrameLog, start: int, stop: int, *, frames: int, payloads: bool, backwards: bool = False
) -> tuple[int, int]:
    """Return a range at the start of this one, or with `backwards` at its end, that takes milliseconds to look at.

    `frames` is the most that it may hold; `payloads` says that payloads will be read.
    """
    count = min(stop - start, frames)
    first = stop - count if backwards else start
    while payloads and count > 1 and _weight(log, first, first + count) > _WEIGHT:
        count //= 2
        first = stop - count if backwards else start
    return first, first + count


def _weight(log: FrameLog, start: int, stop: int) -> int:
    """Return how many bytes reading the payloads of these frames takes."""
    columns = log.columns
    weight = sum(columns.lengths[start:stop])
    flags = columns.flags[start:stop]
    for direction in Direction:
        compressed = flags.translate(COMPRESSED_OF[direction])
        if 1 in compressed:
            weight += sum(log.inflated_sizes(start + compressed.find(1), compressed.count(1)))
    return weight
