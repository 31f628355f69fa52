"""Python's servers and frameworks. Heads and bodies are theirs to the letter, case and order included."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from wsinspect.lab.opening import accept_value, answer
from wsinspect.lab.peer import Peer
from wsinspect.lab.scenario import LabEndpoint, LabSettings, Scenario
from wsinspect.lab.servers import Story, serving
from wsinspect.lab.storied import Approach, answering, storied
from wsinspect.options import ReconnectPolicy

STAGE = "framework"
_framework = partial(storied, STAGE)

_UVICORN_403 = (
    "HTTP/1.1 403 Forbidden\nDate: {date}\nContent-Length: 0\nContent-Type: text/plain\nConnection: close"
)
_DJANGO_404 = (
    '\n<!doctype html>\n<html lang="en">\n<head>\n  <title>Not Found</title>\n</head>\n<body>\n'
    "  <h1>Not Found</h1><p>The requested resource was not found on this server.</p>\n</body>\n</html>\n"
)
_WERKZEUG_400 = (
    "<!doctype html>\n<html lang=en>\n<title>400 Bad Request</title>\n<h1>Bad Request</h1>\n"
    "<p>The browser (or proxy) sent a request that this server could not understand.</p>\n"
)
_WERKZEUG = (
    "Server: Werkzeug/3.1.9 Python/3.11.7\nDate: {date}\nContent-Type: text/html; charset=utf-8\n"
    "Content-Length: {length}\nConnection: close"
)
_DAPHNE_101 = (
    "HTTP/1.1 101 Switching Protocols\nServer: daphne\nUpgrade: WebSocket\nConnection: Upgrade\n"
    "Sec-WebSocket-Accept: {accept}"
)
_FROM_PAGE = {"origin": "https://app.example.com"}
_GUNICORN_TIMEOUT_S = 30.0


def _tornado(status: str, body: str) -> Story:
    head = (
        f"HTTP/1.1 {status}\nServer: TornadoServer/6.6.1\nContent-Type: text/html; charset=UTF-8\nDate: {{date}}\n"
        "Content-Length: {length}"
    )
    return answering(head, body)


def _aiohttp(status: str, body: str) -> Story:
    head = (
        f"HTTP/1.1 {status}\nContent-Type: text/plain; charset=utf-8\nContent-Length: {{length}}\nDate: {{date}}\n"
        "Server: Python/3.11 aiohttp/3.14.5"
    )
    return answering(head, body)


def _websockets(status: str, body: str) -> Story:
    head = (
        f"HTTP/1.1 {status}\nDate: {{date}}\nConnection: close\nContent-Length: {{length}}\n"
        "Content-Type: text/plain; charset=utf-8\nServer: Python/3.11 websockets/17.4"
    )
    return answering(head, body)


async def _all_workers_busy(peer: Peer) -> None:
    """The arbiter of gunicorn kills the worker that did not get round to us within --timeout."""
    await peer.read_request()
    await peer.pause(_GUNICORN_TIMEOUT_S)


@asynccontextmanager
async def _deployed_anew(settings: LabSettings) -> AsyncIterator[LabEndpoint]:
    """daphne accepts, is restarted, and the new version's consumer accepts a subprotocol that nobody offered."""
    connections = 0

    async def story(peer: Peer) -> None:
        nonlocal connections
        connections += 1
        request = await peer.read_request()
        if connections == 1:
            await peer.send(answer(_DAPHNE_101.replace("{accept}", accept_value(request))))
            await peer.pause(0.2)
        else:
            await peer.read_to_end()

    again = ReconnectPolicy(attempts=1, first_delay_s=settings.scaled(0.2))
    way = Approach(
        path="/ws/chat/",
        options={"reconnect": again},
        timeouts_s={"upgrade_timeout_s": 2.0},
        hold_s=5.0,
    )
    async with serving(story, settings) as port:
        yield way.endpoint(settings, port=port)


SCENARIOS = (
    _framework(
        "uvicorn-reject-403",
        "Starlette has no route for the path, so uvicorn says 403 with an empty body",
        answering(_UVICORN_403),
        approach=Approach(path="/ws/"),
    ),
    _framework(
        "uvicorn-reject-403-wsproto",
        "The same under uvicorn with wsproto: a status line without a reason",
        answering("HTTP/1.1 403 \ncontent-length: 0"),
        cause="uvicorn-reject-403",
        approach=Approach(path="/ws/"),
    ),
    _framework(
        "uvicorn-reject-403-hypercorn",
        "The same under hypercorn",
        answering("HTTP/1.1 403 \ncontent-length: 0\nconnection: close\ndate: {date}\nserver: hypercorn-h11"),
        cause="uvicorn-reject-403",
        approach=Approach(path="/ws/"),
    ),
    _framework(
        "uvicorn-no-ws-library",
        "uvicorn without a WebSocket library takes the upgrade for a page view",
        answering(
            "HTTP/1.1 404 Not Found\ndate: {date}\nserver: uvicorn\ncontent-length: {length}\n"
            "content-type: text/plain; charset=utf-8",
            "Not Found",
        ),
        approach=Approach(path="/ws"),
    ),
    _framework(
        "asgi-http-404",
        "FastAPI's 404 for plain requests: the Upgrade did not reach it",
        answering(
            "HTTP/1.1 404 Not Found\ndate: {date}\ncontent-length: {length}\ncontent-type: application/json",
            '{"detail":"Not Found"}',
        ),
        approach=Approach(path="/ws"),
    ),
    _framework(
        "asgi-exception-500",
        "The ASGI application throws before websocket.accept",
        answering(
            "HTTP/1.1 500 Internal Server Error\ncontent-type: text/plain; charset=utf-8\ncontent-length: {length}\n"
            "connection: close",
            "Internal Server Error",
        ),
    ),
    _framework(
        "channels-reject-403",
        "Channels: the consumer closes in connect(), so daphne says 'Access denied'",
        answering("HTTP/1.1 403 Access denied"),
        approach=Approach(path="/ws/chat/", options=_FROM_PAGE),
    ),
    _framework(
        "origin-required",
        "AllowedHostsOriginValidator turns away a client without an Origin",
        answering("HTTP/1.1 403 Access denied"),
        likelier="channels-reject-403",
        approach=Approach(path="/ws/chat/"),
    ),
    _framework(
        "channels-no-route-500",
        "Channels has no route for the path without its slash",
        answering("HTTP/1.1 500 Internal server error"),
        approach=Approach(path="/ws/chat"),
    ),
    _framework(
        "django-wsgi-404",
        "Django runs under WSGI, where there are no WebSockets",
        answering(
            "HTTP/1.1 404 Not Found\nServer: gunicorn\nDate: {date}\nConnection: close\nTransfer-Encoding: chunked\n"
            "Content-Type: text/html; charset=utf-8",
            _DJANGO_404,
        ),
        approach=Approach(path="/ws/chat/"),
    ),
    Scenario(
        id="daphne-subprotocol-hang",
        stage=STAGE,
        title="daphne opens, is deployed anew, and then never answers: its consumer wants a subprotocol",
        cause="daphne-subprotocol-hang",
        serve=_deployed_anew,
        likelier="upgrade-hang",
    ),
    _framework(
        "flask-no-route",
        "The upgrade meets an ordinary route of Flask",
        answering(f"HTTP/1.1 400 BAD REQUEST\n{_WERKZEUG}", _WERKZEUG_400),
        approach=Approach(path="/ws"),
    ),
    _framework(
        "gunicorn-worker-blocked",
        "gunicorn's only worker is busy: FIN when --timeout is over",
        _all_workers_busy,
        likelier="upgrade-empty-reply",
        takes_s=_GUNICORN_TIMEOUT_S,
        approach=Approach(path="/ws", timeouts_s={"upgrade_timeout_s": 60.0}),
    ),
    _framework(
        "tornado-origin",
        "tornado refuses the page's Origin",
        _tornado("403 Forbidden", "Cross origin websockets not allowed"),
        approach=Approach(path="/ws", options=_FROM_PAGE),
    ),
    _framework(
        "tornado-upgrade-stripped",
        "tornado saw no Upgrade in the request",
        _tornado("400 Bad Request", 'Can "Upgrade" only to "WebSocket".'),
        approach=Approach(path="/ws"),
    ),
    _framework(
        "jupyter-websocket-403-404",
        "Jupyter has no kernel of this id any more",
        _tornado(
            "404 Not Found",
            '{"message": "Kernel does not exist: 5b1c9b0e-2f0c-4d6e-9a55-3d1c2f6f7a10", "reason": null}',
        ),
        approach=Approach(path="/api/kernels/5b1c9b0e-2f0c-4d6e-9a55-3d1c2f6f7a10/channels?session_id=1"),
    ),
    _framework(
        "streamlit-stream-failed",
        "Streamlit refuses the origin of a page behind a proxy",
        _tornado("403 Forbidden", "<html><title>403: Forbidden</title><body>403: Forbidden</body></html>"),
        approach=Approach(path="/_stcore/stream", options=_FROM_PAGE),
    ),
    _framework(
        "aiohttp-400",
        "aiohttp got Upgrade from a proxy that forgets Connection",
        _aiohttp("400 Bad Request", "No CONNECTION upgrade hdr: keep-alive"),
        approach=Approach(path="/ws"),
    ),
    _framework(
        "home-assistant-400",
        "Home Assistant does not trust the proxy in front",
        _aiohttp("400 Bad Request", "400: Bad Request"),
        approach=Approach(path="/api/websocket"),
    ),
    _framework(
        "websockets-lib-reject",
        "Python's websockets refuses the Origin, and says so",
        _websockets(
            "403 Forbidden",
            "Failed to open a WebSocket connection: invalid Origin header: https://app.example.com.\n",
        ),
        approach=Approach(options=_FROM_PAGE),
    ),
    _framework(
        "sanic-reject",
        "Sanic's page around the sentence of its WebSocket library",
        answering(
            "HTTP/1.1 426 Upgrade Required\ncontent-length: {length}\nconnection: keep-alive\nalt-svc: \n"
            "content-type: text/plain; charset=utf-8",
            "⚠️ 426 — Upgrade Required\n==========================\n"
            "Failed to open a WebSocket connection: missing Connection header.\n",
        ),
        approach=Approach(path="/feed"),
    ),
    _framework(
        "python-socketio-403",
        "python-socketio refuses the page's Origin under ASGI: an empty 403",
        answering(_UVICORN_403),
        approach=Approach(path="/socket.io/?EIO=4&transport=websocket", options=_FROM_PAGE),
    ),
)
