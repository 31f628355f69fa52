"""Node's socket.io, graphql-ws and dev servers, and the mistakes that are made with `ws`, from the lock file beside this one."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, get_args

from tests.peers.node_servers import NODE, PEERS_FOLDER
from tests.peers.process import Peer, PeerError, running_peer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

NodeProductSite = Literal[
    "socketio",
    "socketio_forbidden",
    "socketio_polling",
    "two_handlers",
    "destroys",
    "terminates",
    "closes",
    "heartbeat",
    "graphql",
    "vite",
    "webpack",
]
"""`socketio_forbidden`: allowRequest says no. `socketio_polling`: no websocket transport. `two_handlers`: two `ws` servers for /a
and /b on one http.Server. `destroys`: socket.destroy() on every upgrade. `terminates`: right after the 101. `closes`:
/CODE/REASON. `heartbeat`: terminates a client without pongs. `graphql`: graphql-ws at /graphql. `vite`, `webpack`: their dev servers."""

NodeProducts = Peer[NodeProductSite]


@contextmanager
def node_products(folder: Path) -> Iterator[NodeProducts]:
    """All of `NodeProductSite` in one Node process; its log goes to `folder`."""

    def command(ports: Mapping[NodeProductSite, int]) -> list[str]:
        program = str(PEERS_FOLDER / "node" / "products.cjs")
        return [str(NODE), program, json.dumps(ports), str(folder / "vite-cache")]

    with running_peer("node", get_args(NodeProductSite), command, folder / "node-products.log") as peer:
        yield peer


def vite_token(products: NodeProducts) -> str:
    """The token that vite gave to its page's script."""
    found = re.search(r"^vite token: (\S+)$", products.log.read_text(), re.MULTILINE)
    if found is None:
        raise PeerError(f"vite told no token:\n{products.log_tail()}")
    return found[1]
