"""nginx with nothing but proxy_pass, in front of one product after the other: what each says when Upgrade was lost."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, get_args

from tests.peers.process import HOST, Peer, find_program, running_peer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

StrippedBackend = Literal[
    "aiohttp",
    "daphne",
    "fastapi",
    "flask",
    "graphql",
    "hypercorn",
    "socketio",
    "tornado",
    "vite",
    "websockets",
]

NginxStripping = Peer[StrippedBackend]


def _configuration(
    folder: Path, ports: Mapping[StrippedBackend, int], backends: Mapping[StrippedBackend, int]
) -> str:
    servers = "".join(
        f"  server {{ listen {HOST}:{port}; location / {{ proxy_pass http://{HOST}:{backends[backend]}; }} }}\n"
        for backend, port in ports.items()
    )
    temporary = "".join(
        f"  {kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""
    return (
        f"{user}daemon off;\nworker_processes 1;\npid {folder}/nginx.pid;\nerror_log {folder}/nginx.log info;\n"
        f"events {{ worker_connections 256; }}\n"
        f"http {{\n  access_log off;\n{temporary}{servers}}}\n"
    )


@contextmanager
def nginx_stripping_in_front_of(
    backends: Mapping[StrippedBackend, int], folder: Path
) -> Iterator[NginxStripping]:
    """nginx that loses Upgrade in front of each of `backends`' ports; configuration and log live in `folder`."""

    def command(ports: Mapping[StrippedBackend, int]) -> list[str]:
        configuration = folder / "nginx.conf"
        configuration.write_text(_configuration(folder, ports, backends))
        return [find_program("nginx"), "-p", str(folder), "-c", str(configuration), "-e", "stderr"]

    with running_peer("nginx", get_args(StrippedBackend), command, folder / "nginx.log") as peer:
        yield peer
