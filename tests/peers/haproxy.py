"""haproxy in mode http: one instance, a frontend (and port) for each configuration."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, get_args

from tests.peers.process import HOST, Peer, find_program, running_peer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.peers.certificates import Certificates

HaproxySite = Literal[
    "proxied", "tunnel_timeout", "no_server", "deny_403", "deny_429", "tls", "strict_sni", "alpn_h2_only"
]
"""`proxied`: done right. `tunnel_timeout`: right, with timeout tunnel 1s. `no_server`: 503, its one server is down.
`strict_sni`: only the name of the wrong-host certificate is known. `alpn_h2_only`: TLS whose ALPN list is h2 alone: a client that
offers h2 too gets it, one that offers only http/1.1 is served without ALPN."""

Haproxy = Peer[HaproxySite]


def _configuration(ports: Mapping[HaproxySite, int], backend_port: int, certificates: Certificates) -> str:
    def bind(site: HaproxySite, more: str = "") -> str:
        return f"frontend {site}\n  bind {HOST}:{ports[site]} {more}\n"

    leaf = f"ssl crt {certificates.leaf.bundle}"
    return (
        "global\n  maxconn 256\n"
        "defaults\n  mode http\n  timeout connect 5s\n  timeout client 1h\n  timeout server 1h\n  timeout tunnel 1h\n"
        + bind("proxied")
        + "  default_backend working\n"
        + bind("tunnel_timeout")
        + "  default_backend short_tunnel\n"
        + bind("no_server")
        + "  default_backend down\n"
        + bind("deny_403")
        + "  http-request deny\n"
        + bind("deny_429")
        + "  http-request deny deny_status 429\n"
        + bind("tls", leaf)
        + "  default_backend working\n"
        + bind("strict_sni", f"ssl crt {certificates.wrong_host.bundle} strict-sni")
        + "  default_backend working\n"
        + bind("alpn_h2_only", f"{leaf} alpn h2")
        + "  default_backend working\n"
        f"backend working\n  server s {HOST}:{backend_port}\n"
        f"backend short_tunnel\n  timeout tunnel 1s\n  server s {HOST}:{backend_port}\n"
        f"backend down\n  server s {HOST}:9 disabled\n"
    )


@contextmanager
def haproxy_in_front_of(backend_port: int, certificates: Certificates, folder: Path) -> Iterator[Haproxy]:
    """haproxy with all of `HaproxySite`, proxying to `backend_port`; configuration and log live in `folder`."""

    def command(ports: Mapping[HaproxySite, int]) -> list[str]:
        configuration = folder / "haproxy.cfg"
        configuration.write_text(_configuration(ports, backend_port, certificates))
        return [find_program("haproxy"), "-db", "-f", str(configuration)]

    with running_peer("haproxy", get_args(HaproxySite), command, folder / "haproxy.log") as peer:
        yield peer
