"""The FastAPI application of the tests: what its parameters and dependencies do to a handshake."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query, WebSocket, WebSocketDisconnect, WebSocketException

app = FastAPI()


async def nobody() -> None:
    raise HTTPException(401, "Not authenticated", headers={"WWW-Authenticate": "Bearer"})


async def policy() -> None:
    raise WebSocketException(1008, "no token")


@app.websocket("/ws")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect:
        return


@app.websocket("/rooms/{number}")
async def room(websocket: WebSocket, number: int) -> None:
    await echo(websocket)


@app.websocket("/token")
async def with_token(websocket: WebSocket, token: Annotated[str, Query()]) -> None:
    await echo(websocket)


@app.websocket("/http-exception", dependencies=[Depends(nobody)])
async def http_exception(websocket: WebSocket) -> None:
    await echo(websocket)


@app.websocket("/websocket-exception", dependencies=[Depends(policy)])
async def websocket_exception(websocket: WebSocket) -> None:
    await echo(websocket)


@app.get("/page")
async def page() -> dict[str, str]:
    return {"hello": "world"}
