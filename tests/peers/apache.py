"""Apache httpd as a reverse proxy, with and without `upgrade=websocket`."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from tests.peers.process import HOST, Peer, PeerError, find_program, refusing_port, running_peer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ApacheSite = Literal["proxied", "stripped", "backend_down"]
"""`proxied`: ProxyPass … upgrade=websocket. `stripped`: ProxyPass alone. `backend_down`: 503, nothing listens there."""

Apache = Peer[ApacheSite]

MODULE_FOLDERS = (
    Path("/usr/lib/apache2/modules"),
    Path("/usr/lib64/httpd/modules"),
    Path("/usr/lib/httpd/modules"),
)
MODULES = ("mpm_event", "authz_core", "proxy", "proxy_http")


def _configuration(folder: Path, ports: Mapping[ApacheSite, int], backend_port: int, dead_port: int) -> str:
    modules = next((each for each in MODULE_FOLDERS if each.is_dir()), None)
    if modules is None:
        raise PeerError(f"Apache's modules are in none of {', '.join(map(str, MODULE_FOLDERS))}")
    targets: dict[ApacheSite, str] = {
        "proxied": f"http://{HOST}:{backend_port}/ upgrade=websocket",
        "stripped": f"http://{HOST}:{backend_port}/",
        "backend_down": f"http://{HOST}:{dead_port}/ upgrade=websocket",
    }
    lines = [f"LoadModule {module}_module {modules}/mod_{module}.so" for module in MODULES]
    lines += [
        f"ServerRoot {folder}",
        f"DefaultRuntimeDir {folder}",
        f"PidFile {folder}/apache.pid",
        "ServerName localhost",
        "ErrorLog /dev/stderr",
        "StartServers 1",
    ]
    if os.geteuid() == 0:
        lines += ["User www-data", "Group www-data"]
    for site, target in targets.items():
        lines += [
            f"Listen {HOST}:{ports[site]}",
            f"<VirtualHost {HOST}:{ports[site]}>",
            f"  ProxyPass / {target}",
            "</VirtualHost>",
        ]
    return "\n".join(lines) + "\n"


@contextmanager
def apache_in_front_of(backend_port: int, folder: Path) -> Iterator[Apache]:
    """Apache with all of `ApacheSite`, proxying to `backend_port`; configuration and log live in `folder`."""

    with refusing_port() as dead_port:

        def command(ports: Mapping[ApacheSite, int]) -> list[str]:
            configuration = folder / "apache.conf"
            configuration.write_text(_configuration(folder, ports, backend_port, dead_port))
            return [find_program("apache2", "httpd"), "-f", str(configuration), "-DFOREGROUND"]

        with running_peer("apache", get_args(ApacheSite), command, folder / "apache.log") as peer:
            yield peer
