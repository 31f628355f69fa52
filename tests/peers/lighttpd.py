"""lighttpd as a reverse proxy, with and without `"upgrade" => "enable"`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, get_args

from tests.peers.process import HOST, Peer, find_program, refusing_port, running_peer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LighttpdSite = Literal["proxied", "stripped", "backend_down"]
"""`stripped`: proxy.server alone. `backend_down`: 503, nothing listens there."""

Lighttpd = Peer[LighttpdSite]


def _configuration(folder: Path, ports: Mapping[LighttpdSite, int], backend_port: int, dead_port: int) -> str:
    def site(name: LighttpdSite, port: int, *, upgrade: bool) -> str:
        header = '  proxy.header = ("upgrade" => "enable")\n' if upgrade else ""
        backend = f'  proxy.server = ("" => (("host" => "{HOST}", "port" => {port})))\n'
        return f'$SERVER["socket"] == "{HOST}:{ports[name]}" {{\n{backend}{header}}}\n'

    return (
        'server.modules = ("mod_proxy")\n'
        f'server.document-root = "{folder}"\n'
        f'server.bind = "{HOST}"\n'
        f"server.port = {ports['proxied']}\n"
        f'proxy.server = ("" => (("host" => "{HOST}", "port" => {backend_port})))\n'
        'proxy.header = ("upgrade" => "enable")\n'
        + site("stripped", backend_port, upgrade=False).replace("\n}", "\n  proxy.header = ()\n}")
        + site("backend_down", dead_port, upgrade=True)
    )


@contextmanager
def lighttpd_in_front_of(backend_port: int, folder: Path) -> Iterator[Lighttpd]:
    """lighttpd with all of `LighttpdSite`, proxying to `backend_port`; configuration and log live in `folder`."""

    with refusing_port() as dead_port:

        def command(ports: Mapping[LighttpdSite, int]) -> list[str]:
            configuration = folder / "lighttpd.conf"
            configuration.write_text(_configuration(folder, ports, backend_port, dead_port))
            return [find_program("lighttpd"), "-D", "-f", str(configuration)]

        with running_peer("lighttpd", get_args(LighttpdSite), command, folder / "lighttpd.log") as peer:
            yield peer
