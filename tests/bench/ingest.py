"""Frames a second through the whole program, everything recorded, beside peers that only receive, in the same run."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests import peers
from tests.bench.table import Row, best, wsinspect
from tests.peers.certificates import Certificates

_FEW = 1000
_NODE_PROGRAMS = Path(peers.__file__).parent / "node_modules" / ".bin"
_LIMIT_S = 120


class Load(NamedTuple):
    """What the server sends."""

    name: str
    frames: int
    size: int
    tls: bool = False
    deflate: bool = False
    rate: int = 0
    """Frames a second at most; 0 for as many as are taken."""


LOADS = (
    Load("100-byte frames", 1_000_000, 100),
    Load("4 KiB frames", 120_000, 4096),
    Load("100-byte frames over TLS", 1_000_000, 100, tls=True),
    Load("100-byte frames, permessage-deflate", 500_000, 100, deflate=True),
)


@contextmanager
def flooding(load: Load, count: int, certificates: Certificates) -> Iterator[str]:
    """Serve `count` frames of a load for as long as the block runs; gives the URL."""
    command = [sys.executable, "-m", "tests.bench.flood", str(count), str(load.size)]
    if load.tls:
        command += ["--tls", str(certificates.leaf.chain), str(certificates.leaf.key)]
    if load.deflate:
        command.append("--deflate")
    if load.rate:
        command += ["--rate", str(load.rate)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"{'wss' if load.tls else 'ws'}://127.0.0.1:{int(server.stdout.readline())}/"
        finally:
            server.kill()


def _check(url: str, certificates: Certificates, *more: str) -> tuple[int, float]:
    """Return how many frames `check` says it received, and its wall time in seconds."""
    began = time.perf_counter()
    command = [
        *wsinspect(),
        "check",
        url,
        "--json",
        "--hold",
        "60",
        "--cacert",
        str(certificates.root),
        *more,
    ]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
    took = time.perf_counter() - began
    return int(json.loads(finished.stdout)["frames"]["received"]), took


def _ours(load: Load, certificates: Certificates, *more: str) -> float:
    """Return frames a second: the time for all of them, less the time that a thousand take."""
    with flooding(load, _FEW, certificates) as url:
        start_s = best(lambda: _check(url, certificates, *more)[1], smallest=True)

    def once() -> float:
        received, took_s = _check(url, certificates, *more)
        if received != load.frames + 1:
            raise AssertionError(f"{received} frames arrived instead of {load.frames} and a Close")
        return load.frames / (took_s - start_s)

    with flooding(load, load.frames, certificates) as url:
        return best(once)


def _peer(name: str, load: Load, certificates: Certificates, count: int) -> float:
    command = [sys.executable, "-m", "tests.bench.receive", name]
    if load.deflate:
        command.append("--deflate")
    if load.tls:
        command += ["--cacert", str(certificates.root)]
    with flooding(load, count, certificates) as url:
        return best(
            lambda: float(
                subprocess.run(
                    [*command, url], capture_output=True, text=True, timeout=_LIMIT_S, check=True
                ).stdout
            )
        )


def _printing(
    command: Sequence[str], load: Load, certificates: Certificates, count: int, folder: Path
) -> float:
    """Return frames a second of a command that prints each of them, into a file."""
    printed = folder / "printed"
    with flooding(load, count, certificates) as url:

        def once() -> float:
            began = time.perf_counter()
            # Its input stays open: at the end of that it would leave.
            with (
                printed.open("wb") as file,
                subprocess.Popen([*command, url], stdin=subprocess.PIPE, stdout=file, stderr=file) as program,
            ):
                try:
                    program.wait(_LIMIT_S)
                finally:
                    program.kill()
            took_s = time.perf_counter() - began
            if printed.stat().st_size < count * load.size:
                raise AssertionError(f"{command[0]} printed {printed.stat().st_size} bytes of {count} frames")
            return count / took_s

        return best(once)


def rows(certificates: Certificates, folder: Path) -> Iterator[Row]:
    """Measure every load."""
    for load in LOADS:
        ours = _ours(load, certificates)
        few = load.frames // 5
        theirs = _peer("websockets", load, certificates, few)
        yield Row(f"receive and keep {load.name}", ours, "frames/s", "`websockets` client, receiving", theirs)
        if load.tls or load.deflate:
            continue
        what = f"receive and keep {load.name}"
        if importlib.util.find_spec("picows") is None:
            sys.stderr.write("picows is not installed (pip install picows): not measured beside it\n")
        else:
            theirs = _peer("picows", load, certificates, load.frames)
            yield Row(what, ours, "frames/s", "picows, counting", theirs)
        wscat = shutil.which("wscat", path=f"{_NODE_PROGRAMS}:{os.environ['PATH']}")
        if wscat is None:
            sys.stderr.write("wscat is not installed (npm install in tests/peers): not measured beside it\n")
        else:
            theirs = _printing([wscat, "-c"], load, certificates, few, folder)
            yield Row(what, ours, "frames/s", "wscat, printing", theirs)
        theirs = _printing([sys.executable, "-m", "websockets"], load, certificates, few, folder)
        yield Row(what, ours, "frames/s", "`python -m websockets`, printing", theirs)
        if load is LOADS[0]:
            recorded = _ours(load, certificates, "-o", str(folder / "flood.jsonl"))
            yield Row(
                f"{load.name}, and record them to a file", recorded, "frames/s", "without the file", ours
            )
