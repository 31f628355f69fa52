"""The fast path for permessage-deflate: whole compressed messages of one frame each, inflated by the thousand.

A run in which anything is out of the ordinary is left to the careful reader as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsinspect.wire.plain_frames import all_utf8

if TYPE_CHECKING:
    from wsinspect.wire.boundaries import Boundaries
    from wsinspect.wire.frame_batch import FrameBatch
    from wsinspect.wire.inflate import Inflater

SHORTEST_RUN = 8
"""Frames from which on it pays to copy the inflater's context first."""
_TEXT = 0xC1
_MOST_INFLATED = 1024 * 1024
_RATIO = 1032
"""How many bytes one byte of DEFLATE data can at most become."""


class CompressedFrames:
    """Reads unmasked frames whose first byte is 0xC1 or 0xC2, between messages."""

    __slots__ = ("_collect", "_inflater", "_largest")

    def __init__(self, inflater: Inflater, largest_message: int, *, collect_messages: bool) -> None:
        self._inflater = inflater
        self._largest = min(largest_message, _MOST_INFLATED) // _RATIO
        self._collect = collect_messages

    def read(
        self, data: bytes, found: Boundaries, index: int, stop: int, batch: FrameBatch, shift: int
    ) -> bool:
        """Read the frames from `index` to before `stop`; `shift` is what makes an index one of the batch.

        Returns False, and has done nothing, if one of them needs care.
        """
        lengths = found.lengths[index:stop]
        if max(lengths) > self._largest:
            return False
        ends = found.starts[index + 1 : stop]
        ends.append(found.starts[stop] if stop < len(found.starts) else found.end)
        contents = self._inflater.feed_messages(
            [data[end - length : end] for end, length in zip(ends, lengths, strict=True)]
        )
        if contents is None:
            return False
        firsts = found.firsts[index:stop]
        texts = [each for first, each in zip(firsts, contents, strict=True) if first == _TEXT]
        if not all_utf8(texts):
            self._inflater.undo()
            return False
        numbers = range(shift + index, shift + stop)
        batch.compressed.extend(numbers)
        batch.inflated.extend(zip(numbers, contents, strict=True))
        if self._collect:
            opcodes = (first & 0x0F for first in firsts)
            batch.messages.extend(zip(numbers, opcodes, contents, strict=True))
        return True
