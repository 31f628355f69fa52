"""uvicorn serving `tests.peers.asgi_app` with a chosen WebSocket implementation."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from tests.peers.process import Peer, PeersOnDemand, running_peer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

UvicornImplementation = Literal["websockets", "websockets-sansio", "wsproto", "none"]
"""uvicorn's own names; `none` is what uvicorn does where no WebSocket library is installed."""

AsgiSite = Literal["asgi"]
UvicornServer = Peer[AsgiSite]
UvicornServers = PeersOnDemand[UvicornImplementation, AsgiSite]

PROJECT_FOLDER = Path(__file__).parents[2]


@contextmanager
def uvicorn_server(folder: Path, implementation: UvicornImplementation) -> Iterator[UvicornServer]:
    def command(ports: Mapping[AsgiSite, int]) -> list[str]:
        options = ["--host", "127.0.0.1", "--port", str(ports["asgi"]), "--ws", implementation]
        return [sys.executable, "-m", "uvicorn", "tests.peers.asgi_app:app", *options]

    log = folder / f"uvicorn-{implementation}.log"
    with running_peer("uvicorn", get_args(AsgiSite), command, log, cwd=PROJECT_FOLDER) as peer:
        yield peer
