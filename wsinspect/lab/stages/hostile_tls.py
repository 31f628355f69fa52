"""TLS that is cut anywhere, bent, endless, or whose certificate says absurd things."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import cycle, repeat

from wsinspect.lab.chat import chat
from wsinspect.lab.peer import Peer
from wsinspect.lab.relays import Change, carry
from wsinspect.lab.scenario import LabEndpoint, LabSettings, Scenario
from wsinspect.lab.servers import serving
from wsinspect.lab.storied import Approach, raw_tls, storied
from wsinspect.lab.tls_setups import absurd, trusted

STAGE = "hostile"
_hostile = partial(storied, STAGE)
_BENT_AT = 200
"""Behind the ServerHello of TLS 1.3, in the first record that is encrypted."""
_FIRST_CUT, _LAST_CUT, _CUT_STEP = 1, 700, 7
"""Bytes of the server's part of the TLS handshake, which are some 800 with one small certificate."""

_HELLO_REQUESTS = bytes([22, 3, 3]) + (16_000).to_bytes(2, "big") + bytes(4) * 4000


async def _hello_requests(peer: Peer) -> None:
    """A server of TLS 1.2 may ask for another hello at any time (RFC 5246 section 7.4.1.1); nobody says how often."""
    await peer.read_some()
    while True:
        await peer.send_raw(_HELLO_REQUESTS)


def _meddled(scenario_id: str, title: str, cause: str, changes: Callable[[], Iterator[Change]]) -> Scenario:
    """A scenario with a healthy TLS server, and a box in front of it that changes what the server sends.

    `changes` begins anew each time that the scenario is served, and gives every connection its change.
    """

    @asynccontextmanager
    async def serve(settings: LabSettings) -> AsyncIterator[LabEndpoint]:
        change = changes()
        with trusted()() as setup:
            async with serving(chat, settings, tls=setup.context) as behind:

                async def story(peer: Peer) -> None:
                    await carry(peer, behind, next(change))

                async with serving(story, settings) as port:
                    yield Approach().endpoint(settings, port=port, tls=setup)

    return Scenario(id=scenario_id, stage=STAGE, title=title, cause=cause, serve=serve)


def _cut_later_each_time() -> Iterator[Change]:
    for keep in cycle(range(_FIRST_CUT, _LAST_CUT, _CUT_STEP)):

        def change(data: bytes, seen: int, keep: int = keep) -> bytes:
            return data[: max(0, keep - seen)]

        yield change


def _bent() -> Iterator[Change]:
    def change(data: bytes, seen: int) -> bytes:
        at = _BENT_AT - seen
        return data if not 0 <= at < len(data) else data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]

    return repeat(change)


SCENARIOS = (
    _meddled(
        "tls-handshake-cut-anywhere",
        "FIN after one byte of the TLS handshake, with the next connection after eight, and so on",
        "tls-handshake-cut",
        _cut_later_each_time,
    ),
    _meddled("tls-bytes-invalid", "Something on the way changes a byte", "tls-bytes-invalid", _bent),
    _hostile(
        "tls-bytes-invalid-endless",
        "HelloRequests without end",
        _hello_requests,
        cause="tls-bytes-invalid",
        tls=raw_tls,
    ),
    _hostile(
        "tls-self-signed-absurd",
        "A certificate with control characters, markup and two thousand names",
        chat,
        cause="tls-self-signed",
        tls=absurd(),
    ),
)
