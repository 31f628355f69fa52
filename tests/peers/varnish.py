"""Varnish in front of a backend: with `return(pipe)` for upgrades, without, and with a backend that is down."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, get_args

from tests.peers.process import HOST, Peer, find_program, refusing_port, running_peer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

VarnishSite = Literal["piped", "no_pipe", "piped_down", "no_pipe_down"]
"""`…_down`: the backend refuses connections."""

Varnish = Peer[VarnishSite]

# One listener a site; vcl_recv tells them apart by the name that the listener was given.
PROGRAM = """
vcl 4.1;
backend working { .host = "%(host)s"; .port = "%(backend)d"; }
backend down { .host = "%(host)s"; .port = "%(dead)d"; }
sub vcl_recv {
  set req.backend_hint = working;
  if (local.socket ~ "_down$") { set req.backend_hint = down; }
  if (local.socket ~ "^piped" && req.http.upgrade ~ "(?i)websocket") { return (pipe); }
}
sub vcl_pipe {
  if (req.http.upgrade) {
    set bereq.http.upgrade = req.http.upgrade;
    set bereq.http.connection = req.http.connection;
  }
}
"""


@contextmanager
def varnish_in_front_of(backend_port: int, folder: Path) -> Iterator[Varnish]:
    """Varnish with all of `VarnishSite`, proxying to `backend_port`; its program and log live in `folder`."""

    with refusing_port() as dead_port:
        program = folder / "default.vcl"
        program.write_text(PROGRAM % {"host": HOST, "backend": backend_port, "dead": dead_port})

        def command(ports: Mapping[VarnishSite, int]) -> list[str]:
            listeners = [word for site, port in ports.items() for word in ("-a", f"{site}={HOST}:{port}")]
            where = ["-n", str(folder / "work"), "-f", str(program), "-s", "malloc,8m"]
            return [find_program("varnishd"), "-F", "-j", "none", *where, *listeners]

        with running_peer("varnish", get_args(VarnishSite), command, folder / "varnish.log") as peer:
            yield peer
