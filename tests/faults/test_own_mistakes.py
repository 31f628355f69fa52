"""A mistake of our own, wherever it happens: the terminal is put back, one line is told, and the details are masked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from tests.check.serving import serving
from tests.faults.program import ROOT, Terminal, environment, run
from tests.faults.test_terminal import LEAVE, put_back
from wsinspect.connection.replay import read_recording

SECRET = "hunter2"
PLACES = {
    "callback": "loop.call_soon(boom)",
    "thread": "threading.Thread(target=boom, daemon=True).start()",
    "forgotten task": "forgotten.append(loop.create_task(later())); loop.call_later(0.01, forgotten.clear)",
    "finaliser": "Finalised()",
}
SPOILED = """
import asyncio, threading
from wsinspect.connection.recorder import Recorder

forgotten = []

def boom():
    raise LookupError("no token={secret} here")

async def later():
    boom()

class Finalised:
    def __del__(self):
        boom()

def spoiled(self, event, before=Recorder.__call__):
    before(self, event)
    if b"said before" in getattr(event, "data", b""):
        loop = asyncio.get_running_loop()
        def now():
            {place}
        loop.call_soon(now)

Recorder.__call__ = spoiled
"""
ONE_LINE = re.compile(
    rb"wsinspect: this is a mistake of wsinspect's own \(LookupError\), not of the server; the details, secrets masked, "
    rb"are in (\S+); please report it\r?\n"
)


async def talking(connection: ServerConnection) -> None:
    """Say one thing, then listen."""
    with suppress(ConnectionClosed):
        await connection.send("said before it happened")
        await connection.wait_closed()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(talking, compression=None) as port:
        yield f"ws://127.0.0.1:{port}/?token={SECRET}"


@pytest.fixture(params=PLACES)
def spoiled(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """What an environment must hold for something to go wrong once a message was recorded."""
    text = SPOILED.format(place=PLACES[request.param], secret=SECRET)
    (tmp_path / "sitecustomize.py").write_text(text)
    return {"PYTHONPATH": f"{tmp_path}:{ROOT}", "TMPDIR": str(tmp_path)}


def told_well(said: bytes, folder: Path) -> None:
    """Check the line and the file that it names; and that what was recorded is there."""
    line = ONE_LINE.fullmatch(said)
    assert line is not None, said
    details = Path(line[1].decode())
    assert details.parent == folder
    assert details.stat().st_mode & 0o777 == 0o600
    text = details.read_text()
    assert "in boom" in text
    assert SECRET not in text
    assert "no token=***" in text
    (payload,) = [
        one for one in read_recording(folder / "a.jsonl") if b"said before" in getattr(one, "data", b"")
    ]
    assert payload


def test_on_the_screen(url: str, spoiled: dict[str, Any], tmp_path: Path) -> None:
    terminal = Terminal(url, "-o", tmp_path / "a.jsonl", home=tmp_path, **spoiled)
    try:
        assert terminal.end() == 70
        put_back(terminal)
        after = terminal.seen[terminal.seen.rfind(LEAVE) :]
        told_well(after[after.index(b"wsinspect: ") :], tmp_path)
    finally:
        terminal.kill()


def test_in_a_check(url: str, spoiled: dict[str, str], tmp_path: Path) -> None:
    done = run(
        *("check", url, "--hold", "9", "-o", tmp_path / "a.jsonl"),
        home=tmp_path,
        env=environment(tmp_path, **spoiled),
    )
    assert done.returncode == 70
    assert done.stdout == b""
    told_well(done.stderr, tmp_path)
