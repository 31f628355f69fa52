"""A 101, or what is meant to be one, that a client must refuse (RFC 6455 section 4.1)."""

from __future__ import annotations

from functools import partial

from wsinspect.lab.opening import accept_value, head, switching_protocols
from wsinspect.lab.peer import Peer
from wsinspect.lab.servers import Story
from wsinspect.lab.storied import Approach, answering, storied

STAGE = "handshake"
_handshake = partial(storied, STAGE)

_STATUS = "HTTP/1.1 101 Switching Protocols"
_UPGRADE, _CONNECTION, _ACCEPT = (
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Accept", "{accept}"),
)
_CHAT = Approach(options={"subprotocols": ("chat.v2", "chat.v1")})
_PROTOCOL, _EXTENSIONS = "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"


def _switching(*fields: tuple[str, str]) -> Story:
    """Answer 101 with exactly these fields; `{accept}` becomes the right Sec-WebSocket-Accept."""

    async def story(peer: Peer) -> None:
        accept = accept_value(await peer.read_request())
        await peer.send(head(_STATUS, *((name, value.replace("{accept}", accept)) for name, value in fields)))
        await peer.read_to_end()

    return story


def _valid_and(*extra: tuple[str, str]) -> Story:
    """Answer with a valid 101 and these fields."""

    async def story(peer: Peer) -> None:
        await peer.send(switching_protocols(await peer.read_request(), *extra))
        await peer.answer_close()

    return story


async def _cached_accept(peer: Peer) -> None:
    """The accept value of RFC 6455 section 1.3's example, as a cache would repeat it to everybody."""
    await peer.read_request()
    accept = ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    await peer.send(head(_STATUS, _UPGRADE, _CONNECTION, accept))
    await peer.read_to_end()


SCENARIOS = (
    _handshake("hs-accept-mismatch", "A 101 from a cache, with another key's accept value", _cached_accept),
    _handshake("hs-accept-missing", "A 101 without Sec-WebSocket-Accept", _switching(_UPGRADE, _CONNECTION)),
    _handshake("hs-upgrade-missing", "A 101 without Upgrade", _switching(_CONNECTION, _ACCEPT)),
    _handshake("hs-connection-missing", "A 101 without Connection", _switching(_UPGRADE, _ACCEPT)),
    _handshake(
        "hs-connection-missing-token",
        "A 101 whose Connection field says keep-alive",
        _switching(_UPGRADE, ("Connection", "keep-alive"), _ACCEPT),
        cause="hs-connection-missing",
    ),
    _handshake(
        "hs-upgrade-wrong", "A 101 that switches to h2c", _switching(("Upgrade", "h2c"), _CONNECTION, _ACCEPT)
    ),
    _handshake(
        "hs-duplicate-header",
        "Two layers both wrote Sec-WebSocket-Accept",
        _switching(_UPGRADE, _CONNECTION, _ACCEPT, _ACCEPT),
    ),
    _handshake(
        "subproto-none-returned",
        "We offer subprotocols, the server selects none",
        _valid_and(),
        approach=_CHAT,
    ),
    _handshake(
        "subproto-mismatch",
        "The server selects a subprotocol that we did not offer",
        _valid_and((_PROTOCOL, "other")),
        approach=_CHAT,
    ),
    _handshake(
        "subproto-mismatch-unrequested",
        "The server selects a subprotocol, and we offered none",
        _valid_and((_PROTOCOL, "other")),
        cause="subproto-mismatch",
    ),
    _handshake(
        "subproto-list-returned",
        "The server echoes the whole list",
        _valid_and((_PROTOCOL, "chat.v2, chat.v1")),
        approach=_CHAT,
    ),
    _handshake(
        "ext-invalid",
        "The server selects an extension that we did not offer",
        _valid_and((_EXTENSIONS, "x-foo")),
    ),
    _handshake(
        "ext-invalid-parameter",
        "permessage-deflate with a window that does not exist",
        _valid_and((_EXTENSIONS, "permessage-deflate; server_max_window_bits=99")),
        cause="ext-invalid",
    ),
    _handshake(
        "ext-invalid-unoffered-deflate",
        "permessage-deflate is selected, and we did not offer it",
        _valid_and((_EXTENSIONS, "permessage-deflate")),
        cause="ext-invalid",
        approach=Approach(options={"compression": False}),
    ),
    _handshake(
        "ws-version-unsupported",
        "The server speaks other WebSocket versions than 13",
        answering(
            "HTTP/1.1 426 Upgrade Required\nServer: TornadoServer/4.5.3\nContent-Type: text/html; charset=UTF-8\n"
            "Date: {date}\nSec-WebSocket-Version: 7, 8\nContent-Length: {length}\nConnection: close"
        ),
    ),
    _handshake(
        "ws-version-unsupported-stripped",
        "The version field got lost on the way to node's ws",
        answering(
            "HTTP/1.1 400 Bad Request\nConnection: close\nContent-Type: text/html\nContent-Length: {length}\n"
            "Sec-WebSocket-Version: 13, 8",
            "Missing or invalid Sec-WebSocket-Version header",
        ),
        cause="ws-version-unsupported",
    ),
    _handshake(
        "ws-key-missing",
        "The key got lost on the way to node's ws",
        answering(
            "HTTP/1.1 400 Bad Request\nConnection: close\nContent-Type: text/html\nContent-Length: {length}",
            "Missing or invalid Sec-WebSocket-Key header",
        ),
    ),
    _handshake(
        "hs-http10-upstream",
        "A proxy spoke HTTP/1.0 to a Go backend",
        answering(
            "HTTP/1.1 426 Upgrade Required\nServer: nginx/1.22.1\nDate: {date}\nContent-Type: text/plain; charset=utf-8\n"
            "Content-Length: {length}\nConnection: keep-alive\nX-Content-Type-Options: nosniff",
            'WebSocket protocol violation: handshake request must be at least HTTP/1.1: "HTTP/1.0"\n',
        ),
    ),
)
