"""Servers on loopback for the headless check."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

Handler = Callable[[ServerConnection], Awaitable[None]]


async def echo(connection: ServerConnection) -> None:
    """Answer every message with itself."""
    async for message in connection:
        await connection.send(message)


async def wait(connection: ServerConnection) -> None:
    """Say nothing until the client goes."""
    await connection.wait_closed()


@contextmanager
def serving(handler: Handler = echo, **settings: Any) -> Iterator[int]:
    """Serve in a thread of its own, for clients that run an event loop or a process of their own; yields the port."""
    ready = threading.Event()
    stop: asyncio.Future[None] | None = None
    loop = asyncio.new_event_loop()
    ports: list[int] = []

    async def main() -> None:
        nonlocal stop
        stop = loop.create_future()
        async with serve(handler, "127.0.0.1", 0, **settings) as server:
            ports.append(next(iter(server.sockets)).getsockname()[1])
            ready.set()
            await stop
        # A client that was killed leaves handlers that have not heard of it yet.
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    thread = threading.Thread(target=lambda: loop.run_until_complete(main()))
    thread.start()
    ready.wait(10)
    try:
        yield ports[0]
    finally:
        assert stop is not None
        loop.call_soon_threadsafe(stop.set_result, None)
        thread.join(10)
        loop.close()
