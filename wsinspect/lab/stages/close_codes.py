"""Close frames that say why, more or less."""

from __future__ import annotations

from functools import partial

from wsinspect.lab import frames
from wsinspect.lab.opening import switching_protocols
from wsinspect.lab.peer import Peer
from wsinspect.lab.servers import Story
from wsinspect.lab.storied import Approach, storied
from wsinspect.lab.telling import SWITCHING, opening

STAGE = "close-code"
_closing = partial(storied, STAGE)


def _closes(code: int, reason: str = "", *, saying: str = "", after_s: float = 0.1) -> Story:
    """Answer 101, say something, and start the closing handshake (RFC 6455 section 7.1.2)."""

    async def story(peer: Peer) -> None:
        await peer.send(switching_protocols(await peer.read_request()))
        if saying:
            await peer.send(frames.text(saying))
        await peer.pause(after_s)
        await peer.send(frames.close(code, reason))
        await peer.read_frame()

    return story


async def _fails_on_message(peer: Peer) -> None:
    """Django Channels: the handler raises, Close 1011, and RST in place of FIN."""
    await peer.send(switching_protocols(await peer.read_request()))
    await peer.read_frame()
    await peer.send(frames.close(1011))
    await peer.read_frame()
    peer.reset()


SCENARIOS = (
    _closing("close-1008-or-44xx-auth", "The token is missing (1008)", _closes(1008, "Token missing")),
    _closing(
        "close-1008-or-44xx-auth-4401",
        "The application wants a login (4401)",
        _closes(4401, "Unauthorized"),
        cause="close-1008-or-44xx-auth",
    ),
    _closing(
        "close-1008-or-44xx-auth-3000",
        "The registered code for 401 (3000)",
        _closes(
            3000, "authentication required", saying='{"type":"auth_invalid","message":"Invalid access token"}'
        ),
        cause="close-1008-or-44xx-auth",
    ),
    _closing(
        "close-1000-immediately",
        "The server closes normally right after the opening",
        _closes(1000, "duplicate session"),
    ),
    _closing("close-1011", "The server failed (1011)", _closes(1011, "Internal error")),
    _closing(
        "close-1011-then-rst",
        "The server failed on our message (1011), then reset",
        _fails_on_message,
        cause="close-1011",
        approach=Approach(send=("hello",)),
    ),
    _closing("close-1001-or-1012-restart", "The server restarts (1012)", _closes(1012, "Service Restart")),
    _closing(
        "close-1001-or-1012-restart-going-away",
        "The server goes away (1001)",
        _closes(1001, "Going away"),
        cause="close-1001-or-1012-restart",
    ),
    _closing("close-1013-overload", "The server is overloaded (1013)", _closes(1013, "Try again later")),
    _closing("close-other-code", "A code of the application's own (4123)", _closes(4123, "kicked")),
    _closing(
        "close-of-product",
        "graphql-ws waited three seconds for connection_init (4408)",
        opening(
            0.5,
            frames.close(4408, "Connection initialisation timeout"),
            head=f"{SWITCHING}Sec-WebSocket-Protocol: graphql-transport-ws\n",
        ),
        approach=Approach(path="/graphql", options={"subprotocols": ("graphql-transport-ws",)}),
    ),
)
