"""lighttpd, Varnish, Caddy and tinyproxy in front of Node's `ws`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.peers.caddy import reload
from tests.peers.process import HOST
from tests.real.case import RUN_TIMEOUT_S, Case, healthy, hold_to
from wsinspect.check.outcome import ExitCode

if TYPE_CHECKING:
    from tests.peers.caddy import Caddy
    from tests.peers.lighttpd import Lighttpd
    from tests.peers.node_servers import NodeServers
    from tests.peers.tinyproxy import TinyproxyServers
    from tests.peers.varnish import Varnish

STRIPPED = frozenset({"upgrade-stripped"})


@pytest.mark.parametrize(
    "case",
    [
        healthy("proxied"),
        Case(site="stripped", cause="lighttpd-no-upgrade", fix='"upgrade" => "enable"', also=STRIPPED),
        Case(site="backend_down", cause="http-503", fix="servers behind"),
    ],
    ids=str,
)
async def test_lighttpd(case: Case, lighttpd: Lighttpd) -> None:
    ports = {str(site): port for site, port in lighttpd.ports.items()}
    await hold_to(case, f"ws://{HOST}:{ports[case.site]}/")


@pytest.mark.parametrize(
    "case",
    [
        healthy("piped"),
        Case(site="no_pipe", cause="varnish-no-pipe", fix=r"return ?\(pipe\)", also=STRIPPED),
        # Its own words about fetching mean that it did not pipe; that the backend is down as well, they hide.
        Case(
            site="no_pipe_down",
            cause="varnish-no-pipe",
            names=frozenset({"http-503"}),
            fix=r"return ?\(pipe\)",
        ),
        # In a pipe Varnish has no words of its own.
        Case(site="piped_down", cause="upgrade-empty-reply", fix="server's log"),
    ],
    ids=str,
)
async def test_varnish(case: Case, varnish: Varnish) -> None:
    ports = {str(site): port for site, port in varnish.ports.items()}
    await hold_to(case, f"ws://{HOST}:{ports[case.site]}/")


async def test_caddy_proxies(caddy: Caddy) -> None:
    await hold_to(healthy("proxied"), caddy.url("proxied"))


async def test_caddys_backend_is_down(caddy: Caddy) -> None:
    case = Case(site="backend_down", cause="http-502", fix="backend")
    await hold_to(case, caddy.url("backend_down"))


async def test_caddys_reload_closes_what_is_open(caddy: Caddy) -> None:
    case = Case(
        site="proxied",
        cause="caddy-reload-closes",
        code=ExitCode.ENDED_EARLY,
        fix="stream_close_delay",
    )

    opened = asyncio.Event()

    async def reload_once_open() -> None:
        await opened.wait()
        await asyncio.to_thread(reload, caddy)

    async with asyncio.timeout(RUN_TIMEOUT_S), asyncio.TaskGroup() as together:
        together.create_task(hold_to(case, caddy.url("proxied"), note=lambda _: opened.set()))
        together.create_task(reload_once_open())


async def test_tinyproxy_allows(tinyproxy: TinyproxyServers, node: NodeServers) -> None:
    proxy = f"http://{HOST}:{tinyproxy('allow').port('proxy')}"
    await hold_to(healthy("allow"), node.url("echo"), proxy=proxy)


async def test_tinyproxy_allows_only_443(tinyproxy: TinyproxyServers, node: NodeServers) -> None:
    proxy = f"http://{HOST}:{tinyproxy('only_443').port('proxy')}"
    case = Case(site="only_443", cause="proxy-connect-denied", code=ExitCode.NEVER_REACHED_HTTP, fix="443")
    await hold_to(case, node.url("echo"), proxy=proxy)


async def test_tinyproxy_asked_as_if_it_were_the_server(tinyproxy: TinyproxyServers) -> None:
    case = Case(site="allow", cause="forward-proxy-as-server", fix="-x|ReversePath")
    await hold_to(case, f"ws://{HOST}:{tinyproxy('allow').port('proxy')}/chat")
