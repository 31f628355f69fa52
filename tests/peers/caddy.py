"""Caddy as a reverse proxy, and its reload, which closes every WebSocket."""

from __future__ import annotations

import json
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, get_args

from tests.peers.process import HOST, Peer, find_program, refusing_port, running_peer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

CaddySite = Literal["admin", "proxied", "backend_down"]
"""`admin`: its own interface, over which it reloads. `backend_down`: 502, nothing listens there."""

Caddy = Peer[CaddySite]

RELOAD_TIMEOUT_S = 60.0


def _configuration(ports: Mapping[CaddySite, int], backend_port: int, dead_port: int) -> dict[str, Any]:
    def server(site: CaddySite, port: int) -> dict[str, Any]:
        handle = [{"handler": "reverse_proxy", "upstreams": [{"dial": f"{HOST}:{port}"}]}]
        return {"listen": [f"{HOST}:{ports[site]}"], "routes": [{"handle": handle}]}

    servers = {"proxied": server("proxied", backend_port), "down": server("backend_down", dead_port)}
    for each in servers.values():
        each["automatic_https"] = {"disable": True}
    return {
        "admin": {"listen": f"{HOST}:{ports['admin']}", "config": {"persist": False}},
        "apps": {"http": {"servers": servers}},
    }


@contextmanager
def caddy_in_front_of(backend_port: int, folder: Path) -> Iterator[Caddy]:
    """Caddy with all of `CaddySite`, proxying to `backend_port`; configuration and log live in `folder`."""

    with refusing_port() as dead_port:

        def command(ports: Mapping[CaddySite, int]) -> list[str]:
            configuration = folder / "caddy.json"
            configuration.write_text(json.dumps(_configuration(ports, backend_port, dead_port)))
            return [find_program("caddy"), "run", "--config", str(configuration)]

        own_folders = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)}
        with running_peer(
            "caddy", get_args(CaddySite), command, folder / "caddy.log", env=own_folders
        ) as peer:
            yield peer


def reload(caddy: Caddy) -> None:
    """Make Caddy load the configuration again that it has, as `caddy reload --force` does."""
    admin = caddy.url("admin", scheme="http")
    with urllib.request.urlopen(f"{admin}config/", timeout=RELOAD_TIMEOUT_S) as answer:
        configuration = answer.read()
    fields = {"Content-Type": "application/json", "Cache-Control": "must-revalidate"}
    request = urllib.request.Request(f"{admin}load", data=configuration, headers=fields)
    with urllib.request.urlopen(request, timeout=RELOAD_TIMEOUT_S):
        return
