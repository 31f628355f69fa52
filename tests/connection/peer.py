"""A scripted peer on loopback, and a sink that can be waited on."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from wsinspect.connection.manager import ConnectionManager
from wsinspect.events import Event
from wsinspect.options import ConnectOptions
from wsinspect.wire.handshake import accept_for

E = TypeVar("E", bound=Event)
Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
PATIENCE_S = 60.0


class Seen(list[Event]):
    """Every event in order."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = asyncio.Event()

    def __call__(self, event: Event) -> None:
        self.append(event)
        self._changed.set()

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self if isinstance(event, kind)]

    def one(self, kind: type[E]) -> E:
        (event,) = self.of(kind)
        return event

    def names(self) -> list[str]:
        return [type(event).__name__ for event in self]

    async def until(self, holds: Callable[[Seen], Any]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds(self):
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def peer(script: Script) -> AsyncIterator[int]:
    """Serve `script` to every connection; yields the port. A script may end or be left at any moment."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await script(reader, writer)
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        port: int = server.sockets[0].getsockname()[1]
        yield port
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def request_of(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


def switching(request: bytes, *fields: str) -> bytes:
    """The 101 that answers `request`."""
    key = next(
        line.split(b":", 1)[1].strip()
        for line in request.split(b"\r\n")
        if line.lower().startswith(b"sec-websocket-key:")
    ).decode()
    lines = (
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept_for(key)}",
        *fields,
    )
    return "\r\n".join((*lines, "", "")).encode()


async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *fields: str) -> None:
    writer.write(switching(await request_of(reader), *fields))


def opened(*sends: bytes, then: str = "wait") -> Script:
    """A script: accept, send these bytes, then `wait` for our end, `fin`, or `rst`."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        for data in sends:
            writer.write(data)
        await writer.drain()
        if then == "rst":
            reset(writer)
        elif then == "wait":
            while await reader.read(65536):
                pass

    return script


async def hang_up_soon(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read something, then FIN."""
    await reader.read(1000)


def reset(writer: asyncio.StreamWriter) -> None:
    """Send RST."""
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def manager_for(port: int, seen: Callable[[Event], None], **options: Any) -> ConnectionManager:
    return ConnectionManager(ConnectOptions(url=f"ws://127.0.0.1:{port}/", **options), seen, environ={})


async def run_against(script: Script, **options: Any) -> Seen:
    """One run against a scripted peer, to its end."""
    seen = Seen()
    async with peer(script) as port, asyncio.timeout(PATIENCE_S):
        await manager_for(port, seen, **options).run()
    return seen


def server_frame(first: int, payload: bytes = b"") -> bytes:
    """An unmasked frame with this first byte, of at most 65535 payload bytes."""
    size = len(payload)
    if size < 126:
        return bytes([first, size]) + payload
    return bytes([first, 126]) + size.to_bytes(2, "big") + payload


async def read_frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """One masked frame of ours: its first byte and its payload."""
    first, second = await reader.readexactly(2)
    size = second & 0x7F
    if size == 126:
        size = int.from_bytes(await reader.readexactly(2), "big")
    elif size == 127:
        size = int.from_bytes(await reader.readexactly(8), "big")
    assert second & 0x80, "a client masks"
    key = await reader.readexactly(4)
    masked = await reader.readexactly(size)
    return first, bytes(byte ^ key[i % 4] for i, byte in enumerate(masked))


def close_frame(code: int | None = 1000, reason: bytes = b"") -> bytes:
    return server_frame(0x88, b"" if code is None else code.to_bytes(2, "big") + reason)
