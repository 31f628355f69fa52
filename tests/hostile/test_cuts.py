"""The stream ends at every byte offset, by FIN and by RST: what was cut is told, and nothing is lost of what arrived."""

from __future__ import annotations

import asyncio

import pytest

from tests.connection.peer import close_frame, peer, request_of, reset, server_frame, switching
from tests.hostile.ordeal import Ordeal, endure, nothing_left
from wsinspect.session.closure import How
from wsinspect.wire.opcode import Direction
from wsinspect.wire.violations import ViolationKind

FRAMES = (
    server_frame(0x01, b"hel"),
    server_frame(0x80, b"lo"),
    server_frame(0x82, b"x" * 130),
    close_frame(1000),
)
REFUSAL = b"HTTP/1.1 403 Forbidden\r\nServer: nginx\r\nContent-Length: 12\r\n\r\nNo such path"
KINDS = {"fin": "stream-ended", "rst": "reset"}


class Cutter:
    """A server that sends the first `cut` bytes of an answer and then ends the stream."""

    def __init__(self, end: str, answer: bytes | None) -> None:
        self._end = end
        self._answer = answer
        """None is a 101 and the frames."""
        self.cut = 0
        self.head_bytes = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await request_of(reader)
        head = switching(request)
        self.head_bytes = len(head)
        whole = head + b"".join(FRAMES) if self._answer is None else self._answer
        writer.write(whole[: self.cut])
        await writer.drain()
        if self._end == "rst":
            reset(writer)
        else:
            writer.write_eof()
            await reader.read()


async def every_cut(end: str, answer: bytes | None, last: int) -> list[Ordeal]:
    """Run once for each number of bytes up to `last`."""
    cutter = Cutter(end, answer)
    ordeals: list[Ordeal] = []
    async with peer(cutter) as port:
        for cut in range(last + 1):
            cutter.cut = cut
            async with nothing_left():
                ordeals.append(await endure(f"ws://127.0.0.1:{port}/"))
    return ordeals


HEAD_BYTES = len(switching(b"Sec-WebSocket-Key: \r\n\r\n"))


@pytest.mark.parametrize("end", ["fin", "rst"])
async def test_an_opening_handshake_that_is_cut_off_anywhere(end: str) -> None:
    ordeals = await every_cut(end, None, HEAD_BYTES - 1)
    assert {ordeal.failed for ordeal in ordeals} == {("upgrade", KINDS[end])}
    assert [len(ordeal.attempt.handshake.response) for ordeal in ordeals] == list(range(HEAD_BYTES))
    codes = [ordeal.attempt.failure.code for ordeal in ordeals if ordeal.attempt.failure]
    assert codes == ["no-byte"] + ["inside-head"] * (HEAD_BYTES - 1)


@pytest.mark.parametrize("end", ["fin", "rst"])
async def test_frames_that_are_cut_off_anywhere(end: str) -> None:
    size = sum(map(len, FRAMES))
    ends = {sum(map(len, FRAMES[:count])): count for count in range(len(FRAMES) + 1)}
    ordeals = (await every_cut(end, None, HEAD_BYTES + size))[HEAD_BYTES:]
    for cut, ordeal in enumerate(ordeals):
        log = ordeal.record.frames
        whole = max(count for at, count in ends.items() if at <= cut)
        assert ordeal.attempt.opened_ns is not None
        assert log.bytes_received == cut
        assert log.received == whole + (cut not in ends)
        last = log.last(Direction.RECEIVED)
        kinds = [] if last is None else [violation.kind for violation in log.violations(last)]
        assert kinds == ([] if cut in ends else [ViolationKind.CUT_OFF])
        if cut < size:
            assert ordeal.failed == ("open", KINDS[end])
            assert ordeal.attempt.closure.how is (How.FIN if end == "fin" else How.RST)
        else:
            assert ordeal.failed is None
            assert ordeal.attempt.closure.clean


@pytest.mark.parametrize("end", ["fin", "rst"])
async def test_a_refusal_that_is_cut_off_anywhere(end: str) -> None:
    head = REFUSAL.index(b"\r\n\r\n") + 4
    ordeals = await every_cut(end, REFUSAL, len(REFUSAL))
    assert {ordeal.failed for ordeal in ordeals[:head]} == {("upgrade", KINDS[end])}
    assert {ordeal.failed for ordeal in ordeals[head:]} == {("upgrade", "http-refused")}
    assert [len(ordeal.attempt.handshake.raw_body) for ordeal in ordeals[head:]] == list(
        range(len(REFUSAL) - head + 1)
    )


async def test_a_peer_that_never_ends_the_stream_is_left_after_our_close() -> None:
    async def half_open(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(switching(await request_of(reader)) + server_frame(0x81, b"hi"))
        await reader.read()

    async with peer(half_open) as port, nothing_left():
        ordeal = await endure(f"ws://127.0.0.1:{port}/", close_after=1)
    assert ordeal.failed == ("open", "timed-out")


async def test_a_peer_that_sends_fin_and_goes_on_reading_is_half_open_no_longer() -> None:
    async def half_closed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(switching(await request_of(reader)))
        writer.write_eof()
        await reader.read()

    async with peer(half_closed) as port, nothing_left():
        ordeal = await endure(f"ws://127.0.0.1:{port}/")
    assert ordeal.failed == ("open", "stream-ended")
    assert ordeal.attempt.closure.how is How.FIN
