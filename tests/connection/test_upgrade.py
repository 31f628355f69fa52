"""The opening handshake against peers that answer in every way: what is recorded, and what it is called."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.connection.peer import (
    Script,
    Seen,
    opened,
    request_of,
    reset,
    run_against,
    server_frame,
    switching,
)
from wsinspect.events import (
    BytesReceived,
    BytesSent,
    FailureKind,
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

QUICK = Limits(body_wait_s=0.1, head_bytes=4096, body_bytes=100)


def answering(*parts: bytes | Callable[[bytes], bytes], then: str = "wait") -> Script:
    """A script: read the request, send the parts one by one, then `wait`, `fin` or `rst`."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await request_of(reader)
        for part in parts:
            writer.write(part(request) if callable(part) else part)
            await writer.drain()
            await asyncio.sleep(0.01)
        if then == "rst":
            reset(writer)
        elif then == "wait":
            while await reader.read(4096):
                pass

    return script


def received(seen: Seen, layer: Layer) -> bytes:
    return b"".join(event.data for event in seen.of(BytesReceived) if event.layer is layer)


def failure(seen: Seen) -> tuple[Step, FailureKind, str]:
    failed = seen.one(StepFailed)
    return failed.step, failed.kind, failed.code


FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\n"
CHUNKED = b"HTTP/1.1 502 Bad Gateway\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("script", "kind", "code", "http"),
    [
        (answering(FORBIDDEN + b"nope"), FailureKind.HTTP_REFUSED, "403", FORBIDDEN + b"nope"),
        (answering(FORBIDDEN, b"no", b"pe"), FailureKind.HTTP_REFUSED, "403", FORBIDDEN + b"nope"),
        (
            answering(CHUNKED + b"3\r\nbad\r\n", b"0\r\n\r\n"),
            FailureKind.HTTP_REFUSED,
            "502",
            CHUNKED + b"3\r\nbad\r\n0\r\n\r\n",
        ),
        (answering(b"HTTP/1.0 200 OK\r\n\r\nhi", then="fin"), FailureKind.HTTP_REFUSED, "200", None),
        (answering(b"HTTP/1.0 200 OK\r\n\r\nhi", then="rst"), FailureKind.HTTP_REFUSED, "200", None),
        (answering(then="fin"), FailureKind.STREAM_ENDED, "no-byte", b""),
        (answering(then="rst"), FailureKind.RESET, "no-byte", b""),
        (
            answering(b"HTTP/1.1 101 Sw", then="fin"),
            FailureKind.STREAM_ENDED,
            "inside-head",
            b"HTTP/1.1 101 Sw",
        ),
        (
            answering(b"SSH-2.0-x\r\n", b"more", then="fin"),
            FailureKind.HTTP_MALFORMED,
            "not-http",
            b"SSH-2.0-x\r\nmore",
        ),
        (answering(b"HT", b"ML", then="fin"), FailureKind.HTTP_MALFORMED, "not-http", b"HTML"),
        (answering(b"HTTP/1.1 what\r\n\r\n"), FailureKind.HTTP_MALFORMED, "", None),
        (answering(b"HTTP/1.1 200 OK\r\nA: " + b"x" * 5000), FailureKind.HEAD_TOO_LARGE, "", None),
        (
            answering(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
            ),
            FailureKind.HANDSHAKE_INVALID,
            "accept-present",
            None,
        ),
    ],
)
async def test_a_refusal_has_its_kind_its_code_and_all_its_bytes(
    script: Script, kind: FailureKind, code: str, http: bytes | None
) -> None:
    seen = await run_against(script, limits=QUICK)
    assert failure(seen) == (Step.UPGRADE, kind, code)
    if http is not None:
        assert received(seen, Layer.HTTP) == http
    assert [event.new for event in seen.of(ReadyStateChanged)] == [ReadyState.CLOSED]


async def test_who_ended_the_stream_after_a_refusal_is_recorded() -> None:
    ours = await run_against(answering(FORBIDDEN + b"nope"))
    assert ours.one(LocallyEnded).why is LocalEnd.STEP_FAILED
    assert not ours.one(StreamClosedLocally).aborted
    assert not ours.of(StreamEnded)
    theirs = await run_against(answering(b"HTTP/1.0 200 OK\r\n\r\nhi", then="fin"))
    assert not theirs.of(LocallyEnded)
    names = theirs.names()
    assert names.index("StreamEnded") < names.index("StepFailed") < names.index("StreamClosedLocally")
    cut = await run_against(answering(b"HTTP/1.0 200 OK\r\n\r\nhi", then="rst"))
    assert cut.of(StreamReset)
    assert not cut.of(StreamClosedLocally)


async def test_a_body_without_end_is_left_at_the_limits() -> None:
    long = await run_against(answering(b"HTTP/1.1 500 Oops\r\n\r\n" + b"x" * 50, b"y" * 500), limits=QUICK)
    assert long.one(LimitReached).limit == "body_bytes"
    assert received(long, Layer.HTTP).endswith(b"x" * 50 + b"y" * 50)
    slow = await run_against(answering(b"HTTP/1.1 500 Oops\r\n\r\nx"), limits=QUICK)
    assert slow.one(LimitReached).limit == "body_wait_s"
    assert failure(slow) == (Step.UPGRADE, FailureKind.HTTP_REFUSED, "500")


async def test_a_refusal_just_before_the_timeout_is_no_timeout() -> None:
    seen = await run_against(answering(b"HTTP/1.1 500 Oops\r\n\r\nx"), upgrade_timeout_s=0.3)
    assert failure(seen)[1] is FailureKind.HTTP_REFUSED


async def test_silence_is_a_timeout() -> None:
    seen = await run_against(answering(), upgrade_timeout_s=0.1)
    assert failure(seen)[1] is FailureKind.TIMED_OUT
    assert seen.one(LocallyEnded).why is LocalEnd.STEP_FAILED


async def test_interim_responses_are_passed_over() -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    seen = await run_against(
        answering(hints, lambda request: switching(request), b"\x88\x02\x03\xe8", then="fin")
    )
    assert [event.step for event in seen.of(StepSucceeded)][-2:] == [Step.UPGRADE, Step.OPEN]
    assert received(seen, Layer.HTTP).startswith(hints + b"HTTP/1.1 101 ")


async def test_frames_in_the_chunk_of_the_head_are_frames() -> None:
    hello = server_frame(0x81, b"hello")
    seen = await run_against(answering(lambda request: switching(request) + hello, then="fin"))
    (chunk,) = [event for event in seen.of(BytesReceived) if event.layer is Layer.WEBSOCKET]
    assert chunk.data == hello
    assert chunk.frames is not None
    assert len(chunk.frames) == 1
    assert received(seen, Layer.HTTP).endswith(b"\r\n\r\n")


async def test_what_follows_an_invalid_101_is_recorded() -> None:
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: close\r\n\r\n"
    seen = await run_against(answering(head + b"<html>", b"</html>", then="fin"))
    assert failure(seen)[1:] == (FailureKind.HANDSHAKE_INVALID, "connection-value")
    assert received(seen, Layer.HTTP) == head
    assert received(seen, Layer.WEBSOCKET) == b"<html></html>"
    assert seen.of(StreamEnded)


async def test_the_request_is_recorded_as_sent() -> None:
    arrived: list[bytes] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.append(await request_of(reader))

    seen = await run_against(script, headers=(("X-Key", "ü"),))
    assert seen.one(BytesSent).data == arrived[0]
    assert "X-Key: ü\r\n".encode() in arrived[0]


async def test_opened_counts_for_the_ready_state() -> None:
    seen = await run_against(opened(b"\x88\x02\x03\xe8", then="fin"))
    moves = [(event.old, event.new) for event in seen.of(ReadyStateChanged)]
    assert moves == [
        (ReadyState.CONNECTING, ReadyState.OPEN),
        (ReadyState.OPEN, ReadyState.CLOSING),
        (ReadyState.CLOSING, ReadyState.CLOSED),
    ]
