"""The fast path: whole, uncompressed messages of one frame each, checked by the thousand.

Only one thing can be wrong with such a frame: that a text is not UTF-8.
"""

from __future__ import annotations

from itertools import compress
from operator import sub

from wsinspect.wire.boundaries import Boundaries
from wsinspect.wire.frame_batch import FrameBatch
from wsinspect.wire.frames import unmask
from wsinspect.wire.opcode import Direction

_TEXT = 0x81
_IS_TEXT = bytes(int(first == _TEXT) for first in range(256))
_REST = 15
"""How many times a shortcut that failed is left out."""


class PlainFrames:
    """Reads frames whose first byte is 0x81 or 0x82 and that are masked as their direction must be."""

    __slots__ = ("_collect", "_largest", "_masked", "_shortcut_rests")

    def __init__(self, direction: Direction, largest_message: int, *, collect_messages: bool) -> None:
        self._masked = direction is Direction.SENT
        self._largest = largest_message
        self._collect = collect_messages
        self._shortcut_rests = 0

    def read(
        self, data: bytes, found: Boundaries, index: int, stop: int, batch: FrameBatch, shift: int
    ) -> list[int]:
        """Read the frames from `index` to before `stop`; `shift` is what makes an index one of the batch.

        Returns the indices of the texts that are not UTF-8.
        """
        end = found.starts[stop] if stop < len(found.starts) else found.end
        texts = found.firsts.count(_TEXT, index, stop)
        if not self._collect:
            if not texts:
                return []
            if (
                texts == stop - index
                and not self._masked
                and self._all_ascii(data[found.starts[index] : end], texts)
            ):
                return []
        ends = found.starts[index + 1 : stop]
        ends.append(end)
        lengths = found.lengths[index:stop]
        payloads = [data[end - length : end] for end, length in zip(ends, lengths, strict=True)]
        if self._masked:
            bodies = map(sub, ends, lengths)
            payloads = [
                unmask(payload, data[at - 4 : at]) for payload, at in zip(payloads, bodies, strict=True)
            ]
        firsts = found.firsts[index:stop]
        invalid: list[int] = []
        if texts and not _all_utf8(
            payloads if texts == len(payloads) else list(compress(payloads, firsts.translate(_IS_TEXT)))
        ):
            rows = enumerate(zip(firsts, payloads, strict=True), index)
            invalid = [at for at, (first, payload) in rows if first == _TEXT and not _all_utf8([payload])]
        if self._collect:
            unfit = set(invalid)
            rows = enumerate(zip(firsts, payloads, strict=True), index)
            batch.messages.extend(
                (shift + at, first & 0x0F, payload)
                for at, (first, payload) in rows
                if len(payload) <= self._largest and at not in unfit
            )
        return invalid

    def _all_ascii(self, region: bytes, count: int) -> bool:
        """Whether a region of `count` unmasked text frames is certain to hold nothing but ASCII texts.

        Their first byte, 0x81, is made a NUL. If it occurs nowhere else, the rest is ASCII exactly if all payloads and
        lengths are: the answer for thousands of frames at the speed of memory. Where it fails it is not tried again
        for a while.
        """
        if self._shortcut_rests:
            self._shortcut_rests -= 1
            return False
        if region.count(b"\x81") == count and region.replace(b"\x81", b"\0").isascii():
            return True
        self._shortcut_rests = _REST
        return False


def _all_utf8(payloads: list[bytes]) -> bool:
    """Whether each payload is UTF-8: a NUL between them keeps one from completing another's character."""
    joined = b"\0".join(payloads)
    if joined.isascii():
        return True
    try:
        joined.decode()
    except UnicodeDecodeError:
        return False
    return True
