"""What the tests of the lower steps need of the loopback: a recorder, listeners, and a count of what is left."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from wsinspect.connection.emitter import Emitter
from wsinspect.events import Address, BytesReceived, BytesSent, Event, Layer

E = TypeVar("E", bound=Event)
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Recorder(Emitter):
    """An emitter that keeps what it was given."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        super().__init__(self.events.append)

    def of(self, kind: type[E]) -> list[E]:
        """Return the events of one kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    def sent(self, layer: Layer) -> bytes:
        """Return all the bytes sent on a layer."""
        return b"".join(event.data for event in self.of(BytesSent) if event.layer is layer)

    def received(self, layer: Layer) -> bytes:
        """Return all the bytes received on a layer."""
        return b"".join(event.data for event in self.of(BytesReceived) if event.layer is layer)


def _has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


HAS_IPV6 = _has_ipv6()
"""Whether this machine has an IPv6 loopback: many containers have none, and then every ::1 is unreachable."""


def ipv4(port: int, host: str = "127.0.0.1") -> Address:
    """An IPv4 loopback address."""
    return Address("ipv4", host, port)


def ipv6(port: int, host: str = "::1") -> Address:
    """An IPv6 loopback address."""
    return Address("ipv6", host, port)


def port_of(sock: socket.socket) -> int:
    """Return the port that a socket is bound to."""
    port = sock.getsockname()[1]
    assert isinstance(port, int)
    return port


@contextmanager
def listening(host: str = "127.0.0.1") -> Iterator[socket.socket]:
    """A listener that nobody serves: connections stand, nothing answers."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as sock:
        yield sock


@contextmanager
def refusing() -> Iterator[int]:
    """A port that is taken and not listening, so that nobody else can answer on it."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield port_of(sock)


@contextmanager
def silent() -> Iterator[int]:
    """A port whose backlog is full: SYNs are dropped, as by a firewall."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        fillers = [socket.socket() for _ in range(4)]
        try:
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(server.getsockname())
            yield port_of(server)
        finally:
            for filler in fillers:
                filler.close()


@asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[int]:
    """A server on a free port; its connections are over when the context ends."""
    handlers: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        handlers.add(task)
        # The client may go away with RST at any moment.
        with suppress(ConnectionError):
            await serve(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield port_of(server.sockets[0])
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.gather(*handlers)


def reset(sock: socket.socket) -> None:
    """Close a socket with RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


async def until(condition: Callable[[], bool]) -> None:
    """Let the event loop turn until the condition holds."""
    async with asyncio.timeout(60):
        for _ in iter(condition, True):
            await asyncio.sleep(0)


def open_files() -> int:
    """Count this process's file descriptors."""
    return len(list(Path("/proc/self/fd").iterdir()))


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    """Check that no file descriptor and no task outlives the block."""
    files, tasks = open_files(), asyncio.all_tasks()
    yield
    assert asyncio.all_tasks() == tasks
    assert open_files() == files
