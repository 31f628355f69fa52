"""python-socketio as ASGI: one origin is allowed, and so is a client without any."""

from __future__ import annotations

import socketio

ALLOWED_ORIGIN = "https://app.example"

app = socketio.ASGIApp(socketio.AsyncServer(async_mode="asgi", cors_allowed_origins=[ALLOWED_ORIGIN]))
