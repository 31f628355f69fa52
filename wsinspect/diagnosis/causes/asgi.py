"""Python's ASGI servers and frameworks: uvicorn, hypercorn, granian, daphne, Starlette, FastAPI, Django Channels."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause, describe
from wsinspect.diagnosis.evidence import Match, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.fronts import hint
from wsinspect.diagnosis.on_reply import fronts, match_reply_of, on_reply
from wsinspect.diagnosis.quoting import known, quote_request_field
from wsinspect.diagnosis.replies import reply_of
from wsinspect.events import FailureKind, Step

_UVICORN = ("uvicorn-websockets-403", "uvicorn-wsproto-403", "uvicorn-403", "hypercorn-403", "granian-403")


@cause(
    id="uvicorn-reject-403",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.LIKELY,
    headline="The ASGI application refused the WebSocket at {path} with an empty 403{behind}",
    explanation="""This is how ASGI servers tell that the application closed the WebSocket before accepting it. In
    Starlette and FastAPI that is also the answer to a path that has no WebSocket route, so a 403 here often means 404: a
    wrong prefix, a slash too many, a path or query parameter that doesn't validate, or an auth dependency that raised.""",
    fix=(
        "Compare the path with the routes, router prefix and slash at the end included:\n"
        "@app.websocket('/ws')\nasync def ws(websocket: WebSocket):\n    await websocket.accept()",
        "Accept before anything that may fail, then close with a code and a reason: a refusal before accept() has none.",
        "Give query and path parameters that the endpoint declares, in the declared type.",
        "If it is Channels, look at the consumer's connect() and at AllowedHostsOriginValidator.",
    ),
    next_test='curl -si {http_url} ({"detail":"Not Found"} means FastAPI without such a path)',
    sources=(
        "https://github.com/fastapi/fastapi/issues/98",
        "https://github.com/Kludex/starlette/issues/1362",
    ),
    supersedes=("http-403",),
)
def uvicorn_reject_403(facts: Facts) -> Match | None:
    told = reply_of(facts, *_UVICORN)
    if told is not None:
        return match_reply_of(
            facts,
            told,
            candidates=("origin-rejected", "channels-reject-403"),
            shows=("Origin",),
        )
    vague = reply_of(facts, "empty-403")
    if vague is None:
        return None
    return match_reply_of(
        facts,
        vague,
        certainty=Certainty.POSSIBLE,
        candidates=("origin-rejected", "spring-origin-403", "cowboy-phoenix"),
        shows=("Origin",),
    )


@cause(
    id="uvicorn-no-ws-library",
    stage=Stage.FRAMEWORK,
    side=Side.SERVER,
    certainty=Certainty.LIKELY,
    headline="{who} handled the upgrade as a plain GET and answered {status}: it may have no WebSocket library",
    explanation="""An ASGI application that gets a WebSocket never answers with such a page; it does so only to a plain request.
    uvicorn treats an upgrade as one when neither `websockets` nor `wsproto` is installed, and warns "No supported WebSocket
    library detected" in its log. A proxy that drops Upgrade gives the same bytes.""",
    fix=(
        "Install a library and start the server again: pip install 'uvicorn[standard]'",
        "See that it isn't switched off: uvicorn app:app --ws auto (not --ws none).",
        "If the log has no such warning, look for a proxy that takes Upgrade away.",
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:127.0.0.1:8000 (on the server itself)",
    sources=(
        "https://github.com/Kludex/uvicorn/issues/1022",
        "https://www.uvicorn.org/settings/#websocket-protocol",
    ),
    supersedes=("http-404", "asgi-http-404", "http-200-not-websocket"),
    console=(r"No supported WebSocket library detected", r"Unsupported upgrade request"),
)
def uvicorn_no_ws_library(facts: Facts) -> Match | None:
    if fronts(facts):
        return None
    told = reply_of(facts, "uvicorn-404", "uvicorn-200")
    if told is None:
        return None
    return match_reply_of(facts, told, candidates=("upgrade-stripped",), shows=("Upgrade",))


describe(
    id="asgi-http-404",
    stage=Stage.FRAMEWORK,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="{who} answered with an ASGI framework's 404 for plain requests: our Upgrade did not reach it",
    explanation="""Starlette and FastAPI answer an upgrade to an unknown path with 403; this 404 they write to ordinary requests
    only. So the application was asked for a page: most likely a proxy in front dropped Upgrade, or the server has no
    WebSocket library.""",
    fix=(
        "Pass the upgrade on in the proxy; in nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
        'proxy_set_header Connection "upgrade";',
        "Read uvicorn's log: 'No supported WebSocket library detected' calls for pip install 'uvicorn[standard]'.",
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:BACKEND:PORT",
    sources=("https://github.com/Kludex/uvicorn/issues/1967", "RFC 9110 section 7.6.1"),
    supersedes=("http-404",),
    check=on_reply(
        "fastapi-404",
        "starlette-404",
        candidates=("upgrade-stripped", "uvicorn-no-ws-library", "http-404"),
        shows=("Upgrade",),
    ),
)

describe(
    id="asgi-exception-500",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.LIKELY,
    headline="The ASGI application raised an exception before it accepted the WebSocket{behind}",
    explanation="""{who} answered 500 in place of 101, the way ASGI servers do when the application's coroutine throws or
    returns before websocket.accept. The traceback is in the server's log at this very second; nothing of it is sent to
    the client.""",
    fix=(
        "Read the server's log for 'Exception in ASGI application'.",
        "Look at what runs before accept(): dependencies, middleware, database connections, path converters.",
        "See that middleware lets scope['type'] == 'websocket' through: many are written for http alone.",
    ),
    next_test="wsinspect check '{url}' (and watch the server's log)",
    sources=(
        "https://asgi.readthedocs.io/en/latest/specs/www.html#websocket",
        "https://www.starlette.io/websockets/",
    ),
    supersedes=("http-500",),
    console=(r"Exception in ASGI application",),
    check=on_reply("hypercorn-500", "uvicorn-500", candidates=("channels-no-route-500",)),
)

describe(
    id="channels-reject-403",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.CERTAIN,
    headline="daphne answered '403 Access denied': the application behind it did not accept the WebSocket",
    explanation="""These words come from daphne when the application rejects a connection. In Django Channels that is a consumer
    which calls close() in connect(), or AllowedHostsOriginValidator, which also turns away a client that sends no Origin
    at all. A consumer that needs longer than websocket_connect_timeout (5 s) to decide ends the same way.""",
    fix=(
        "List the host: ALLOWED_HOSTS = ['app.example'] (AllowedHostsOriginValidator compares the Origin with it).",
        "From a program, send an Origin: wsinspect check '{url}' --origin http://{host}",
        "In the consumer, accept first and close with a code, so that the client learns why:\n"
        "async def connect(self):\n    await self.accept()\n    if not self.scope['user'].is_authenticated:\n"
        "        await self.close(code=4401)",
    ),
    next_test="wsinspect check '{url}' --origin http://{host}",
    sources=(
        "https://channels.readthedocs.io/en/stable/topics/security.html",
        "https://github.com/django/daphne",
    ),
    supersedes=("http-403", "uvicorn-reject-403"),
    check=on_reply("daphne-denied", candidates=("origin-required", "origin-rejected"), shows=("Origin",)),
)


@cause(
    id="origin-required",
    stage=Stage.FRAMEWORK,
    side=Side.CLIENT,
    certainty=Certainty.POSSIBLE,
    headline="We sent no Origin, and {who} may refuse clients without one ({status})",
    explanation="""Browsers always name the page's origin; programs don't. Some servers take the missing field for a forgery:
    Channels' AllowedHostsOriginValidator, strict CheckOrigin functions, public game and trading APIs. Then the page works
    and every tool fails. It is a guess until an attempt with Origin opens.""",
    fix=(
        "Send the origin of the page that may connect: wsinspect check '{url}' --origin {own_origin}",
        "In your client: websockets.connect(url, origin='{own_origin}'), new WebSocket(url, { origin: '{own_origin}' })",
        "If the server is yours and programs are welcome, allow a missing Origin.",
    ),
    next_test="wsinspect check '{url}' --origin {own_origin}",
    sources=(
        "RFC 6455 section 4.2.2",
        "https://github.com/TakahikoKawasaki/nv-websocket-client/issues/205",
        "https://github.com/facebook/react-native/issues/17692",
    ),
)
def origin_required(facts: Facts) -> Match | None:
    if facts.status != 403 or facts.attempt.handshake.request_head.get("Origin") is not None:
        return None
    target = facts.attempt.target
    scheme = "https" if target is not None and target.secure else "http"
    host = facts.values["host"]
    values = {"own_origin": f"{scheme}://{host}", "who": "the server"}
    told = reply_of(facts, "daphne-denied")
    for other in facts.session.attempts:
        with_origin = other.handshake.request_head.get("Origin") if other.handshake.request else None
        if other.opened_ns is not None and with_origin and other.options.url == facts.attempt.options.url:
            words = f"attempt {other.number} with Origin: {with_origin} was accepted"
            evidence = at_seq(other.handshake.response_seq, words)
            return Match(evidence=(evidence,), certainty=Certainty.CERTAIN, values=values)
    missing = at_seq(facts.attempt.handshake.request_seq, "our request has no Origin field")
    return Match(evidence=(missing, *(told.evidence if told is not None else ())), values=values)


describe(
    id="channels-no-route-500",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.LIKELY,
    headline="daphne answered a bare '500 Internal server error': Channels most likely has no route for {path}",
    explanation="""The application threw while daphne was opening the WebSocket, and Channels throws for every path without a
    route: ValueError "No route found for path". A missing slash at the end is the classic; a ProtocolTypeRouter without a
    'websocket' entry is the other. Any other exception in connect() looks the same.""",
    fix=(
        "Make path and route agree:\nwebsocket_urlpatterns = [re_path(r'^ws/chat/(?P<room>\\w+)/$', Chat.as_asgi())]",
        "Route WebSockets at all: ProtocolTypeRouter({ 'http': ..., 'websocket': AuthMiddlewareStack(URLRouter(...)) })",
        "Read daphne's log for the exception of this second.",
    ),
    next_test="wsinspect check '{url}/' (the slash at the end toggled)",
    sources=("https://channels.readthedocs.io/en/stable/topics/routing.html",),
    supersedes=("http-500", "asgi-exception-500"),
    console=(r"No route found for path",),
    check=on_reply("daphne-500", candidates=("asgi-exception-500",)),
)


@cause(
    id="django-wsgi-404",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.LIKELY,
    headline="Django answered with its 404 page{behind}: the request came to it as plain HTTP, not as a WebSocket",
    explanation="""WebSockets of a Django project live in Channels, and those never write this page; Django's URL resolver does.
    Either the project runs under WSGI (gunicorn, runserver without daphne), which knows no WebSockets, or a proxy dropped
    Upgrade before the ASGI server.""",
    fix=(
        "Run the ASGI application: daphne project.asgi:application, or uvicorn project.asgi:application",
        "For runserver: INSTALLED_APPS = ['daphne', ...] and ASGI_APPLICATION = 'project.asgi.application'",
        "If it is ASGI already, pass the upgrade on; in nginx: proxy_http_version 1.1; "
        'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";',
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:127.0.0.1:8000 (on the server itself)",
    sources=(
        "https://channels.readthedocs.io/en/stable/deploying.html",
        "https://docs.djangoproject.com/en/stable/howto/deployment/asgi/",
    ),
    supersedes=("http-404", "asgi-http-404"),
)
def django_wsgi_404(facts: Facts) -> Match | None:
    told = reply_of(facts, "django-404")
    if told is None:
        return None
    names = [product.name for product in fronts(facts)]
    lost = "nginx-upgrade-headers-missing" if "nginx" in names else "upgrade-stripped"
    if facts.header("Server").lower().startswith("daphne"):
        # daphne is an ASGI server: only a request without Upgrade gets Django's page from it.
        lost = "upgrade-stripped"
    wsgi = facts.header("Server").startswith(("gunicorn", "WSGIServer"))
    return match_reply_of(facts, told, candidates=() if wsgi and not names else (lost,))


@cause(
    id="daphne-subprotocol-hang",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.POSSIBLE,
    headline="daphne took the request and never answered: the consumer may accept a subprotocol that we did not offer",
    explanation="""daphne answered here before, so it stands behind this port. It goes silent without an error on the wire when a
    consumer calls accept(subprotocol=...) with a value that the client did not offer. A consumer that waits in connect()
    looks the same.""",
    fix=(
        "Offer the subprotocol: wsinspect check '{url}' -s NAME",
        "In the consumer, choose from what was offered:\n"
        "await self.accept(subprotocol='x' if 'x' in self.scope['subprotocols'] else None)",
    ),
    next_test="wsinspect check '{url}' -s NAME",
    sources=("RFC 6455 section 4.2.2", "https://channels.readthedocs.io/en/stable/topics/consumers.html"),
)
def daphne_subprotocol_hang(facts: Facts) -> Match | None:
    if not facts.failed(Step.UPGRADE, FailureKind.TIMED_OUT) or facts.attempt.handshake.response:
        return None
    shown = hint(facts, "daphne")
    if shown is None:
        return None
    silent = at_seq(facts.failure_seq, "the upgrade request was sent, and not one byte came back")
    offered = quote_request_field(facts, "Sec-WebSocket-Protocol")
    return Match(evidence=known(silent, shown, offered), candidates=("upgrade-hang",))
