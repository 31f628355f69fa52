"""Proxies that do their job: stories that open a tunnel and carry bytes both ways."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from wsinspect.lab.opening import head
from wsinspect.lab.peer import Peer
from wsinspect.lab.servers import Story


def connect_relay(target_port: int) -> Story:
    """Return an HTTP proxy that opens every CONNECT (RFC 9110 section 9.3.6) to one loopback port."""

    async def story(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(head("HTTP/1.1 200 Connection established"))
        await carry(peer, target_port)

    return story


def socks5_relay(target_port: int) -> Story:
    """Return a SOCKS5 proxy (RFC 1928) without authentication that connects everybody to one loopback port."""

    async def story(peer: Peer) -> None:
        await read_socks5_methods(peer)
        await peer.send(b"\x05\x00")
        await read_socks5_request(peer)
        await peer.send(b"\x05\x00\x00\x01\x7f\x00\x00\x01" + target_port.to_bytes(2, "big"))
        await carry(peer, target_port)

    return story


async def read_socks5_methods(peer: Peer) -> bytes:
    """Read the client's greeting; returns the methods that it offers."""
    greeting = await peer.read_exactly(2)
    return await peer.read_exactly(greeting[1])


async def read_socks5_request(peer: Peer) -> None:
    """Read and drop the request, whichever way it names its target."""
    _, _, _, address_type = await peer.read_exactly(4)
    size_bytes = {1: 4, 4: 16}.get(address_type) or (await peer.read_exactly(1))[0]
    await peer.read_exactly(size_bytes + 2)


Change = Callable[[bytes, int], bytes]
"""What a meddling box makes of a piece that the server sent, given how many bytes came before it."""


async def carry(peer: Peer, target_port: int, change: Change | None = None) -> None:
    """Carry bytes between the client and a loopback port until either of them ends.

    `change` may bend what the server sends; where it returns less than it was given, nothing more is carried.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", target_port)

    async def outward() -> None:
        while data := await peer.read_some():
            writer.write(data)
            await writer.drain()
        writer.write_eof()

    async def inward() -> None:
        seen = 0
        while data := await reader.read(65536):
            passed = data if change is None else change(data, seen)
            seen += len(data)
            await peer.send(passed)
            if len(passed) < len(data):
                return

    sending = asyncio.create_task(outward())
    try:
        await inward()
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        writer.close()
