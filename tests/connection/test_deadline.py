"""Deadlines pass when the peer's time is over, and not because our own program did not run."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from wsinspect.connection.deadline import Deadline, within


def stand_still(seconds: float) -> None:
    """Keep the event loop from running, as a stopped program's does not."""
    time.sleep(seconds)


async def test_a_block_that_takes_too_long_is_cancelled_on_time() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(TimeoutError):
        async with within(0.05):
            await asyncio.Event().wait()
    assert loop.time() - began >= 0.05


async def test_a_block_that_is_done_in_time_goes_on_unharmed() -> None:
    async with within(0.01):
        pass
    async with within(None):
        await asyncio.sleep(0)
    await asyncio.sleep(0.03)


async def test_an_answer_that_came_while_we_stood_still_counts() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        reader, writer = await asyncio.open_connection(sock=ours)
        async with within(0.05):
            asyncio.get_running_loop().call_soon(stand_still, 0.3)
            theirs.send(b"answer")
            # Two steps of the loop lie between the bytes and whoever waits for them.
            assert await reader.readexactly(6) == b"answer"
        writer.close()
        await writer.wait_closed()


async def test_silence_while_we_stood_still_is_waited_out_and_then_counts() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    loop.call_soon(stand_still, 0.3)
    with pytest.raises(TimeoutError):
        async with within(0.05):
            await asyncio.Event().wait()
    assert loop.time() - began >= 0.3 + 0.25


async def test_a_loop_that_is_always_late_comes_to_an_end() -> None:
    passed = asyncio.Event()
    loop = asyncio.get_running_loop()
    deadline = Deadline(loop.time(), 0.01, passed.set)
    late = 0

    def always_late() -> None:
        nonlocal late
        late += 1
        timer = deadline._timer
        stand_still(max(0.0, timer.when() - loop.time()) + 0.11)
        if not passed.is_set():
            loop.call_soon(always_late)

    loop.call_soon(always_late)
    async with asyncio.timeout(30):
        await passed.wait()
    assert late >= 5


async def test_one_that_is_cancelled_never_passes() -> None:
    loop = asyncio.get_running_loop()
    passed: list[bool] = []
    deadline = Deadline(loop.time(), 1.0, lambda: passed.append(True))
    stand_still(0.12)
    await asyncio.sleep(0)  # late: put off
    deadline.cancel()
    await asyncio.sleep(0.3)
    assert passed == []
