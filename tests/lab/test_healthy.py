"""The healthy endpoint, seen by the `websockets` client."""

from __future__ import annotations

import asyncio
import json

import pytest
from websockets.asyncio.client import connect

from tests.lab.raw_client import port_of, served, trusting
from tests.peers.raw import opening_handshake
from wsinspect.lab.registry import scenarios


async def test_it_ticks_bursts_tells_in_fragments_and_echoes() -> None:
    seen: set[str] = set()
    async with (
        served("healthy") as endpoint,
        connect(endpoint.url, proxy=None, open_timeout=60) as connection,
    ):
        await connection.send("echo me")
        while not {"tick", "burst", "story", "echo"} <= seen:
            message = await connection.recv()
            seen.add("echo" if message == "echo me" else json.loads(message)["type"])
        assert [extension.name for extension in connection.protocol.extensions] == ["permessage-deflate"]
    assert connection.close_code == 1000


@pytest.mark.parametrize(
    "entry", [entry for entry in scenarios() if entry.cause is None], ids=lambda entry: entry.id
)
async def test_every_healthy_way_echoes_and_closes(entry: object) -> None:
    scenario_id = getattr(entry, "id", "")
    async with served(scenario_id) as endpoint:
        host, proxy = endpoint.url, endpoint.overrides["proxy"] or None
        assert proxy is None or isinstance(proxy, str)
        context = trusting(endpoint) if host.startswith("wss") else None
        subprotocols = endpoint.overrides.get("subprotocols")
        async with connect(
            host,
            proxy=proxy,
            ssl=context,
            compression="deflate" if endpoint.overrides.get("compression", True) else None,
            subprotocols=subprotocols,  # type: ignore[arg-type]  # an option by name
        ) as connection:
            await connection.send("echo me")
            while await connection.recv() != "echo me":
                pass
            assert connection.subprotocol == (subprotocols[0] if isinstance(subprotocols, tuple) else None)
        assert connection.close_code == 1000


async def test_a_message_and_a_close_in_one_piece_end_the_session() -> None:
    message, goodbye = b"\x81\x82\0\0\0\0hi", b"\x88\x82\0\0\0\0\x03\xe8"
    async with served("healthy-plain-frames") as endpoint:
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(endpoint))
        writer.write(opening_handshake(port_of(endpoint)))
        await reader.readuntil(b"\r\n\r\n")
        writer.write(message + goodbye)
        assert (await reader.read()).endswith(b"\x88\x02\x03\xe8")
        writer.close()
        await writer.wait_closed()
