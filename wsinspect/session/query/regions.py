"""The application data of many frames as one piece of bytes, as it lies in the spool, and how it is searched."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, compress, repeat
from operator import add, ge, sub
from typing import NamedTuple

from wsinspect.session.frame_columns import COMPRESSED, NOT_INFLATED, RECEIVED
from wsinspect.session.query.asking import Asked
from wsinspect.session.query.block import (
    COMPRESSED_OF,
    OF_DIRECTION,
    PAYLOAD_BYTES,
    Block,
    both,
    inverse,
    places,
)
from wsinspect.session.query.expression import Expression
from wsinspect.session.query.text_pattern import TextPattern
from wsinspect.wire.frames import HEADER_SIZES, unmask
from wsinspect.wire.opcode import Direction

_HEADERS = bytes(HEADER_SIZES)
"""A table from second header bytes to header sizes."""
_IS_MASKED = bytes(int(second >= 0x80) for second in range(256))
_IS_INFLATED = bytes(int(flags & (COMPRESSED | NOT_INFLATED) == COMPRESSED) for flags in range(256))
_HIGH = bytes(range(128, 256))
_FEW = 16
"""One frame in so many: as long as no more are asked for, each is read on its own."""
_DENSE = 4
"""One frame in so many: when more have a needle, looking into each costs less than jumping from one to the next."""
_MANY = 16
"""As long as fewer have it, that is not asked."""


class Region:
    """Frames of one stream with their data."""

    def __init__(
        self,
        frames: Sequence[int],
        data: bytes,
        starts: Sequence[int],
        headers: bytes,
        lengths: Sequence[int],
    ) -> None:
        self.frames = frames
        """Places in the block."""
        self._data = data
        self._starts = starts
        """Where each begins, its header included; counted from the first one's start plus any constant."""
        self._origin = starts[0]
        self._headers = headers
        self._lengths = lengths
        self._high_in_headers = 0
        """Bytes of the headers that are not ASCII."""
        self._begin_high = False
        """Whether each header begins with such a byte."""

    @classmethod
    def packed(cls, frames: Sequence[int], payloads: Sequence[bytes]) -> Region:
        """Return a region of payloads that were taken out of their frames."""
        return cls.of_sizes(frames, b"".join(payloads), [len(payload) for payload in payloads])

    @classmethod
    def of_sizes(cls, frames: Sequence[int], data: bytes, sizes: Sequence[int]) -> Region:
        """Return a region of payloads that lie one after the other."""
        starts = list(accumulate(sizes, initial=0))
        starts.pop()
        return cls(frames, data, starts, bytes(len(sizes)), sizes)

    @classmethod
    def raw(cls, frames: Sequence[int], data: bytes, starts: Sequence[int], columns: _Columns) -> Region:
        """Return a region of frames as they lie in a stream; `data` begins with the first one's header."""
        headers = columns.seconds.translate(_HEADERS)
        region = cls(frames, data, starts, headers, columns.lengths)
        region._begin_high = not columns.firsts.translate(None, _HIGH)
        last = starts[-1] - starts[0]
        if columns.seconds.isascii():
            # A second byte that has no mask bit is ASCII, and so is the length in it. The last header is read itself: of a
            # frame that was cut off, or is too long to be looked into as a whole, the column does not know what it says.
            region._high_in_headers = (
                _count_high(columns.firsts[:-1])
                + _count_high(columns.lengths[:-1].tobytes())
                + _count_high(data[last : last + headers[-1]])
            )
        else:
            region._high_in_headers = _count_high(region._all_headers())
        return region

    def _all_headers(self) -> bytes:
        begins, _ = self._bounds()
        if isinstance(begins, range):
            return b"".join(self._data[place :: begins.step] for place in range(begins[0]))
        sizes = map(sub, begins, self._headers)
        return b"".join(map(self._data.__getitem__, map(slice, sizes, begins)))

    def payload(self, index: int) -> bytes:
        """Return the application data of one frame."""
        begin = self._starts[index] - self._origin + self._headers[index]
        return self._data[begin : begin + self._lengths[index]]

    def payloads(self) -> list[bytes]:
        """Return the application data of each frame."""
        data = self._data
        return [data[begin:end] for begin, end in zip(*self._bounds(), strict=True)]

    def unmasked(self) -> Region:
        """Return the same frames without their masks."""
        begins, _ = self._bounds()
        keys = [self._data[begin - 4 : begin] for begin in begins]
        return Region.packed(self.frames, list(map(unmask, self.payloads(), keys)))

    def matches(self, pattern: TextPattern, asked: Asked) -> bytes:
        """Return which frames match, a byte of zero or one for each. Raises StillMatchingError, and ExpressionError."""
        found = None
        if pattern.needles:
            found = self.with_needle(pattern.needles, lowered=pattern.lowered)
        elif pattern.run is not None and self._is_ascii():
            table, ones = pattern.run
            found = self._with_any((ones,), self._data.translate(table))
        if found is None:
            return self._look_into_each(pattern, asked)
        if pattern.exact is not None or 1 not in found:
            return found
        marks = bytearray(found)
        candidates = list(places(found))
        payloads = [self.payload(index) for index in candidates]
        if pattern.expression is not None:
            each: Iterable[int] = Region.packed(candidates, payloads).asked(pattern.expression, asked)
        else:
            each = map(pattern.is_in, payloads)
        for index, matches in zip(candidates, each, strict=True):
            marks[index] = matches
        return bytes(marks)

    def with_needle(self, needles: Iterable[bytes], *, lowered: bool = False) -> bytes | None:
        """Return which frames contain at least one of the needles, or None if those are many."""
        return self._with_any(needles, self._lowered if lowered else self._data)

    def _with_any(self, needles: Iterable[bytes], data: bytes) -> bytes | None:
        marks = bytearray(len(self.frames))
        found = 0
        for needle in needles:
            position = data.find(needle)
            while position >= 0:
                index = bisect_right(self._starts, position + self._origin) - 1
                begin = self._starts[index] - self._origin + self._headers[index]
                if position < begin:
                    position = data.find(needle, begin)
                    continue
                if position + len(needle) <= begin + self._lengths[index]:
                    marks[index] = 1
                    found += 1
                    if found >= _MANY and found * _DENSE > index:
                        return None
                # One that crosses the payload's end hides none that ends in it.
                if index + 1 == len(marks):
                    break
                position = data.find(needle, self._starts[index + 1] - self._origin)
        return bytes(marks)

    def _look_into_each(self, pattern: TextPattern, asked: Asked) -> bytes:
        if pattern.expression is not None:
            return self.asked(pattern.expression, asked)
        data, exact = self._data, pattern.exact
        if exact is None and pattern.folded is not None and self._is_ascii():
            data, exact = self._lowered, pattern.folded
        if exact is None:
            return bytes(map(pattern.is_in, self.payloads()))
        return bytes(map(ge, map(data.find, repeat(exact), *self._bounds()), repeat(0)))

    def asked(self, expression: Expression, asked: Asked) -> bytes:
        """Return which frames match, every one asked about. Raises StillMatchingError, and ExpressionError."""
        plain = isinstance(expression.source, bytes) or self._is_ascii()
        lowered = plain and expression.folded is not None
        data = self._lowered if lowered else self._data
        begins, ends = self._bounds()
        separate = plain and self._begin_high and (isinstance(begins, range) or self._is_contiguous())
        return asked.matches(expression, data, begins, ends, plain=plain, lowered=lowered, separate=separate)

    def _is_contiguous(self) -> bool:
        """Return whether frame follows upon frame."""
        return self._starts[-1] - self._origin == sum(self._headers[:-1]) + sum(self._lengths[:-1])

    @cached_property
    def _lowered(self) -> bytes:
        return self._data.lower()

    def _bounds(self) -> tuple[Sequence[int], Sequence[int]]:
        """Return where each payload begins and ends in the data."""
        header, length, count = self._headers[0], self._lengths[0], len(self.frames)
        size = header + length
        if (
            size
            and isinstance(self._lengths, array)
            and self._starts[-1] - self._origin == size * (count - 1)
            and self._headers.count(header) == count
            and self._lengths.tobytes() == self._lengths[:1].tobytes() * count
        ):
            # All alike, and one right after the other.
            return range(header, size * count + header, size), range(size, size * count + 1, size)
        origin = self._origin
        begins = [start + header - origin for start, header in zip(self._starts, self._headers, strict=True)]
        return begins, list(map(add, begins, self._lengths))

    def _is_ascii(self) -> bool:
        if self._data.isascii():
            return True
        # Mostly these bytes are the first ones of headers that begin alike: to take those out is quicker than to count.
        rest = self._data.replace(self._data[:1], b"") if self._data[0] >= 0x80 else self._data
        taken = len(self._data) - len(rest)
        return taken + (0 if rest.isascii() else _count_high(rest)) == self._high_in_headers


def _count_high(data: bytes) -> int:
    return len(data) - len(data.translate(None, _HIGH))


def regions(block: Block, wanted: bytes) -> Iterator[Region]:
    """Yield regions that together hold the wanted frames of a block, and perhaps others."""
    if wanted.count(1) * _FEW <= len(block):
        if 1 in wanted:
            yield _one_by_one(block, places(wanted))
        return
    for start, stop in _streams(block):
        yield from _stream_regions(block, start, stop)


def _one_by_one(block: Block, numbers: Iterable[int]) -> Region:
    frames = list(numbers)
    read = block.log.application_data
    return Region.packed(frames, [read(block.start + place, PAYLOAD_BYTES) for place in frames])


def _streams(block: Block) -> Iterator[tuple[int, int]]:
    """Yield the places in the block at which frames of another attempt begin, as ranges."""
    start = block.start
    while start < block.stop:
        _, stop = block.log.stream_range(start)
        stop = min(stop, block.stop)
        yield start - block.start, stop - block.start
        start = stop


def _stream_regions(block: Block, start: int, stop: int) -> Iterator[Region]:
    flags, seconds = block.flags[start:stop], block.seconds[start:stop]
    alike = flags.count(flags[0]) == len(flags)
    if alike and not flags[0] & COMPRESSED and (not flags[0] & RECEIVED or seconds.isascii()):
        yield _raw(block, range(start, stop), masked=False)
        return
    inflated, masked = flags.translate(_IS_INFLATED), seconds.translate(_IS_MASKED)
    raw = inverse(inflated)
    for direction in Direction:
        own = flags.translate(OF_DIRECTION[direction])
        compressed = flags.translate(COMPRESSED_OF[direction])
        if 1 in both(compressed, inflated):
            yield from _inflated(block, list(compress(range(start, stop), compressed)))
        plain = both(own, raw)
        if direction is Direction.RECEIVED:
            # Against the rules. What we sent is kept without its masks.
            frames = list(compress(range(start, stop), both(plain, masked)))
            if frames:
                yield _raw(block, frames, masked=True)
            plain = both(plain, inverse(masked))
        frames = list(compress(range(start, stop), plain))
        if frames:
            yield _raw(block, frames, masked=False)


class _Columns(NamedTuple):
    firsts: bytes
    seconds: bytes
    lengths: array[int]


def _raw(block: Block, frames: Sequence[int], *, masked: bool) -> Region:
    """Return frames of one stream and direction that were not inflated."""
    log = block.log
    first, last = block.start + frames[0], block.start + frames[-1]
    starts = log.columns.starts[first : last + 1]
    columns = _Columns(block.firsts, block.seconds, log.columns.lengths[first : last + 1])
    if isinstance(frames, range):
        inside = slice(frames.start, frames.stop)
        columns = columns._replace(firsts=columns.firsts[inside], seconds=columns.seconds[inside])
    else:
        starts = array("Q", [starts[place - frames[0]] for place in frames])
        columns = _Columns(
            bytes([columns.firsts[place] for place in frames]),
            bytes([columns.seconds[place] for place in frames]),
            array("I", [columns.lengths[place - frames[0]] for place in frames]),
        )
    if len(frames) == 1:
        columns.lengths[0] = min(columns.lengths[0], PAYLOAD_BYTES)
    size = starts[-1] - starts[0] + HEADER_SIZES[columns.seconds[-1]] + columns.lengths[-1]
    data = log.stream_from(first, size)
    # Where bytes were dropped, and where the stream was cut off inside a header.
    if len(data) < size:
        return _one_by_one(block, frames)
    region = Region.raw(frames, data, starts, columns)
    return region.unmasked() if masked else region


def _inflated(block: Block, frames: Sequence[int]) -> Iterator[Region]:
    """Yield compressed frames of one stream and direction; those that could not be inflated are left out."""
    log = block.log
    first = block.start + frames[0]
    sizes = log.inflated_sizes(first, len(frames))
    total = sum(sizes)
    data = log.inflated_from(first, total) if total <= PAYLOAD_BYTES else b""
    readable = [place for place in frames if not block.flags[place] & NOT_INFLATED]
    if len(data) < total or len(readable) < len(frames):
        if readable:
            yield _one_by_one(block, readable)
    else:
        yield Region.of_sizes(frames, data, sizes)
