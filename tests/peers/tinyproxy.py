"""tinyproxy as a forward proxy: CONNECT to any port, and to 443 alone."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, get_args

from tests.peers.process import HOST, Peer, PeersOnDemand, find_program, running_peer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

TinyproxyMode = Literal["allow", "only_443"]
TinyproxySite = Literal["proxy"]
Tinyproxy = Peer[TinyproxySite]
TinyproxyServers = PeersOnDemand[TinyproxyMode, TinyproxySite]


@contextmanager
def tinyproxy_server(mode: TinyproxyMode, folder: Path) -> Iterator[Tinyproxy]:
    """One tinyproxy; it knows one port only, so each mode is a process."""

    def command(ports: Mapping[TinyproxySite, int]) -> list[str]:
        lines = [
            f"Port {ports['proxy']}",
            f"Listen {HOST}",
            "Timeout 600",
            "MaxClients 20",
            "LogLevel Critical",
        ]
        if mode == "only_443":
            lines.append("ConnectPort 443")
        configuration = folder / f"{mode}.conf"
        configuration.write_text("\n".join(lines) + "\n")
        return [find_program("tinyproxy"), "-d", "-c", str(configuration)]

    with running_peer(
        "tinyproxy", get_args(TinyproxySite), command, folder / f"tinyproxy-{mode}.log"
    ) as peer:
        yield peer
