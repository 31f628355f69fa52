"""How long it takes until something stands on the screen, wall time, each command beside its peer in turn."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench.ingest import Load, flooding
from tests.bench.table import Row, wsinspect
from tests.peers.certificates import Certificates

_REFUSED = "ws://127.0.0.1:1/"
_TIMES = 11


def _wall_ms(command: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
    return (time.perf_counter() - began) * 1000


def _best(*commands: Sequence[str]) -> list[float]:
    """Return the best of each command's times, in milliseconds; they take turns, so that load meets all alike."""
    taken = [[_wall_ms(command) for command in commands] for _ in range(_TIMES + 1)]
    # The first round finds nothing in the system's caches.
    return [min(column) for column in zip(*taken[1:], strict=True)]


def rows(certificates: Certificates, folder: Path) -> Iterator[Row]:
    """Measure starting."""
    program = wsinspect()
    python = [sys.executable, "-c", "pass"]
    websockets = [sys.executable, "-m", "websockets"]
    check, theirs = _best([*program, "check", _REFUSED], [*websockets, _REFUSED])
    yield Row("`check` of a refused port", check, "ms", "`python -m websockets`", theirs, lower=True)
    version, theirs, nothing = _best([*program, "--version"], [*websockets, "--version"], python)
    yield Row("`--version`", version, "ms", "`python -m websockets --version`", theirs, lower=True)
    yield Row("`--version`", version, "ms", "Python alone", nothing, lower=True)
    yield Row("`--help`", _best([*program, "--help"])[0], "ms")
    with flooding(Load("", 0, 100), 0, certificates) as url:
        connect = _best([*program, "check", url, "--hold", "0"])[0]
    yield Row("`check --hold 0` of a local server", connect, "ms")
