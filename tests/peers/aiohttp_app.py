"""aiohttp's own server: `python -m tests.peers.aiohttp_app PORT`."""

from __future__ import annotations

import sys

from aiohttp import WSMsgType, web

from tests.peers.process import HOST


async def echo(request: web.Request) -> web.WebSocketResponse:
    websocket = web.WebSocketResponse(max_msg_size=1024)
    await websocket.prepare(request)
    async for message in websocket:
        if message.type is WSMsgType.TEXT:
            await websocket.send_str(message.data)
    return websocket


async def raises(request: web.Request) -> web.WebSocketResponse:
    raise RuntimeError("raised before the handshake, as the test asked")


async def page(request: web.Request) -> web.Response:
    return web.Response(text="<!doctype html><title>page</title>", content_type="text/html")


if __name__ == "__main__":
    app = web.Application()
    app.add_routes([web.get("/ws", echo), web.get("/raises", raises), web.get("/page", page)])
    web.run_app(app, host=HOST, port=int(sys.argv[1]), print=None)
