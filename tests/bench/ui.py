"""The terminal UI under a flood, in a real pseudo-terminal: from a key to its sign on the screen, and frames kept and shown."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import statistics
import struct
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.bench.ingest import Load, flooding
from tests.bench.table import ROUNDS, Row, wsinspect
from tests.peers.certificates import Certificates

_LIMIT_S = 30
_ROWS, _COLUMNS = 36, 120
_KEYS = 100
_BETWEEN_S = 0.05
_FIRST_SIGN = 0x0531
"""Armenian letters: nothing else on the screen is written in them."""
_ALLOWED_KEY_MS = 50.0
_ALLOWED_LAG_MS = 20.0
_WANTED = 1_000_000.0
FLOODED = Load("", 6_000_000, 100, rate=100_000)
SHOWN = Load("", 3_000_000, 100)


class Terminal:
    """The program's terminal, seen from the other side."""

    def __init__(self, handle: int, process: int) -> None:
        self._handle = handle
        self.process = process
        self._seen = b""

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._handle, keys.encode())

    def wait_for(self, sought: str) -> None:
        """Read until something was painted that was not there before."""
        wanted = sought.encode()
        while wanted not in self._seen:
            if not select.select([self._handle], [], [], _LIMIT_S)[0]:
                raise TimeoutError(f"{sought!r} was never painted")
            self._seen = self._seen[-len(wanted) :] + os.read(self._handle, 1 << 16)
        self._seen = b""

    def idle(self, seconds: float) -> None:
        """Read what is painted meanwhile."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            if select.select([self._handle], [], [], left)[0]:
                os.read(self._handle, 1 << 16)


@contextmanager
def shown(url: str, *, watched: tuple[Path, int] | None = None) -> Iterator[Terminal]:
    """Run the UI on `url` for as long as the block runs; with `watched` it reports into that file on texts of that size."""
    command = [*wsinspect(), url]
    if watched is not None:
        command = [sys.executable, "-m", "tests.bench.watched", *map(str, watched), url]
    child, handle = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execv(command[0], command)
    try:
        fcntl.ioctl(handle, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
        yield Terminal(handle, child)
    finally:
        os.kill(child, signal.SIGKILL)
        with suppress(OSError):
            while os.read(handle, 1 << 16):
                pass
        os.close(handle)
        os.waitpid(child, 0)


def _key_to_paint_ms(url: str, before: str) -> list[float]:
    """Type signs one by one after the keys `before`, and return how long each took to be painted."""
    taken = []
    with shown(url) as terminal:
        terminal.wait_for("OPEN")
        terminal.idle(2)
        for key in before:
            terminal.press(key)
            terminal.idle(0.3)
        for number in range(_KEYS):
            sign = chr(_FIRST_SIGN + number % 38 + (48 if number % 76 >= 38 else 0))
            terminal.idle(_BETWEEN_S)
            began = time.perf_counter()
            terminal.press(sign)
            terminal.wait_for(sign)
            taken.append((time.perf_counter() - began) * 1000)
            if number % 38 == 37:
                terminal.press("\x15")  # Ctrl+U empties the line, so that every sign is a new one.
                terminal.idle(0.3)
    return taken


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def report(path: Path, terminal: Terminal, count: int) -> dict[str, float]:
    """Return what the watched program reports, once it does; all of `count` frames must be there, in order."""
    until = time.perf_counter() + _LIMIT_S
    while not path.exists():
        if time.perf_counter() > until:
            raise TimeoutError("the watched program never reported")
        terminal.idle(0.05)
    found: dict[str, float] = json.loads(path.read_text())
    path.unlink()
    if found["in_order"] != count or found["frames"] != count + 1:
        raise AssertionError(f"{found} instead of {count} frames in order and a Close")
    return found


def _flooded(certificates: Certificates, folder: Path) -> Iterator[dict[str, float]]:
    path = folder / "watched.json"
    with flooding(SHOWN, SHOWN.frames, certificates) as url:
        for _ in range(ROUNDS):
            with shown(url, watched=(path, SHOWN.size)) as terminal:
                terminal.wait_for("CLOSED")
                yield report(path, terminal, SHOWN.frames)


def rows(certificates: Certificates, folder: Path) -> Iterator[Row]:
    """Measure the UI under 100,000 frames a second, and as fast as it goes."""
    for where, keys in (("the composer", "i"), ("the filter", "3f")):
        with flooding(FLOODED, FLOODED.frames, certificates) as url:
            taken = _key_to_paint_ms(url, keys)
        what = f"key to paint in {where}, 100,000 frames/s arriving: p95"
        yield Row(what, _p95(taken), "ms", "allowed", _ALLOWED_KEY_MS, lower=True)
        yield Row(
            f"key to paint in {where}, 100,000 frames/s arriving: median", statistics.median(taken), "ms"
        )
    rounds = list(_flooded(certificates, folder))
    rate = max(SHOWN.frames / one["seconds"] for one in rounds)
    lag_ms = min(one["lag_ms_p95"] for one in rounds)
    longest_ms = min(one["lag_ms_longest"] for one in rounds)
    yield Row("frames kept and shown in the UI, none lost", rate, "frames/s", "wanted", _WANTED)
    yield Row(
        "event loop's lag in the UI meanwhile: p95", lag_ms, "ms", "allowed", _ALLOWED_LAG_MS, lower=True
    )
    yield Row("event loop's lag in the UI meanwhile: longest", longest_ms, "ms")
