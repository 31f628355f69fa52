"""The Starlette application that uvicorn serves in the tests: a route for each way in which a handshake ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

if TYPE_CHECKING:
    from starlette.requests import Request


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect:
        return


async def close_before_accept(websocket: WebSocket) -> None:
    await websocket.close()


async def raise_before_accept(websocket: WebSocket) -> None:
    raise RuntimeError("raised before accept, as the test asked")


async def raise_after_accept(websocket: WebSocket) -> None:
    await websocket.accept()
    raise RuntimeError("raised after accept, as the test asked")


async def close_policy(websocket: WebSocket) -> None:
    """Accept, then close with 1008 at once, as an application does with a bad token."""
    await websocket.accept()
    await websocket.close(1008, "token expired")


async def unrequested_subprotocol(websocket: WebSocket) -> None:
    await websocket.accept(subprotocol="never-offered")


async def index(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


app = Starlette(
    routes=[
        Route("/", index),
        WebSocketRoute("/ws", echo),
        WebSocketRoute("/close-before-accept", close_before_accept),
        WebSocketRoute("/raise-before-accept", raise_before_accept),
        WebSocketRoute("/raise-after-accept", raise_after_accept),
        WebSocketRoute("/close-1008", close_policy),
        WebSocketRoute("/unrequested-subprotocol", unrequested_subprotocol),
    ]
)
