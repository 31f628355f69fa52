"""How long it takes until the terminal UI has painted its first screen, in a real pseudo-terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tests.bench.ingest import Load, flooding
from tests.bench.table import Row, wsinspect
from tests.peers.certificates import Certificates

_TIMES = 5
_LIMIT_S = 20
_ROWS, _COLUMNS = 36, 120


def _first_paint_ms(url: str) -> float:
    """Start the UI on `url`, and return milliseconds until the URL stands on the screen."""
    began = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execv(wsinspect()[0], [*wsinspect(), url])
    try:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
        painted = b""
        sought = url.partition("://")[2].rstrip("/").encode()
        while sought not in painted:
            if not select.select([terminal], [], [], _LIMIT_S)[0]:
                raise TimeoutError(f"nothing more was painted after {len(painted)} bytes")
            painted += os.read(terminal, 65536)
        return (time.perf_counter() - began) * 1000
    finally:
        os.kill(child, signal.SIGTERM)
        with suppress(OSError):
            while os.read(terminal, 65536):
                pass
        os.close(terminal)
        os.waitpid(child, 0)


def rows(certificates: Certificates, folder: Path) -> Iterator[Row]:
    """Measure the UI on a local server."""
    with flooding(Load("", 0, 100), 0, certificates) as url:
        taken = [_first_paint_ms(url) for _ in range(_TIMES + 1)][1:]
    yield Row("first paint of the terminal UI", min(taken), "ms")
