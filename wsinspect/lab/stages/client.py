"""What the client does to itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wsinspect.lab.peer import Peer
from wsinspect.lab.scenario import LabEndpoint, LabSettings, Scenario
from wsinspect.lab.servers import serving
from wsinspect.lab.storied import Approach

STAGE = "client"


async def _never_answer(peer: Peer) -> None:
    await peer.read_request()
    await peer.read_to_end()


@asynccontextmanager
async def _pending(settings: LabSettings) -> AsyncIterator[LabEndpoint]:
    async with serving(_never_answer, settings) as port:
        endpoint = Approach(path="/pending").endpoint(settings, port=port)
        yield LabEndpoint(url=endpoint.url, overrides=endpoint.overrides, abort_after_s=settings.scaled(1.0))


SCENARIOS = (
    Scenario(
        id="client-closed-while-connecting",
        stage=STAGE,
        title="The server never answers the upgrade; abort while it connects",
        cause="client-closed-while-connecting",
        serve=_pending,
    ),
)
