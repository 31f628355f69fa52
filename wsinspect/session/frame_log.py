"""All frames of a session as columns: about 23 bytes a frame, whatever it carries."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Collection, Sequence
from pathlib import Path

from wsinspect.options import Limits
from wsinspect.session.frame_columns import COMPRESSED, RECEIVED, FrameColumns
from wsinspect.session.inflated_log import InflatedLog
from wsinspect.session.spool import Spool
from wsinspect.session.violation_log import ViolationLog
from wsinspect.wire.frame_batch import FrameBatch
from wsinspect.wire.frames import HEADER_SIZES, Frame, FrameFacts, build_frame, unmask
from wsinspect.wire.interleaved import interleaved
from wsinspect.wire.opcode import Direction
from wsinspect.wire.unmasked import masked_again
from wsinspect.wire.violations import Violation, ViolationKind

_OPCODES = bytes(first & 0x0F for first in range(256))


class FrameLog:
    """Every frame of both directions over all attempts, numbered from 0 in the order in which they were completed."""

    def __init__(self, limits: Limits | None = None, *, folder: Path | None = None) -> None:
        limits = limits if limits is not None else Limits()
        self._columns = FrameColumns()
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

    # Writing

    def begin_stream(self) -> None:
        """A new attempt's byte streams begin: offsets of both directions start at 0 again."""
        for inflated in self._inflated:
            inflated.begin_stream()
        bases = (self._spools[0].size, self._spools[1].size)
        if self._streams[-1] == len(self):
            self._bases[-1] = bases
        else:
            self._streams.append(len(self))
            self._bases.append(bases)

    def extend(self, direction: Direction, at_ns: int, data: bytes, batch: FrameBatch) -> None:
        """Add a chunk and the frames that the decoder found it to complete."""
        self._spools[direction].append(data if batch.unmasked is None else batch.unmasked)
        self._add(direction, at_ns, batch)

    def extend_both(
        self, data: tuple[bytes, bytes], batches: tuple[FrameBatch, FrameBatch], order: bytes
    ) -> FrameBatch:
        """Add what was sent and what was received, and the frames of each, whose directions are in turn those of `order`.

        Returns all of these as one batch.
        """
        both = interleaved(*batches, order)
        base = len(self._columns.at_ns)
        self._columns.extend_both(order, both.batch)
        opcodes = self._columns.firsts[base:].translate(_OPCODES)
        for direction in Direction:
            batch, places = batches[direction], both.places[direction]
            self._spools[direction].append(data[direction] if batch.unmasked is None else batch.unmasked)
            self._add_inflated(direction, batch)
            if places:
                self._count(direction, base, bytes(map(opcodes.__getitem__, places)), places)
        self._violations.extend(base, both.batch.violations)
        for index, opcode, _ in both.batch.controls:
            self._controls[order[index]].setdefault(opcode, array("Q")).append(base + index)
        return both.batch

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
        self._add_inflated(direction, batch)
        if not len(batch):
            return
        base = len(self._columns.at_ns)
        self._columns.extend(direction, at_ns, batch)
        opcodes = self._columns.firsts[base:].translate(_OPCODES)
        self._count(direction, base, opcodes, range(len(opcodes)))
        if batch.violations:
            self._violations.extend(base, batch.violations)
        controls = self._controls[direction]
        for kind in {opcode for _, opcode, _ in batch.controls}:
            numbers = [base + index for index, opcode, _ in batch.controls if opcode == kind]
            controls.setdefault(kind, array("Q")).extend(array("Q", numbers))

    def _add_inflated(self, direction: Direction, batch: FrameBatch) -> None:
        if batch.inflated or batch.compressed:
            self._inflated[direction].extend(len(batch), batch.compressed, batch.inflated)

    def _count(
        self, direction: Direction, base: int, opcodes: bytes | bytearray, places: Sequence[int]
    ) -> None:
        """Count frames of one direction, whose numbers are `base` and their place."""
        self._counts[direction] += len(opcodes)
        if self._first[direction] is None:
            self._first[direction] = base + places[0]
        last = self._last[direction]
        final = opcodes[-1]
        last[final] = base + places[-1]
        if opcodes.count(final) < len(opcodes):
            for opcode in range(16):
                place = opcodes.rfind(opcode)
                if place >= 0:
                    last[opcode] = base + places[place]

    # Counters

    def __len__(self) -> int:
        return len(self._columns.at_ns)

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

    @property
    def columns(self) -> FrameColumns:
        """The columns themselves, to be read by what looks at frames by the thousand."""
        return self._columns

    def at_ns(self, number: int) -> int:
        """When the frame was complete, monotonic nanoseconds since the session began."""
        return self._columns.at_ns[number]

    def direction(self, number: int) -> Direction:
        """Who sent the frame."""
        return Direction(self._columns.flags[number] & RECEIVED)

    def header(self, number: int) -> int:
        """The first two header bytes, first << 8 | second."""
        return self._columns.firsts[number] << 8 | self._columns.seconds[number]

    def opcode(self, number: int) -> int:
        """The opcode, reserved ones too."""
        return self._columns.firsts[number] & 0x0F

    def fin(self, number: int) -> bool:
        """Whether FIN is set."""
        return self._columns.firsts[number] >= 0x80

    def length(self, number: int) -> int:
        """Payload bytes on the wire."""
        return self._columns.length(number)

    def compressed(self, number: int) -> bool:
        """Whether the frame belongs to a compressed message."""
        return bool(self._columns.flags[number] & COMPRESSED)

    def inflated_length(self, number: int) -> int | None:
        """Inflated bytes that are kept of the frame; None if it was not inflated."""
        if not self._columns.inflated(number):
            return None
        return self._inflated[self.direction(number)].size_of(self._columns.compressed_before(number))

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
        return self._columns.numbers(start, stop, direction=direction, opcodes=opcodes)

    def find(
        self, start: int, stop: int, *, direction: Direction, firsts: bytes, backwards: bool = False
    ) -> int | None:
        """Return the first, or with `backwards` the last, frame of a direction from `start` to before `stop` whose
        first header byte has a 1 in the table `firsts` of 256 zeros and ones."""
        return self._columns.find(start, stop, direction=direction, firsts=firsts, backwards=backwards)

    # Bytes

    def raw(self, number: int, limit: int | None = None) -> bytes:
        """Return the frame as it crossed the wire, at most `limit` bytes; shorter where bytes were dropped."""
        kept = self._kept(number, limit)
        second = self._columns.seconds[number]
        if not self.kept_unmasked(number):
            return kept
        header = HEADER_SIZES[second]
        # Masking is the same operation.
        return kept[:header] + unmask(kept[header:], kept[header - 4 : header])

    def preview(self, number: int, size: int = 200) -> bytes:
        """Return the first `size` bytes of the application data: unmasked, and inflated if it could be."""
        inflated = self._inflated_data(number, size)
        if inflated is not None:
            return inflated
        second = self._columns.seconds[number]
        header = HEADER_SIZES[second]
        kept = self._kept(number, header + size)
        payload = kept[header:]
        if second < 0x80 or self.kept_unmasked(number):
            return payload
        return unmask(payload, kept[header - 4 : header])

    def application_data(self, number: int, limit: int | None = None) -> bytes:
        """Return the whole application data, at most `limit` bytes."""
        if limit is None:
            inflated = self.inflated_length(number)
            limit = self.length(number) if inflated is None else inflated
        return self.preview(number, limit)

    def kept_unmasked(self, number: int) -> bool:
        """Whether the frame's payload was masked and is kept without its mask, as all of what we sent is."""
        columns = self._columns
        return columns.seconds[number] >= 0x80 and not columns.flags[number] & RECEIVED

    def stream_from(self, number: int, size: int) -> bytes:
        """Return `size` bytes of the frame's stream from its first byte on, whatever frames they belong to; fewer at
        the end, and where bytes were dropped. They are as they crossed the wire, but sent payloads are unmasked."""
        return self._read(number, size)

    def stream_bytes(self, first_frame: int, direction: Direction, start: int, size: int) -> bytes:
        """Return `size` bytes from offset `start` of a direction's stream, of the attempt whose first frame this is or
        will be, as they crossed the wire; fewer at the end, and where bytes were dropped. Of what we sent, a frame must
        begin at `start`."""
        stream = bisect_right(self._streams, first_frame) - 1
        kept = self._spools[direction].read(self._bases[stream][direction] + start, size)
        return kept if direction is Direction.RECEIVED else masked_again(kept)

    def is_cut_off(self, number: int) -> bool:
        """Whether the frame is one in which a stream ended."""
        return number in self._cut

    def inflated_sizes(self, number: int, count: int) -> array[int]:
        """Return the inflated bytes kept of `count` compressed frames of one direction, the first being `number`."""
        ordinal = self._columns.compressed_before(number)
        return self._inflated[self.direction(number)].sizes(ordinal, count)

    def inflated_from(self, number: int, size: int) -> bytes:
        """Return `size` inflated bytes of the compressed frame's attempt and direction from its first one on, whatever
        frames they belong to; fewer at the end, and where bytes were dropped."""
        return self._inflated[self.direction(number)].read_on(self._columns.compressed_before(number), size)

    def frame(self, number: int, *, limit: int | None = None) -> Frame:
        """Make the object for one frame. `limit` is how many payload and application data bytes it holds at most.

        Raises IndexError for a number that is not there.
        """
        if not 0 <= number < len(self):
            raise IndexError(number)
        second = self._columns.seconds[number]
        facts = FrameFacts(
            number=number,
            direction=self.direction(number),
            at_ns=self._columns.at_ns[number],
            first=self._columns.firsts[number],
            second=second,
            payload_length=self.length(number),
            compressed=self.compressed(number),
            inflated=self._inflated_data(number, limit),
            inflated_length=self.inflated_length(number),
            violations=self.violations(number),
        )
        return build_frame(facts, self.raw(number, None if limit is None else HEADER_SIZES[second] + limit))

    def _kept(self, number: int, limit: int | None) -> bytes:
        size = self._cut.get(number, HEADER_SIZES[self._columns.seconds[number]] + self.length(number))
        return self._read(number, size if limit is None else min(size, limit))

    def _read(self, number: int, size: int) -> bytes:
        direction = self.direction(number)
        stream = bisect_right(self._streams, number) - 1
        position = self._bases[stream][direction] + self._columns.starts[number]
        return self._spools[direction].read(position, size)

    def _inflated_data(self, number: int, limit: int | None) -> bytes | None:
        if not self._columns.inflated(number):
            return None
        return self._inflated[self.direction(number)].read(self._columns.compressed_before(number), limit)
