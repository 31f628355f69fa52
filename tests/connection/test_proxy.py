"""HTTP CONNECT: the exact bytes, what belongs to the tunnel, and every way to be refused."""

from __future__ import annotations

import asyncio
import socket
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.connection.loopback import Recorder, Serve, ipv4, nothing_left_behind, serving
from tests.peers.squid import SQUID_PASSWORD, SQUID_USER, Squid, SquidSite
from wsinspect import __version__
from wsinspect.connection.proxy import connect_request, open_tunnel
from wsinspect.connection.proxy_environment import ProxySetting
from wsinspect.connection.step import AttemptFailedError, StepError, step
from wsinspect.connection.stream import ByteStream
from wsinspect.connection.tcp import connect
from wsinspect.events import (
    BytesReceived,
    FailureKind,
    Layer,
    LimitReached,
    Step,
    StepFailed,
    StreamEnded,
    StreamReset,
)
from wsinspect.options import ConnectOptions, ConnectToRule, Limits

OPTIONS = ConnectOptions(url="")
PROXY = ProxySetting("http", "127.0.0.1", 3128, None, None, "-x")
WITH_CREDENTIALS = ProxySetting("http", "127.0.0.1", 3128, "me", "pässword", "-x")
GRANTED = b"HTTP/1.1 200 Connection established\r\n\r\n"


def answering(*pieces: bytes, end: str = "fin") -> Serve:
    """Read the request head, send the pieces one by one, then end as told: fin, rst or not at all."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
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
    """A stream to such a proxy; nothing is left behind when it is freed."""
    async with serving(serve) as port:
        stream = await connect(Recorder(), OPTIONS, [ipv4(port)])
        try:
            yield stream
        finally:
            stream.abort()


async def read_all(stream: ByteStream) -> bytes:
    found = bytearray()
    while data := await stream.read():
        found += data
    return bytes(found)


def test_the_request() -> None:
    assert connect_request(OPTIONS, PROXY, "example.com", 443) == (
        b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n"
        b"User-Agent: wsinspect/" + __version__.encode() + b"\r\n\r\n"
    )


def test_the_request_for_an_ipv6_address_with_credentials_and_without_user_agent() -> None:
    request = connect_request(ConnectOptions(url="", user_agent=""), WITH_CREDENTIALS, "fe80::1%eth0", 80)
    credentials = b64encode("me:pässword".encode())
    assert request == (
        b"CONNECT [fe80::1]:80 HTTP/1.1\r\nHost: [fe80::1]:80\r\n"
        b"Proxy-Authorization: Basic " + credentials + b"\r\n\r\n"
    )


async def test_a_granted_tunnel_is_the_stream_itself() -> None:
    record = Recorder()
    async with to(answering(GRANTED, b"inside", end="fin")) as stream:
        tunnel = await open_tunnel(record, OPTIONS, stream, PROXY, "example.com", 443)
        assert await read_all(tunnel) == b"inside"
    assert record.sent(Layer.PROXY) == connect_request(OPTIONS, PROXY, "example.com", 443)
    assert record.received(Layer.PROXY) == GRANTED


@pytest.mark.parametrize("cut", range(0, len(GRANTED) + 6, 5))
async def test_bytes_after_the_head_are_the_tunnels_however_they_arrive(cut: int) -> None:
    record = Recorder()
    everything = GRANTED + b"inside"
    async with to(answering(everything[:cut], everything[cut:])) as stream:
        tunnel = await open_tunnel(record, OPTIONS, stream, PROXY, "example.com", 443)
        assert await read_all(tunnel) == b"inside"
    assert record.received(Layer.PROXY) == GRANTED


async def test_the_tunnel_is_a_whole_stream() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(GRANTED + b"hello")
        writer.write(await reader.readexactly(4))
        assert await reader.read() == b""

    async with to(serve) as stream:
        tunnel = await open_tunnel(Recorder(), OPTIONS, stream, PROXY, "example.com", 443)
        assert await tunnel.read() == b"hello"
        tunnel.write(b"echo")
        await tunnel.drain()
        assert await tunnel.read() == b"echo"
        await tunnel.close()
        tunnel.abort()


async def test_informational_responses_are_passed_over() -> None:
    record = Recorder()
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    async with to(answering(interim + GRANTED + b"inside")) as stream:
        tunnel = await open_tunnel(record, OPTIONS, stream, PROXY, "example.com", 443)
        assert await read_all(tunnel) == b"inside"
    assert record.received(Layer.PROXY) == interim + GRANTED


async def test_content_length_of_a_granting_reply_means_nothing() -> None:
    head = b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\n"
    async with to(answering(head + b"inside")) as stream:
        tunnel = await open_tunnel(Recorder(), OPTIONS, stream, PROXY, "example.com", 443)
        assert await read_all(tunnel) == b"inside"


async def test_connect_to_changes_what_the_proxy_is_asked_for() -> None:
    record = Recorder()
    rule = ConnectToRule(host="example.com", port=0, to_host="[::1]", to_port=8443)
    async with to(answering(GRANTED)) as stream:
        await open_tunnel(
            record, ConnectOptions(url="", connect_to=(rule,)), stream, PROXY, "example.com", 443
        )
    assert record.sent(Layer.PROXY).startswith(b"CONNECT [::1]:8443 HTTP/1.1\r\n")


async def refusal(
    record: Recorder, serve: Serve, options: ConnectOptions = OPTIONS, proxy: ProxySetting = PROXY
) -> StepError:
    async with to(serve) as stream:
        with pytest.raises(StepError) as caught:
            await open_tunnel(record, options, stream, proxy, "example.com", 25)
    return caught.value


async def test_a_refusal_is_kept_with_its_body() -> None:
    record = Recorder()
    page = b"HTTP/1.1 403 Forbidden\r\nServer: squid\r\nContent-Length: 5\r\n\r\nDeny!"
    error = await refusal(record, answering(page[:60], page[60:], end="open"))
    assert (error.kind, error.code) == (FailureKind.PROXY_REFUSED, "403")
    assert error.message == "the proxy answered 403 Forbidden to CONNECT example.com:25"
    assert record.received(Layer.PROXY) == page


async def test_a_refusals_body_may_end_with_the_stream() -> None:
    record = Recorder()
    error = await refusal(record, answering(b"HTTP/1.0 502 Bad Gateway\r\n\r\n", b"no route"))
    assert (error.kind, error.code) == (FailureKind.PROXY_REFUSED, "502")
    assert record.received(Layer.PROXY).endswith(b"no route")
    assert len(record.of(StreamEnded)) == 1


async def test_a_refusals_body_may_be_cut_by_a_reset() -> None:
    record = Recorder()
    error = await refusal(record, answering(b"HTTP/1.0 502 Bad Gateway\r\n\r\n", end="rst"))
    assert error.kind is FailureKind.PROXY_REFUSED
    assert len(record.of(StreamReset)) == 1


async def test_a_refusals_body_has_a_size_limit() -> None:
    record = Recorder()
    options = ConnectOptions(url="", limits=Limits(body_bytes=100))
    head = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 1000\r\n\r\n"
    await refusal(record, answering(head, bytes(60), bytes(60), end="open"), options)
    assert len(record.received(Layer.PROXY)) <= len(head) + 120
    assert record.of(LimitReached)[0].limit == "body_bytes"


async def test_a_refusals_body_has_a_time_limit_and_is_no_timeout() -> None:
    record = Recorder()
    options = ConnectOptions(url="", limits=Limits(body_wait_s=0.02))
    head = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 1000\r\n\r\n"
    error = await refusal(record, answering(head, end="open"), options)
    assert error.kind is FailureKind.PROXY_REFUSED
    assert record.of(LimitReached)[0].limit == "body_wait_s"


async def test_credentials_are_wanted() -> None:
    reply = b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'
    record = Recorder()
    error = await refusal(record, answering(reply, end="open"))
    assert (error.kind, error.code) == (FailureKind.PROXY_AUTH_REQUIRED, "407")
    assert record.received(Layer.PROXY) == reply
    with_credentials = await refusal(Recorder(), answering(reply, end="open"), proxy=WITH_CREDENTIALS)
    assert "does not accept the credentials" in with_credentials.message
    assert "pässword" not in with_credentials.message


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "not HTTP: SSH-2.0"),
        (b"\x05\xff", "SOCKS5"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "TLS"),
        (b"\x1b]0;owned\x07", "not HTTP"),
        (b"HTTP/1.1 two hundred\r\n\r\n", "not HTTP"),
    ],
)
async def test_an_answer_that_is_not_http(answer: bytes, said: str) -> None:
    record = Recorder()
    error = await refusal(record, answering(answer, end="open"))
    assert error.kind is FailureKind.PROXY_REPLY_INVALID
    assert said in error.message
    assert error.message.isprintable()
    assert record.received(Layer.PROXY) == answer


@pytest.mark.parametrize(("answer", "code"), [(b"", "empty"), (b"HTTP/1.1 200", "partial")])
@pytest.mark.parametrize(("end", "kind"), [("fin", FailureKind.STREAM_ENDED), ("rst", FailureKind.RESET)])
async def test_the_proxy_ends_before_its_reply_is_complete(
    answer: bytes, code: str, end: str, kind: FailureKind
) -> None:
    record = Recorder()
    error = await refusal(record, answering(answer, end=end))
    assert error.kind is kind
    assert error.code in (code, "empty")
    assert record.received(Layer.PROXY) in (answer, b"")


async def test_a_head_without_end_is_cut_off() -> None:
    options = ConnectOptions(url="", limits=Limits(head_bytes=1000))
    record = Recorder()
    error = await refusal(record, answering(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200, end="open"), options)
    assert error.kind is FailureKind.HEAD_TOO_LARGE
    assert record.of(LimitReached)[0].limit == "head_bytes"


async def test_bytes_are_recorded_before_anything_is_made_of_them() -> None:
    record = Recorder()
    async with to(answering(b"nonsense", end="open")) as stream:
        with pytest.raises(AttemptFailedError):
            async with step(record, Step.PROXY, 10):
                await open_tunnel(record, OPTIONS, stream, PROXY, "example.com", 443)
    kinds = [type(event) for event in record.events]
    assert kinds.index(BytesReceived) < kinds.index(StepFailed)


async def test_a_silent_proxy_times_out_and_leaves_nothing() -> None:
    record = Recorder()
    with nothing_left_behind():
        async with to(answering(end="open")) as stream:
            with pytest.raises(AttemptFailedError):
                async with step(record, Step.PROXY, 0.02):
                    await open_tunnel(record, OPTIONS, stream, PROXY, "example.com", 443)
    assert record.of(StepFailed)[0].kind is FailureKind.TIMED_OUT


@asynccontextmanager
async def to_squid(squid: Squid, site: SquidSite) -> AsyncIterator[ByteStream]:
    stream = await connect(Recorder(), OPTIONS, [ipv4(squid.port(site))])
    try:
        yield stream
    finally:
        stream.abort()


async def test_squid_tunnels(squid: Squid) -> None:
    record = Recorder()
    async with serving(answering(b"inside")) as port, to_squid(squid, "allow") as stream:
        tunnel = await open_tunnel(record, OPTIONS, stream, PROXY, "127.0.0.1", port)
        tunnel.write(b"GET / HTTP/1.1\r\n\r\n")
        assert await read_all(tunnel) == b"inside"
    assert record.received(Layer.PROXY).startswith(b"HTTP/1.1 200 ")


async def test_squid_denies(squid: Squid) -> None:
    record = Recorder()
    async with to_squid(squid, "deny") as stream:
        with pytest.raises(StepError) as caught:
            await open_tunnel(record, OPTIONS, stream, PROXY, "127.0.0.1", 9)
    assert (caught.value.kind, caught.value.code) == (FailureKind.PROXY_REFUSED, "403")
    assert b"ERR_ACCESS_DENIED" in record.received(Layer.PROXY)


@pytest.mark.parametrize("password", [None, "wrong"])
async def test_squid_wants_credentials(squid: Squid, password: str | None) -> None:
    proxy = ProxySetting("http", "127.0.0.1", 3128, SQUID_USER if password else None, password, "-x")
    async with to_squid(squid, "authenticate") as stream:
        with pytest.raises(StepError) as caught:
            await open_tunnel(Recorder(), OPTIONS, stream, proxy, "127.0.0.1", 9)
    assert caught.value.kind is FailureKind.PROXY_AUTH_REQUIRED


async def test_squid_accepts_credentials(squid: Squid) -> None:
    proxy = ProxySetting("http", "127.0.0.1", 3128, SQUID_USER, SQUID_PASSWORD, "-x")
    async with serving(answering(b"inside")) as port, to_squid(squid, "authenticate") as stream:
        tunnel = await open_tunnel(Recorder(), OPTIONS, stream, proxy, "127.0.0.1", port)
        tunnel.write(b"GET / HTTP/1.1\r\n\r\n")
        assert await read_all(tunnel) == b"inside"
