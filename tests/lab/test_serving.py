"""Every scenario starts, takes a client, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import struct
from pathlib import Path

import pytest

from tests.lab.raw_client import FAST, REQUEST, port_of
from wsinspect.lab.peer import Peer
from wsinspect.lab.registry import scenarios
from wsinspect.lab.scenario import LabSettings, Scenario
from wsinspect.lab.servers import serving
from wsinspect.options import ConnectOptions

OPTION_NAMES = set(ConnectOptions.__struct_fields__)
NOBODY_ACCEPTS = {
    *(
        "dns",
        "tcp-refused",
        "tcp-refused-hundred-addresses",
        "tcp-unreachable",
        "proxy-unreachable",
        "tcp-timeout-blackhole",
    ),
    *(
        "url-scheme-invalid",
        "url-fragment",
        "url-malformed-or-placeholder",
        "url-malformed-or-placeholder-doubled",
    ),
    *("unsafe-port", "docker-compose-name-from-browser"),
}
"""Stages and scenarios where no socket of the lab takes a client."""


def open_files() -> set[str]:
    """What this process holds open, by what it is (`socket:[123]`), so that a number used again is not mistaken."""
    found = set()
    for name in Path("/proc/self/fd").iterdir():
        try:
            found.add(str(name.readlink()))
        except FileNotFoundError:
            continue
    return found


async def serve_to_a_client_in_a_hurry(entry: Scenario) -> None:
    tasks, environment, resolver = asyncio.all_tasks(), dict(os.environ), socket.getaddrinfo
    async with entry.serve(FAST) as endpoint:
        assert endpoint.url.startswith(("ws://", "wss://")) or entry.id == "url-scheme-invalid"
        assert set(endpoint.overrides) <= OPTION_NAMES
        ConnectOptions(url=endpoint.url, **endpoint.overrides)  # type: ignore[arg-type]  # a mapping of fields by name
        ca_file = endpoint.overrides.get("ca_file")
        if endpoint.overrides.get("proxy") is not None and not NOBODY_ACCEPTS & {entry.stage, entry.id}:
            # A client in the middle of things: leaving must end its connection too.
            with socket.create_connection(("127.0.0.1", port_of(endpoint)), timeout=5) as sock:
                sock.sendall(REQUEST)
                await asyncio.sleep(0)
    assert asyncio.all_tasks() == tasks
    assert dict(os.environ) == environment
    assert socket.getaddrinfo is resolver
    assert not (isinstance(ca_file, str) and Path(ca_file).parent.exists())


@pytest.mark.parametrize("stage", dict.fromkeys(each.stage for each in scenarios()))
async def test_serves_and_leaves_nothing_behind(stage: str) -> None:
    kept: dict[str, set[str]] = {}
    files = open_files()
    for entry in (each for each in scenarios() if each.stage == stage):
        try:
            await serve_to_a_client_in_a_hurry(entry)
        except Exception as error:
            error.add_note(entry.id)
            raise
        if left := open_files() - files:
            kept[entry.id] = left
    # What only the collector would close is a leak as well: it warns, and that fails the test.
    gc.collect()
    assert not kept


async def test_a_connection_that_is_open_when_the_lab_ends_is_closed() -> None:
    async def story(peer: Peer) -> None:
        await peer.stay_silent()

    async with serving(story, LabSettings()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"hello")
    try:
        # Unread bytes make the kernel reset; without them it would be FIN.
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(), 60)
    finally:
        writer.close()


async def test_a_defect_of_a_story_is_raised_and_not_taken_for_the_fault() -> None:
    async def story(peer: Peer) -> None:
        await peer.read_some()
        raise LookupError("a defect")

    async def served_to_one_client() -> None:
        async with serving(story, LabSettings()) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"hello")
            await reader.read()
            writer.close()

    with pytest.raises(LookupError, match="a defect"):
        await served_to_one_client()


@pytest.mark.parametrize("ending", ["end", "cut", "answer_close"])
async def test_a_client_that_leaves_in_the_middle_is_no_defect(ending: str) -> None:
    reset, told = asyncio.Event(), asyncio.Event()

    async def story(peer: Peer) -> None:
        await peer.read_some()
        await reset.wait()
        told.set()
        await getattr(peer, ending)()

    async with serving(story, LabSettings()) as port:
        with socket.create_connection(("127.0.0.1", port)) as sock:
            sock.sendall(b"hello")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        reset.set()
        await told.wait()
        await asyncio.sleep(0)


async def test_a_story_ends_a_connection_once() -> None:
    async def story(peer: Peer) -> None:
        await peer.read_some()
        await peer.cut()

    async with serving(story, LabSettings()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"hello")
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


async def test_delays_follow_the_time_scale() -> None:
    assert LabSettings(time_scale=0.5).scaled(3.0) == 1.5
