"""Python's `websockets` in several configurations, a port each: `python -m tests.peers.websockets_app '{"echo": 12000, …}'`."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from tests.peers.process import HOST

ALLOWED_ORIGIN = "https://app.example"


async def echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


async def raises(connection: ServerConnection) -> None:
    await connection.recv()
    raise RuntimeError("raised over a message, as the test asked")


async def returns_at_once(connection: ServerConnection) -> None:
    """Return: the library then closes with 1000."""


def unauthorized(connection: ServerConnection, request: Request) -> Response:
    response = connection.respond(HTTPStatus.UNAUTHORIZED, "Missing token\n")
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


OPTIONS: dict[str, dict[str, Any]] = {
    "echo": {"handler": echo},
    "origins": {"handler": echo, "origins": [ALLOWED_ORIGIN]},
    "subprotocols": {"handler": echo, "subprotocols": ["chat.v2"]},
    "max_size": {"handler": echo, "max_size": 100},
    # Both ping; on a machine that is busy a pong of ours may take longer than the second one waits.
    "heartbeat": {"handler": echo, "ping_interval": 0.4, "ping_timeout": 30},
    "keepalive": {"handler": echo, "ping_interval": 0.4, "ping_timeout": 0.4},
    "raises": {"handler": raises},
    "returns": {"handler": returns_at_once},
    "unauthorized": {"handler": echo, "process_request": unauthorized},
}


async def main(ports: dict[str, int]) -> None:
    async with AsyncExitStack() as stack:
        for site, port in ports.items():
            await stack.enter_async_context(serve(host=HOST, port=port, **OPTIONS[site]))
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
