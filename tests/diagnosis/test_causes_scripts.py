"""Refusals of node's and Python's servers, with the bytes that the products sent when they were asked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.diagnosis.refusals import DATE, NGINX, Refusal, refusal, still_told
from tests.diagnosis.story import (
    SWITCHING,
    Story,
    again,
    answered,
    asked,
    close,
    fin,
    idle,
    opened,
    reached,
    switched,
    timed_out,
)
from tests.diagnosis.table import Row, beside, check, fires, silent
from wsinspect.diagnosis.cause import Certainty
from wsinspect.diagnosis.engine import diagnose

CERTAIN, LIKELY, POSSIBLE = Certainty.CERTAIN, Certainty.LIKELY, Certainty.POSSIBLE
WS = "Connection: close\nContent-Type: text/html\nContent-Length: {length}"
WS_BEHIND_NGINX = f"{NGINX}\nContent-Type: text/html\nContent-Length: {{length}}\nConnection: keep-alive"
ENGINE = "Connection: close\nContent-type: text/html\nContent-Length: {length}"
ENGINE_JSON = f"Content-Type: application/json\n{DATE}\nConnection: close\nContent-Length: {{length}}"
EXPRESS = (
    "X-Powered-By: Express\nContent-Security-Policy: default-src 'none'\nX-Content-Type-Options: nosniff\n"
    "Content-Type: text/html; charset=utf-8\nContent-Length: {length}\n" + DATE
)
KOA = f"Content-Type: text/plain; charset=utf-8\nContent-Length: {{length}}\n{DATE}"
JSON = f"content-type: application/json; charset=utf-8\ncontent-length: {{length}}\n{DATE}"
NODE_ALIVE = "Connection: keep-alive\nKeep-Alive: timeout=5"
FASTIFY_ALIVE = "Connection: keep-alive\nKeep-Alive: timeout=72"
FASTIFY_404 = '{"message":"Route GET:/ws not found","error":"Not Found","statusCode":404}'
HAPI_404 = '{"statusCode":404,"error":"Not Found","message":"Not Found"}'
APOLLO_400 = (
    '{"errors":[{"message":"This operation has been blocked as a potential Cross-Site Request Forgery (CSRF). Please '
    'either specify a \'content-type\' header","extensions":{"code":"BAD_REQUEST"}}]}'
)
YOGA_200 = '{"errors":[{"message":"Must provide query string.","extensions":{"code":"BAD_REQUEST"}}]}'
H3_426 = '{\n  "statusCode": 426,\n  "statusMessage": "Upgrade Required",\n  "stack": []\n}'
CANNOT_GET = '<!DOCTYPE html>\n<html lang="en">\n<body>\n<pre>Cannot GET /ws</pre>\n</body>\n</html>\n'
SOCKET_IO = "ws://chat.example:3000/socket.io/?EIO=4&transport=websocket"
PACKET = '0{"sid":"Bl-1mXGJ","upgrades":["websocket"],"pingTimeout":20000,"pingInterval":25000,"maxPayload":1000000}'
POLLING = "ws://chat.example:3000/socket.io/?EIO=4&transport=polling"
PLAIN = "content-type: text/plain; charset=utf-8\ncontent-length: {length}"
UVICORN_404 = f"{DATE}\nserver: uvicorn\n{PLAIN}"
UVICORN_403 = f"{DATE}\nContent-Length: 0\nContent-Type: text/plain\nConnection: close"
DJANGO_404 = (
    '\n<!doctype html>\n<html lang="en">\n<body>\n  <h1>Not Found</h1><p>The requested resource was not found on this '
    "server.</p>\n</body>\n</html>\n"
)
AIOHTTP = f"Content-Type: text/plain; charset=utf-8\nContent-Length: {{length}}\n{DATE}\nServer: Python/3.11 aiohttp/3.14.5"
WEBSOCKETS = f"{DATE}\nConnection: close\nContent-Length: {{length}}\nContent-Type: text/plain; charset=utf-8\nServer: Python/3.11 websockets/17.4"
TORNADO = f"Server: TornadoServer/6.4\nContent-Type: text/html; charset=UTF-8\n{DATE}"
WERKZEUG = (
    f"Server: Werkzeug/3.0.1 Python/3.11.2\n{DATE}\nContent-Type: text/html; charset=utf-8\nConnection: close"
)
BROWSER_OR_PROXY = "<p>The browser (or proxy) sent a request that this server could not understand.</p>"
KERNEL = "ws://hub.example:8888/api/kernels/1234-abcd/channels?session_id=1"
STREAMLIT = "ws://chat.example:8501/_stcore/stream"

REFUSALS: tuple[Refusal, ...] = (
    refusal(
        "node-http-no-upgrade-listener",
        LIKELY,
        f"404 Not Found\n{EXPRESS}\nConnection: keep-alive\nKeep-Alive: timeout=5",
        CANNOT_GET,
    ),
    refusal("node-http-no-upgrade-listener", LIKELY, f"200 OK\n{EXPRESS}", "<h1>hi</h1>"),
    refusal("node-http-no-upgrade-listener", LIKELY, f"404 Not Found\n{KOA}\n{NODE_ALIVE}", "Not Found"),
    refusal("asgi-http-404", None, f"404 Not Found\n{KOA}\n{NODE_ALIVE}", "Not Found"),
    refusal("node-http-no-upgrade-listener", None, f"404 Not Found\n{KOA}\nConnection: close", "Not Found"),
    refusal("node-http-no-upgrade-listener", LIKELY, f"404 Not Found\n{JSON}\n{FASTIFY_ALIVE}", FASTIFY_404),
    # With @fastify/websocket, Fastify answers the upgrade itself.
    refusal(
        "node-http-no-upgrade-listener", None, f"404 Not Found\n{JSON}\nConnection: keep-alive", FASTIFY_404
    ),
    refusal("http-404", CERTAIN, f"404 Not Found\n{JSON}\nConnection: keep-alive", FASTIFY_404),
    refusal("node-http-no-upgrade-listener", LIKELY, f"404 Not Found\n{JSON}\n{NODE_ALIVE}", HAPI_404),
    refusal("node-http-no-upgrade-listener", LIKELY, f"404 Not Found\n{KOA}\n{NODE_ALIVE}", "404 Not Found"),
    refusal("node-http-no-upgrade-listener", LIKELY, f"400 Bad Request\n{JSON}\n{NODE_ALIVE}", APOLLO_400),
    refusal("node-http-no-upgrade-listener", None, f"400 Bad Request\n{JSON}\n{NGINX}", APOLLO_400),
    refusal("node-http-no-upgrade-listener", LIKELY, f"200 OK\n{JSON}\n{NODE_ALIVE}", YOGA_200),
    refusal("node-http-no-upgrade-listener", LIKELY, f"426 Upgrade Required\n{JSON}\n{NODE_ALIVE}", H3_426),
    refusal("node-http-no-upgrade-listener", None, f"426 Upgrade Required\n{JSON}", H3_426),
    refusal("node-http-no-upgrade-listener", None, f"404 Not Found\n{JSON}\n{NGINX}", HAPI_404),
    refusal("node-http-no-upgrade-listener", None, f"401 Unauthorized\n{EXPRESS}", "no"),
    refusal("node-ws-path-mismatch", LIKELY, f"400 Bad Request\n{WS}", "Bad Request"),
    refusal("node-ws-path-mismatch", LIKELY, f"400 Bad Request\n{WS_BEHIND_NGINX}", "Bad Request"),
    refusal(
        "node-ws-path-mismatch",
        None,
        "400 Bad Request\nContent-Type: text/plain\nX-Powered-By: me",
        "Bad Request",
    ),
    refusal(
        "node-ws-path-mismatch", None, f"400 Bad Request\n{WS}", "Bad Request", subprotocols=("vite-hmr",)
    ),
    refusal("node-ws-verifyclient", LIKELY, f"401 Unauthorized\n{WS}", "Unauthorized"),
    refusal("node-ws-verifyclient", LIKELY, f"403 Forbidden\n{WS}", "Forbidden"),
    refusal("node-ws-verifyclient", LIKELY, f"403 Forbidden\n{WS}", "Not a member"),
    refusal("node-ws-verifyclient", None, f"403 Forbidden\nServer: gate\n{WS}", "Not a member"),
    refusal(
        "node-ws-verifyclient",
        None,
        "401 Unauthorized\nContent-Type: application/json",
        '{"error":"Unauthorized"}',
    ),
    refusal("node-ws-misc-400", LIKELY, f"400 Bad Request\n{WS}", "Invalid Sec-WebSocket-Protocol header"),
    refusal("node-ws-misc-400", LIKELY, f"405 Method Not Allowed\n{WS}", "Invalid HTTP method"),
    refusal("node-ws-misc-400", None, f"400 Bad Request\n{WS}", "Invalid JSON"),
    refusal("bun-no-websocket-handler", POSSIBLE, f"500 Internal Server Error\n{DATE}", "Upgrade failed"),
    refusal(
        "bun-no-websocket-handler",
        None,
        f"500 Internal Server Error\n{DATE}",
        "Upgrade failed because of the database",
    ),
    refusal(
        "deno-upgrade",
        LIKELY,
        f"500 Internal Server Error\n{DATE}",
        "TypeError: Invalid Header: 'upgrade' header must contain 'websocket'",
    ),
    refusal("deno-upgrade", None, f"500 Internal Server Error\n{DATE}", "TypeError: Invalid Header"),
    refusal(
        "engineio-upgrade-stripped",
        LIKELY,
        f"400 Bad Request\n{ENGINE_JSON}",
        '{"code":3,"message":"Bad request"}',
        url=SOCKET_IO,
    ),
    refusal(
        "engineio-upgrade-stripped",
        None,
        f"400 Bad Request\n{ENGINE_JSON}",
        '{"code":3,"message":"Bad request"}',
        url="ws://chat.example/api",
    ),
    refusal(
        "engineio-transport-unknown",
        CERTAIN,
        f"400 Bad Request\n{ENGINE}",
        "Transport unknown",
        url="ws://chat.example/socket.io/",
    ),
    refusal(
        "engineio-transport-unknown",
        LIKELY,
        f"400 Bad Request\n{ENGINE_JSON}",
        '{"code":0,"message":"Transport unknown"}',
        url=SOCKET_IO,
    ),
    refusal(
        "engineio-transport-unknown", None, f"400 Bad Request\n{ENGINE}", "Transport refused", url=SOCKET_IO
    ),
    *(
        refusal("engineio-transport-unknown", CERTAIN, f"200 OK\n{PLAIN}", packet, url=url)
        for packet in (PACKET, f"96:{PACKET}2:40")
        for url in (POLLING, "ws://chat.example:3000/socket.io/")
    ),
    refusal("engineio-transport-unknown", None, f"200 OK\n{PLAIN}", PACKET, url=SOCKET_IO),
    refusal(
        "engineio-sid-unknown",
        LIKELY,
        f"400 Bad Request\n{ENGINE}",
        "Session ID unknown",
        url=f"{SOCKET_IO}&sid=zz",
    ),
    refusal(
        "engineio-sid-unknown",
        LIKELY,
        f"400 Bad Request\n{NGINX}\n{ENGINE_JSON}",
        '{"code":1,"message":"Session ID unknown"}',
        url=f"{SOCKET_IO}&sid=zz",
    ),
    refusal("engineio-sid-unknown", None, f"400 Bad Request\n{ENGINE}", "Session expired", url=SOCKET_IO),
    refusal(
        "alb-stickiness-socketio",
        LIKELY,
        f"400 Bad Request\n{ENGINE}\nSet-Cookie: AWSALB=abc; Path=/",
        "Session ID unknown",
        url=SOCKET_IO,
    ),
    refusal(
        "alb-stickiness-socketio", None, f"400 Bad Request\n{ENGINE}", "Session ID unknown", url=SOCKET_IO
    ),
    refusal(
        "engineio-version-mismatch",
        CERTAIN,
        f"400 Bad Request\n{ENGINE_JSON}",
        '{"code":5,"message":"Unsupported protocol version"}',
        url="ws://chat.example/socket.io/?EIO=3&transport=websocket",
    ),
    refusal(
        "engineio-version-mismatch", None, f"400 Bad Request\n{ENGINE}", "Unsupported version", url=SOCKET_IO
    ),
    refusal("engineio-forbidden", LIKELY, f"400 Bad Request\n{ENGINE}", "Forbidden", url=SOCKET_IO),
    refusal(
        "engineio-forbidden",
        LIKELY,
        f"403 Forbidden\n{ENGINE_JSON}",
        '{"code":4,"message":"Forbidden"}',
        url=SOCKET_IO,
    ),
    refusal("engineio-forbidden", None, f"400 Bad Request\n{ENGINE}"),
    refusal("engineio-forbidden", None, f"403 Forbidden\n{WS}", "Forbidden", url=SOCKET_IO),
    refusal("python-socketio-403", LIKELY, f"403 Forbidden\n{UVICORN_403}", url=SOCKET_IO),
    refusal(
        "python-socketio-403", LIKELY, f"400 Bad Request\n{DATE}", '"Not an accepted origin."', url=SOCKET_IO
    ),
    refusal("python-socketio-403", None, f"403 Forbidden\n{UVICORN_403}"),
    refusal("uvicorn-reject-403", LIKELY, f"403 Forbidden\n{UVICORN_403}"),
    refusal(
        "uvicorn-reject-403",
        LIKELY,
        f"403 Forbidden\n{DATE}\nConnection: close\nContent-Length: 0\nContent-Type: text/plain; charset=utf-8",
    ),
    refusal("uvicorn-reject-403", LIKELY, "403 \ncontent-length: 0"),
    refusal(
        "uvicorn-reject-403",
        LIKELY,
        f"403 \ncontent-length: 0\nconnection: close\n{DATE}\nserver: hypercorn-h11",
    ),
    refusal("uvicorn-reject-403", LIKELY, f"403 Forbidden\nserver: granian\ncontent-length: 0\n{DATE}"),
    refusal("uvicorn-reject-403", None, f"403 Forbidden\n{UVICORN_403}\nX-Why: because", "no"),
    refusal("uvicorn-no-ws-library", LIKELY, f"404 Not Found\n{UVICORN_404}", "Not Found"),
    refusal("uvicorn-no-ws-library", None, f"404 Not Found\n{NGINX}\n{PLAIN}", "Not Found"),
    refusal(
        "asgi-http-404",
        LIKELY,
        f"404 Not Found\n{DATE}\ncontent-type: application/json\ncontent-length: 22",
        '{"detail":"Not Found"}',
    ),
    refusal("asgi-http-404", None, f"404 Not Found\n{DATE}\ncontent-type: text/plain", "Not Found here"),
    refusal(
        "asgi-exception-500",
        LIKELY,
        "500 Internal Server Error\ncontent-type: text/plain; charset=utf-8\ncontent-length: 21\nconnection: close",
        "Internal Server Error",
    ),
    refusal(
        "asgi-exception-500",
        LIKELY,
        f"500 \ncontent-length: 0\nconnection: close\n{DATE}\nserver: hypercorn-h11",
    ),
    refusal(
        "asgi-exception-500",
        None,
        "500 Internal Server Error\nContent-Type: text/html\nContent-Length: 21",
        "Internal Server Error",
    ),
    refusal("channels-reject-403", CERTAIN, "403 Access denied"),
    refusal("channels-reject-403", None, "403 Access Denied", "<title>Access Denied</title>"),
    refusal("channels-no-route-500", LIKELY, "500 Internal server error"),
    refusal("channels-no-route-500", None, "500 Internal Server Error"),
    refusal(
        "django-wsgi-404",
        LIKELY,
        f"404 Not Found\nServer: gunicorn\n{DATE}\nContent-Type: text/html; charset=utf-8",
        DJANGO_404,
    ),
    refusal(
        "django-wsgi-404",
        LIKELY,
        "404 Not Found\nConnection: close\nContent-Type: text/html; charset=utf-8\nServer: daphne",
        DJANGO_404,
    ),
    refusal("django-wsgi-404", None, f"404 Not Found\nServer: gunicorn\n{DATE}", "<h1>Not Found</h1>"),
    refusal("flask-no-route", LIKELY, f"400 BAD REQUEST\n{WERKZEUG}", BROWSER_OR_PROXY),
    refusal("flask-no-route", None, f"400 BAD REQUEST\n{WERKZEUG}", "no token"),
    refusal(
        "tornado-origin",
        CERTAIN,
        f"403 Forbidden\n{TORNADO}",
        "Cross origin websockets not allowed",
        origin="https://evil.example",
    ),
    refusal(
        "tornado-origin", None, f"403 Forbidden\n{TORNADO}", "<html><title>403: Forbidden</title></html>"
    ),
    refusal(
        "tornado-upgrade-stripped",
        CERTAIN,
        f"400 Bad Request\n{TORNADO}",
        'Can "Upgrade" only to "WebSocket".',
    ),
    refusal(
        "tornado-upgrade-stripped",
        None,
        f"400 Bad Request\n{TORNADO}",
        'Can "Upgrade" only to "WebSocket".',
        headers=(("Upgrade", ""),),
    ),
    refusal(
        "jupyter-websocket-403-404",
        LIKELY,
        f"404 Not Found\n{TORNADO}",
        '{"message": "Kernel does not exist"}',
        url=KERNEL,
    ),
    refusal(
        "jupyter-websocket-403-404",
        LIKELY,
        f"403 Forbidden\n{TORNADO}",
        "<title>403: Forbidden</title>",
        url=KERNEL,
    ),
    refusal("jupyter-websocket-403-404", None, f"403 Forbidden\n{TORNADO}", "<title>403: Forbidden</title>"),
    refusal(
        "streamlit-stream-failed", LIKELY, f"403 Forbidden\n{TORNADO}", "<title>403</title>", url=STREAMLIT
    ),
    refusal("streamlit-stream-failed", None, f"403 Forbidden\n{TORNADO}", "<title>403</title>"),
    refusal(
        "aiohttp-400",
        CERTAIN,
        f"400 Bad Request\n{AIOHTTP}",
        'No WebSocket UPGRADE hdr: None\n Can "Upgrade" only to "WebSocket".',
    ),
    refusal("aiohttp-400", None, f"400 Bad Request\n{AIOHTTP}", "No token"),
    refusal(
        "home-assistant-400",
        LIKELY,
        f"400 Bad Request\n{AIOHTTP}",
        "400: Bad Request",
        url="ws://ha.example:8123/api/websocket",
    ),
    refusal("home-assistant-400", None, f"400 Bad Request\n{AIOHTTP}", "400: Bad Request"),
    refusal(
        "websockets-lib-reject",
        CERTAIN,
        f"403 Forbidden\n{WEBSOCKETS}",
        "Failed to open a WebSocket connection: invalid Origin header: http://bad.\n",
        origin="http://bad",
    ),
    refusal("websockets-lib-reject", LIKELY, f"401 Unauthorized\n{WEBSOCKETS}", "no\n"),
    refusal(
        "websockets-lib-reject",
        None,
        f"500 Internal Server Error\n{WEBSOCKETS}",
        "Failed to open a database connection",
    ),
    refusal(
        "sanic-reject",
        LIKELY,
        f"426 Upgrade Required\n{DATE}\ncontent-type: text/plain; charset=utf-8",
        "⚠️ 426 — Upgrade Required\n==========================\nFailed to open a WebSocket connection: missing Connection header.\n",
    ),
    refusal(
        "sanic-reject",
        None,
        f"404 Not Found\n{DATE}",
        "⚠️ 404 — Not Found\n==========================\nRequested URL /ws not found\n",
    ),
    refusal("origin-required", None, "403 Access denied", origin="http://chat.example"),
)


def refused(head: str, **options: Any) -> Story:
    return asked("ws://chat.example:8000/ws", **options) + answered(f"HTTP/1.1 {head}") + fin()


EIO_REFUSAL = (
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-type: text/html\r\nContent-Length: 28\r\n\r\n"
    b"Unsupported protocol version"
)
DAPHNE_SHOWN = (
    asked() + answered(f"HTTP/1.1 404 Not Found\nServer: daphne\n{DATE}", "x") + fin() + again() + reached()
)
ROWS: tuple[Row, ...] = (
    *(told.row() for told in REFUSALS),
    fires(
        "engineio-forbidden",
        LIKELY,
        refusal("", None, f"400 Bad Request\n{ENGINE}", "no such tenant", url=SOCKET_IO).story(),
    ),
    fires(
        "engineio-forbidden",
        LIKELY,
        refusal("", None, f"400 Bad Request\n{ENGINE}", url=SOCKET_IO.replace("EIO=4", "EIO=3")).story(),
    ),
    fires(
        "engineio-forbidden",
        LIKELY,
        refusal("", None, f"400 Bad Request\n{ENGINE}", "Bad request", url=SOCKET_IO).story(),
    ),
    silent(
        "engineio-forbidden",
        refusal("", None, f"400 Bad Request\n{ENGINE}", "Session ID unknown", url=SOCKET_IO).story(),
    ),
    fires("engineio-wrong-path", LIKELY, asked("ws://chat.example:3000/ws") + idle(s=1.002) + fin()),
    silent("engineio-wrong-path", asked("ws://chat.example:3000/ws") + idle(s=1.4) + fin()),
    silent("engineio-wrong-path", asked(SOCKET_IO) + idle(s=1.0) + fin()),
    fires("engineio-transport-unknown", LIKELY, opened(POLLING) + close() + fin()),
    silent("engineio-transport-unknown", opened(SOCKET_IO) + close() + fin()),
    silent("engineio-transport-unknown", opened(POLLING) + close(1000) + fin()),
    fires(
        "engineio-version-mismatch",
        CERTAIN,
        asked("ws://chat.example:3000/socket.io/?EIO=3&transport=websocket")
        + answered(SWITCHING, more=EIO_REFUSAL)
        + fin(),
    ),
    silent("engineio-version-mismatch", asked(SOCKET_IO) + switched()),
    beside("origin-required", POSSIBLE, refused("403 Forbidden\nContent-Length: 0\nServer: x")),
    silent("origin-required", refused("403 Forbidden", origin="http://chat.example")),
    beside("gunicorn-worker-blocked", POSSIBLE, asked() + idle(s=30.4) + fin()),
    silent("gunicorn-worker-blocked", asked() + idle(s=20) + fin()),
    beside("daphne-subprotocol-hang", POSSIBLE, DAPHNE_SHOWN + timed_out()),
    silent("daphne-subprotocol-hang", asked() + timed_out()),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_story(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(
    "told",
    [told for told in REFUSALS if told.certainty is not None],
    ids=lambda told: told.cause,
)
def test_another_hop_in_front_changes_nothing(told: Refusal) -> None:
    still_told(told)


def test_an_origin_that_opens_proves_that_one_is_required() -> None:
    story = refused("403 Access denied") + again(origin="http://chat.example") + reached() + switched()
    record = story.record()
    findings = {finding.cause: finding for finding in diagnose(record, record.attempts[0]).findings}
    assert findings["origin-required"].certainty is CERTAIN
    assert "Origin: http://chat.example was accepted" in findings["origin-required"].evidence[0].text


def test_a_toggled_slash_is_the_next_test_of_a_path_that_ws_refuses() -> None:
    story = refusal("", None, f"400 Bad Request\n{WS}", "Bad Request", url="ws://chat.example/ws?x=1").story()
    answer = story.diagnose().answer
    assert answer is not None
    assert "'ws://chat.example/ws/?x=1'" in answer.next_test
