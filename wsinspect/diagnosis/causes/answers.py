"""The upgrade itself got lost on the way: 426, and every server's own words for it."""

from __future__ import annotations

from wsinspect.diagnosis.answered_by import AnsweredBy, answered_by
from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.http_lines import lines_for
from wsinspect.diagnosis.no_upgrade_seen import answered_like_a_page_of_node, no_upgrade_seen
from wsinspect.diagnosis.quoting import known, quote_body, quote_field, quote_status

_NGINX = (
    "In nginx, pass the upgrade on in this location:\nproxy_http_version 1.1;\n"
    'proxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection "upgrade";'
)
_SNIPPETS = {
    "nginx": _NGINX,
    "openresty": _NGINX,
    "Apache": "In Apache 2.4.47 or later, before any wider ProxyPass:\n"
    "ProxyPass /ws http://127.0.0.1:8000/ws upgrade=websocket",
    "lighttpd": 'In lighttpd: proxy.header = ("upgrade" => "enable")',
    "Varnish": "In Varnish's VCL:\nsub vcl_recv {\n"
    '    if (req.http.upgrade ~ "(?i)websocket") { return (pipe); }\n}\n'
    "sub vcl_pipe {\n    if (req.http.upgrade) {\n        set bereq.http.upgrade = req.http.upgrade;\n"
    "        set bereq.http.connection = req.http.connection;\n    }\n}",
    "CloudFront": "In CloudFront, give this behaviour the origin request policy AllViewer.",
    "Cloudflare": "In Cloudflare, switch on Network, WebSockets for the zone.",
    "squid": "squid takes Upgrade away from plain requests: use wss://, so that it makes a CONNECT tunnel.",
    "tinyproxy": "tinyproxy takes Upgrade away from plain requests: use wss://, so that it makes a CONNECT tunnel.",
}


@cause(
    id="http-426",
    stage=Stage.HTTP,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The server answered 426 Upgrade Required{to}",
    explanation="""Status 426 asks for an upgrade, although ours asked for one. Either the upgrade did not arrive as it
    was sent, or the server means another protocol or version: its Upgrade field names what it wants.""",
    fix=(
        "Read the Upgrade field of the answer: if it does not name websocket, this port is not for WebSockets.",
        "If it does, look for a proxy that takes the upgrade away (cause upgrade-stripped).",
    ),
    next_test="wsinspect check --connect-to {host}:{port}:BACKEND:PORT '{url}' (straight to the backend, past the proxies)",
    sources=("RFC 9110 section 15.5.22", "RFC 6455 section 4.4"),
    console=lines_for("426"),
)
def upgrade_required(facts: Facts) -> Match | None:
    if facts.status != 426:
        return None
    wanted = facts.header("Upgrade")
    return Match(
        evidence=known(quote_status(facts), quote_field(facts, "Upgrade"), quote_body(facts)),
        values={"to": f", to {wanted}" if wanted else ", and does not say to what"},
        candidates=("upgrade-stripped",) if not wanted else (),
    )


@cause(
    id="upgrade-stripped",
    stage=Stage.HTTP,
    side=Side.PROXY,
    certainty=Certainty.CERTAIN,
    headline="The server{backend} saw no upgrade in our request, which has one: it was lost on the way{between}",
    explanation="""The server's own words prove that the request arrived without a usable Upgrade, and the bytes that we
    sent have one. Upgrade and Connection are for one hop only: a proxy drops them unless it is told to pass WebSockets
    on. The server is fine; the hop in front of it has to be configured.""",
    fix=(
        "Find the proxy in front of the server (load balancer, ingress, hosting panel) and switch WebSockets on there.",
        "Check the inner location too: in nginx, one proxy_set_header of its own drops all that it would inherit.",
    ),
    next_test="wsinspect check --connect-to {host}:{port}:BACKEND:PORT '{url}' (straight to the backend, past the proxies)",
    sources=(
        "RFC 9110 section 7.6.1",
        "RFC 6455 section 4.2.1",
        "https://nginx.org/en/docs/http/websocket.html",
        "https://github.com/websockets/ws/issues/1656",
    ),
    supersedes=("http-426", "http-400-generic", "http-500", "http-405", "http-200-not-websocket"),
    console=(r"WebSocket is not supported by this server|proxy blocking WebSockets",),
)
def upgrade_stripped(facts: Facts) -> Match | None:
    seen = no_upgrade_seen(facts)
    if seen is None:
        return None
    by = answered_by(facts)
    # A node server without an upgrade listener says the same to an upgrade that did reach it.
    direct_node = seen.backend.startswith("engine.io") and not by.passed_on_by and facts.attempt.proxy is None
    proven = seen.proven and not direct_node
    fronts = [product.name for product in by.passed_on_by if product.name in _SNIPPETS]
    snippets = tuple(_SNIPPETS[name] for name in fronts)
    return Match(
        evidence=(*seen.evidence, *by.evidence),
        certainty=Certainty.CERTAIN if proven else Certainty.LIKELY,
        values={"backend": f" ({seen.backend})" if seen.backend else "", "between": _between(facts, by)},
        first_fix=(*_of_server(facts, seen.backend), *(snippets or (_NGINX,))),
        candidates=()
        if proven or not (direct_node or answered_like_a_page_of_node(facts))
        else ("node-http-no-upgrade-listener",),
    )


def _of_server(facts: Facts, backend: str) -> tuple[str, ...]:
    """Return the step for servers that show the same bytes where nothing was lost, and they know no WebSockets."""
    if backend in ("Litestar", "falcon"):
        return (
            "With no proxy in front, see that the ASGI server has a WebSocket library: pip install 'uvicorn[standard]'",
        )
    if "Expected WebSocket request." in facts.body_text:
        return (
            "With no proxy in front, see that the WSGI server knows WebSockets, for bottle and Flask: "
            "WSGIServer(..., handler_class=geventwebsocket.handler.WebSocketHandler), or gunicorn "
            "-k geventwebsocket.gunicorn.workers.GeventWebSocketWorker",
        )
    return ()


def _between(facts: Facts, by: AnsweredBy) -> str:
    names = [str(product) for product in by.passed_on_by if product.hop in ("edge", "proxy")]
    if names:
        return f" through {' and '.join(names)}"
    return "" if facts.attempt.proxy is None else " through the proxy"
