"""All frames of a session as columns: about 23 bytes a frame, whatever it carries."""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_right
from collections.abc import Collection, Sequence
from itertools import compress
from pathlib import Path

from wsinspect.options import Limits
from wsinspect.session.inflated_log import InflatedLog
from wsinspect.session.spool import Spool
from wsinspect.session.violation_log import ViolationLog
from wsinspect.wire.frame_batch import FrameBatch
from wsinspect.wire.frames import HEADER_SIZES, Frame, FrameFacts, build_frame, unmask
from wsinspect.wire.opcode import Direction
from wsinspect.wire.violations import Violation, ViolationKind

_RECEIVED = 1
_COMPRESSED = 2
_NOT_INFLATED = 4
"""Bits of the flags column."""
_HIGH, _LOW = (1, 0) if sys.byteorder == "little" else (0, 1)
_LONG = 0xFFFFFFFF
"""A length that may stand in the dictionary of long ones."""
_BLOCK = 4096
_OPCODES = bytes(first & 0x0F for first in range(256))
_OF_DIRECTION = tuple(
    bytes(int(flags & _RECEIVED == direction) for flags in range(256)) for direction in Direction
)
_INFLATED_OF = tuple(
    (direction | _COMPRESSED, direction | _COMPRESSED | _NOT_INFLATED) for direction in Direction
)


class FrameLog:
    """Every frame of both directions over all attempts, numbered from 0 in the order in which they were completed."""

    def __init__(self, limits: Limits | None = None, *, folder: Path | None = None) -> None:
        limits = limits if limits is not None else Limits()
        self._at = array("q")
        self._firsts = bytearray()
        self._seconds = bytearray()
        self._flags = bytearray()
        self._lengths = array("I")
        self._long: dict[int, int] = {}
        self._starts = array("Q")
        """Offsets in the streams of the attempt."""
        self._cut: dict[int, int] = {}
        """Raw bytes of the frames in which a stream ended."""
        self._streams: list[int] = [0]
        """The number of each attempt's first frame."""
        self._bases: list[tuple[int, int]] = [(0, 0)]
        """For each attempt, where its streams begin in the two spools."""
        self._violations = ViolationLog()
        self._controls: tuple[dict[int, array[int]], dict[int, array[int]]] = ({}, {})
        self._first: list[int | None] = [None, None]
        self._last: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self._counts = [0, 0]
        # One budget for what both directions sent and for what it inflated to; mostly it is the received side's.
        share = limits.memory_bytes // 8

        def spool(parts: int) -> Spool:
            return Spool(memory_bytes=share * parts, file_bytes=limits.spool_bytes, folder=folder)

        self._spools = (spool(1), spool(4))
        self._inflated = (InflatedLog(spool(1)), InflatedLog(spool(2)))
        self._ranks = (array("Q", [0]), array("Q", [0]))
        """Compressed frames of each direction before every 4096th frame; filled in when somebody looks."""

    # Writing

    def begin_stream(self) -> None:
        """A new attempt's byte streams begin: offsets of both directions start at 0 again."""
        bases = (self._spools[0].size, self._spools[1].size)
        if self._streams[-1] == len(self):
            self._bases[-1] = bases
        else:
            self._streams.append(len(self))
            self._bases.append(bases)

    def extend(self, direction: Direction, at_ns: int, data: bytes, batch: FrameBatch) -> None:
        """Add a chunk and the frames that the decoder found it to complete."""
        self._spools[direction].append(data)
        self._add(direction, at_ns, batch)

    def finish(self, direction: Direction, at_ns: int, batch: FrameBatch) -> None:
        """Add what the decoder's `finish` returned: the frame in which the stream ended, if there is one."""
        for index, violation in batch.violations:
            if violation.kind is ViolationKind.CUT_OFF:
                self._cut[len(self) + index] = violation.offset
        self._add(direction, at_ns, batch)

    def close(self) -> None:
        """Let go of payloads and temporary files; the columns stay."""
        for direction in Direction:
            self._spools[direction].close()
            self._inflated[direction].spool.close()

    def _add(self, direction: Direction, at_ns: int, batch: FrameBatch) -> None:
        count = len(batch)
        if batch.inflated or batch.compressed:
            self._inflated[direction].extend(count, batch.compressed, batch.inflated)
        if not count:
            return
        base = len(self._at)
        self._counts[direction] += count
        if self._first[direction] is None:
            self._first[direction] = base
        if count == 1:
            header = batch.headers[0]
            self._firsts.append(header >> 8)
            self._seconds.append(header & 0xFF)
            self._flags.append(direction)
            self._at.append(at_ns)
            self._last[direction][header >> 8 & 0x0F] = base
        else:
            headers = batch.headers.tobytes()
            firsts = headers[_HIGH::2]
            self._firsts += firsts
            self._seconds += headers[_LOW::2]
            self._flags += bytes((direction,)) * count
            self._at.extend(array("q", (at_ns,)) * count)
            self._note_last(self._last[direction], base, firsts)
        self._add_lengths(base, batch.lengths)
        self._starts.extend(batch.starts)
        for index in batch.compressed:
            self._flags[base + index] |= _COMPRESSED
        for index in batch.not_inflated:
            self._flags[base + index] |= _NOT_INFLATED
        if batch.violations:
            self._violations.extend(base, batch.violations)
        controls = self._controls[direction]
        for index, opcode, _ in batch.controls:
            controls.setdefault(opcode, array("Q")).append(base + index)

    def _add_lengths(self, base: int, lengths: array[int]) -> None:
        words = memoryview(lengths).cast("B").cast("I")
        if not words[_HIGH::2].tobytes().strip(b"\0"):
            self._lengths.frombytes(words[_LOW::2].tobytes())
            return
        for index, length in enumerate(lengths):
            if length >= _LONG:
                self._long[base + index] = length
            self._lengths.append(min(length, _LONG))

    @staticmethod
    def _note_last(last: dict[int, int], base: int, firsts: bytes) -> None:
        opcodes = firsts.translate(_OPCODES)
        final = opcodes[-1]
        last[final] = base + len(opcodes) - 1
        if opcodes.count(final) < len(opcodes):
            for opcode in range(16):
                place = opcodes.rfind(opcode)
                if place >= 0:
                    last[opcode] = base + place

    # Counters

    def __len__(self) -> int:
        return len(self._at)

    @property
    def sent(self) -> int:
        """Frames sent."""
        return self._counts[Direction.SENT]

    @property
    def received(self) -> int:
        """Frames received."""
        return self._counts[Direction.RECEIVED]

    @property
    def bytes_sent(self) -> int:
        """Bytes of the WebSocket streams sent, headers included."""
        return self._spools[Direction.SENT].size

    @property
    def bytes_received(self) -> int:
        """Bytes of the WebSocket streams received, headers included."""
        return self._spools[Direction.RECEIVED].size

    @property
    def dropped_bytes(self) -> int:
        """Bytes that could not be kept, inflated ones included."""
        return sum(spool.dropped_bytes for spool in self._all_spools())

    @property
    def problem(self) -> str | None:
        """One line on why bytes were dropped or cannot be read, if so."""
        return next((spool.problem for spool in self._all_spools() if spool.problem), None)

    @property
    def violation_count(self) -> int:
        """Violations of all frames."""
        return len(self._violations)

    @property
    def violating(self) -> Sequence[int]:
        """Numbers of the frames with violations, ascending."""
        return self._violations.numbers

    def _all_spools(self) -> tuple[Spool, ...]:
        return (*self._spools, *(log.spool for log in self._inflated))

    # Columns

    def at_ns(self, number: int) -> int:
        """When the frame was complete, monotonic nanoseconds since the session began."""
        return self._at[number]

    def direction(self, number: int) -> Direction:
        """Who sent the frame."""
        return Direction(self._flags[number] & _RECEIVED)

    def header(self, number: int) -> int:
        """The first two header bytes, first << 8 | second."""
        return self._firsts[number] << 8 | self._seconds[number]

    def opcode(self, number: int) -> int:
        """The opcode, reserved ones too."""
        return self._firsts[number] & 0x0F

    def fin(self, number: int) -> bool:
        """Whether FIN is set."""
        return self._firsts[number] >= 0x80

    def length(self, number: int) -> int:
        """Payload bytes on the wire."""
        length = self._lengths[number]
        return length if length < _LONG else self._long.get(number, length)

    def compressed(self, number: int) -> bool:
        """Whether the frame belongs to a compressed message."""
        return bool(self._flags[number] & _COMPRESSED)

    def inflated_length(self, number: int) -> int | None:
        """Inflated bytes that are kept of the frame; None if it was not inflated."""
        flags = self._flags[number]
        if flags & (_COMPRESSED | _NOT_INFLATED) != _COMPRESSED:
            return None
        return self._inflated[flags & _RECEIVED].size_of(self._ordinal(number, flags & _RECEIVED))

    def violations(self, number: int) -> tuple[Violation, ...]:
        """What is wrong with the frame."""
        return self._violations.of(number)

    def first(self, direction: Direction) -> int | None:
        """The number of the first frame of a direction."""
        return self._first[direction]

    def last(self, direction: Direction, *, opcode: int | None = None, data_only: bool = False) -> int | None:
        """The number of the latest frame of a direction: of one opcode, or of those that are not control frames."""
        last = self._last[direction]
        if opcode is not None:
            return last.get(opcode)
        return max((number for code, number in last.items() if code < 8 or not data_only), default=None)

    def controls(self, direction: Direction, opcode: int) -> Sequence[int]:
        """Numbers of the close, ping or pong frames of a direction, ascending."""
        return self._controls[direction].get(opcode, ())

    def stream_range(self, number: int) -> tuple[int, int]:
        """Return the frame numbers (first, stop) of the attempt that the frame belongs to."""
        stream = bisect_right(self._streams, number)
        return self._streams[stream - 1], self._streams[stream] if stream < len(self._streams) else len(self)

    def numbers(
        self,
        start: int = 0,
        stop: int | None = None,
        *,
        direction: Direction | None = None,
        opcodes: Collection[int] | None = None,
    ) -> list[int]:
        """Return the numbers from `start` to before `stop` that have this direction and one of these opcodes."""
        start, stop, _ = slice(start, stop).indices(len(self))
        if opcodes is None and direction is None:
            return list(range(start, stop))
        table = bytes(int(opcodes is None or first & 0x0F in opcodes) for first in range(256))
        return list(compress(range(start, stop), self._marks(start, stop, direction, table)))

    def find(
        self, start: int, stop: int, *, direction: Direction, firsts: bytes, backwards: bool = False
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
        marks = self._firsts[start:stop].translate(firsts)
        if direction is not None:
            same = self._flags[start:stop].translate(_OF_DIRECTION[direction])
            both = int.from_bytes(marks, "little") & int.from_bytes(same, "little")
            return both.to_bytes(len(marks), "little")
        return bytes(marks)

    # Bytes

    def raw(self, number: int, limit: int | None = None) -> bytes:
        """Return the frame as it crossed the wire, at most `limit` bytes; shorter where bytes were dropped."""
        size = self._cut.get(number, HEADER_SIZES[self._seconds[number]] + self.length(number))
        return self._read(number, 0, size if limit is None else min(size, limit))

    def preview(self, number: int, size: int = 200) -> bytes:
        """Return the first `size` bytes of the application data: unmasked, and inflated if it could be."""
        inflated = self._inflated_data(number, size)
        if inflated is not None:
            return inflated
        second = self._seconds[number]
        header = HEADER_SIZES[second]
        raw = self.raw(number, header + size)
        payload = raw[header:]
        return unmask(payload, raw[header - 4 : header]) if second >= 0x80 else payload

    def application_data(self, number: int, limit: int | None = None) -> bytes:
        """Return the whole application data, at most `limit` bytes."""
        if limit is None:
            inflated = self.inflated_length(number)
            limit = self.length(number) if inflated is None else inflated
        return self.preview(number, limit)

    def frame(self, number: int, *, limit: int | None = None) -> Frame:
        """Make the object for one frame. `limit` is how many payload and application data bytes it holds at most.

        Raises IndexError for a number that is not there.
        """
        if not 0 <= number < len(self):
            raise IndexError(number)
        second = self._seconds[number]
        facts = FrameFacts(
            number=number,
            direction=self.direction(number),
            at_ns=self._at[number],
            first=self._firsts[number],
            second=second,
            payload_length=self.length(number),
            compressed=self.compressed(number),
            inflated=self._inflated_data(number, limit),
            inflated_length=self.inflated_length(number),
            violations=self.violations(number),
        )
        return build_frame(facts, self.raw(number, None if limit is None else HEADER_SIZES[second] + limit))

    def _read(self, number: int, offset: int, size: int) -> bytes:
        direction = self._flags[number] & _RECEIVED
        stream = bisect_right(self._streams, number) - 1
        return self._spools[direction].read(
            self._bases[stream][direction] + self._starts[number] + offset, size
        )

    def _inflated_data(self, number: int, limit: int | None) -> bytes | None:
        flags = self._flags[number]
        if flags & (_COMPRESSED | _NOT_INFLATED) != _COMPRESSED:
            return None
        direction = flags & _RECEIVED
        return self._inflated[direction].read(self._ordinal(number, direction), limit)

    def _ordinal(self, number: int, direction: int) -> int:
        """Return how many compressed frames of the direction come before this one."""
        ranks = self._ranks[direction]
        block = number // _BLOCK
        while len(ranks) <= block:
            first = (len(ranks) - 1) * _BLOCK
            ranks.append(ranks[-1] + self._count_compressed(direction, first, first + _BLOCK))
        return ranks[block] + self._count_compressed(direction, block * _BLOCK, number)

    def _count_compressed(self, direction: int, start: int, stop: int) -> int:
        return sum(self._flags.count(value, start, stop) for value in _INFLATED_OF[direction])
