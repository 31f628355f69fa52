"""The columns of the frame log: what is known about every frame, at 23 bytes each."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Collection
from itertools import compress

from wsinspect.wire.frame_batch import FrameBatch
from wsinspect.wire.opcode import Direction

RECEIVED = 1
COMPRESSED = 2
NOT_INFLATED = 4
"""Bits of the flags column."""
_HIGH, _LOW = (1, 0) if sys.byteorder == "little" else (0, 1)
_LONG = 0xFFFFFFFF
"""A length that may stand in the dictionary of long ones."""
_BLOCK = 4096
_OF_DIRECTION = tuple(
    bytes(int(flags & RECEIVED == direction) for flags in range(256)) for direction in Direction
)
_COMPRESSED_OF = tuple(
    (direction | COMPRESSED, direction | COMPRESSED | NOT_INFLATED) for direction in Direction
)


class FrameColumns:
    """Rows by frame number, which is their index. Append-only."""

    __slots__ = ("_long", "_ranks", "at_ns", "firsts", "flags", "lengths", "seconds", "starts")

    def __init__(self) -> None:
        self.at_ns = array("q")
        self.firsts = bytearray()
        """First header bytes."""
        self.seconds = bytearray()
        """Second header bytes."""
        self.flags = bytearray()
        self.lengths = array("I")
        """Payload bytes; `length` knows those that do not fit."""
        self.starts = array("Q")
        """Offsets in the stream of the attempt and direction."""
        self._long: dict[int, int] = {}
        self._ranks = (array("Q", [0]), array("Q", [0]))
        """Compressed frames of each direction before every 4096th frame; filled in when somebody looks."""

    def __len__(self) -> int:
        return len(self.at_ns)

    def extend(self, direction: Direction, at_ns: int, batch: FrameBatch) -> None:
        """Add the frames of a batch, complete at `at_ns` unless it has times of its own."""
        base, count = len(self.at_ns), len(batch)
        if count == 1:
            header = batch.headers[0]
            self.firsts.append(header >> 8)
            self.seconds.append(header & 0xFF)
            self.flags.append(direction)
            self.at_ns.append(at_ns if batch.times is None else batch.times[0])
        else:
            self.flags += bytes((direction,)) * count
            self.at_ns.extend(array("q", (at_ns,)) * count if batch.times is None else batch.times)
            self._add_headers(batch)
        self._add_rest(base, batch)

    def extend_both(self, order: bytes, batch: FrameBatch) -> None:
        """Add frames of both directions, which have times of their own; `order` is the direction of each."""
        base = len(self.at_ns)
        self.flags += order
        self.at_ns.extend(batch.times or ())
        self._add_headers(batch)
        self._add_rest(base, batch)

    def _add_headers(self, batch: FrameBatch) -> None:
        headers = batch.headers.tobytes()
        self.firsts += headers[_HIGH::2]
        self.seconds += headers[_LOW::2]

    def _add_rest(self, base: int, batch: FrameBatch) -> None:
        self._add_lengths(base, batch.lengths)
        self.starts.extend(batch.starts)
        for index in batch.compressed:
            self.flags[base + index] |= COMPRESSED
        for index in batch.not_inflated:
            self.flags[base + index] |= NOT_INFLATED

    def _add_lengths(self, base: int, lengths: array[int]) -> None:
        words = memoryview(lengths).cast("B").cast("I")
        if not words[_HIGH::2].tobytes().strip(b"\0"):
            self.lengths.frombytes(words[_LOW::2].tobytes())
            return
        for index, length in enumerate(lengths):
            if length >= _LONG:
                self._long[base + index] = length
            self.lengths.append(min(length, _LONG))

    def length(self, number: int) -> int:
        """Return the payload bytes of a frame on the wire."""
        length = self.lengths[number]
        return length if length < _LONG else self._long.get(number, length)

    def inflated(self, number: int) -> bool:
        """Whether the frame is compressed and could be inflated."""
        return self.flags[number] & (COMPRESSED | NOT_INFLATED) == COMPRESSED

    def compressed_before(self, number: int) -> int:
        """Return how many compressed frames of the frame's direction come before it."""
        direction = self.flags[number] & RECEIVED
        ranks = self._ranks[direction]
        block = number // _BLOCK
        while len(ranks) <= block:
            first = (len(ranks) - 1) * _BLOCK
            ranks.append(ranks[-1] + self._count_compressed(direction, first, first + _BLOCK))
        return ranks[block] + self._count_compressed(direction, block * _BLOCK, number)

    def _count_compressed(self, direction: int, start: int, stop: int) -> int:
        return sum(self.flags.count(value, start, stop) for value in _COMPRESSED_OF[direction])

    def numbers(
        self, start: int, stop: int, *, direction: Direction | None, opcodes: Collection[int] | None
    ) -> list[int]:
        """Return the numbers from `start` to before `stop` that have this direction and one of these opcodes."""
        if opcodes is None and direction is None:
            return list(range(start, stop))
        table = bytes(int(opcodes is None or first & 0x0F in opcodes) for first in range(256))
        return list(compress(range(start, stop), self._marks(start, stop, direction, table)))

    def find(
        self, start: int, stop: int, *, direction: Direction, firsts: bytes, backwards: bool
    ) -> int | None:
        """Return the first, or with `backwards` the last, frame of a direction from `start` to before `stop` whose
        first header byte has a 1 in the table `firsts` of 256 zeros and ones."""
        blocks = range(start, stop, _BLOCK)
        for block in reversed(blocks) if backwards else blocks:
            marks = self._marks(block, min(block + _BLOCK, stop), direction, firsts)
            place = marks.rfind(1) if backwards else marks.find(1)
            if place >= 0:
                return block + place
        return None

    def _marks(self, start: int, stop: int, direction: Direction | None, firsts: bytes) -> bytes:
        marks = self.firsts[start:stop].translate(firsts)
        if direction is None:
            return bytes(marks)
        same = self.flags[start:stop].translate(_OF_DIRECTION[direction])
        both = int.from_bytes(marks, "little") & int.from_bytes(same, "little")
        return both.to_bytes(len(marks), "little")
