"""What Python's servers and tools sent when they were asked the wrong thing, quoted as it came."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pytest

from tests.diagnosis.story import Story, answered, asked, fin
from tests.diagnosis.table import Row, check, fires, silent
from wsinspect.diagnosis.cause import Certainty

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
VERSION_12 = (("Sec-WebSocket-Version", "12"),)
EVIL = "http://evil.example"


def refused(head: str, body: str = "", **options: Any) -> Story:
    """The upgrade to /ws was answered with this status, these fields and this body."""
    return asked("ws://app.example/ws", **options) + answered(f"HTTP/1.1 {head}", body) + fin()


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
)


@pytest.mark.parametrize("said", SAID, ids=lambda said: said.headline)
def test_what_is_said_first(said: Said) -> None:
    answer = said.story.diagnose().answer
    assert answer is not None
    assert re.search(said.headline, answer.headline), answer.headline
    assert re.search(said.first_fix, answer.fix[0]), answer.fix[0]
