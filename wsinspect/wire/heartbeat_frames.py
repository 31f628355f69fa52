"""Ordinary pings and pongs by the thousand: whole, short, masked as their direction wants (RFC 6455 sections 5.5.2, 5.5.3)."""

from __future__ import annotations

import re

from wsinspect.wire.boundaries import Boundaries
from wsinspect.wire.frame_batch import FrameBatch
from wsinspect.wire.opcode import Direction

RUN = re.compile(rb"[\x89\x8a]+")
"""First bytes of pings and pongs that follow each other."""
_SHORT = {Direction.RECEIVED: re.compile(rb"[\x00-\x7d]+"), Direction.SENT: re.compile(rb"[\x80-\xfd]+")}
"""Second bytes of frames that are masked as they should be, and short enough to say their length there."""
_HEADER_BYTES = {Direction.RECEIVED: 2, Direction.SENT: 6}


class HeartbeatFrames:
    """Reads pings and pongs of one direction that break no rule, payloads shortened to `kept_bytes`."""

    def __init__(self, direction: Direction, kept_bytes: int) -> None:
        self._short = _SHORT[direction]
        self._header_bytes = _HEADER_BYTES[direction]
        self._kept_bytes = kept_bytes

    def read(
        self, data: bytes, found: Boundaries, index: int, stop: int, batch: FrameBatch, shift: int
    ) -> int:
        """Read frames from `index` on, all of them pings and pongs before `stop`; return where the ordinary ones end.

        `data` has their payloads without a mask. `shift` is the place in the batch of the first frame found.
        """
        run = self._short.match(found.seconds, index, stop)
        if run is None:
            return index
        stop = run.end()
        header, most = self._header_bytes, self._header_bytes + self._kept_bytes
        columns = zip(
            found.firsts[index:stop], found.starts[index:stop], found.lengths[index:stop], strict=True
        )
        batch.controls += [
            (place, first & 0x0F, data[start + header : start + min(header + length, most)])
            for place, (first, start, length) in enumerate(columns, shift + index)
        ]
        return stop
