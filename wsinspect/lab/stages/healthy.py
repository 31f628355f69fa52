"""Nobody is to blame: a chatty endpoint, direct, over TLS and through proxies. It must yield no finding."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Literal

from wsinspect.lab.chat import chat
from wsinspect.lab.relays import connect_relay, socks5_relay
from wsinspect.lab.scenario import LabEndpoint, LabSettings, Scenario
from wsinspect.lab.servers import serving
from wsinspect.lab.storied import Approach, Tls
from wsinspect.lab.tls_setups import trusted

STAGE = "healthy"
_NAME = "chat.lab.test"
_RELAYS = {"http": connect_relay, "socks5h": socks5_relay}


def _healthy(
    scenario_id: str,
    title: str,
    *,
    approach: Approach | None = None,
    tls: Tls | None = None,
    relay: Literal["http", "socks5h"] | None = None,
    subprotocol: str | None = None,
) -> Scenario:
    way = approach or (Approach(host=_NAME, as_proxy=relay) if relay else Approach())
    story = partial(chat, subprotocol=subprotocol)

    @asynccontextmanager
    async def serve(settings: LabSettings) -> AsyncIterator[LabEndpoint]:
        with tls() if tls else nullcontext() as setup:
            async with serving(story, settings, tls=setup.context if setup else None) as port:
                if relay is None:
                    yield shortly_held(way.endpoint(settings, port=port, tls=setup), settings)
                    return
                async with serving(_RELAYS[relay](port), settings) as proxy_port:
                    yield shortly_held(way.endpoint(settings, port=proxy_port, tls=setup), settings)

    def shortly_held(endpoint: LabEndpoint, settings: LabSettings) -> LabEndpoint:
        # Only here does the client's hold end the connection; elsewhere it is a limit that no fault reaches.
        return replace(endpoint, hold_s=settings.scaled(endpoint.hold_s))

    return Scenario(id=scenario_id, stage=STAGE, title=title, cause=None, serve=serve)


SCENARIOS = (
    _healthy("healthy", "A chatty endpoint: ticks, bursts, fragments, pings; echoes what it is sent"),
    _healthy(
        "healthy-plain-frames",
        "The same without permessage-deflate",
        approach=Approach(options={"compression": False}),
    ),
    _healthy(
        "healthy-subprotocol",
        "The same, and it selects the subprotocol that was offered",
        approach=Approach(options={"subprotocols": ("chat.v2",)}),
        subprotocol="chat.v2",
    ),
    _healthy(
        "healthy-keepalive",
        "The same, kept alive with our pings",
        approach=Approach(timeouts_s={"ping_interval_s": 0.5}, send=("hello",)),
    ),
    _healthy("healthy-tls", "The same over TLS with a certificate of a given authority", tls=trusted()),
    _healthy("healthy-http-proxy", "The same through an HTTP proxy's CONNECT tunnel", relay="http"),
    _healthy("healthy-socks-proxy", "The same through a SOCKS5 proxy", relay="socks5h"),
    _healthy(
        "healthy-tls-http-proxy",
        "The same over TLS through a CONNECT tunnel",
        relay="http",
        tls=trusted(_NAME),
    ),
)
