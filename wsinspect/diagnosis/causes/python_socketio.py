"""python-socketio, and Flask-SocketIO on it: what each refusal means."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.no_upgrade_seen import no_upgrade_seen
from wsinspect.diagnosis.on_reply import match_reply_of
from wsinspect.diagnosis.replies import KnownReply, reply_of

_WEBSOCKET_URL = "/socket.io/?EIO=4&transport=websocket"


@cause(
    id="python-socketio-403",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.POSSIBLE,
    headline="A Python server refused the Socket.IO handshake with an empty 403{behind}",
    explanation="""Under ASGI, python-socketio can't send its reason on a WebSocket, so every refusal looks alike: an origin that
    is not on cors_allowed_origins, an old client (EIO=3), or an unknown session id. A polling request gets the reason in
    words.""",
    fix=(
        "List the page's origin: socketio.AsyncServer(async_mode='asgi', cors_allowed_origins=['https://app.example'])",
        "Mount it at the path that the client uses: socketio.ASGIApp(sio, app, socketio_path='socket.io')",
        "Use a client of Socket.IO 3 or later with python-socketio 5.",
        "If the URL has a sid, its session is gone: make the load balancer sticky, or connect with transports=['websocket'].",
    ),
    next_test="curl -s '{polling_url}' (the reason is in the answer)",
    sources=("https://python-socketio.readthedocs.io/en/stable/server.html#cross-origin-controls",),
    supersedes=("http-403", "uvicorn-reject-403", "http-400-generic", "http-401"),
)
def python_socketio_403(facts: Facts) -> Match | None:
    own_words = reply_of(facts, "python-engineio")
    if own_words is not None:
        # "Invalid websocket upgrade" is about what was lost on the way.
        return None if no_upgrade_seen(facts) is not None else _said(facts, own_words)
    told = reply_of(
        facts, "uvicorn-websockets-403", "uvicorn-wsproto-403", "uvicorn-403", "hypercorn-403", "empty-403"
    )
    if told is None or "EIO=" not in facts.values["path"].partition("?")[2]:
        return None
    match = match_reply_of(
        facts,
        told,
        certainty=Certainty.LIKELY,
        candidates=("uvicorn-reject-403", "origin-rejected"),
        shows=("Origin",),
    )
    return Match(
        evidence=match.evidence,
        certainty=match.certainty,
        candidates=match.candidates,
        values={**match.values, "polling_url": _polling_url(facts)},
    )


def _said(facts: Facts, told: KnownReply) -> Match:
    """Under WSGI the server does say why, as a JSON string."""
    url, path = facts.values["url"], facts.values["path"]
    match = match_reply_of(facts, told, certainty=Certainty.LIKELY, shows=("Origin",))
    first: tuple[str, ...] = ()
    if "unsupported version" in told.said:
        first = ("Ask for the protocol's version 4 in the query: {socketio_url}",)
    return Match(
        evidence=match.evidence,
        certainty=match.certainty,
        candidates=("origin-rejected",) if "origin" in told.said else (),
        headline="python-socketio refused the handshake{behind}: {said}",
        first_fix=first,
        values={
            **match.values,
            "polling_url": _polling_url(facts),
            "socketio_url": url.removesuffix(path) + _WEBSOCKET_URL,
        },
    )


def _polling_url(facts: Facts) -> str:
    return facts.values.get("http_url", "").replace("transport=websocket", "transport=polling")
