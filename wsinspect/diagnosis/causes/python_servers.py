"""Python servers with WebSockets of their own: tornado, aiohttp, websockets, Sanic, Werkzeug."""

from __future__ import annotations

import re

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause, describe
from wsinspect.diagnosis.evidence import Match, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.no_upgrade_seen import no_upgrade_seen
from wsinspect.diagnosis.on_reply import match_reply_of, on_reply, unique
from wsinspect.diagnosis.quoting import known, quote_body, quote_field
from wsinspect.diagnosis.replies import KnownReply, reply_of

_NGINX = (
    "In nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
    'proxy_set_header Connection "upgrade"; proxy_set_header Host $host;'
)


def _flask_no_route(facts: Facts) -> Match | None:
    told = reply_of(facts, "werkzeug-400", "werkzeug-404")
    if told is None:
        return None
    match = match_reply_of(facts, told, candidates=("upgrade-stripped",))
    if not re.match(r"hypercorn|uvicorn|granian|daphne", facts.header("Server")):
        return match
    # Quart writes Werkzeug's pages, and stands behind ASGI servers, where Flask does not.
    return Match(
        evidence=unique((*match.evidence, *known(quote_field(facts, "Server")))),
        candidates=match.candidates,
        values=match.values,
        headline="Quart answered {status} at {path}{behind}: no WebSocket route of it took the upgrade",
        first_fix=(
            "In Quart, define the route as a WebSocket:\n@app.websocket('/ws')\nasync def ws():\n    "
            "while True:\n        await websocket.send(await websocket.receive())",
        ),
    )


describe(
    id="flask-no-route",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.LIKELY,
    headline="Werkzeug answered {status} at {path}{behind}: no WebSocket route of Flask took the upgrade",
    explanation="""Flask by itself knows no WebSockets; an extension such as flask-sock adds routes for them. Werkzeug answers 400
    when an upgrade meets an ordinary route, or when a plain request (one whose Upgrade was lost on the way) meets a
    WebSocket route, and 404 where there is neither.""",
    fix=(
        "Define the route as a WebSocket:\nfrom flask_sock import Sock\nsock = Sock(app)\n@sock.route('/ws')\n"
        "def ws(ws):\n    while True:\n        ws.send(ws.receive())",
        "If it is one, pass the upgrade on. " + _NGINX,
        "Flask-SocketIO is Socket.IO: connect to /socket.io/?EIO=4&transport=websocket.",
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:127.0.0.1:5000 (on the server itself)",
    sources=("https://flask-sock.readthedocs.io/", "https://werkzeug.palletsprojects.com/en/stable/routing/"),
    supersedes=("http-400-generic", "http-404"),
    check=_flask_no_route,
)

_WORKER_TIMEOUT_S = (29.5, 31.5)


@cause(
    id="gunicorn-worker-blocked",
    stage=Stage.FRAMEWORK,
    side=Side.SERVER,
    certainty=Certainty.POSSIBLE,
    headline="No answer for {waited} s, then FIN: gunicorn's sync workers may all be busy",
    explanation="""A sync worker serves one connection at a time, so one open WebSocket occupies it for good and the next request
    waits in the queue. After --timeout, 30 s unless set, gunicorn kills the worker and the connection ends. The time
    fits; nothing else here proves it.""",
    fix=(
        "Give each worker many connections: gunicorn -k uvicorn.workers.UvicornWorker app:app, or -k gevent, or --threads 100",
        "Count open WebSockets against workers: one each is the limit of sync workers.",
    ),
    next_test="curl -m 5 -si {http_url} (hangs as well while the workers are occupied)",
    sources=(
        "https://docs.gunicorn.org/en/stable/settings.html#timeout",
        "https://docs.gunicorn.org/en/stable/design.html",
    ),
    console=(r"before receiving a handshake response",),
)
def gunicorn_worker_blocked(facts: Facts) -> Match | None:
    waited, end = facts.waited_for_answer_s, facts.fin
    if waited is None or end is None or facts.opened or facts.ended_by_us or facts.attempt.handshake.response:
        return None
    if not _WORKER_TIMEOUT_S[0] <= waited <= _WORKER_TIMEOUT_S[1]:
        return None
    evidence = at_seq(end.seq, f"FIN {waited:.1f} s after our request, and not one byte before")
    return Match(
        evidence=(evidence,), candidates=("upgrade-empty-reply",), values={"waited": f"{waited:.1f}"}
    )


@cause(
    id="aiohttp-400",
    stage=Stage.FRAMEWORK,
    side=Side.PROXY,
    certainty=Certainty.CERTAIN,
    headline="aiohttp refused the handshake{behind}: {said}",
    explanation="""aiohttp found the WebSocket route and says which field of the request is not as it should be, while the bytes that
    we sent have it. `None` means that the field did not arrive; `No CONNECTION upgrade hdr: keep-alive` that a proxy sets
    Upgrade and forgets Connection.""",
    fix=(_NGINX, "In Apache: ProxyPass / http://127.0.0.1:8080/ upgrade=websocket"),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:127.0.0.1:8080 (on the server itself)",
    sources=(
        "https://docs.aiohttp.org/en/stable/web_reference.html#websocketresponse",
        "RFC 9110 section 7.6.1",
    ),
    supersedes=("upgrade-stripped", "http-400-generic", "ws-key-missing"),
)
def aiohttp_400(facts: Facts) -> Match | None:
    told = reply_of(facts, "aiohttp-400")
    if told is None or told.said.startswith("Unsupported version"):
        return None
    field = "Connection" if "CONNECTION" in told.said else "Upgrade"
    certainty = None if no_upgrade_seen(facts) is not None else Certainty.LIKELY
    return match_reply_of(facts, told, certainty=certainty, shows=(field,))


describe(
    id="home-assistant-400",
    stage=Stage.FRAMEWORK,
    side=Side.SERVER,
    certainty=Certainty.LIKELY,
    headline="aiohttp answered a bare '400: Bad Request' at {path}{behind}: Home Assistant may not trust the proxy",
    explanation="""Home Assistant answers this to every request that carries X-Forwarded-For from an address which is not on its
    list of trusted proxies, pages and WebSocket alike. Path and server fit, the reason itself is only in its log:
    "A request from a reverse proxy was received".""",
    fix=(
        "In configuration.yaml:\nhttp:\n  use_x_forwarded_for: true\n  trusted_proxies:\n    - 172.30.33.0/24   # the proxy's address",
        "Let the proxy pass WebSockets (in nginx proxy manager: Websockets Support).",
    ),
    next_test="curl -si {http_url} (the same 400 means that it is not about WebSockets)",
    sources=(
        "https://github.com/home-assistant/core/issues/63083",
        "https://www.home-assistant.io/integrations/http/#reverse-proxies",
    ),
    supersedes=("http-400-generic",),
    check=on_reply("aiohttp-bad-request", when=lambda facts, told: "/api/websocket" in facts.values["path"]),
)


@cause(
    id="websockets-lib-reject",
    stage=Stage.FRAMEWORK,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="Python's websockets refused the handshake{behind}: {said}",
    explanation="""The library says itself what it did not like. About Origin: its `origins=` list does not have ours. About Upgrade,
    Connection, the key or the version: a hop on the way changed the request, because what we sent is in order. Without a
    sentence of the library's, a process_request function of the application refused.""",
    fix=(
        "For Origin: websockets.serve(handler, host, port, origins=['https://app.example', None])",
        "For Upgrade or Connection, pass them on. " + _NGINX,
        "For the subprotocol: serve(..., subprotocols=['name']) has to share one with the client.",
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:BACKEND:PORT",
    sources=(
        "https://websockets.readthedocs.io/en/stable/reference/asyncio/server.html",
        "RFC 6455 section 4.2.1",
    ),
    supersedes=(
        *("upgrade-stripped", "http-400-generic", "http-403", "http-426", "http-405", "origin-rejected"),
        *("http-401", "ws-key-missing", "sanic-reject"),
    ),
    console=(r"Failed to open a WebSocket connection: ",),
)
def websockets_lib_reject(facts: Facts) -> Match | None:
    if reply_of(facts, "sanic") is not None:
        return None
    told = reply_of(facts, "websockets-words")
    if told is not None and "Sec-WebSocket-Version" in told.said:
        return None
    if told is not None:
        shows = ("Origin",) if "Origin" in told.said else ("Upgrade", "Connection")
        return match_reply_of(facts, told, shows=shows)
    own = reply_of(facts, "websockets-own")
    if own is None or facts.status not in (401, 403, 503):
        return None
    match = match_reply_of(facts, own, certainty=Certainty.LIKELY)
    return Match(
        evidence=match.evidence,
        certainty=match.certainty,
        values={**match.values, "said": f"{facts.status} by its process_request"},
        first_fix=(
            "Send what its process_request looks for, such as a token or cookie: --bearer TOKEN, or -b 'session=...'; "
            "a browser can't send Authorization, so let it look at a cookie, the query or the first message.",
        ),
    )


def _sanic_websocket(facts: Facts, told: KnownReply) -> bool:
    return facts.status == 426 or re.search("websocket", facts.body_text, re.IGNORECASE) is not None


def _sanic_reject(facts: Facts) -> Match | None:
    told = reply_of(facts, "sanic")
    if told is None or not _sanic_websocket(facts, told):
        return None
    objected = re.search(r"Failed to open a WebSocket connection: ([^\n]*)", facts.body_text)
    said = objected[1].rstrip(".") if objected is not None else told.said
    subprotocol = "subprotocol" in said
    match = match_reply_of(facts, told, shows=("Sec-WebSocket-Protocol",) if subprotocol else ())
    return Match(
        evidence=unique((*known(quote_body(facts, objected) if objected else None), *match.evidence)),
        side=Side.CLIENT if subprotocol else None,
        values={**match.values, "said": said},
        first_fix=(_SUBPROTOCOL_OF_SANIC,) if subprotocol else (),
        candidates=() if subprotocol else ("upgrade-stripped",),
    )


_SUBPROTOCOL_OF_SANIC = (
    "Offer a subprotocol of the handler's list, wsinspect check '{url}' -s NAME, or take subprotocols=[...] "
    "out of @app.websocket(...): with it, Sanic opens no WebSocket that offers none of them."
)

describe(
    id="sanic-reject",
    stage=Stage.FRAMEWORK,
    side=Side.SERVER,
    certainty=Certainty.LIKELY,
    headline="Sanic refused the handshake{behind}: {said}",
    explanation="""The warning sign and the dash are Sanic's own error page; inside it stands what its WebSocket library objected to.
    426 means that it got a request without a usable Upgrade, which a proxy in front explains; other statuses come from
    the handler.""",
    fix=(
        _NGINX,
        "In Sanic, register the handler as a WebSocket: @app.websocket('/feed')",
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:127.0.0.1:8000 (on the server itself)",
    sources=("https://sanic.dev/en/guide/advanced/websockets.html",),
    supersedes=("upgrade-stripped", "http-426", "http-400-generic", "http-403", "ws-key-missing"),
    check=_sanic_reject,
)
