"""Listening sockets for the lab: every task and socket that a story opens is gone when its context ends."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial

from wsinspect.lab.peer import ClientGoneError, Peer
from wsinspect.lab.scenario import LabSettings

Story = Callable[[Peer], Awaitable[None]]
"""What the lab does on one connection. When it returns, the connection is ended with a FIN."""


@contextmanager
def listening(host: str = "127.0.0.1", *, backlog: int = 64) -> Iterator[socket.socket]:
    """Listen on a free port of a loopback address; nothing is accepted."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setblocking(False)
        listener.bind((host, 0))
        listener.listen(backlog)
        yield listener


@contextmanager
def closed_port(host: str = "127.0.0.1") -> Iterator[int]:
    """Hold a free port on which nothing listens: bound but not listening, so that nobody else takes it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as bound:
        bound.bind((host, 0))
        yield port_of(bound)


def port_of(sock: socket.socket) -> int:
    port = sock.getsockname()[1]
    assert isinstance(port, int)
    return port


@asynccontextmanager
async def serving(
    story: Story, settings: LabSettings, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Tell `story` to every connection on a free port; yields the port.

    With `tls` the TLS handshake comes first, and a client that fails it never hears the story.
    Raises what a story raised, on leaving: a defect of the lab must not look like a fault that it reproduces.
    """
    connections: set[asyncio.Task[None]] = set()
    defects: list[BaseException] = []
    loop = asyncio.get_running_loop()

    def accept(listener: socket.socket) -> None:
        # Accepted here and not in a task: one that is cancelled at the wrong moment would lose the socket.
        try:
            sock, _ = listener.accept()
        except (BlockingIOError, ConnectionError):
            return
        sock.setblocking(False)
        peer = Peer(sock, settings, partial(stop, listener))
        task = loop.create_task(_tell(story, peer, tls))
        connections.add(task)
        task.add_done_callback(partial(ended, peer))

    def stop(listener: socket.socket) -> None:
        if listener.fileno() >= 0:
            loop.remove_reader(listener)
            listener.close()

    def ended(peer: Peer, task: asyncio.Task[None]) -> None:
        connections.discard(task)
        peer.close()
        if not task.cancelled() and (defect := task.exception()) is not None:
            defects.append(defect)

    with listening(host) as listener:
        loop.add_reader(listener, accept, listener)
        try:
            yield port_of(listener)
        finally:
            stop(listener)
            running = tuple(connections)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
    if defects:
        raise defects[0]


async def _tell(story: Story, peer: Peer, tls: ssl.SSLContext | None) -> None:
    try:
        if tls is not None:
            await peer.start_tls(tls)
        await story(peer)
        if not peer.ended:
            await peer.end()
    except ssl.SSLError:
        # The alert is on its way and has to arrive: a plain close could overtake it as RST.
        await _read_out(peer)
    except (ClientGoneError, ConnectionError):
        # The client may leave in the middle of any story.
        return


async def _read_out(peer: Peer) -> None:
    try:
        await peer.cut()
    except (ClientGoneError, ConnectionError):
        return
