"""The program itself, watched from inside: `python -m tests.bench.watched REPORT SIZE ARGUMENT…`.

Takes the place of `wsinspect` in a terminal. How long the event loop kept others waiting is noted all the while, and
once the first attempt is over what was kept is gone through: REPORT then holds one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import sys
from pathlib import Path
from unittest.mock import patch

from wsinspect.__main__ import main
from wsinspect.options import ConnectOptions
from wsinspect.session.frame_log import FrameLog
from wsinspect.tui import run
from wsinspect.tui.session import Session
from wsinspect.wire.frames import HEADER_SIZES
from wsinspect.wire.opcode import Direction, Opcode

_PROBE_S = 0.005
_SEQUENCE = re.compile(rb'\{"seq":(\d{12}),')
_AT_ONCE = 100_000


class Watched(Session):
    """A session that tells how its event loop did."""

    report = Path()
    size = 0

    def connect(self, options: ConnectOptions) -> None:
        """Watch from the first attempt on."""
        super().connect(options)
        self._run(self._watch())

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        lags_ms: list[float] = []
        while (attempt := self.record.current) is None or not attempt.ended:
            before = loop.time()
            await asyncio.sleep(_PROBE_S)
            if attempt is not None and attempt.opened_ns is not None:
                lags_ms.append((loop.time() - before - _PROBE_S) * 1000)
        memory = resident_bytes()
        log = self.record.frames
        assert attempt.opened_ns is not None
        assert attempt.ended_ns is not None
        found = {
            "frames": log.received,
            "in_order": in_order(log, self.size),
            "seconds": (log.at_ns(len(log) - 1) - attempt.opened_ns) / 1e9,
            "lag_ms_p95": statistics.quantiles(lags_ms, n=20)[-1],
            "lag_ms_longest": max(lags_ms),
            "resident_bytes": memory,
        }
        partial = self.report.with_suffix(".partial")
        partial.write_text(json.dumps(found))
        partial.rename(self.report)


def in_order(log: FrameLog, size: int) -> int:
    """Return how many received texts of `size` bytes carry the sequence numbers from 0 on, without a gap: read back from
    where they are kept."""
    texts = log.numbers(direction=Direction.RECEIVED, opcodes=(Opcode.TEXT,))
    expected = 0
    for at in range(0, len(texts), _AT_ONCE):
        some = texts[at : at + _AT_ONCE]
        each = HEADER_SIZES[log.header(some[0]) & 0xFF] + size
        for number in map(int, _SEQUENCE.findall(log.stream_from(some[0], each * len(some)))):
            if number != expected:
                return expected
            expected += 1
    return expected


def resident_bytes() -> int:
    """Return this process's resident memory now."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * 4096


if __name__ == "__main__":
    Watched.report, Watched.size = Path(sys.argv[1]), int(sys.argv[2])
    sys.argv[1:] = sys.argv[3:]
    with patch.object(run, "Session", Watched):
        main()
