"""The stream inside TLS, from the handshake's end to the connection's."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.connection.tls_peers import (
    everything,
    over_tls,
    server_context,
    serving,
    tls_step,
    wait_over_tls,
)
from tests.peers.certificates import Certificates
from wsinspect.connection.emitter import Emitter
from wsinspect.connection.stream import StreamResetError
from wsinspect.connection.tls import TlsFailedError, TlsStream, start_tls
from wsinspect.events import Direction, Event, TlsAlert
from wsinspect.options import ConnectOptions

URL = "wss://localhost/"


@pytest.fixture
def trusting(certificates: Certificates) -> ConnectOptions:
    return ConnectOptions(url=URL, ca_file=str(certificates.root))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_bytes_go_both_ways_and_both_sides_say_close_notify(
    certificates: Certificates, trusting: ConnectOptions, version: ssl.TLSVersion
) -> None:
    heard: list[bytes] = []

    def server(secured: ssl.SSLSocket) -> None:
        secured.sendall(b"hello")
        while chunk := secured.recv(65536):  # b"" is the client's close_notify: a bare FIN would raise
            heard.append(chunk)
        secured.unwrap()

    with serving(over_tls(server_context(certificates.leaf, only=version), server)) as port:
        outcome = await tls_step(port, trusting)
        assert await outcome.open.read() == b"hello"
        outcome.open.write(b"good")
        outcome.open.write(b"")
        outcome.open.write(b"bye")
        await outcome.open.drain()
        await outcome.open.close()
    assert b"".join(heard) == b"goodbye"
    assert outcome.alerts == [("SENT", 1, 0)]


async def test_close_notify_ends_the_stream_and_is_told_from_a_bare_fin(
    certificates: Certificates, trusting: ConnectOptions
) -> None:
    def polite(secured: ssl.SSLSocket) -> None:
        secured.sendall(b"last words")
        secured.unwrap().close()

    def abrupt(secured: ssl.SSLSocket) -> None:
        secured.sendall(b"last words")
        socket.socket.shutdown(secured, socket.SHUT_WR)
        wait_over_tls(secured)

    ends = {}
    for name, script in {"polite": polite, "abrupt": abrupt}.items():
        with serving(over_tls(server_context(certificates.leaf), script)) as port:
            outcome = await tls_step(port, trusting)
            assert await everything(outcome.open) == b"last words"
            assert await outcome.open.read() == b""
            ends[name] = (outcome.open.close_notify_received, outcome.alerts)
            await outcome.open.close()
    assert ends == {"polite": (True, [("RECEIVED", 1, 0)]), "abrupt": (False, [])}


async def test_a_reset_after_the_handshake_is_a_reset(
    certificates: Certificates, trusting: ConnectOptions
) -> None:
    def server(secured: ssl.SSLSocket) -> None:
        secured.recv(1)
        secured.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with serving(over_tls(server_context(certificates.leaf), server)) as port:
        outcome = await tls_step(port, trusting)
        outcome.open.write(b"x")
        with pytest.raises(StreamResetError) as reset:
            await outcome.open.read()
        await outcome.open.close()
    assert not isinstance(reset.value, TlsFailedError)
    assert reset.value.errno


async def test_abort_sends_no_close_notify(certificates: Certificates, trusting: ConnectOptions) -> None:
    with serving(over_tls(server_context(certificates.leaf), wait_over_tls)) as port:
        outcome = await tls_step(port, trusting)
        outcome.open.abort()
    assert outcome.alerts == []


def _echo(secured: ssl.SSLSocket) -> None:
    while chunk := secured.recv(65536):
        secured.sendall(chunk)


async def test_megabytes_come_back_in_large_chunks(
    certificates: Certificates, trusting: ConnectOptions
) -> None:
    payload = bytes(range(256)) * 16_384
    with serving(over_tls(server_context(certificates.leaf), _echo)) as port:
        outcome = await tls_step(port, trusting)
        stream = outcome.open

        async def send() -> None:
            for start in range(0, len(payload), 1 << 20):
                stream.write(payload[start : start + (1 << 20)])
                await stream.drain()

        async with asyncio.TaskGroup() as group:
            group.create_task(send())
            received, largest = bytearray(), 0
            while len(received) < len(payload):
                chunk = await stream.read()
                received += chunk
                largest = max(largest, len(chunk))
        await stream.close()
    assert bytes(received) == payload
    assert largest > 16 * 1024, "one record at a time"


async def test_a_cancelled_read_loses_nothing(certificates: Certificates, trusting: ConnectOptions) -> None:
    def server(secured: ssl.SSLSocket) -> None:
        secured.recv(1)
        secured.sendall(b"late")
        wait_over_tls(secured)

    with serving(over_tls(server_context(certificates.leaf), server)) as port:
        outcome = await tls_step(port, trusting)
        reading = asyncio.create_task(outcome.open.read())
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        outcome.open.write(b"x")
        assert await outcome.open.read() == b"late"
        await outcome.open.close()


class _Wire:
    """A TLS server in memory as the lower stream; `chunks` is what the client reads next."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.chunks: deque[bytes] = deque()
        self.handshaking = True
        self.ended = False

    def write(self, data: bytes) -> None:
        self.incoming.write(data)
        if self.handshaking:
            try:
                self.tls.do_handshake()
                self.handshaking = False
            except ssl.SSLWantReadError:
                pass
            self.deliver()

    def deliver(self, cuts: tuple[int, ...] = ()) -> None:
        """Make what the server wrote available, cut at these positions."""
        data = self.outgoing.read()
        edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
        self.chunks.extend(data[start:end] for start, end in pairwise(edges))

    async def read(self) -> bytes:
        return self.chunks.popleft() if self.chunks else b""

    async def drain(self) -> None:
        pass

    async def close(self) -> None:
        self.ended = True

    def abort(self) -> None:
        self.ended = True


async def _in_memory(
    certificates: Certificates, only: ssl.TLSVersion | None = None
) -> tuple[_Wire, TlsStream, list[Event]]:
    events: list[Event] = []
    wire = _Wire(server_context(certificates.leaf, only=only))
    options = ConnectOptions(url=URL, ca_file=str(certificates.root))
    return wire, await start_tls(Emitter(events.append), options, wire, "localhost"), events


@given(
    writes=st.lists(st.binary(min_size=1, max_size=40_000), max_size=5),
    cuts=st.lists(st.integers(0, 200_000)),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_chunking_of_the_ciphertext_gives_the_same_bytes(
    certificates: Certificates, writes: list[bytes], cuts: list[int]
) -> None:
    async def story() -> None:
        wire, stream, events = await _in_memory(certificates)
        for data in writes:
            wire.tls.write(data)
        with pytest.raises(ssl.SSLWantReadError):
            wire.tls.unwrap()
        wire.deliver(tuple(cuts))
        assert await everything(stream) == b"".join(writes)
        assert [(event.direction, event.code) for event in events if isinstance(event, TlsAlert)] == [
            (Direction.RECEIVED, 0)
        ]

    asyncio.run(story())


async def test_a_damaged_record_fails_after_the_good_ones_and_we_say_so(certificates: Certificates) -> None:
    wire, stream, events = await _in_memory(certificates)
    wire.tls.write(b"good")
    good = wire.outgoing.read()
    wire.tls.write(b"bad")
    bad = bytearray(wire.outgoing.read())
    bad[-1] ^= 1
    wire.chunks.append(good + bytes(bad))
    assert await stream.read() == b"good"
    with pytest.raises(TlsFailedError) as failed:
        await stream.read()
    with pytest.raises(TlsFailedError):
        await stream.read()
    assert failed.value.alert is None
    assert "MAC" in failed.value.reason
    stream.write(b"into the void")
    await stream.close()
    alerts = [event for event in events if isinstance(event, TlsAlert)]
    assert [(alert.direction, alert.level, alert.code) for alert in alerts] == [(Direction.SENT, 2, 20)]
    with pytest.raises(ssl.SSLError, match="BAD_RECORD_MAC"):
        wire.tls.read()


async def test_an_alert_behind_a_flood_is_heard(certificates: Certificates) -> None:
    wire, stream, events = await _in_memory(certificates)
    for _ in range(2000):
        wire.tls.write(bytes(100))
    with pytest.raises(ssl.SSLWantReadError):
        wire.tls.unwrap()
    wire.deliver()
    assert len(await everything(stream)) == 200_000
    assert stream.close_notify_received
    await stream.close()
    alerts = [event.direction for event in events if isinstance(event, TlsAlert)]
    assert alerts == [Direction.RECEIVED, Direction.SENT]


async def test_more_than_one_chunk_of_plaintext_is_given_out_in_turn(certificates: Certificates) -> None:
    wire, stream, _ = await _in_memory(certificates)
    payload = bytes(600_000)
    view = memoryview(payload)
    while view:
        view = view[wire.tls.write(view) :]
    wire.deliver()
    sizes = []
    while chunk := await stream.read():
        sizes.append(len(chunk))
    assert sum(sizes) == len(payload)
    assert sizes[0] == 256 * 1024
