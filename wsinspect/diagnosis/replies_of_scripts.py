"""What servers and WebSocket libraries of JavaScript and Python write when they refuse an upgrade."""

from __future__ import annotations

from wsinspect.diagnosis.products import Hop
from wsinspect.diagnosis.replies import row

_SERVER, _LIBRARY = Hop.SERVER, Hop.FRAMEWORK
_WS = {"Content-Type": r"^text/html$"}
_WS_FIELDS = "content-type"

NODE = (
    row("ws-bad-request", "node's ws", _LIBRARY, 400, whole="Bad Request", fields=_WS, only=_WS_FIELDS),
    row("ws-unauthorized", "node's ws", _LIBRARY, 401, whole="Unauthorized", fields=_WS, only=_WS_FIELDS),
    row("ws-forbidden", "node's ws", _LIBRARY, 403, whole="Forbidden", fields=_WS, only=_WS_FIELDS),
    row(
        "websocket-node-rejected",
        "node's websocket library",
        _LIBRARY,
        *(400, 401, 403, 404, 429, 500, 503),
        fields={"X-WebSocket-Reject-Reason": "."},
    ),
    row(
        "ws-refused-in-words",
        "node's ws",
        _LIBRARY,
        *(401, 403),
        body=r"\A(?!Unauthorized\Z|Forbidden\Z)[^<{\r\n]{1,120}\Z",
        fields={"Content-Type": r"^text/html$", "Connection": "^close$"},
        lacks="Server Date Via X-Powered-By",
        only=_WS_FIELDS,
        vague=True,
    ),
    row(
        "ws-field",
        "node's ws",
        _LIBRARY,
        *(400, 405, 426, 503),
        whole=r"Invalid (?:Upgrade|HTTP method|Sec-WebSocket-Protocol|or unacceptable Sec-WebSocket-Extensions)[^<]*"
        r"|Invalid or unacceptable Sec-WebSocket-Extensions header|Missing or invalid Sec-WebSocket-\w+ header"
        r"|Invalid HTTP method",
        only="content-type sec-websocket-version",
    ),
    row(
        "ws-closing",
        "node's ws",
        _LIBRARY,
        503,
        whole="Service Unavailable",
        fields=_WS,
        only=_WS_FIELDS,
        vague=True,
    ),
    row(
        "express-no-route",
        "Express",
        _LIBRARY,
        404,
        body=r"<pre>Cannot GET [^<]*</pre>",
        fields={"Content-Type": "^text/html"},
    ),
    row(
        "fastify-no-route",
        "Fastify",
        _LIBRARY,
        404,
        whole=r'\{"message":"Route GET:[^"]* not found","error":"Not Found","statusCode":404\}',
    ),
    row(
        "hapi-no-route",
        "hapi",
        _LIBRARY,
        404,
        whole=r'\{"statusCode":404,"error":"Not Found","message":"Not Found"\}',
        vague=True,
    ),
    row(
        "koa-no-route",
        "Koa",
        _LIBRARY,
        404,
        whole="Not Found",
        fields={"Content-Type": r"^text/plain; charset=utf-8$", "Keep-Alive": r"^timeout=\d+$"},
        only="content-type",
        vague=True,
    ),
    row("express", "Express", _LIBRARY, 200, 400, 401, 403, 404, 500, fields={"X-Powered-By": "^Express$"}),
    row(
        "vite-host",
        "vite",
        _LIBRARY,
        403,
        body=r"Blocked request\. This host \([^)]*\) is not allowed",
    ),
    row("next-page", "Next.js", _LIBRARY, 200, 404, 405, 500, body=r'id="__next"|/_next/static/|__next_f'),
    row(
        "next-powered",
        "Next.js",
        _LIBRARY,
        200,
        404,
        405,
        500,
        fields={"X-Powered-By": r"^Next\.js"},
        vague=True,
    ),
    row(
        "miniflare",
        "a Cloudflare Worker",
        _LIBRARY,
        500,
        body=r"Web ?Socket request did not return status 101",
    ),
    row("bun-upgrade-failed", "Bun", _LIBRARY, 400, 500, whole=r"Upgrade failed!?(?: :\()?", vague=True),
    row(
        "deno-upgrade",
        "Deno",
        _LIBRARY,
        *(400, 426, 500),
        body=r"Invalid Header: '(?:upgrade|connection)' header must contain '[^']*'",
    ),
)

ENGINE_IO = (
    row("engineio-bad-request", "engine.io", _LIBRARY, 400, whole=r'\{"code":3,"message":"Bad request"\}'),
    row(
        "engineio-transport-json",
        "engine.io",
        _LIBRARY,
        400,
        whole=r'\{"code":0,"message":"Transport unknown"\}',
    ),
    row("engineio-transport", "engine.io", _LIBRARY, 400, whole="Transport unknown", lacks="X-Powered-By"),
    row("engineio-sid", "engine.io", _LIBRARY, 400, whole="Session ID unknown"),
    row(
        "engineio-sid-json",
        "engine.io",
        _LIBRARY,
        400,
        whole=r'\{"code":1,"message":"Session ID unknown"[^}]*\}',
    ),
    row(
        "engineio-version",
        "engine.io",
        _LIBRARY,
        400,
        whole=r'Unsupported protocol version|\{"code":5,"message":"Unsupported protocol version"\}',
    ),
    row("engineio-forbidden", "engine.io", _LIBRARY, 400, whole="Forbidden"),
    row("engineio-forbidden-json", "engine.io", _LIBRARY, 403, whole=r'\{"code":4,"message":"[^"]*"\}'),
    row(
        "python-engineio",
        "python-socketio",
        _LIBRARY,
        *(400, 401, 403),
        whole=r'"(?:Not an accepted origin\.|Invalid session [^"]*|The client is using an unsupported version of the '
        r'Socket\.IO or Engine\.IO protocols|Invalid transport|Invalid websocket upgrade)"',
    ),
)

PYTHON = (
    row(
        "uvicorn-websockets-403",
        "uvicorn",
        _SERVER,
        403,
        empty=True,
        fields={"Content-Type": r"^text/plain(?:; charset=utf-8)?$", "Content-Length": "^0$"},
        only="content-type",
    ),
    row(
        "uvicorn-wsproto-403",
        "uvicorn",
        _SERVER,
        403,
        empty=True,
        reason="",
        fields={"Content-Length": "^0$"},
        lacks="Server",
        only="",
    ),
    row("uvicorn-403", "uvicorn", _SERVER, 403, empty=True, fields={"Server": "^uvicorn"}),
    row("hypercorn-403", "hypercorn", _SERVER, 403, empty=True, fields={"Server": "^hypercorn"}),
    row("granian-403", "granian", _SERVER, 403, fields={"Server": "^granian"}),
    row(
        "empty-403",
        "an ASGI server",
        _SERVER,
        403,
        empty=True,
        fields={"Content-Length": "^0$"},
        only="content-type",
        vague=True,
    ),
    row("uvicorn-404", "uvicorn", _SERVER, 404, fields={"Server": "^uvicorn"}),
    row("uvicorn-200", "uvicorn", _SERVER, 200, fields={"Server": "^uvicorn"}),
    row("fastapi-404", "FastAPI", _LIBRARY, 404, whole=r'\{"detail":\s?"Not Found"\}'),
    row(
        "starlette-404",
        "Starlette",
        _LIBRARY,
        404,
        whole="Not Found",
        fields={"Content-Type": r"^text/plain; charset=utf-8$", "Content-Length": "^9$"},
        # Koa's has the same words, and node's Keep-Alive, which no ASGI server writes.
        lacks="Keep-Alive",
        only="content-type",
        vague=True,
    ),
    row("hypercorn-500", "hypercorn", _SERVER, 500, fields={"Server": "^hypercorn"}, empty=True),
    row(
        "uvicorn-500",
        "uvicorn",
        _SERVER,
        500,
        whole="Internal Server Error",
        fields={"Content-Type": r"^text/plain; charset=utf-8$", "Content-Length": "^21$"},
        only="content-type",
    ),
    row("daphne-denied", "daphne", _SERVER, 403, reason="Access denied", only="content-type"),
    row(
        "daphne-500", "daphne", _SERVER, 500, reason="Internal server error", empty=True, only="content-type"
    ),
    row(
        "django-404",
        "Django",
        _LIBRARY,
        404,
        body=r"<h1>Not Found</h1>\s*<p>The requested resource was not found on this server\.</p>"
        r"|Using the URLconf defined in",
    ),
    row(
        "werkzeug-400",
        "Werkzeug",
        _SERVER,
        400,
        body=r"The browser \(or proxy\) sent a request that this server could not understand\.",
    ),
    row(
        "werkzeug-404",
        "Werkzeug",
        _SERVER,
        404,
        body=r"The requested URL was not found on the server\. If you entered the URL manually",
    ),
    row("tornado-origin", "tornado", _SERVER, 403, whole=r"Cross origin websockets not allowed"),
    row(
        "tornado-no-upgrade",
        "tornado",
        _SERVER,
        *(400, 426),
        whole=r'Can "Upgrade" only to "WebSocket"\.|"Connection" must be "Upgrade"\.',
        fields={"Server": "TornadoServer"},
    ),
    row("tornado-404", "tornado", _SERVER, 403, 404, fields={"Server": "TornadoServer"}, vague=True),
    row(
        "aiohttp-400",
        "aiohttp",
        _SERVER,
        400,
        body=r"No WebSocket UPGRADE hdr: [^\n]*|No CONNECTION upgrade hdr: [^\n]*|Handshake error: [^\n]*"
        r"|Unsupported version: [^\n]*",
    ),
    row("aiohttp-bad-request", "aiohttp", _SERVER, 400, whole="400: Bad Request"),
    row("aiohttp-404", "aiohttp", _SERVER, 404, whole="404: Not Found"),
    row(
        "sanic",
        "Sanic",
        _SERVER,
        *(400, 403, 426, 500),
        body=r"(?<=⚠️ )\d{3} — [^\n]*",
    ),
    row(
        "websockets-words",
        "Python's websockets",
        _LIBRARY,
        *(400, 403, 405, 426),
        body=r"Failed to open a WebSocket connection: [^\n]*",
    ),
    row(
        "websockets-own",
        "Python's websockets",
        _LIBRARY,
        *(400, 401, 403, 404, 500, 503),
        fields={"Server": r"websockets/[\d.]+"},
    ),
)

SCRIPTS = (*ENGINE_IO, *NODE, *PYTHON)
