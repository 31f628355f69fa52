"""The healthy story: a server that keeps to the protocol, on the sans-I/O layer of `websockets`."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from wsinspect.lab.peer import Peer

if TYPE_CHECKING:
    from websockets.server import ServerProtocol

_TICK_S, _PING_S = 1.0, 5.0


async def chat(peer: Peer, *, subprotocol: str | None = None) -> None:
    """Accept, chat, echo every message, and answer a Close.

    A JSON tick a second; of five ticks one is followed by a large message that compresses well and one by a
    message in three fragments; a ping every five seconds.
    """
    protocol = await _accepted(peer, subprotocol)
    if protocol is None:
        return
    chatting = asyncio.create_task(_chatter(peer, protocol))
    try:
        await _echo(peer, protocol)
    finally:
        chatting.cancel()
        await asyncio.gather(chatting, return_exceptions=True)


async def _accepted(peer: Peer, subprotocol: str | None) -> ServerProtocol | None:
    """Run the opening handshake; None where the request was no WebSocket handshake and has been refused."""
    from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
    from websockets.http11 import Request
    from websockets.server import ServerProtocol
    from websockets.typing import Subprotocol

    protocol = ServerProtocol(
        extensions=[ServerPerMessageDeflateFactory()],
        subprotocols=[Subprotocol(subprotocol)] if subprotocol else None,
    )
    protocol.receive_data(await peer.read_until(b"\r\n\r\n"))
    opened = False
    for event in protocol.events_received():
        assert isinstance(event, Request)
        response = protocol.accept(event)
        protocol.send_response(response)
        opened = response.status_code == 101
    await _write_out(peer, protocol)
    return protocol if opened else None


async def _chatter(peer: Peer, protocol: ServerProtocol) -> None:
    count = 0
    while True:
        protocol.send_text(json.dumps({"type": "tick", "n": count}).encode())
        if count % 5 == 2:
            protocol.send_text(
                json.dumps({"type": "burst", "rows": ["lorem ipsum dolor sit amet"] * 200}).encode()
            )
        if count % 5 == 3:
            protocol.send_text(b'{"type": "story", ', fin=False)
            protocol.send_continuation(b'"text": "told in ', fin=False)
            protocol.send_continuation(b'three fragments"}', fin=True)
        if count % round(_PING_S / _TICK_S) == 4:
            protocol.send_ping(b"still there?")
        await _write_out(peer, protocol)
        count += 1
        await peer.pause(_TICK_S)


async def _echo(peer: Peer, protocol: ServerProtocol) -> None:
    """Echo until the client closes; `websockets` answers pings and the Close frame by itself."""
    from websockets.frames import Frame, Opcode
    from websockets.protocol import State

    opcode, message = Opcode.TEXT, b""
    while data := await peer.read_some():
        protocol.receive_data(data)
        for event in protocol.events_received():
            assert isinstance(event, Frame)
            if event.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                continue
            # Echoed whole: between fragments of ours the chatter could not say anything (RFC 6455 section 5.4).
            opcode = opcode if event.opcode is Opcode.CONT else event.opcode
            message += event.data
            # A Close that came with the message has ended the conversation already.
            if event.fin and protocol.state is State.OPEN:
                send = protocol.send_text if opcode is Opcode.TEXT else protocol.send_binary
                send(message)
                message = b""
        await _write_out(peer, protocol)
        if protocol.close_expected():
            return


async def _write_out(peer: Peer, protocol: ServerProtocol) -> None:
    # The empty chunk is the sans-I/O layer's sign for FIN, which the end of the story sends.
    await peer.send(b"".join(protocol.data_to_send()))
