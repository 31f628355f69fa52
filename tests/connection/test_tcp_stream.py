"""The byte stream over TCP: FIN, RST and our own end are three things, and no byte that arrived is lost."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from tests.connection.loopback import Recorder, ipv4, listening, nothing_left_behind, port_of, reset, until
from wsinspect.connection.stream import StreamResetError
from wsinspect.connection.tcp import connect
from wsinspect.connection.tcp_stream import TcpStream
from wsinspect.options import ConnectOptions

TIMEOUT_S = 60.0


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[TcpStream, socket.socket]]:
    """A stream and the socket at its other end; both are closed at the end."""
    with listening() as server, nothing_left_behind():
        stream = await connect(Recorder(), ConnectOptions(url=""), [ipv4(port_of(server))])
        peer, _ = server.accept()
        peer.settimeout(TIMEOUT_S)
        with peer:
            try:
                async with asyncio.timeout(TIMEOUT_S):
                    yield stream, peer
            finally:
                stream.abort()


async def read_all(stream: TcpStream) -> bytes:
    """Read until FIN or RST."""
    found = bytearray()
    with suppress(StreamResetError):
        while data := await stream.read():
            found += data
    return bytes(found)


async def arrived(stream: TcpStream, size: int) -> None:
    """Wait until so many bytes lie unread in the stream."""
    await until(lambda: stream._received_bytes >= size)


async def test_bytes_both_ways_and_nothing_is_delayed() -> None:
    async with connected() as (stream, peer):
        assert stream._sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        stream.write(b"ping")
        await stream.drain()
        assert peer.recv(100) == b"ping"
        peer.sendall(b"pong")
        assert await stream.read() == b"pong"


async def test_fin_is_an_empty_read_for_ever() -> None:
    async with connected() as (stream, peer):
        peer.sendall(b"last words")
        peer.shutdown(socket.SHUT_WR)
        assert await read_all(stream) == b"last words"
        assert await stream.read() == b""
        # The other direction still stands.
        stream.write(b"bye")
        assert peer.recv(100) == b"bye"


async def test_rst_is_an_error_after_what_came_before_it() -> None:
    async with connected() as (stream, peer):
        peer.sendall(b"last words")
        await arrived(stream, 10)
        reset(peer)
        assert await stream.read() == b"last words"
        with pytest.raises(StreamResetError, match="reset") as caught:
            await stream.read()
        assert caught.value.errno == errno.ECONNRESET
        with pytest.raises(StreamResetError):
            await stream.drain()


async def test_a_send_that_meets_the_rst_does_not_lose_the_refusal() -> None:
    async with connected() as (stream, peer):
        stream._pause_reading()
        peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        reset(peer)
        while stream._send_error is None:
            stream.write(b"x")
        await stream.drain()
        # The RST followed the answer: the answer is read, and the end is a reset, not a FIN.
        assert await stream.read() == b"HTTP/1.1 400 Bad Request\r\n\r\n"
        with pytest.raises(StreamResetError):
            await stream.read()


async def test_a_send_after_fin_does_not_turn_it_into_a_reset() -> None:
    async with connected() as (stream, peer):
        stream._pause_reading()
        peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        peer.close()
        while stream._send_error is None:
            stream.write(b"x")
            await asyncio.sleep(0)
        assert stream._send_error.errno == errno.EPIPE
        assert await stream.read() == b"HTTP/1.1 400 Bad Request\r\n\r\n"
        assert await stream.read() == b""


async def test_a_cancelled_read_loses_nothing() -> None:
    async with connected() as (stream, peer):
        reading = asyncio.create_task(stream.read())
        await asyncio.sleep(0)
        peer.sendall(b"kept")
        await arrived(stream, 4)
        reading.cancel()
        await asyncio.wait([reading])
        assert (reading.cancelled() and await stream.read()) or reading.result() == b"kept"


async def test_a_peer_that_sends_more_than_is_read_is_slowed_down() -> None:
    size = 32 * 1024 * 1024
    async with connected() as (stream, peer):
        peer.setblocking(False)
        sending = asyncio.create_task(asyncio.get_running_loop().sock_sendall(peer, bytes(size)))
        await until(lambda: not stream._reading)
        assert stream._received_bytes < 4 * 1024 * 1024
        assert not sending.done()
        got = 0
        while got < size:
            got += len(await stream.read())
        await sending
        assert got == size


async def test_drain_waits_for_a_slow_peer_and_close_sends_the_rest() -> None:
    data = bytes(range(256)) * 64 * 1024
    async with connected() as (stream, peer):
        peer.setblocking(False)
        stream.write(data)
        stream.write(b"end")
        draining = asyncio.create_task(stream.drain())
        closing = asyncio.create_task(stream.close())
        await asyncio.sleep(0)
        assert not draining.done()
        got = bytearray()
        while chunk := await asyncio.get_running_loop().sock_recv(peer, 1024 * 1024):
            got += chunk
        await closing
        await draining
        assert bytes(got) == data + b"end"


async def test_close_says_fin_even_with_unread_bytes() -> None:
    async with connected() as (stream, peer):
        peer.sendall(b"never read")
        await arrived(stream, 10)
        stream._pause_reading()
        peer.sendall(b"nor this")
        await stream.close()
        assert peer.recv(100) == b""


async def test_abort_says_rst() -> None:
    async with connected() as (stream, peer):
        stream.abort()
        with pytest.raises(ConnectionResetError):
            peer.recv(100)
        stream.abort()
        await stream.close()


async def test_a_cancelled_close_frees_the_socket() -> None:
    async with connected() as (stream, _):
        stream.write(bytes(32 * 1024 * 1024))
        closing = asyncio.create_task(stream.close())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        assert stream._sock.fileno() == -1


async def test_a_read_that_waits_is_told_of_our_own_end() -> None:
    async with connected() as (stream, _):
        reading = asyncio.create_task(stream.read())
        await asyncio.sleep(0)
        stream.abort()
        with pytest.raises(RuntimeError, match="closed"):
            await reading
        stream.write(b"into the void")


async def test_close_after_the_peer_reset_ends() -> None:
    async with connected() as (stream, peer):
        stream.write(bytes(32 * 1024 * 1024))
        reset(peer)
        await stream.close()
