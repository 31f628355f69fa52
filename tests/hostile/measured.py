"""A run in a process of its own, whose memory is its own: `python -m tests.hostile.measured URL HOLD_S`.

Prints one JSON object about how it went.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from pathlib import Path

import msgspec

from tests.hostile.ordeal import judged, nothing_left
from wsinspect.connection.manager import ConnectionManager
from wsinspect.events import ReadyState
from wsinspect.options import ConnectOptions
from wsinspect.session.record import SessionRecord


class Measured(msgspec.Struct):
    """What a run cost and came to."""

    peak_mb: float
    """The most memory that was ever resident, the program itself included."""
    seconds: float
    opened: bool
    failed: tuple[str, str] | None
    causes: list[str]
    limits: list[str]
    frames: int
    violations: int
    received: int
    """Bytes of the WebSocket stream."""


def peak_mb() -> float:
    """The most memory that this process has had resident, in MB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1000


async def hold(url: str, hold_s: float) -> Measured:
    """Connect as the inspector does, close after `hold_s` seconds if it lasts that long, and diagnose."""
    options = ConnectOptions(url=url, close_timeout_s=1.0)
    record = SessionRecord()
    manager = ConnectionManager(options, record.append, environ={})
    began = time.monotonic()
    async with nothing_left():
        await manager.open()
        closed = asyncio.ensure_future(manager.wait_closed())
        await asyncio.wait({closed}, timeout=hold_s)
        if manager.ready_state is ReadyState.OPEN:
            manager.close()
        await closed
        seconds = time.monotonic() - began
        ordeal = judged(record)
    return Measured(
        peak_mb=peak_mb(),
        seconds=seconds,
        opened=ordeal.attempt.opened_ns is not None,
        failed=ordeal.failed,
        causes=[finding.cause for finding in ordeal.diagnosis.findings],
        limits=sorted(ordeal.limits),
        frames=record.frames.received,
        violations=record.frames.violation_count,
        received=record.frames.bytes_received,
    )


if __name__ == "__main__":
    measured = asyncio.run(hold(sys.argv[1], float(sys.argv[2])))
    print(json.dumps(msgspec.to_builtins(measured)))  # noqa: T201 (the pipe is the interface)
