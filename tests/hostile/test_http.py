"""Answers that never end, never begin, or lie about themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import repeat

import pytest

from tests.connection.peer import Script, request_of
from tests.hostile.ordeal import against
from wsinspect.options import Limits


def answering(pieces: Iterator[bytes]) -> Script:
    """Read the request, then send these pieces until they or the client end."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            # Each piece is a chunk of its own, as far as the loop can see to it.
            await asyncio.sleep(0)
        writer.write_eof()
        await reader.read()

    return script


def endlessly(first: bytes, then: bytes) -> Iterator[bytes]:
    yield first
    yield from repeat(then)


FIELD = b"X-Filler: " + b"x" * 4000 + b"\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param(lambda: endlessly(b"HTTP/1.1 200 OK\r\n", FIELD), id="fields"),
        pytest.param(
            lambda: endlessly(b"HTTP/1.1 101 Switching Protocols\r\n", b"a:\n" * 2000), id="many-fields"
        ),
        pytest.param(lambda: endlessly(b"HTTP/1.1 200 ", b"O" * 4000), id="status-line"),
        pytest.param(
            lambda: endlessly(b"HTTP/1.1 403 No\r\nServer: nginx", b"\r\n folded" * 400), id="folded-line"
        ),
        pytest.param(lambda: endlessly(b"HTTP/1.1 101 X\r\n", b"\0" * 4000), id="zeros"),
        pytest.param(lambda: endlessly(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100), id="interim-responses"),
    ],
)
async def test_a_head_that_never_ends_meets_its_limit(pieces: type[Iterator[bytes]]) -> None:
    ordeal = await against(answering(pieces()), upgrade_timeout_s=20.0)
    assert ordeal.failed == ("upgrade", "head-too-large")
    assert ordeal.limits == {"head_bytes"}
    assert len(ordeal.attempt.handshake.response) < 2 * Limits().head_bytes + 256 * 1024


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 999999999999\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"",
        b"Content-Encoding: gzip\r\n",
    ],
)
async def test_a_body_that_never_ends_meets_its_limit(head: bytes) -> None:
    body = b"fff\r\n" + b"x" * 0xFFF + b"\r\n"
    ordeal = await against(answering(endlessly(b"HTTP/1.1 502 Bad Gateway\r\n" + head + b"\r\n", body)))
    assert ordeal.failed == ("upgrade", "http-refused")
    assert ordeal.limits == {"body_bytes"}
    assert len(ordeal.attempt.handshake.raw_body) < 256 * 1024


async def test_a_body_that_trickles_meets_its_limit() -> None:
    ordeal = await against(
        answering(endlessly(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 100000\r\n\r\n", b"x")),
        limits=Limits(body_bytes=1 << 30, body_wait_s=0.2),
    )
    assert ordeal.failed == ("upgrade", "http-refused")
    assert ordeal.limits == {"body_wait_s"}


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 101 Switching Protocols\r\nX: "])
async def test_a_head_of_one_byte_at_a_time_meets_the_deadline_of_its_step(head: bytes) -> None:
    ordeal = await against(answering(endlessly(head, b"x")), upgrade_timeout_s=0.3)
    assert ordeal.failed == ("upgrade", "timed-out")


@pytest.mark.parametrize(
    "length",
    [b"\xb2", b"9" * 5000, b"-1", b"1, 2", b"0x10", b"1_0", b"\xd9\xa1", b" ", b"18446744073709551616"],
    ids=lambda length: repr(length[:24]),
)
async def test_a_length_that_is_no_number_is_only_a_field(length: bytes) -> None:
    answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: " + length + b"\r\n\r\nno"
    ordeal = await against(answering(iter([answer])))
    assert ordeal.failed == ("upgrade", "http-refused")
    assert ordeal.attempt.handshake.raw_body == b"no"


@pytest.mark.parametrize(
    "body", [b"zz\r\n", b"-5\r\nabc", b"ffffffffffffffffffff\r\nabc\r\n0\r\n\r\n", b"\r\n", b"0" * 9000]
)
async def test_chunks_of_nonsense_are_a_body_like_any_other(body: bytes) -> None:
    answer = b"HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n" + body
    ordeal = await against(answering(iter([answer])))
    assert ordeal.failed == ("upgrade", "http-refused")
    assert ordeal.attempt.handshake.raw_body == body


async def test_bytes_that_are_not_http_and_never_end_are_shown_and_left() -> None:
    ordeal = await against(answering(endlessly(b"\x7fELF", b"\0" * 65536)))
    assert ordeal.failed == ("upgrade", "http-malformed")
    assert len(ordeal.attempt.handshake.response) < 1024 * 1024


async def test_silence_after_the_request_meets_the_deadline_of_its_step() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    ordeal = await against(silent, upgrade_timeout_s=0.1)
    assert ordeal.failed == ("upgrade", "timed-out")


LOCATIONS = [
    b"",
    b"http://[::1",
    b"http://[zz]/",
    b"//",
    b"\xff\xfe",
    b"javascript:alert(1)",
    b"ws://a b/",
    b"ws://127.0.0.1:99999/",
    b"ws+unix:///etc/passwd",
    b"http://" + b"a" * 9000,
    b"\x1b]0;title\x07",
]


async def test_a_redirect_loop_meets_its_limit() -> None:
    ordeal = await against(
        answering_again(b"HTTP/1.1 302 Go\r\nLocation: /\r\n\r\n"),
        follow_redirects=True,
        limits=Limits(body_wait_s=0.1),
    )
    assert len(ordeal.record.attempts) - 1 == Limits().redirects
    assert "redirects" in ordeal.limits


@pytest.mark.parametrize("location", LOCATIONS, ids=lambda location: repr(location[:24]))
@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_end_however_absurd(location: bytes, status: int) -> None:
    answer = b"HTTP/1.1 %d Go\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, location)
    ordeal = await against(answering_again(answer), follow_redirects=True, resolve_timeout_s=0.1)
    assert ordeal.failed is not None
    followed = len(ordeal.record.attempts) - 1
    if followed > 1:
        assert followed == Limits().redirects
        assert "redirects" in ordeal.limits


def answering_again(answer: bytes) -> Script:
    """One answer for every connection."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(answer)
        await reader.read()

    return script
