"""What the client does to itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wsinspect.lab.peer import Peer
from wsinspect.lab.scenario import LabEndpoint, LabSettings, Scenario
from wsinspect.lab.servers import closed_port, serving
from wsinspect.lab.storied import Approach
from wsinspect.options import ConnectToRule

STAGE = "client"
_X11_PORT = 6000


async def _never_answer(peer: Peer) -> None:
    await peer.read_request()
    await peer.read_to_end()


@asynccontextmanager
async def _pending(settings: LabSettings) -> AsyncIterator[LabEndpoint]:
    async with serving(_never_answer, settings) as port:
        endpoint = Approach(path="/pending").endpoint(settings, port=port)
        yield LabEndpoint(url=endpoint.url, overrides=endpoint.overrides, abort_after_s=settings.scaled(1.0))


def _refused_url(cause: str, title: str, url: str, suffix: str = "") -> Scenario:
    """A URL that the client refuses before anything is sent, so that nobody needs to be served."""

    @asynccontextmanager
    async def serve(_: LabSettings) -> AsyncIterator[LabEndpoint]:
        yield LabEndpoint(url=url, overrides={"proxy": ""})

    return Scenario(id=f"{cause}{suffix}", stage=STAGE, title=title, cause=cause, serve=serve)


@asynccontextmanager
async def _unsafe_port(_: LabSettings) -> AsyncIterator[LabEndpoint]:
    with closed_port() as port:
        rule = ConnectToRule(host="127.0.0.1", port=_X11_PORT, to_host="127.0.0.1", to_port=port)
        yield LabEndpoint(url=f"ws://127.0.0.1:{_X11_PORT}/", overrides={"proxy": "", "connect_to": (rule,)})


SCENARIOS = (
    Scenario(
        id="client-closed-while-connecting",
        stage=STAGE,
        title="The server never answers the upgrade; abort while it connects",
        cause="client-closed-while-connecting",
        serve=_pending,
    ),
    _refused_url("url-scheme-invalid", "A URL whose scheme is no WebSocket's", "ftp://127.0.0.1/socket"),
    _refused_url("url-fragment", "A URL with a fragment", "ws://127.0.0.1/#/socket"),
    _refused_url("url-malformed-or-placeholder", "A variable that was not set", "ws://undefined:8000/socket"),
    _refused_url(
        "url-malformed-or-placeholder",
        "A base URL that had a scheme already",
        "ws://https://chat.lab.test/socket",
        suffix="-doubled",
    ),
    Scenario(
        id="unsafe-port",
        stage=STAGE,
        title="A port that browsers refuse, and where nothing listens either",
        cause="unsafe-port",
        serve=_unsafe_port,
        likelier="tcp-refused",
    ),
)
