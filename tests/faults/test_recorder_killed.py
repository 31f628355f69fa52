"""The recorder killed at random moments: each recording opens with a whole prefix of what was sent, and says it is cut."""

from __future__ import annotations

import asyncio
import random
import subprocess
import time
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from tests.check.serving import serving
from tests.connection.peer import close_frame, opened, run_against
from tests.faults.program import PATIENCE_S, ROOT, command, environment, run
from wsinspect.connection.recorder import Recorder
from wsinspect.connection.replay import read_recording, replay
from wsinspect.events import AttemptEnded
from wsinspect.session.record import SessionRecord
from wsinspect.tui.session import Session
from wsinspect.wire.opcode import Direction

_CHANCE = random.Random(6455)
MOMENTS = [_CHANCE.randrange(1 << bits, 1 << bits + 2) for bits in (1, 10, 15, 18)]
"""Sizes of the file, in bytes, at which the program is killed: some in the handshake, some in the flood."""


async def counting(connection: ServerConnection) -> None:
    """Send numbered messages of many sizes for as long as somebody listens."""
    with suppress(ConnectionClosed):
        for number in count():
            await connection.send(f"{number} ".ljust(number % 3000, "x"))


def killed_at(size: int, path: Path, port: int) -> None:
    """Record until the file has `size` bytes, and kill the recorder."""
    url = f"ws://127.0.0.1:{port}/"
    with subprocess.Popen(
        command("check", url, "--hold", "60", "--no-compression", "-o", path),
        cwd=ROOT,
        env=environment(path.parent),
    ) as process:
        end = time.monotonic() + PATIENCE_S
        while not path.exists() or path.stat().st_size < size:
            assert time.monotonic() < end
            assert process.poll() is None
        process.kill()


@pytest.mark.parametrize("size", MOMENTS)
def test_a_killed_recorder_leaves_a_whole_prefix(size: int, tmp_path: Path) -> None:
    path = tmp_path / "killed.jsonl"
    with serving(counting, compression=None) as port:
        killed_at(size, path, port)
    assert path.stat().st_size >= size
    record = SessionRecord()
    replay(read_recording(path), record.append)
    assert record.current is not None
    assert not record.current.ended
    frames = record.frames
    numbers = [
        int(frames.preview(number).split()[0]) for number in frames.numbers(direction=Direction.RECEIVED)
    ]
    assert numbers == list(range(len(numbers)))
    assert numbers or size < 1 << 16
    record.close()
    again = run("check", path, home=tmp_path)
    said = again.stdout.decode()
    assert f"What was recorded ends while the connection was {record.current.ready_state}" in said


async def test_the_screen_says_that_a_recording_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    recorder = Recorder(path)
    happened = await run_against(opened(close_frame(), then="fin"))
    for event in happened[: happened.index(happened.of(AttemptEnded)[0]) - 1]:
        recorder(event)
    whole = path.read_bytes()
    for content, said in (
        (whole, "the recording ends while the connection was "),
        (whole[:-3], "last line is cut off"),
    ):
        path.write_bytes(content)
        told: list[str] = []
        session = Session()
        session.on_problem = told.append
        session.replay(path)
        await asyncio.gather(*session._tasks)
        assert len(told) == 1
        assert said in told[0]
        await session.aclose()
    recorder.close()
