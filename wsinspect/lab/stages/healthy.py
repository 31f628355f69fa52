"""Nobody is to blame: a chatty endpoint, direct, over TLS and through proxies. It must yield no finding."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Literal

from wsinspect.lab.relays import connect_relay, socks5_relay
from wsinspect.lab.scenario import LabEndpoint, LabSettings, Scenario
from wsinspect.lab.servers import port_of, serving
from wsinspect.lab.storied import Approach, Tls, TlsSetup
from wsinspect.lab.tls_setups import trusted

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

STAGE = "healthy"
_RELAYS = {"http": connect_relay, "socks5": socks5_relay}


def chat(settings: LabSettings) -> Callable[[ServerConnection], Awaitable[None]]:
    """Return a handler: a JSON tick a second, now and then a large or fragmented message, and every message echoed.

    The large one is the same few words many times over, so that permessage-deflate has something to do.
    """

    async def tick(connection: ServerConnection) -> None:
        count = 0
        while True:
            await connection.send(json.dumps({"type": "tick", "n": count}))
            if count % 5 == 2:
                await connection.send(
                    json.dumps({"type": "burst", "rows": ["lorem ipsum dolor sit amet"] * 200})
                )
            if count % 5 == 3:
                await connection.send(
                    _fragments(json.dumps({"type": "story", "text": "in three fragments"}), 3)
                )
            count += 1
            await asyncio.sleep(settings.scaled(1.0))

    async def handler(connection: ServerConnection) -> None:
        ticking = asyncio.create_task(tick(connection))
        try:
            async for message in connection:
                await connection.send(message)
        finally:
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)

    return handler


async def _fragments(message: str, count: int) -> AsyncIterator[str]:
    size = -(-len(message) // count)
    for start in range(0, len(message), size):
        yield message[start : start + size]


@asynccontextmanager
async def _chatting(
    settings: LabSettings, *, context: ssl.SSLContext | None, subprotocol: str | None
) -> AsyncIterator[int]:
    from websockets.asyncio.server import serve
    from websockets.typing import Subprotocol

    server = await serve(
        chat(settings),
        "127.0.0.1",
        0,
        ssl=context,
        subprotocols=[Subprotocol(subprotocol)] if subprotocol else None,
        ping_interval=settings.scaled(5.0),
        ping_timeout=None,
        close_timeout=1.0,
    )
    try:
        yield port_of(next(iter(server.sockets)))
    finally:
        server.close()
        await server.wait_closed()


def _healthy(
    scenario_id: str,
    title: str,
    *,
    approach: Approach | None = None,
    tls: Tls | None = None,
    subprotocol: str | None = None,
    relay: Literal["http", "socks5"] | None = None,
) -> Scenario:
    way = approach or Approach(host="chat.lab.invalid", as_proxy=relay)

    @asynccontextmanager
    async def serve(settings: LabSettings) -> AsyncIterator[LabEndpoint]:
        setups: AbstractContextManager[TlsSetup] = tls() if tls else nullcontext(TlsSetup(context=None))
        with setups as setup:
            async with _chatting(settings, context=setup.context, subprotocol=subprotocol) as port:
                if relay is None:
                    yield _endpoint(way, settings, port, setup, secure=tls is not None)
                    return
                async with serving(_RELAYS[relay](port), settings) as proxy_port:
                    yield _endpoint(way, settings, proxy_port, setup, secure=tls is not None)

    return Scenario(id=scenario_id, stage=STAGE, title=title, cause=None, serve=serve)


def _endpoint(
    way: Approach, settings: LabSettings, port: int, setup: TlsSetup, *, secure: bool
) -> LabEndpoint:
    endpoint = way.endpoint(settings, port=port, secure=secure)
    return LabEndpoint(
        url=endpoint.url,
        overrides={**setup.options, **endpoint.overrides},
        send=endpoint.send,
        hold_s=settings.scaled(endpoint.hold_s),
    )


SCENARIOS = (
    _healthy(
        "healthy",
        "A chatty endpoint: ticks, bursts, fragments, pings; echoes what it is sent",
        approach=Approach(),
    ),
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
        approach=Approach(timeouts_s={"ping_interval_s": 0.5, "ping_timeout_s": 5.0}, send=("hello",)),
    ),
    _healthy(
        "healthy-tls",
        "The same over TLS with a certificate of a given authority",
        approach=Approach(),
        tls=trusted(),
    ),
    _healthy("healthy-http-proxy", "The same through an HTTP proxy's CONNECT tunnel", relay="http"),
    _healthy("healthy-socks-proxy", "The same through a SOCKS5 proxy", relay="socks5"),
    _healthy(
        "healthy-tls-http-proxy",
        "The same over TLS through a CONNECT tunnel",
        relay="http",
        tls=trusted("chat.lab.invalid"),
    ),
)
