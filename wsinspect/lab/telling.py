"""Stories of connections that open: a 101 in a product's own words, and then a few moves."""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from typing import TypeAlias

from wsinspect.lab import frames
from wsinspect.lab.opening import accept_value, answer
from wsinspect.lab.peer import Peer
from wsinspect.lab.servers import Story
from wsinspect.lab.storied import answering


class Act(Enum):
    """What a story does apart from sending and waiting."""

    HEAR = auto()
    """Wait for the client's next frame."""
    RESET = auto()
    """RST, in place of the FIN with which a story ends."""


Move: TypeAlias = bytes | float | Act
"""Bytes are sent, a number is a pause in seconds, to which the lab's time scale applies."""

SWITCHING = """
HTTP/1.1 101 Switching Protocols
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Accept: {accept}
"""
"""The 101 of node's `ws`."""

WELCOME = frames.text('{"type":"welcome"}')


def opening(*moves: Move, head: str = SWITCHING) -> Story:
    """Tell the story of a server that answers with this 101 and makes these moves.

    `{accept}` in the head becomes the right Sec-WebSocket-Accept, `{date}` the present date. A Close frame is followed by
    the client's, then FIN.
    """

    async def story(peer: Peer) -> None:
        request = await peer.read_request()
        await peer.send(answer(head.replace("{accept}", accept_value(request))))
        for move in moves:
            if isinstance(move, bytes):
                await peer.send(move)
            elif move is Act.HEAR:
                await peer.read_frame()
            elif move is Act.RESET:
                peer.reset()
            else:
                await peer.pause(move)
        closing = [move for move in moves if isinstance(move, bytes) and move[0] & 0x0F == frames.CLOSE]
        while closing and (await peer.read_frame()).opcode != frames.CLOSE:
            pass

    return story


def behind(head_fields: str) -> Story:
    """node's `ws` saw no Upgrade and says so; `head_fields` are what is left of its head."""
    return answering(f"HTTP/1.1 426 Upgrade Required\n{head_fields}", "Upgrade Required")


def ticking(head: str, *, for_s: float, every_s: float = 0.2) -> Story:
    """An open connection with traffic, cut in the middle of it."""

    async def story(peer: Peer) -> None:
        request = await peer.read_request()
        await peer.send(answer(head.replace("{accept}", accept_value(request))))
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for number in range(round(for_s / every_s)):
            # By the clock: what each pause is late by must not add up to another age.
            due = begun + peer.settings.scaled((number + 1) * every_s)
            await asyncio.sleep(due - loop.time())
            await peer.send(frames.text(f'{{"type":"tick","n":{number}}}'))

    return story


def silent(head: str, *, for_s: float) -> Story:
    """An open connection, a first message, and FIN after so much silence."""
    return opening(WELCOME, for_s, head=head)
