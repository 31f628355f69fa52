"""The fast path: whole, uncompressed messages of one frame each, checked by the thousand.

Only one thing can be wrong with such a frame: that a text is not UTF-8.
"""

from __future__ import annotations

from itertools import compress
from operator import sub

from wsinspect.wire.boundaries import Boundaries
from wsinspect.wire.frame_batch import FrameBatch

_TEXT = 0x81
_LARGE = 1024
"""Payload bytes from which on a look at each frame costs less than putting many together."""
_PART_BYTES = 64 * 1024
_IS_TEXT = bytes(int(first == _TEXT) for first in range(256))


class PlainFrames:
    """Reads frames whose first byte is 0x81 or 0x82 and whose payloads are not masked, or not any more."""

    __slots__ = ("_collect", "_largest")

    def __init__(self, largest_message: int, *, collect_messages: bool) -> None:
        self._largest = largest_message
        self._collect = collect_messages

    def read(
        self, data: bytes, found: Boundaries, index: int, stop: int, batch: FrameBatch, shift: int
    ) -> list[int]:
        """Read the frames from `index` to before `stop`; `shift` is what makes an index one of the batch.

        Returns the indices of the texts that are not UTF-8.
        """
        starts = found.starts
        end = starts[stop] if stop < len(starts) else found.end
        lengths = found.lengths[index:stop]
        texts = found.firsts.count(_TEXT, index, stop)
        if not self._collect:
            if not texts:
                return []
            if texts == len(lengths) == lengths.count(lengths[0]):
                header = (end - starts[index]) // texts - lengths[0]
                if _all_alike_and_utf8(memoryview(data)[starts[index] : end], texts, header):
                    return []
        ends = starts[index + 1 : stop]
        ends.append(end)
        if not self._collect and end - starts[index] > _LARGE * len(lengths):
            marks = found.firsts[index:stop].translate(_IS_TEXT)
            each = map(data.__getitem__, map(slice, map(sub, ends, lengths), ends))
            if all(map(_is_utf8, compress(each, marks))):
                return []
        payloads = [data[end - length : end] for end, length in zip(ends, lengths, strict=True)]
        firsts = found.firsts[index:stop]
        invalid: list[int] = []
        if texts and not all_utf8(
            payloads if texts == len(payloads) else list(compress(payloads, firsts.translate(_IS_TEXT)))
        ):
            rows = enumerate(zip(firsts, payloads, strict=True), index)
            invalid = [at for at, (first, payload) in rows if first == _TEXT and not all_utf8([payload])]
        if self._collect:
            unfit = set(invalid)
            rows = enumerate(zip(firsts, payloads, strict=True), index)
            batch.messages.extend(
                (shift + at, first & 0x0F, payload)
                for at, (first, payload) in rows
                if len(payload) <= self._largest and at not in unfit
            )
        return invalid


def _all_alike_and_utf8(region: memoryview, count: int, header: int) -> bool:
    """Whether a region of `count` text frames of one size holds nothing but UTF-8, without a look at each.

    The headers are made NULs by slices, which keep one payload from completing another's character. That takes a copy,
    made in parts that stay in the processor's cache.
    """
    size = len(region) // count
    step = max(1, _PART_BYTES // size)
    for first in range(0, count, step):
        some = min(step, count - first)
        cleared = bytearray(region[first * size : (first + some) * size])
        for place in range(header):
            cleared[place::size] = bytes(some)
        if not _is_utf8(cleared):
            return False
    return True


def all_utf8(payloads: list[bytes]) -> bool:
    """Whether each payload is UTF-8: a NUL between them keeps one from completing another's character."""
    return _is_utf8(b"\0".join(payloads))


def _is_utf8(data: bytes | bytearray) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
