"""What Python's servers and tools sent when they were asked the wrong thing, quoted as it came."""

from __future__ import annotations

import re
import zlib
from typing import Any, NamedTuple

import pytest

from tests.diagnosis.story import (
    Story,
    answered,
    asked,
    close,
    fin,
    idle,
    opened,
    reset,
    sent,
    sent_text,
    switched,
    text,
)
from tests.diagnosis.table import Row, check, fires, silent
from wsinspect.diagnosis.cause import Certainty
from wsinspect.lab import frames


def deflated(data: bytes) -> bytes:
    """A message's payload under permessage-deflate (RFC 7692 section 7.2.1)."""
    packer = zlib.compressobj(wbits=-15)
    return (packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\x00\x00\xff\xff")


CERTAIN, LIKELY, POSSIBLE = Certainty.CERTAIN, Certainty.LIKELY, Certainty.POSSIBLE
PLAIN = "Connection: close\nContent-Type: text/plain\nContent-Length: {length}"
GRANIAN = "server: granian\ncontent-length: {length}"
WEBSOCKIFY = (
    "Server: WebSockify Python/3.11.7\nConnection: close\nContent-Type: text/html;charset=utf-8\n"
    "Content-Length: {length}"
)
ERROR_PAGE = (
    '<!DOCTYPE HTML>\n<html lang="en">\n    <body>\n        <h1>Error response</h1>\n    </body>\n</html>\n'
)
BOTTLE_PAGE = (
    '\n    <!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n    <html>\n        <head>\n            '
    "<title>Error: 400 Bad Request</title>\n        <pre>Expected WebSocket request.</pre>\n    </html>\n"
)
LITESTAR_405 = "server: uvicorn\nallow: websocket\ncontent-type: application/json\ncontent-length: {length}"
NOT_ALLOWED = '{"status_code":405,"detail":"Method Not Allowed"}'
AUTOBAHN_PAGE = (
    "<h1>AutobahnPython 26.10.2</h1>\n      <p>\n         I am not Web server, but a "
    "<b>WebSocket Endpoint</b>.\n      </p>\n"
)
COMPRESSED = frames.frame(frames.TEXT, deflated(b"x" * 3000), rsv1=True, mask=b"\x11\x22\x33\x44")
NGINX = "Server: nginx/1.22.1\nConnection: keep-alive\nContent-Length: {length}"
FALCON_405 = '{"title": "405 Method Not Allowed"}'
WS4PY = (
    "<pre>    raise HandshakeError('...')\nws4py.exc.HandshakeError: Header Upgrade is not defined\n</pre>"
)
LOST = '"Invalid websocket upgrade"'
WERKZEUG_404 = (
    "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL was not found "
    "on the server. If you entered the URL manually please check your spelling and try again.</p>\n"
)
QUART = "content-type: text/html; charset=utf-8\ncontent-length: {length}\nserver: hypercorn-h11"
FLASK = (
    "Server: Werkzeug/3.1.9 Python/3.11.7\nContent-Type: text/html; charset=utf-8\nContent-Length: {length}"
)
SANIC = "content-length: {length}\nconnection: close\ncontent-type: text/plain; charset=utf-8"
SANIC_400 = "⚠️ 400 — Bad Request\n====================\nFailed to open a WebSocket connection: "
SANIC_404 = "⚠️ 404 — Not Found\n==================\nRequested URL /nope not found\n\n"
JUPYTER = "Server: TornadoServer/6.6.1\nContent-Type: text/html\nX-Content-Type-Options: nosniff"
TERMINAL = "ws://app.example:8888/lab/terminals/websocket/1"
EVENTS = "ws://app.example:8888/api/events/subscribe"
STREAMLIT = "ws://app.example:8501/_stcore/stream"
UVICORN_403 = "Connection: close\nContent-Length: 0\nContent-Type: text/plain; charset=utf-8"
SOCKET_IO = "ws://app.example:5000/socket.io/"
OLD_CLIENT = '"The client is using an unsupported version of the Socket.IO or Engine.IO protocols"'
ENGINE_OPEN = '0{"sid":"D599xffId5gm_7f_AAAF","upgrades":[],"pingTimeout":1000,"pingInterval":1000}'
AUTOBAHN = opened(answer=("Server: AutobahnPython/26.10.2",))
VERSION_12 = (("Sec-WebSocket-Version", "12"),)
EVIL = "http://evil.example"


def refused(head: str, body: str = "", *, url: str = "ws://app.example/ws", **options: Any) -> Story:
    """The upgrade was answered with this status, these fields and this body."""
    return asked(url, **options) + answered(f"HTTP/1.1 {head}", body) + fin()


ROWS: tuple[Row, ...] = (
    # autobahn says all of it in the reason phrase, under which no field stands.
    fires(
        "origin-rejected",
        CERTAIN,
        refused("400 WebSocket connection denied: origin 'http://evil.example' not allowed", origin=EVIL),
    ),
    silent("origin-rejected", refused("400 WebSocket connection denied: no room", origin=EVIL)),
    fires("upgrade-stripped", CERTAIN, refused("400 HTTP Connection header missing")),
    silent("upgrade-stripped", refused("400 HTTP Host header missing")),
    fires("upgrade-stripped", CERTAIN, refused("200 OK\nServer: AutobahnPython/26.10.2", AUTOBAHN_PAGE)),
    silent(
        "upgrade-stripped",
        refused("200 OK\nServer: AutobahnPython/26.10.2", AUTOBAHN_PAGE, headers=(("Upgrade", ""),)),
    ),
    fires(
        "ws-version-unsupported",
        CERTAIN,
        refused(f"400 Bad Request\n{GRANIAN}", 'No "Sec-WebSocket-Version: 13" header', headers=VERSION_12),
    ),
    fires(
        "ws-version-unsupported",
        CERTAIN,
        refused(f"400 Unsupported protocol version 12\n{WEBSOCKIFY}", ERROR_PAGE, headers=VERSION_12),
    ),
    fires(
        "ws-version-unsupported",
        CERTAIN,
        refused(
            f"400 Bad Request\n{PLAIN}",
            "Upgrade requested to unsupported websocket version: 12",
            headers=VERSION_12,
        ),
    ),
    silent("ws-version-unsupported", refused(f"400 Bad Request\n{GRANIAN}", 'No "Sec-WebSocket-Key" header')),
    fires(
        "upgrade-stripped", CERTAIN, refused(f"400 Bad Request\n{GRANIAN}", 'No "Connection: upgrade" header')
    ),
    fires("upgrade-stripped", CERTAIN, refused(f"400 Bad Request\n{PLAIN}", "No CONNECTION upgrade header")),
    silent("upgrade-stripped", refused(f"400 Bad Request\n{PLAIN}", "Could not parse handshake request")),
    # Litestar's 405 means that a plain request came to a WebSocket route.
    fires("upgrade-stripped", LIKELY, refused(f"405 Method Not Allowed\n{LITESTAR_405}", NOT_ALLOWED)),
    silent("http-405", refused(f"405 Method Not Allowed\n{LITESTAR_405}", NOT_ALLOWED)),
    fires("http-405", CERTAIN, refused("405 Method Not Allowed\nallow: POST, OPTIONS", NOT_ALLOWED)),
    # Litestar and falcon turn exceptions of an accepted WebSocket into codes of their own.
    fires("close-1011", LIKELY, opened() + close(4500, "Internal Server Error") + fin()),
    fires("close-1011", LIKELY, opened() + sent_text("x") + close(4500, "Internal Server Error") + fin()),
    silent("close-1011", opened() + close(4500, "no room") + fin()),
    silent("close-1011", opened() + close(1008, "Internal Server Error") + fin()),
    fires("close-1008-or-44xx-auth", LIKELY, opened() + close(3403, "Forbidden") + fin()),
    fires("close-1008-or-44xx-auth", LIKELY, opened() + close(3401, "Unauthorized") + fin()),
    silent("close-1008-or-44xx-auth", opened() + close(3404, "Not Found") + fin()),
    # robyn stands on actix.
    fires(
        "ws-version-unsupported", CERTAIN, refused("400 Unsupported WebSocket version", headers=VERSION_12)
    ),
    fires("actix", LIKELY, refused("400 Unsupported WebSocket version")),
    silent("actix", refused("400 Unsupported WebSocket version", headers=VERSION_12)),
    # The same servers behind an nginx that drops the upgrade.
    fires(
        "nginx-upgrade-headers-missing", CERTAIN, refused(f"400 BAD REQUEST\n{NGINX}", LOST, url=SOCKET_IO)
    ),
    fires("upgrade-stripped", CERTAIN, refused("400 BAD REQUEST", LOST, url=SOCKET_IO)),
    silent("upgrade-stripped", refused("400 BAD REQUEST", LOST, url=SOCKET_IO, headers=(("Upgrade", ""),))),
    fires("nginx-upgrade-headers-missing", CERTAIN, refused(f"500 Internal Server Error\n{NGINX}", WS4PY)),
    silent(
        "nginx-upgrade-headers-missing", refused(f"500 Internal Server Error\n{NGINX}", "HandshakeError: no")
    ),
    fires(
        "nginx-upgrade-headers-missing",
        LIKELY,
        refused(f"405 Method Not Allowed\n{NGINX}\nallow: OPTIONS", FALCON_405),
    ),
    fires("http-405", CERTAIN, refused(f"405 Method Not Allowed\n{NGINX}\nallow: POST, OPTIONS", FALCON_405)),
    fires(
        "nginx-upgrade-headers-missing",
        LIKELY,
        refused(f"400 Bad Request\n{NGINX}", "No GraphQL query found in the request"),
    ),
    fires("hs-http10-upstream", CERTAIN, refused(f'505 Unsupported HTTP version "HTTP/1.0"\n{NGINX}')),
    fires(
        "hs-http10-upstream",
        CERTAIN,
        refused(f"400 Bad Request\n{NGINX}", "Unsupported HTTP version: b'HTTP/1.0'"),
    ),
    silent("hs-http10-upstream", refused(f'505 Unsupported HTTP version "HTTP/0.9"\n{NGINX}')),
    fires("flask-no-route", LIKELY, refused(f"404 \n{QUART}", WERKZEUG_404)),
    fires(
        "sanic-reject", LIKELY, refused(f"400 Bad Request\n{SANIC}", f"{SANIC_400}missing subprotocol.\n\n\n")
    ),
    silent("sanic-reject", refused(f"404 Not Found\n{SANIC}", SANIC_404.replace("nope", "websocket"))),
    fires(
        "jupyter-websocket-403-404", LIKELY, refused(f"403 Forbidden\n{JUPYTER}", url=f"{EVENTS}?token=bad")
    ),
    silent(
        "jupyter-websocket-403-404", refused(f"403 Forbidden\n{JUPYTER}", url="ws://app.example/api/events")
    ),
    # Streamlit 1.67 stands on uvicorn, older ones on tornado.
    fires(
        "streamlit-stream-failed",
        LIKELY,
        refused(f"403 Forbidden\n{UVICORN_403}", url=STREAMLIT, origin=EVIL),
    ),
    silent("uvicorn-reject-403", refused(f"403 Forbidden\n{UVICORN_403}", url=STREAMLIT, origin=EVIL)),
    fires("uvicorn-reject-403", LIKELY, refused(f"403 Forbidden\n{UVICORN_403}", origin=EVIL)),
    # Flask-SocketIO says why, also where the query has no EIO.
    fires(
        "python-socketio-403",
        LIKELY,
        refused("400 BAD REQUEST\nContent-Type: text/plain", OLD_CLIENT, url=SOCKET_IO),
    ),
    silent(
        "http-400-generic", refused("400 BAD REQUEST\nContent-Type: text/plain", OLD_CLIENT, url=SOCKET_IO)
    ),
    silent(
        "python-socketio-403",
        refused("400 BAD REQUEST\nContent-Type: text/plain", '"Nothing of the kind"', url=SOCKET_IO),
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_real_bytes(row: Row) -> None:
    check(row)


class Said(NamedTuple):
    """What the first finding has to say, as regular expressions."""

    story: Story
    headline: str
    first_fix: str = ""


SAID = (
    Said(
        refused(f"400 Invalid protocol selected\n{WEBSOCKIFY}", ERROR_PAGE, subprotocols=("other",)),
        "'Invalid protocol selected'$",
        "about the subprotocol",
    ),
    Said(refused(f"400 Bad Request\n{PLAIN}", "nobody by that name"), "'nobody by that name'$", "log"),
    Said(
        refused("400 BAD REQUEST\nServer: proxy.py v2.4.10\nContent-Length: 0"), "does not say what is bad$"
    ),
    Said(refused(f"400 Bad Request\n{PLAIN}", "Bad Request\n"), "does not say what is bad$"),
    Said(
        refused("400 Bad Request\nContent-Type: text/html; charset=UTF-8", BOTTLE_PAGE),
        "saw no upgrade",
        "WSGI server knows WebSockets",
    ),
    Said(refused(f"405 Method Not Allowed\n{LITESTAR_405}", NOT_ALLOWED), "saw no upgrade", "ASGI server"),
    Said(
        refused(f"404 \n{QUART}", WERKZEUG_404),
        "^Quart answered 404 at /ws",
        r"In Quart, .*\n@app\.websocket",
    ),
    Said(refused(f"404 NOT FOUND\n{FLASK}", WERKZEUG_404), "^Werkzeug answered 404", "flask_sock"),
    Said(
        refused(f"400 Bad Request\n{SANIC}", f"{SANIC_400}missing subprotocol.\n\n\n"),
        "^Sanic refused the handshake: missing subprotocol$",
        "-s NAME",
    ),
    Said(
        refused(f"426 Upgrade Required\n{SANIC}", f"{SANIC_400}invalid Connection header: close.\n\n"),
        "^Sanic refused the handshake: invalid Connection header: close$",
        "proxy_set_header",
    ),
    Said(refused(f"404 Not Found\n{SANIC}", SANIC_404), "for Sanic itself there is nothing at /ws$"),
    Said(
        refused(f"403 Forbidden\n{JUPYTER}", url=TERMINAL),
        "there is no login in the request$",
        r"1\?token=\.\.\.'",
    ),
    Said(
        refused(f"403 Forbidden\n{JUPYTER}", url=f"{TERMINAL}?token=bad"),
        "did not take the token",
        r"1\?token=\.\.\.'",
    ),
    Said(
        refused("400 BAD REQUEST\nContent-Type: text/plain", OLD_CLIENT, url=SOCKET_IO),
        "python-socketio refused .*unsupported version",
        r"5000/socket\.io/\?EIO=4",
    ),
    Said(
        asked(SOCKET_IO)
        + switched()
        + text(ENGINE_OPEN)
        + idle(s=1)
        + text("2")
        + idle(s=1)
        + close(1000)
        + fin(),
        "speaks Engine.IO",
        r"io\('http://app\.example:5000'\)",
    ),
    # gevent-websocket opens what the application behind it then answers with 404.
    Said(opened() + idle(s=0.01) + close(None) + fin(), "closed without a code", "gevent-websocket"),
    Said(opened() + idle(s=0.01) + close(1000) + fin(), r"closed normally \(1000\)", "close reason"),
    Said(
        opened() + close(1011, "Failed to connect to downstream server") + fin(), "downstream", "websockify"
    ),
    Said(opened() + close(1011, "boom") + fin(), "1011 'boom'", "server's log"),
    Said(AUTOBAHN + sent_text("x" * 3000) + reset(), "3000 bytes", "failByDrop"),
    Said(AUTOBAHN + sent_text("boom") + idle(s=0.01) + fin(), "hung up", "failByDrop"),
    Said(opened() + sent_text("x" * 3000) + reset(), "3000 bytes", "In node"),
    Said(
        opened(answer=("Sec-WebSocket-Extensions: permessage-deflate",))
        + sent(COMPRESSED)
        + close(1009, "frame exceeds limit of 1000 bytes")
        + fin(),
        r"the last one had 3000 bytes, \d\d bytes on the wire",
        "--ws-max-size",
    ),
    Said(
        opened()
        + sent_text("x" * 3000)
        + close(1009, "frame with 3000 bytes exceeds limit of 1000 bytes")
        + fin(),
        "the last one had 3000 bytes on the wire$",
        "--ws-max-size",
    ),
)


@pytest.mark.parametrize("said", SAID, ids=lambda said: said.headline)
def test_what_is_said_first(said: Said) -> None:
    answer = said.story.diagnose().answer
    assert answer is not None
    assert re.search(said.headline, answer.headline), answer.headline
    assert re.search(said.first_fix, answer.fix[0]), answer.fix[0]


def test_jupyter_lists_terminals_where_one_is_missing() -> None:
    answer = refused(f"404 Not Found\n{JUPYTER}", url=f"{TERMINAL}?token=good").diagnose().answer
    assert answer is not None
    assert "curl -si 'http://app.example:8888/lab/api/terminals'" in answer.next_test
