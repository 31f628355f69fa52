"""Frames by the million, sizes beyond all bounds, and bombs: memory stays bounded, and the record says what came."""

from __future__ import annotations

import asyncio
import sys
import zlib
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from functools import cache
from itertools import chain, repeat

import msgspec
import pytest

from tests.connection.peer import Script, accept, peer, server_frame
from tests.hostile.measured import Measured

MEMORY_MB = 200
HOLD_S = 120
"""Longer than any flood takes, on a busy machine too."""
PATIENCE_S = 150
AT_ONCE_S = 60
"""For what ends by itself long before it would have been closed: half of the time."""
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate"


def flooding(pieces: Iterator[bytes], *fields: str, reads: bool = True) -> Script:
    """Accept, send all the pieces, then FIN; what the client sends is read, or never."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer, *fields)

        async def listen() -> None:
            while await reader.read(1 << 20):
                pass

        listening = asyncio.ensure_future(listen()) if reads else None
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            if reads:
                writer.write_eof()
            if listening is not None:
                await listening
            else:
                await writer.wait_closed()
        finally:
            if listening is not None:
                listening.cancel()

    return script


async def measured(script: Script, *, hold_s: float) -> Measured:
    """Run the inspector against the script in a process of its own."""
    async with peer(script) as port, asyncio.timeout(PATIENCE_S):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.hostile.measured",
            f"ws://127.0.0.1:{port}/",
            str(hold_s),
            stdout=PIPE,
        )
        try:
            output, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert process.returncode == 0
    return msgspec.json.decode(output, type=Measured)


@cache
def compressed_zeros(size: int) -> bytes:
    """The payload of a compressed message of zeros."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    parts = [deflate.compress(bytes(1 << 20)) for _ in range(size >> 20)]
    return b"".join(parts) + deflate.flush(zlib.Z_SYNC_FLUSH)[:-4]


def long_frame(first: int, payload: bytes, *, declared: int | None = None) -> bytes:
    """An unmasked frame with the 64-bit length."""
    size = len(payload) if declared is None else declared
    return bytes([first, 127]) + size.to_bytes(8, "big") + payload


MB = 1 << 20
CLOSE = server_frame(0x88, b"\x03\xe8")
MILLION = 1_000_000


def bounded(run: Measured) -> Measured:
    assert run.opened
    assert run.peak_mb < MEMORY_MB
    return run


async def test_a_million_pings() -> None:
    flood = flooding(repeat(b"\x89\x00" * 50_000, MILLION // 50_000))
    run = bounded(await measured(flood, hold_s=HOLD_S))
    assert (run.frames, run.failed) == (MILLION, ("open", "stream-ended"))
    assert run.causes[0] == "control-frame-flood"


async def test_a_million_fragments_of_one_byte() -> None:
    middle = repeat(b"\x00\x01x" * 50_000, MILLION // 50_000)
    flood = flooding(chain([b"\x01\x01x"], middle, [b"\x80\x01x", CLOSE]))
    run = bounded(await measured(flood, hold_s=HOLD_S))
    assert (run.frames, run.failed, run.violations) == (MILLION + 3, None, 0)
    assert run.causes == ["fragment-flood"]


async def test_a_storm_of_the_largest_control_frames() -> None:
    storm = repeat((b"\x89\x7d" + b"p" * 125 + b"\x8a\x7d" + b"q" * 125) * 1000, 50)
    run = bounded(await measured(flooding(storm), hold_s=HOLD_S))
    assert (run.frames, run.violations) == (100_000, 0)
    assert run.causes[0] == "control-frame-flood"


async def test_pings_from_a_peer_that_reads_no_pong_are_left_in_its_own_socket() -> None:
    storm = repeat((b"\x89\x7d" + b"p" * 125) * 1000, 1000)
    run = bounded(await measured(flooding(storm, reads=False), hold_s=0.5))
    assert run.failed == ("open", "timed-out")
    assert 0 < run.frames < 500_000


async def test_a_frame_of_2_to_the_63_bytes_fails_the_connection_at_its_header() -> None:
    flood = chain([b"\x82\x7f" + b"\xff" * 8], repeat(bytes(MB)))
    run = bounded(await measured(flooding(flood), hold_s=HOLD_S))
    assert run.failed == ("open", "cancelled")
    assert run.causes == ["proto-length-nonminimal"]
    assert run.seconds < AT_ONCE_S


@pytest.mark.parametrize("first", [0x81, 0x82])
async def test_a_frame_of_exabytes_goes_by_without_staying_in_memory(first: int) -> None:
    header = bytes([first, 127]) + (1 << 62).to_bytes(8, "big")
    run = bounded(await measured(flooding(chain([header], repeat(b"x" * MB, 300))), hold_s=HOLD_S))
    assert (run.frames, run.violations, run.received) == (1, 1, 10 + 300 * MB)


async def test_a_message_that_inflates_beyond_its_limit_fails_the_connection() -> None:
    bomb = long_frame(0xC1, compressed_zeros(1024 * MB))
    run = bounded(await measured(flooding(iter([bomb]), DEFLATE), hold_s=HOLD_S))
    assert run.failed == ("open", "cancelled")
    assert run.limits == ["message_bytes"]
    assert run.causes == ["message-inflates-beyond-limit"]


async def test_bombs_below_the_limit_are_inflated_one_after_the_other() -> None:
    # Eight of them fit in one chunk of the socket.
    bomb = server_frame(0xC2, compressed_zeros(60 * MB))
    run = bounded(await measured(flooding(repeat(bomb, 8), DEFLATE), hold_s=HOLD_S))
    assert (run.frames, run.violations, run.failed) == (8, 0, ("open", "stream-ended"))


async def test_a_storm_of_close_frames_is_answered_once_and_recorded() -> None:
    run = bounded(await measured(flooding(repeat(CLOSE * 10_000, 100)), hold_s=HOLD_S))
    assert (run.failed, run.causes[0]) == (None, "frames-after-close")
    assert run.violations == run.frames - 1 > 1000


async def test_data_after_close_is_recorded_until_we_stop_waiting_for_the_end() -> None:
    after = repeat(server_frame(0x82, bytes(60_000)))
    run = bounded(await measured(flooding(chain([CLOSE], after)), hold_s=HOLD_S))
    assert run.causes == ["frames-after-close"]
    assert run.violations == run.frames - 1 > 10
    assert run.seconds < AT_ONCE_S


async def test_a_million_violations() -> None:
    run = bounded(await measured(flooding(repeat(b"\x83\x00" * 50_000, 20)), hold_s=HOLD_S))
    assert run.failed == ("open", "cancelled")
    assert run.violations == run.frames > 1000
