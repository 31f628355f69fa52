"""The open connection: answers, violations, endings (RFC 6455 sections 5 to 8)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.connection.peer import (
    Seen,
    accept,
    close_frame,
    manager_for,
    opened,
    peer,
    read_frame,
    reset,
    run_against,
    server_frame,
)
from wsinspect.connection.manager import ConnectionManager
from wsinspect.events import (
    BytesReceived,
    BytesSent,
    FailureKind,
    KeepaliveExpired,
    Layer,
    LimitReached,
    LocalEnd,
    LocallyEnded,
    ReadyState,
    ReadyStateChanged,
    Step,
    StepFailed,
    StepSucceeded,
    StreamClosedLocally,
    StreamEnded,
    StreamReset,
)
from wsinspect.options import Limits
from wsinspect.wire.close import parse_close
from wsinspect.wire.frames import unmask
from wsinspect.wire.opcode import Opcode

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter
Frame = tuple[int, bytes]


async def conversation(
    talk: Callable[[Reader, Writer], Awaitable[list[Frame]]],
    act: Callable[[ConnectionManager], None] = lambda _: None,
    on_message: Callable[[ConnectionManager, int, bytes], None] | None = None,
    fields: tuple[str, ...] = (),
    **options: Any,
) -> tuple[Seen, list[Frame]]:
    """Connect to a peer that runs `talk` after its 101; returns the events and the frames it says it got."""
    seen = Seen()
    got: list[Frame] = []

    async def script(reader: Reader, writer: Writer) -> None:
        await accept(reader, writer, *fields)
        got.extend(await talk(reader, writer))

    async with peer(script) as port, asyncio.timeout(60):
        manager = manager_for(port, seen, **options)
        if on_message is not None:
            manager._on_message = lambda opcode, payload: on_message(manager, opcode, payload)
        assert await manager.open()
        act(manager)
        await manager.wait_closed()
    return seen, got


def code_of(frame: Frame) -> int | None:
    assert frame[0] == 0x88
    return parse_close(frame[1]).code


def outcome(seen: Seen) -> tuple[FailureKind, str] | None:
    """None if OPEN succeeded."""
    failed = seen.of(StepFailed)
    if not failed:
        assert seen.of(StepSucceeded)[-1].step is Step.OPEN
        return None
    assert failed[0].step is Step.OPEN
    return failed[0].kind, failed[0].code


def websocket_bytes(seen: Seen) -> bytes:
    return b"".join(event.data for event in seen.of(BytesReceived) if event.layer is Layer.WEBSOCKET)


async def test_pings_are_answered_in_order_and_not_after_a_close() -> None:
    async def talk(reader: Reader, writer: Writer) -> list[Frame]:
        writer.write(
            server_frame(0x89, b"one")
            + server_frame(0x89, b"two")
            + close_frame(1001, b"bye")
            + server_frame(0x89)
        )
        frames = [await read_frame(reader) for _ in range(3)]
        writer.write_eof()
        assert await reader.read() == b""
        return frames

    seen, got = await conversation(talk)
    assert got == [(0x8A, b"one"), (0x8A, b"two"), (0x88, b"\x03\xe9")]
    assert outcome(seen) is None
    assert not seen.of(LocallyEnded)


async def test_a_flood_of_pings_is_answered_each_with_its_payload_and_a_key_of_its_own() -> None:
    payloads = [b"%d" % number * (number % 40) for number in range(300)]
    keys: set[bytes] = set()
    got: list[bytes] = []

    async def talk(reader: Reader, writer: Writer) -> list[Frame]:
        writer.write(b"".join(server_frame(0x89, payload) for payload in payloads))
        for _ in payloads:
            first, second = await reader.readexactly(2)
            key = await reader.readexactly(4)
            keys.add(key)
            got.append(unmask(await reader.readexactly(second & 0x7F), key))
            assert (first, second & 0x80) == (0x8A, 0x80)
        return []

    await conversation(talk)
    assert got == payloads
    assert len(keys) > 290, "drawn at random, so that two may be alike"


async def test_pongs_can_be_suppressed() -> None:
    async def talk(reader: Reader, writer: Writer) -> list[Frame]:
        writer.write(server_frame(0x89, b"one") + close_frame(None))
        return [await read_frame(reader)]

    seen, got = await conversation(talk, auto_pong=False)
    assert got == [(0x88, b"")]
    assert outcome(seen) is None


async def test_our_close_waits_for_the_peers_and_for_its_fin() -> None:
    async def talk(reader: Reader, writer: Writer) -> list[Frame]:
        frame = await read_frame(reader)
        writer.write(server_frame(0x81, b"late") + server_frame(0x89, b"ping") + close_frame(1000))
        writer.write_eof()
        assert await reader.read() == b"", "nothing is sent after our Close"
        return [frame]

    seen, got = await conversation(talk, act=lambda manager: manager.close(4001, "done"))
    assert got == [(0x88, (4001).to_bytes(2, "big") + b"done")]
    assert outcome(seen) is None
    assert seen.one(LocallyEnded).why is LocalEnd.CLOSED_BY_USER
    order = [name for name in seen.names() if name in ("StreamEnded", "StepSucceeded", "StreamClosedLocally")]
    assert order[-3:] == ["StreamEnded", "StepSucceeded", "StreamClosedLocally"]
    assert b"late" in websocket_bytes(seen)


async def test_a_peer_that_ignores_our_close_is_left_after_the_timeout() -> None:
    seen, _ = await conversation(_silent, act=lambda manager: manager.close(), close_timeout_s=0.1)
    assert outcome(seen) == (FailureKind.TIMED_OUT, "close-timed-out")
    assert seen.one(LocallyEnded).why is LocalEnd.CLOSED_BY_USER
    assert seen.of(StreamClosedLocally)


async def test_a_peer_that_never_ends_its_stream_is_left_after_a_clean_close() -> None:
    async def talk(reader: Reader, writer: Writer) -> list[Frame]:
        writer.write(close_frame())
        await reader.read()
        return []

    seen, _ = await conversation(talk, close_timeout_s=0.1)
    assert outcome(seen) is None
    assert seen.one(LocallyEnded).why is LocalEnd.CLOSE_TIMED_OUT
    assert not seen.of(StreamEnded)


async def _silent(reader: Reader, writer: Writer) -> list[Frame]:
    while await reader.read(4096):
        pass
    return []


@pytest.mark.parametrize(
    ("then", "kind", "code", "event"),
    [
        ("fin", FailureKind.STREAM_ENDED, "no-close-frame", StreamEnded),
        ("rst", FailureKind.RESET, "", StreamReset),
    ],
)
async def test_an_end_without_a_close_is_a_failure(
    then: str, kind: FailureKind, code: str, event: type[StreamEnded | StreamReset]
) -> None:
    seen = await run_against(opened(server_frame(0x81, b"hi") + b"\x82\x05ab", then=then))
    assert outcome(seen) == (kind, code)
    end = seen.one(event)
    assert end.frames is not None, "the frame that the end cut off"
    assert list(end.frames.lengths) == [2]
    assert not seen.of(LocallyEnded)


async def test_a_fin_instead_of_the_answering_close() -> None:
    async def talk(reader: Reader, writer: Writer) -> list[Frame]:
        return [await read_frame(reader)]

    seen, _ = await conversation(talk, act=lambda manager: manager.close())
    assert outcome(seen) == (FailureKind.STREAM_ENDED, "close-unanswered")


async def test_a_reset_after_both_closes_is_still_a_clean_close() -> None:
    async def talk(reader: Reader, writer: Writer) -> list[Frame]:
        writer.write(close_frame())
        await read_frame(reader)
        reset(writer)
        return []

    seen, _ = await conversation(talk)
    assert outcome(seen) is None
    assert seen.of(StreamReset)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (server_frame(0xC1, b"x"), 1002),
        (server_frame(0x83), 1002),
        (server_frame(0x8B), 1002),
        (b"\x81\x81\0\0\0\0x", 1002),
        (server_frame(0x09), 1002),
        (server_frame(0x89, b"x" * 126), 1002),
        (server_frame(0x80, b"x"), 1002),
        (server_frame(0x01, b"x") + server_frame(0x81, b"y"), 1002),
        (server_frame(0x81, b"\xff"), 1007),
        (server_frame(0x01, b"\xce") + server_frame(0x80, b"\xba\xff"), 1007),
        (b"\x81\x05ab\xff", 1007),
        (b"\x82\x7f" + b"\xff" * 8, 1002),
        (server_frame(0x88, b"\x03"), 1002),
        (close_frame(999), 1002),
        (close_frame(1005), 1002),
        (close_frame(1016), 1002),
        (close_frame(5000), 1002),
        (close_frame(1000, b"\xff"), 1007),
    ],
)
async def test_a_violation_fails_the_connection_with_its_code(sent: bytes, code: int) -> None:
    async def talk(reader: Reader, writer: Writer) -> list[Frame]:
        writer.write(sent)
        frames = [await read_frame(reader)]
        writer.write(server_frame(0x89, b"after"))
        writer.write_eof()
        assert await reader.read() == b"", "nothing is processed any more"
        return frames

    seen, got = await conversation(talk)
    assert [code_of(frame) for frame in got] == [code]
    assert seen.one(LocallyEnded).why is LocalEnd.PEER_VIOLATED_PROTOCOL
    assert outcome(seen) == (FailureKind.CANCELLED, "peer-violated-protocol")
    assert websocket_bytes(seen).endswith(b"after"), "what still arrives is recorded"


async def test_what_came_before_a_violation_is_answered_first() -> None:
    async def talk(reader: Reader, writer: Writer) -> list[Frame]:
        writer.write(
            server_frame(0x81, b"hi")
            + server_frame(0x89, b"p")
            + server_frame(0x83)
            + server_frame(0x89, b"q")
        )
        return [await read_frame(reader) for _ in range(3)]

    _, got = await conversation(
        talk, on_message=lambda manager, _, payload: manager.send_binary(payload), compression=False
    )
    assert got == [(0x82, b"hi"), (0x8A, b"p"), (0x88, b"\x03\xea")]


async def test_a_message_beyond_the_limit_is_1009() -> None:
    import zlib

    bomb = zlib.compressobj(wbits=-15)
    data = bomb.compress(b"0" * 5000) + bomb.flush(zlib.Z_SYNC_FLUSH)

    async def talk(reader: Reader, writer: Writer) -> list[Frame]:
        writer.write(server_frame(0xC1, data[:-4]))
        return [await read_frame(reader)]

    seen, got = await conversation(
        talk, fields=("Sec-WebSocket-Extensions: permessage-deflate",), limits=Limits(message_bytes=1000)
    )
    assert [code_of(frame) for frame in got] == [1009]
    assert seen.one(LimitReached).limit == "message_bytes"


@pytest.mark.parametrize(
    "parameters",
    [
        "",
        "; client_max_window_bits=8",
        "; client_max_window_bits=9; server_max_window_bits=9",
        "; client_no_context_takeover",
        "; server_no_context_takeover; client_no_context_takeover; client_max_window_bits=12",
    ],
)
async def test_compressed_echo_in_fragments(parameters: str) -> None:
    """The peer echoes our frames byte for byte, unmasked: what we compress we must be able to read."""
    messages = ["Ελληνικά " * 50, "", "Ελληνικά " * 50, "x"]
    got: list[tuple[int, bytes]] = []

    async def talk(reader: Reader, writer: Writer) -> list[Frame]:
        frames: list[Frame] = []
        while True:
            first, payload = await read_frame(reader)
            frames.append((first, payload))
            writer.write(server_frame(first, payload))
            if first == 0x88:
                return frames

    def act(manager: ConnectionManager) -> None:
        for text in messages:
            manager.send_text(text, fragments=3)
        manager.send_binary(b"\0\xff")

    def take(manager: ConnectionManager, opcode: int, payload: bytes) -> None:
        got.append((opcode, payload))
        if opcode == Opcode.BINARY:
            manager.close()

    seen, frames = await conversation(
        talk, act, take, fields=(f"Sec-WebSocket-Extensions: permessage-deflate{parameters}",)
    )
    assert outcome(seen) is None
    assert got == [(1, text.encode()) for text in messages] + [(2, b"\0\xff")]
    assert frames[0][0] == (0x01 if "bits=8" in parameters else 0x41)


async def test_keepalive_pings_and_takes_their_pongs() -> None:
    async def talk(reader: Reader, writer: Writer) -> list[Frame]:
        frames: list[Frame] = []
        for _ in range(3):
            first, payload = await read_frame(reader)
            frames.append((first, payload))
            writer.write(server_frame(0x8A, payload))
        writer.write(close_frame())
        return frames

    seen, got = await conversation(talk, ping_interval_s=0.02, ping_timeout_s=0.2)
    assert {first for first, _ in got} == {0x89}
    assert len({payload for _, payload in got}) == 3
    assert all(payload.startswith(b"wsinspect-") for _, payload in got)
    assert not seen.of(KeepaliveExpired)


async def test_a_missing_pong_fails_the_connection() -> None:
    async def talk(reader: Reader, writer: Writer) -> list[Frame]:
        frames: list[Frame] = []
        while not frames or frames[-1][0] != 0x88:
            frames.append(await read_frame(reader))
            writer.write(server_frame(0x8A, b"another"))
        return frames

    seen, got = await conversation(talk, ping_interval_s=0.03, ping_timeout_s=0.05, close_timeout_s=0.2)
    assert code_of(got[-1]) == 1011
    assert seen.one(KeepaliveExpired).payload == got[0][1]
    assert seen.one(LocallyEnded).why is LocalEnd.KEEPALIVE_TIMED_OUT
    assert outcome(seen) == (FailureKind.TIMED_OUT, "keepalive-timed-out")


async def test_a_raw_close_starts_the_closing_handshake() -> None:
    async def talk(reader: Reader, writer: Writer) -> list[Frame]:
        frame = await read_frame(reader)
        writer.write(close_frame(1002))
        return [frame]

    def act(manager: ConnectionManager) -> None:
        manager.send_raw_frame(opcode=8, payload=b"\x03\xe7")
        assert manager.ready_state is ReadyState.CLOSING

    seen, got = await conversation(talk, act)
    assert got == [(0x88, b"\x03\xe7")]
    assert outcome(seen) is None


async def test_a_raw_frame_goes_out_as_described() -> None:
    async def talk(reader: Reader, writer: Writer) -> list[Frame]:
        raw = await reader.readexactly(2 + 2 + 200)
        assert raw == b"\x33\x7e\x00\xc8" + b"r" * 200
        writer.write(close_frame())
        return []

    seen, _ = await conversation(
        talk, lambda m: m.send_raw_frame(fin=False, rsv=3, opcode=3, mask=False, payload=b"r" * 200)
    )
    sent = next(event for event in seen.of(BytesSent) if event.layer is Layer.WEBSOCKET)
    assert sent.frames is not None
    assert sent.frames.violations


async def test_a_peer_that_does_not_read_cannot_make_us_queue_without_end() -> None:
    """A flood of pings whose pongs nobody takes: we stop reading, so TCP stops the flood."""
    flood = server_frame(0x89, b"x" * 125) * 2000

    async def talk(reader: Reader, writer: Writer) -> list[Frame]:
        vars(reader)["_limit"] = 1024
        sock: socket.socket = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for _ in range(200):
            writer.write(flood)
            try:
                await asyncio.wait_for(writer.drain(), 0.3)
            except TimeoutError:
                reset(writer)
                return [(0, b"blocked")]
        return [(0, b"took everything")]

    _, got = await conversation(talk)
    assert got == [(0, b"blocked")]


async def test_ready_states_name_their_reasons() -> None:
    seen = await run_against(opened(close_frame(1001), then="fin"))
    reasons = [event.reason for event in seen.of(ReadyStateChanged)]
    assert reasons[1] == "the peer sent Close 1001"
    assert seen[-2].__class__ is ReadyStateChanged
