"""Payloads as they leave the program: unmasked, inflated, and with secrets covered in as many bytes as they take."""

from __future__ import annotations

from itertools import accumulate

from msgspec import Struct

from wsinspect.export.redact import Redactor
from wsinspect.session.frame_columns import COMPRESSED, NOT_INFLATED
from wsinspect.session.frame_log import FrameLog
from wsinspect.session.messages import Message, message_of
from wsinspect.wire.frames import HEADER_SIZES
from wsinspect.wire.opcode import Direction, Opcode

LONGEST_COVERED = 64 * 1024 * 1024
"""Bytes of a fragmented message in which a secret that spans fragments is still found; beyond, frame by frame."""
_DATA = (Opcode.CONTINUATION, Opcode.TEXT, Opcode.BINARY)


class _Covered(Struct, frozen=True):
    """A fragmented message, its secrets covered."""

    first: int
    last: int
    data: bytes
    starts: dict[int, int]
    """Where the data of each of its frames begins; empty if the message is longer than `LONGEST_COVERED`."""


class Payloads:
    """Application data by frame number. Ask in ascending order: only the newest fragmented message of each direction is
    kept."""

    def __init__(self, log: FrameLog, redact: Redactor) -> None:
        self._log = log
        self._redact = redact
        self._open: dict[Direction, _Covered] = {}

    def of_frame(self, number: int) -> bytes:
        """Return a frame's application data; fewer bytes than it had where some were dropped."""
        log = self._log
        if not self._redact.active or log.opcode(number) not in _DATA or self._alone(number):
            return self._redact.data(log.application_data(number))
        covered = self._covered(number)
        if number not in covered.starts:
            return self._redact.data(log.application_data(number))
        start = covered.starts[number]
        return covered.data[start : start + len(log.application_data(number))]

    def of_block(self, start: int, stop: int) -> list[bytes]:
        """Return the application data of each frame from `start` to before `stop`, all of one attempt, as `of_frame` does.

        What lies together is read together: for small frames a fraction of the cost.
        """
        found: dict[int, bytes] = {}
        for direction in Direction:
            found |= self._of_plain(start, stop, direction)
            found |= self._of_inflated(start, stop, direction)
        return [found[number] if number in found else self.of_frame(number) for number in range(start, stop)]

    def _of_plain(self, start: int, stop: int, direction: Direction) -> dict[int, bytes]:
        """Return the data of frames that are not compressed, as far as each can be cut out of the stream."""
        log, columns = self._log, self._log.columns
        numbers = log.numbers(start, stop, direction=direction)
        if not numbers:
            return {}
        origin, last = columns.starts[numbers[0]], numbers[-1]
        size = columns.starts[last] - origin + HEADER_SIZES[columns.seconds[last]] + columns.length(last)
        if log.is_cut_off(last):
            size = columns.starts[last] - origin
        region = log.stream_from(numbers[0], size)
        if len(region) < size:
            return {}
        data = {}
        for number in numbers:
            second = columns.seconds[number]
            if columns.flags[number] & COMPRESSED or log.is_cut_off(number):
                continue
            if second >= 0x80 and direction is Direction.RECEIVED:
                continue
            begin = columns.starts[number] - origin + HEADER_SIZES[second]
            data[number] = region[begin : begin + columns.length(number)]
        return self._covered_each(data, region)

    def _of_inflated(self, start: int, stop: int, direction: Direction) -> dict[int, bytes]:
        """Return the data of frames that were inflated; one that could not be has its own way."""
        log = self._log
        flags = log.columns.flags
        numbers = [
            number for number in log.numbers(start, stop, direction=direction) if flags[number] & COMPRESSED
        ]
        if not numbers:
            return {}
        sizes = log.inflated_sizes(numbers[0], len(numbers))
        region = log.inflated_from(numbers[0], sum(sizes))
        if len(region) < sum(sizes):
            return {}
        ends = accumulate(sizes)
        data = {
            number: region[end - size : end]
            for number, size, end in zip(numbers, sizes, ends, strict=True)
            if not flags[number] & NOT_INFLATED
        }
        return self._covered_each(data, region)

    def _covered_each(self, data: dict[int, bytes], region: bytes) -> dict[int, bytes]:
        """Cover secrets in each of the frames, which lie in `region`; leave out those in which one may begin or end elsewhere."""
        if not self._redact.active:
            return data
        opcode = self._log.opcode
        alone = {
            number: one for number, one in data.items() if self._alone(number) or opcode(number) not in _DATA
        }
        if self._redact.may_be_in(region):
            return {number: self._redact.data(one) for number, one in alone.items()}
        return alone

    def of_message(self, message: Message) -> bytes:
        """Return a message's application data."""
        return self._redact.data(message.data())

    def _alone(self, number: int) -> bool:
        return self._log.fin(number) and self._log.opcode(number) != Opcode.CONTINUATION

    def _covered(self, number: int) -> _Covered:
        """A secret may begin in one fragment and end in the next, so it is looked for in the whole message."""
        message = message_of(self._log, number)
        known = self._open.get(message.direction)
        if known is not None and known.first == message.first and message.last <= known.last:
            return known
        starts, parts, size = {}, [], 0
        for fragment in message.fragments:
            starts[fragment] = size
            parts.append(self._log.application_data(fragment))
            size += len(parts[-1])
            if size > LONGEST_COVERED:
                starts, parts = {}, []
                break
        covered = _Covered(message.first, message.last, self._redact.data(b"".join(parts)), starts)
        self._open[message.direction] = covered
        return covered
