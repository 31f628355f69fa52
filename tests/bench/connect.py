"""How long it takes from nothing to an open WebSocket on loopback, as each program tells it itself."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.ingest import Load, flooding
from tests.bench.table import Row, wsinspect
from tests.peers.certificates import Certificates

_TIMES = 7
_UPGRADE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
)


def rows(certificates: Certificates, folder: Path) -> Iterator[Row]:
    """Measure without and with TLS."""
    curl = shutil.which("curl")
    if curl is None:
        sys.stderr.write("curl is not installed: connecting is not measured beside it\n")
    for name, load in (("ws", Load("", 0, 100)), ("wss", Load("", 0, 100, tls=True))):
        with flooding(load, 0, certificates) as url:
            root = str(certificates.root)
            ours, theirs, curls = [], [], []
            for _ in range(_TIMES):
                ours.append(_ours_ms(url, root))
                theirs.append(_websockets_ms(url, root if load.tls else ""))
                if curl is not None:
                    curls.append(_curl_ms(curl, url.replace("ws", "http", 1), root))
        took = min(ours)
        what = f"connect to {name}:// on loopback, all steps"
        yield Row(what, took, "ms", "`websockets` client", min(theirs), lower=True)
        if curls:
            yield Row(what, took, "ms", "curl, to the 101", min(curls), lower=True)


def _ours_ms(url: str, root: str) -> float:
    command = [*wsinspect(), "check", url, "--json", "--hold", "0", "--cacert", root]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    return float(sum(step["ms"] or 0 for step in report["steps"] if step["step"] not in ("url", "open")))


def _websockets_ms(url: str, root: str) -> float:
    command = [sys.executable, "-m", "tests.bench.receive", "websockets", url, "--connect"]
    if root:
        command += ["--cacert", root]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _curl_ms(curl: str, url: str, root: str) -> float:
    command = [curl, "-s", "-N", "-o", "/dev/null", "--http1.1", "--cacert", root, "-m", "0.3"]
    command += ["-w", "%{time_starttransfer}"]
    for field in _UPGRADE:
        command += ["-H", field]
    # It goes on to wait for a body: that it is ended by its own limit is no fault.
    finished = subprocess.run([*command, url], capture_output=True, text=True, check=False)
    return float(finished.stdout) * 1000
