"""Proxies that lie: what they grant, refuse or mumble, the attempt ends, and the proxy is named."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import chain, repeat
from typing import Any

import pytest

from tests.connection.peer import Script, peer, request_of, reset
from tests.hostile.ordeal import Ordeal, endure, nothing_left
from wsinspect.options import Limits

TARGET = "ws://127.0.0.1:9/"


async def through(script: Script, *, scheme: str = "http", url: str = TARGET, **options: Any) -> Ordeal:
    """Run through a scripted proxy and check that nothing is left of it."""
    async with peer(script) as port, nothing_left():
        return await endure(url, proxy=f"{scheme}://user:word@127.0.0.1:{port}", **options)


def replying(pieces: Iterator[bytes], *, end: str = "fin") -> Script:
    """Read a request, then send these pieces, then end the stream."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        if end == "rst":
            reset(writer)
        elif end == "fin":
            writer.write_eof()
            await reader.read()
        else:
            await reader.read()

    return script


GRANTED = b"HTTP/1.1 200 Connection established\r\n\r\n"


@pytest.mark.parametrize(
    "rest",
    [b"garbage", b"\x00" * 300, b"HTTP/1.1 200 OK\r\n\r\nhello", b"\x15\x03\x03\x00\x02\x02\x28", b""],
    ids=repr,
)
@pytest.mark.parametrize(("url", "step"), [(TARGET, "upgrade"), ("wss://127.0.0.1:9/", "tls")])
@pytest.mark.parametrize("end", ["fin", "rst"])
async def test_a_tunnel_that_leads_to_nonsense(rest: bytes, url: str, step: str, end: str) -> None:
    ordeal = await through(replying(iter([GRANTED + rest]), end=end), url=url)
    assert ordeal.failed is not None
    assert ordeal.failed[0] == step


@pytest.mark.parametrize(
    ("pieces", "kind", "limits"),
    [
        (lambda: chain([b"HTTP/1.1 200 OK\r\n"], repeat(b"X: " + b"y" * 4000 + b"\r\n")), "head-too-large", {"head_bytes"}),
        (lambda: repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50), "head-too-large", {"head_bytes"}),
        (lambda: chain([b"HTTP/1.1 502 No\r\n\r\n"], repeat(b"x" * 4000)), "proxy-refused", {"body_bytes"}),
        (lambda: chain([b"HTTP/1.1 407 No\r\nContent-Length: 99999999\r\n\r\n"], repeat(b"x" * 4000)), "proxy-auth-required", {"body_bytes"}),
        (lambda: iter([b"\x05\x00"]), "proxy-reply-invalid", set()),
        (lambda: iter([b"\x16\x03\x01\x00\x02\x01\x00"]), "proxy-reply-invalid", set()),
        (lambda: iter([b"HTTP/1.1 2000 OK\r\n\r\n"]), "proxy-reply-invalid", set()),
        (lambda: iter([b"HTTP/1.1 200"]), "stream-ended", set()),
        (lambda: iter([b""]), "stream-ended", set()),
        (lambda: iter([b"HTTP/1.1 302 Go\r\nLocation: /\r\n\r\n"]), "proxy-refused", set()),
        (lambda: iter([b"HTTP/1.1 407 Again\r\nProxy-Authenticate: \x1b]0;x\x07\r\n\r\n"]), "proxy-auth-required", set()),
        (lambda: iter([b"HTTP/1.1 101 Switching Protocols\r\n\r\n"]), "proxy-refused", set()),
        (lambda: iter([b"HTTP/1.1 403 No\r\nContent-Length: \xb2\r\n\r\nno"]), "proxy-refused", set()),
    ],
)  # fmt: skip
async def test_a_reply_to_connect_that_makes_no_sense(
    pieces: type[Iterator[bytes]], kind: str, limits: set[str]
) -> None:
    ordeal = await through(replying(pieces()), proxy_timeout_s=20.0)
    assert ordeal.failed == ("proxy", kind)
    assert ordeal.limits == limits
    assert len(ordeal.record.attempts) == 1


async def test_a_proxy_that_trickles_its_reply() -> None:
    ordeal = await through(replying(chain([b"HTTP/1.1 200 OK\r\nX: "], repeat(b"x"))), proxy_timeout_s=0.3)
    assert ordeal.failed == ("proxy", "timed-out")


async def test_a_proxy_that_says_nothing() -> None:
    ordeal = await through(replying(iter([]), end="wait"), proxy_timeout_s=0.1)
    assert ordeal.failed == ("proxy", "timed-out")


async def test_a_refusal_page_that_trickles() -> None:
    page = chain([b"HTTP/1.1 503 Busy\r\nContent-Length: 100000\r\n\r\n"], repeat(b"x"))
    ordeal = await through(replying(page), limits=Limits(body_bytes=1 << 30, body_wait_s=0.2))
    assert ordeal.failed == ("proxy", "proxy-refused")
    assert ordeal.limits == {"body_wait_s"}


SOCKS_REPLIES = [
    b"",
    b"\x05",
    b"\x05\xff",
    b"\x05\x00",
    b"\x05\x09",
    b"\x04\x5a" + bytes(6),
    b"\x05\x02\x01\x00",
    b"\x05\x02\x01\x01",
    b"\x05\x02\x00\x00",
    b"\x05\x00\x05\x00\x00\x09" + bytes(20),
    b"\x05\x00\x05\x00\x00\x03\xff" + bytes(20),
    b"\x05\x00\x05\x63\x00\x01" + bytes(6),
    b"\x05\x00\x05\x00\xff\x01" + bytes(6),
    b"\x05\x00\x00\x00\x00\x01" + bytes(6),
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"\x16\x03\x01" + bytes(50),
    bytes(5000),
    b"\xff" * 5000,
]


@pytest.mark.parametrize("reply", SOCKS_REPLIES, ids=lambda reply: reply[:12].hex())
@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
@pytest.mark.parametrize("end", ["fin", "rst"])
async def test_socks_replies_of_nonsense(reply: bytes, scheme: str, end: str) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(3)
        writer.write(reply)
        await writer.drain()
        if end == "rst":
            reset(writer)
        else:
            writer.write_eof()
            await reader.read()

    ordeal = await through(script, scheme=scheme)
    assert ordeal.failed is not None
    assert ordeal.failed[0] == "proxy"


async def test_a_socks_proxy_that_floods() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(3)
        for _ in repeat(None):
            writer.write(b"\x05\x00" + bytes(65536))
            await writer.drain()

    ordeal = await through(script, scheme="socks5h")
    assert ordeal.failed == ("proxy", "proxy-reply-invalid")
