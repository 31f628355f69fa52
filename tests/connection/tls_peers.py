"""TLS servers in a thread, and the TLS step run against them: what happened comes back as the events."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from tests.peers.certificates import ServedCertificate
from wsinspect.connection import tcp
from wsinspect.connection.emitter import Emitter
from wsinspect.connection.step import AttemptFailedError, step
from wsinspect.connection.tls import TlsStream, start_tls
from wsinspect.events import Address, BytesReceived, BytesSent, Event, Step, StepFailed, TlsAlert
from wsinspect.options import ConnectOptions

HOST = "127.0.0.1"
SERVER_TIMEOUT_S = 60.0
Script = Callable[[socket.socket], None]
E = TypeVar("E", bound=Event)


@contextmanager
def serving(script: Script) -> Iterator[int]:
    """A loopback server that runs `script` on its one connection; gives its port. What the script raises is raised here."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            connection, _ = listener.accept()
            connection.settimeout(SERVER_TIMEOUT_S)
            with connection:
                script(connection)
        except OSError as error:
            failures.append(error)

    with socket.create_server((HOST, 0)) as listener:
        listener.settimeout(SERVER_TIMEOUT_S)
        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            thread.join(2 * SERVER_TIMEOUT_S)
    if failures:
        raise failures[0]


def answering(answer: bytes) -> Script:
    """Read the ClientHello, send `answer`, end the stream, wait for the client to go."""

    def script(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_WR)
        wait_for_end(connection)

    return script


def resetting(connection: socket.socket) -> None:
    """Read the ClientHello and answer with RST."""
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def wait_for_end(connection: socket.socket) -> None:
    """Wait until the client is gone."""
    with suppress(ConnectionError):
        while connection.recv(65536):
            pass


def server_context(
    served: ServedCertificate,
    *,
    trusting_clients_of: Path | None = None,
    only: ssl.TLSVersion | None = None,
    alpn: tuple[str, ...] = (),
) -> ssl.SSLContext:
    """A TLS server that presents `served`; with `trusting_clients_of` it requires a client certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(served.chain, served.key)
    if trusting_clients_of:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(trusting_clients_of)
    if only is not None:
        context.minimum_version = context.maximum_version = only
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def over_tls(context: ssl.SSLContext, script: Callable[[ssl.SSLSocket], None]) -> Script:
    """Make the TLS handshake, then run `script`; a client that refuses us is no failure of the server."""

    def run(connection: socket.socket) -> None:
        with (
            suppress(ssl.SSLError, ConnectionError),
            context.wrap_socket(connection, server_side=True, suppress_ragged_eofs=False) as secured,
        ):
            script(secured)

    return run


def wait_over_tls(secured: ssl.SSLSocket) -> None:
    """Wait until the client is gone."""
    with suppress(ConnectionError, ssl.SSLError):
        while secured.recv(65536):
            pass


@dataclass
class Outcome:
    """What the TLS step left: its events, and the stream if it succeeded."""

    events: list[Event] = field(default_factory=list)
    stream: TlsStream | None = None

    def of(self, kind: type[E]) -> list[E]:
        """The events of one kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    def one(self, kind: type[E]) -> E:
        """The only event of its kind."""
        (event,) = self.of(kind)
        return event

    @property
    def failure(self) -> StepFailed:
        return self.one(StepFailed)

    @property
    def open(self) -> TlsStream:
        assert self.stream is not None, self.events
        return self.stream

    @property
    def names(self) -> list[str]:
        """The kinds of the events, in order."""
        return [type(event).__name__ for event in self.events]

    @property
    def sent(self) -> bytes:
        return b"".join(event.data for event in self.of(BytesSent))

    @property
    def received(self) -> bytes:
        return b"".join(event.data for event in self.of(BytesReceived))

    @property
    def alerts(self) -> list[tuple[str, int, int]]:
        return [(alert.direction.name, alert.level, alert.code) for alert in self.of(TlsAlert)]


async def tls_step(
    port: int, options: ConnectOptions, host: str = "localhost", timeout_s: float = 5.0
) -> Outcome:
    """Connect to `port` on loopback and run the TLS step; closes the socket if it fails."""
    outcome = Outcome()
    lower = await tcp.connect(Emitter(lambda _: None), options, [Address("ipv4", HOST, port)])
    emit = Emitter(outcome.events.append)
    try:
        async with step(emit, Step.TLS, timeout_s):
            outcome.stream = await start_tls(emit, options, lower, host)
    except AttemptFailedError:
        await lower.close()
    return outcome


async def everything(stream: TlsStream) -> bytes:
    """All that arrives until the stream ends."""
    received = b""
    while chunk := await stream.read():
        received += chunk
    return received
