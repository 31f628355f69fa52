"""Servers of JavaScript: node's `ws`, Express, Socket.IO, Bun, Deno. Heads and bodies are theirs to the letter."""

from __future__ import annotations

from functools import partial

from wsinspect.lab.opening import answer
from wsinspect.lab.peer import Peer
from wsinspect.lab.servers import Story
from wsinspect.lab.storied import Approach, answering, storied
from wsinspect.lab.telling import opening

_framework = partial(storied, "framework")

_EXPRESS_404 = """
HTTP/1.1 404 Not Found
X-Powered-By: Express
Content-Security-Policy: default-src 'none'
X-Content-Type-Options: nosniff
Content-Type: text/html; charset=utf-8
Content-Length: {length}
Date: {date}
Connection: keep-alive
Keep-Alive: timeout=5
"""
_EXPRESS_PAGE = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n<body>\n'
    "<pre>Cannot GET /ws</pre>\n</body>\n</html>\n"
)
_ENGINE_IO_JSON = """
HTTP/1.1 400 Bad Request
Content-Type: application/json
Date: {date}
Connection: keep-alive
Keep-Alive: timeout=5
Transfer-Encoding: chunked
"""
_SOCKET_IO = "/socket.io/?EIO=4&transport=websocket"
_AT_SOCKET_IO = Approach(path=_SOCKET_IO)
_AT_WS = Approach(path="/ws")


def _ws(status: str, body: str) -> Story:
    """How `ws` refuses an upgrade: three fields and a sentence."""
    head = f"HTTP/1.1 {status}\nConnection: close\nContent-Type: text/html\nContent-Length: {{length}}"
    return answering(head, body)


def engine_io_refusal(sentence: str, *fields: str) -> Story:
    """How engine.io refuses an upgrade: as `ws`, but with `type` in lower case; `fields` are of a hop in front."""
    lines = (
        "HTTP/1.1 400 Bad Request",
        "Connection: close",
        "Content-type: text/html",
        "Content-Length: {length}",
    )
    return answering("\n".join((*lines, *fields)), sentence)


def _engine_io_json(code: int, message: str) -> Story:
    """How engine.io answers a plain request that it doesn't like."""
    return answering(_ENGINE_IO_JSON, f'{{"code":{code},"message":"{message}"}}')


async def _waits_a_second(peer: Peer) -> None:
    """engine.io leaves an upgrade of another path to others for destroyUpgradeTimeout, and then ends the connection."""
    await peer.read_request()
    # The cause is told by this very second, so the lab's time scale has no say.
    await peer.pause(0.0, at_least_s=1.0)


_WRONG_VERSION = answer(
    "HTTP/1.1 400 Bad Request\nConnection: close\nContent-type: text/html\nContent-Length: {length}",
    "Unsupported protocol version",
)

SCENARIOS = (
    _framework(
        "node-http-no-upgrade-listener",
        "Express answers the upgrade: no WebSocket server hangs on this http.Server",
        answering(_EXPRESS_404, _EXPRESS_PAGE),
        approach=_AT_WS,
    ),
    _framework(
        "node-ws-path-mismatch",
        "node's ws serves another path",
        _ws("400 Bad Request", "Bad Request"),
        approach=_AT_WS,
    ),
    _framework(
        "node-ws-verifyclient", "node's ws: verifyClient says no", _ws("401 Unauthorized", "Unauthorized")
    ),
    _framework(
        "node-ws-misc-400",
        "node's ws finds a field of the handshake wrong",
        _ws("400 Bad Request", "Invalid or unacceptable Sec-WebSocket-Extensions header"),
    ),
    _framework(
        "bun-no-websocket-handler",
        "Bun: server.upgrade() returned false",
        answering(
            "HTTP/1.1 500 Internal Server Error\nContent-Type: text/plain;charset=utf-8\nDate: {date}\n"
            "Content-Length: {length}",
            "Upgrade failed",
        ),
    ),
    _framework(
        "deno-upgrade",
        "Deno.upgradeWebSocket found no Upgrade in the request",
        answering(
            "HTTP/1.1 500 Internal Server Error\ncontent-type: text/plain;charset=UTF-8\nvary: Accept-Encoding\n"
            "content-length: {length}\ndate: {date}",
            "TypeError: Invalid Header: 'upgrade' header must contain 'websocket'",
        ),
    ),
    _framework(
        "engineio-upgrade-stripped",
        "Socket.IO's server saw transport=websocket and no Upgrade",
        _engine_io_json(3, "Bad request"),
        approach=_AT_SOCKET_IO,
    ),
    _framework(
        "engineio-transport-unknown",
        "A plain client at /socket.io/, without transport=websocket",
        engine_io_refusal("Transport unknown"),
        approach=Approach(path="/socket.io/"),
    ),
    _framework(
        "engineio-transport-unknown-polling",
        "Socket.IO's server was started with transports: ['polling']",
        _engine_io_json(0, "Transport unknown"),
        cause="engineio-transport-unknown",
        approach=_AT_SOCKET_IO,
    ),
    _framework(
        "engineio-sid-unknown",
        "Socket.IO: the session lives in another process",
        engine_io_refusal("Session ID unknown"),
        approach=Approach(path=f"{_SOCKET_IO}&sid=lv_VI97HAXpY6yYWAAAC"),
    ),
    _framework(
        "engineio-version-mismatch",
        "Socket.IO 4 gets a client of Socket.IO 2: the refusal comes after the 101",
        opening(_WRONG_VERSION),
        approach=Approach(path="/socket.io/?EIO=3&transport=websocket"),
    ),
    _framework(
        "engineio-version-mismatch-polling",
        "The same for a request whose Upgrade was lost",
        _engine_io_json(5, "Unsupported protocol version"),
        cause="engineio-version-mismatch",
        approach=Approach(path="/socket.io/?EIO=3&transport=websocket"),
    ),
    _framework(
        "engineio-forbidden",
        "Socket.IO: allowRequest says no",
        engine_io_refusal("Forbidden"),
        approach=_AT_SOCKET_IO,
    ),
    _framework(
        "engineio-wrong-path",
        "Socket.IO's server at a path that is not its own: FIN after one second",
        _waits_a_second,
        approach=Approach(path="/chat"),
    ),
)
