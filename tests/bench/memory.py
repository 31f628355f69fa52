"""What ten million frames cost in memory, without a screen and with it, and whether list and search still serve."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.flood import header, payload
from tests.bench.ingest import Load, flooding
from tests.bench.table import Row
from tests.bench.ui import report, shown
from tests.bench.watched import resident_bytes
from tests.peers.certificates import Certificates
from wsinspect.session.frame_log import FrameLog
from wsinspect.wire.decoder import FrameDecoder
from wsinspect.wire.opcode import Direction

FRAMES = 10_000_000
_SIZE = 100
_CHUNK_FRAMES = 2500
_ALLOWED_A_FRAME = 32.0
_ALLOWED_MIB = 500.0
_MIB = 1024 * 1024
_LOAD = Load("", FRAMES, _SIZE)


def rows(certificates: Certificates, folder: Path) -> Iterator[Row]:
    """Measure the frame log by itself, in a process of its own, then the terminal UI."""
    command = [sys.executable, "-m", "tests.bench.memory"]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    a_frame, resident = map(float, finished.stdout.split())
    yield Row(
        "resident bytes a frame, 10 million frames", a_frame, "B", "allowed", _ALLOWED_A_FRAME, lower=True
    )
    yield Row(
        "resident memory, 10 million frames, no screen",
        resident / _MIB,
        "MiB",
        "allowed",
        _ALLOWED_MIB,
        lower=True,
    )
    yield from _in_the_ui(certificates, folder)


def _in_the_ui(certificates: Certificates, folder: Path) -> Iterator[Row]:
    path = folder / "memory.json"
    with (
        flooding(_LOAD, FRAMES, certificates) as url,
        shown(url, watched=(path, _SIZE)) as terminal,
    ):
        terminal.wait_for("CLOSED")
        found = report(path, terminal, FRAMES)
        what = "resident memory, 10 million frames, terminal UI"
        yield Row(what, found["resident_bytes"] / _MIB, "MiB", "allowed", _ALLOWED_MIB, lower=True)
        for keys in "3", "g":
            terminal.press(keys)
            terminal.idle(0.5)
        began = time.perf_counter()
        terminal.press("G")
        terminal.wait_for(f"{FRAMES - 10:012d}")
        yield Row("from the first of 10 million frames to the last: key to paint", _ms_since(began), "ms")
        terminal.press("g")
        terminal.idle(0.5)
        terminal.press("/")
        terminal.idle(0.3)
        terminal.press(r"/00000999999\d/")
        terminal.idle(0.5)
        began = time.perf_counter()
        terminal.press("\r")
        terminal.wait_for(f"{FRAMES - 10:012d}")
        yield Row("search to the end of 10 million frames, painted", _ms_since(began), "ms")
        after = resident_of(terminal.process)
        yield Row("resident memory after it", after / _MIB, "MiB", "allowed", _ALLOWED_MIB, lower=True)


def _ms_since(began_s: float) -> float:
    return (time.perf_counter() - began_s) * 1000


def resident_of(process: int) -> int:
    """Return the resident memory of a process of ours."""
    return int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]) * 4096


def _keep_all() -> tuple[float, int]:
    """Return by how many resident bytes a frame the process grew, recent payloads included, and all that are resident."""
    one = header(0x81, _SIZE) + payload(0, _SIZE)
    chunk = one * _CHUNK_FRAMES
    log = FrameLog()
    decoder = FrameDecoder(Direction.RECEIVED)
    gc.collect()
    before = resident_bytes()
    for at_ns in range(FRAMES // _CHUNK_FRAMES):
        log.extend(Direction.RECEIVED, at_ns, chunk, decoder.feed(chunk))
    after = resident_bytes()
    log.close()
    return (after - before) / FRAMES, after


if __name__ == "__main__":
    print(*_keep_all())  # noqa: T201
