"""SOCKS5 with the bytes of RFC 1928 and RFC 1929 written out."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from tests.connection.loopback import Recorder, Serve, ipv4, nothing_left_behind, serving
from wsinspect.connection.proxy import open_tunnel
from wsinspect.connection.proxy_environment import ProxySetting
from wsinspect.connection.step import AttemptFailedError, StepError, step
from wsinspect.connection.stream import ByteStream
from wsinspect.connection.tcp import connect
from wsinspect.events import FailureKind, Layer, NameResolved, Step, StepFailed
from wsinspect.options import ConnectOptions, ConnectToRule, ResolveRule

OPTIONS = ConnectOptions(url="")
SOCKS5H = ProxySetting("socks5h", "127.0.0.1", 1080, None, None, "-x")
SOCKS5 = ProxySetting("socks5", "127.0.0.1", 1080, None, None, "-x")
NAMED = ProxySetting("socks5h", "127.0.0.1", 1080, "me", "secret", "-x")

HELLO = b"\x05\x01\x00"
HELLO_NAMED = b"\x05\x02\x00\x02"
NO_AUTH = b"\x05\x00"
CREDENTIALS = b"\x01\x02me\x06secret"
ASK = b"\x05\x01\x00\x03\x0bexample.com\x01\xbb"
GRANTED = b"\x05\x00\x00\x01\x7f\x00\x00\x01\x10\x92"

Talk = Sequence[tuple[int, bytes]]


def talking(talk: Talk, *, bytewise: bool = False, end: str = "open") -> Serve:
    """For each pair, read so many bytes and then send the answer."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for expected, answer in talk:
            await reader.readexactly(expected)
            for piece in [answer[i : i + 1] for i in range(len(answer))] if bytewise else [answer]:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
        if end == "rst":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        elif end == "open":
            await reader.read()

    return serve


@asynccontextmanager
async def to(serve: Serve) -> AsyncIterator[ByteStream]:
    async with serving(serve) as port:
        stream = await connect(Recorder(), OPTIONS, [ipv4(port)])
        try:
            yield stream
        finally:
            stream.abort()


async def refusal(record: Recorder, serve: Serve, proxy: ProxySetting = SOCKS5H) -> StepError:
    async with to(serve) as stream:
        with pytest.raises(StepError) as caught:
            await open_tunnel(record, OPTIONS, stream, proxy, "example.com", 443)
    return caught.value


@pytest.mark.parametrize("bytewise", [False, True])
@pytest.mark.parametrize(
    "granted",
    [
        GRANTED,
        b"\x05\x00\x00\x04" + bytes(15) + b"\x01\x10\x92",
        b"\x05\x00\x00\x03\x05a.net\x10\x92",
    ],
)
async def test_a_granted_tunnel_is_recorded_to_the_byte(granted: bytes, *, bytewise: bool) -> None:
    record = Recorder()
    talk = [(3, NO_AUTH), (len(ASK), granted + b"inside")]
    async with to(talking(talk, bytewise=bytewise, end="fin")) as stream:
        tunnel = await open_tunnel(record, OPTIONS, stream, SOCKS5H, "example.com", 443)
        found = bytearray()
        while data := await tunnel.read():
            found += data
    assert bytes(found) == b"inside"
    assert record.sent(Layer.PROXY) == HELLO + ASK
    assert record.received(Layer.PROXY) == NO_AUTH + granted


async def test_with_user_name_and_password() -> None:
    record = Recorder()
    talk = [(4, b"\x05\x02"), (len(CREDENTIALS), b"\x01\x00"), (len(ASK), GRANTED)]
    async with to(talking(talk)) as stream:
        assert await open_tunnel(record, OPTIONS, stream, NAMED, "example.com", 443) is stream
    assert record.sent(Layer.PROXY) == HELLO_NAMED + CREDENTIALS + ASK
    assert record.received(Layer.PROXY) == b"\x05\x02\x01\x00" + GRANTED


@pytest.mark.parametrize(
    ("proxy", "host", "expected"),
    [
        (SOCKS5H, "192.0.2.7", b"\x05\x01\x00\x01\xc0\x00\x02\x07\x01\xbb"),
        (SOCKS5H, "::1", b"\x05\x01\x00\x04" + bytes(15) + b"\x01\x01\xbb"),
        (SOCKS5, "there.test", b"\x05\x01\x00\x01\xc0\x00\x02\x09\x01\xbb"),
        (SOCKS5H, "moved.test", b"\x05\x01\x00\x03\x08new.test\x20\xfb"),
    ],
)
async def test_what_the_proxy_is_asked_for(proxy: ProxySetting, host: str, expected: bytes) -> None:
    options = ConnectOptions(
        url="",
        resolve=(ResolveRule(host="there.test", port=443, addresses=("192.0.2.9",)),),
        connect_to=(ConnectToRule(host="moved.test", port=0, to_host="new.test", to_port=8443),),
    )
    record = Recorder()
    async with to(talking([(3, NO_AUTH), (len(expected), GRANTED)])) as stream:
        await open_tunnel(record, options, stream, proxy, host, 443)
    assert record.sent(Layer.PROXY) == HELLO + expected
    # The attempt's NameResolved is about the proxy.
    assert record.of(NameResolved) == []


async def test_socks5_fails_where_the_name_is_not_found() -> None:
    record = Recorder()
    async with to(talking([])) as stream:
        with pytest.raises(StepError) as caught:
            await open_tunnel(record, OPTIONS, stream, SOCKS5, "a..test", 443)
    assert caught.value.kind is FailureKind.NAME_INVALID
    assert record.sent(Layer.PROXY) == b""


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (1, "general failure"),
        (2, "not allowed"),
        (3, "network unreachable"),
        (4, "host unreachable"),
        (5, "connection refused"),
        (6, "TTL expired"),
        (7, "command not supported"),
        (8, "address type not supported"),
        (9, "does not assign"),
        (0xF0, "does not assign"),
    ],
)
async def test_reply_codes(reply: int, words: str) -> None:
    record = Recorder()
    answer = bytes([5, reply, 0, 1, 0, 0, 0, 0, 0, 0])
    error = await refusal(record, talking([(3, NO_AUTH), (len(ASK), answer)]))
    assert (error.kind, error.code) == (FailureKind.PROXY_REFUSED, str(reply))
    assert words in error.message
    assert record.received(Layer.PROXY) == NO_AUTH + answer


@pytest.mark.parametrize(("proxy", "size"), [(SOCKS5H, 3), (NAMED, 4)])
async def test_no_acceptable_method(proxy: ProxySetting, size: int) -> None:
    error = await refusal(Recorder(), talking([(size, b"\x05\xff")]), proxy)
    assert (error.kind, error.code) == (FailureKind.PROXY_AUTH_REQUIRED, "255")


async def test_wrong_password() -> None:
    error = await refusal(Recorder(), talking([(4, b"\x05\x02"), (len(CREDENTIALS), b"\x01\x01")]), NAMED)
    assert (error.kind, error.code) == (FailureKind.PROXY_AUTH_REQUIRED, "1")
    assert "secret" not in error.message


@pytest.mark.parametrize(
    ("talk", "said"),
    [
        ([(3, b"HTTP/1.1 400 Bad Request\r\n\r\n")], "it speaks HTTP"),
        ([(3, b"SSH-2.0-x\r\n")], "not SOCKS5"),
        ([(3, b"\x04\x5b\0\0\0\0\0\0")], "not SOCKS5"),
        ([(3, b"\x05\x02")], "not valid"),
        ([(3, b"\x05\x77")], "not valid"),
        ([(3, NO_AUTH), (len(ASK), b"\x04\x00\x00\x01" + bytes(6))], "not SOCKS5"),
        ([(3, NO_AUTH), (len(ASK), b"\x05\x00\x01\x01" + bytes(6))], "not valid"),
        ([(3, NO_AUTH), (len(ASK), b"\x05\x00\x00\x07" + bytes(6))], "not valid"),
    ],
)
async def test_garbage_is_kept_and_named(talk: Talk, said: str) -> None:
    record = Recorder()
    error = await refusal(record, talking(talk))
    assert error.kind is FailureKind.PROXY_REPLY_INVALID
    assert said in error.message
    assert record.received(Layer.PROXY) == b"".join(answer for _, answer in talk)


@pytest.mark.parametrize(("end", "kind"), [("fin", FailureKind.STREAM_ENDED), ("rst", FailureKind.RESET)])
@pytest.mark.parametrize("talk", [[(3, b"")], [(3, b"\x05")], [(3, NO_AUTH), (len(ASK), GRANTED[:6])]])
async def test_the_proxy_ends_before_its_reply_is_complete(talk: Talk, end: str, kind: FailureKind) -> None:
    assert (await refusal(Recorder(), talking(talk, end=end))).kind is kind


@pytest.mark.parametrize(("user", "password"), [("mé", "x"), ("me", ""), ("me", "x" * 256), ("", "x")])
async def test_credentials_that_can_not_be_sent(user: str, password: str) -> None:
    record = Recorder()
    proxy = ProxySetting("socks5h", "127.0.0.1", 1080, user, password, "ALL_PROXY")
    error = await refusal(record, talking([]), proxy)
    assert error.kind is FailureKind.LOCAL_CONFIGURATION
    assert "ALL_PROXY" in error.message
    assert record.sent(Layer.PROXY) == b""


async def test_a_silent_proxy_times_out_and_leaves_nothing() -> None:
    record = Recorder()
    with nothing_left_behind():
        async with to(talking([])) as stream:
            with pytest.raises(AttemptFailedError):
                async with step(record, Step.PROXY, 0.05):
                    await open_tunnel(record, OPTIONS, stream, SOCKS5H, "example.com", 443)
    assert record.of(StepFailed)[0].kind is FailureKind.TIMED_OUT
