"""Python's servers and frameworks beside uvicorn with Starlette: a process each."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from tests.peers.process import HOST, Peer, PeersOnDemand, running_peer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PythonProduct = Literal[
    "aiohttp", "daphne", "fastapi", "flask", "gunicorn", "hypercorn", "socketio", "tornado"
]
"""`daphne` has Channels; `gunicorn` serves the same Django project as WSGI; `hypercorn` serves `asgi_app`, `fastapi` and
`socketio` are applications under uvicorn."""

HttpSite = Literal["http"]
PythonServer = Peer[HttpSite]
PythonServers = PeersOnDemand[PythonProduct, HttpSite]

WebsocketsSite = Literal[
    "echo",
    "origins",
    "subprotocols",
    "max_size",
    "heartbeat",
    "keepalive",
    "raises",
    "returns",
    "unauthorized",
]
"""Configurations of the `websockets` library's server; see `websockets_app`."""

WebsocketsServers = Peer[WebsocketsSite]

PROJECT_FOLDER = Path(__file__).parents[2]


def _arguments(product: PythonProduct, port: int) -> tuple[str, ...]:
    where = f"{HOST}:{port}"
    uvicorn = ("uvicorn", "--host", HOST, "--port", str(port), "--ws", "websockets")
    arguments: dict[PythonProduct, tuple[str, ...]] = {
        "aiohttp": ("tests.peers.aiohttp_app", str(port)),
        "daphne": ("daphne", "-b", HOST, "-p", str(port), "tests.peers.django_project:asgi"),
        "fastapi": (*uvicorn, "tests.peers.fastapi_app:app"),
        "flask": ("tests.peers.flask_app", str(port)),
        "gunicorn": ("gunicorn", "-b", where, "tests.peers.django_project:wsgi"),
        "hypercorn": ("hypercorn", "--bind", where, "tests.peers.asgi_app:app"),
        "socketio": (*uvicorn, "tests.peers.socketio_app:app"),
        "tornado": ("tests.peers.tornado_app", str(port)),
    }
    return arguments[product]


@contextmanager
def python_server(folder: Path, product: PythonProduct) -> Iterator[PythonServer]:
    def command(ports: Mapping[HttpSite, int]) -> list[str]:
        return [sys.executable, "-m", *_arguments(product, ports["http"])]

    log = folder / f"{product}.log"
    sites, settings = get_args(HttpSite), {"DJANGO_SETTINGS_MODULE": "tests.peers.django_settings"}
    with running_peer(product, sites, command, log, cwd=PROJECT_FOLDER, env=settings) as peer:
        yield peer


@contextmanager
def websockets_servers(folder: Path) -> Iterator[WebsocketsServers]:
    """All of `WebsocketsSite` in one process."""

    def command(ports: Mapping[WebsocketsSite, int]) -> list[str]:
        return [sys.executable, "-m", "tests.peers.websockets_app", json.dumps(ports)]

    log = folder / "websockets.log"
    with running_peer("websockets", get_args(WebsocketsSite), command, log, cwd=PROJECT_FOLDER) as peer:
        yield peer
