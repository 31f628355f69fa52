"""5xx answers: the application failed, or a gateway got nothing usable from it (RFC 9110 section 15.6)."""

from __future__ import annotations

import re

from wsinspect.diagnosis.answered_by import answered_by
from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.evidence import Match, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.http_lines import lines_for
from wsinspect.diagnosis.quoting import known, quote_body, quote_field, quote_status


def _answer(facts: Facts, *, candidates: tuple[str, ...] = (), first_fix: tuple[str, ...] = ()) -> Match:
    """Return what all of these have in common: who answered, when, with which words."""
    by = answered_by(facts)
    exchange = facts.attempt.handshake
    waited_s = 0.0
    if exchange.request_ns is not None and exchange.first_byte_ns is not None:
        waited_s = (exchange.first_byte_ns - exchange.request_ns) / 1e9
    timing = at_seq(exchange.response_seq, f"the answer began {waited_s:.2f} s after the request")
    who = by.words
    return Match(
        evidence=known(quote_status(facts), quote_body(facts), *by.evidence, timing),
        values={
            "who": who[:1].upper() + who[1:] if who.startswith("the ") else who,
            "waited": f"{waited_s:.1f}",
        },
        candidates=candidates,
        first_fix=first_fix,
    )


@cause(
    id="http-500",
    stage=Stage.HTTP,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="{who} answered 500: it says that it failed over the upgrade",
    explanation="""Something threw an error before the handshake was done: a middleware, an authentication hook, a route
    that does not exist for WebSockets in some frameworks, or the connect handler itself. Only the server's log has the
    trace; nothing that you send will show it.""",
    fix=(
        "Read the server's log at this moment, and mend the error that it shows.",
        "In Django Channels, an unknown path is such an error: check the websocket routes and the slash at the end.",
        "Middleware that wraps responses (compression, sessions) often can't take an upgrade: exempt this path.",
    ),
    next_test="curl -si '{http_url}': a 500 there too means that it is not the upgrade",
    sources=("RFC 9110 section 15.6.1", "https://channels.readthedocs.io/en/stable/topics/routing.html"),
    console=lines_for("500"),
)
def internal_error(facts: Facts) -> Match | None:
    return _answer(facts) if facts.status == 500 else None


@cause(
    id="http-502",
    stage=Stage.HTTP,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="{who} answered 502 Bad Gateway: it says that the server behind it gave no usable answer",
    explanation="""A gateway took the request and could not get a proper answer for it. Usual reasons, which it does not
    tell apart: the server behind is down or listens elsewhere, it closed the connection instead of answering the
    upgrade, or one of the two speaks TLS and the other does not.""",
    fix=(
        "Check that the backend runs and listens at the address that the gateway is configured with.",
        "Look at the gateway's error log: nginx says there whether the backend refused, reset, or sent nonsense.",
        "Check TLS between the two: proxy_pass https:// to a plain port, or http:// to a TLS port, gives just this.",
    ),
    next_test="wsinspect check --connect-to {host}:{port}:BACKEND:PORT '{url}' (straight to the backend, past the proxies)",
    sources=("RFC 9110 section 15.6.3", "https://nginx.org/en/docs/http/ngx_http_proxy_module.html"),
    console=lines_for("502"),
)
def bad_gateway(facts: Facts) -> Match | None:
    return _answer(facts) if facts.status == 502 else None


_NO_BACKEND = re.compile(
    r"No server is available to handle this request|no healthy upstream|Service Temporarily"
)
_APACHE_GAVE_UP = re.compile(r"temporarily unable to service your\s+request due to maintenance downtime")


@cause(
    id="http-503",
    stage=Stage.HTTP,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="{who} answered 503 Service Unavailable{retry}",
    explanation="""The service says that it can't serve anybody right now: no healthy instance behind the load balancer,
    a limit on connections that is reached, a process that is starting or shutting down. The request itself was not
    found wanting.""",
    fix=(
        "See that the servers behind it run; a load balancer's health check that fails takes every one of them out.",
        "Check limits on connections, such as limit_conn in nginx or the plan's maximum at a cloud provider.",
        "If it comes and goes, reconnect with growing, random pauses.",
    ),
    next_test="curl -si '{http_url}' a few times: does every request get a 503?",
    sources=("RFC 9110 section 15.6.4", "https://docs.haproxy.org/2.6/configuration.html"),
    console=lines_for("503"),
)
def unavailable(facts: Facts) -> Match | None:
    if facts.status != 503:
        return None
    first: tuple[str, ...] = ()
    if _NO_BACKEND.search(facts.body_text):
        first = (
            "These words mean that the balancer has no live server for this host and path: start one first.",
        )
    elif _APACHE_GAVE_UP.search(facts.body_text):
        first = (
            "Apache writes this page itself when it can't connect to the backend: start what its ProxyPass names.",
        )
    match = _answer(facts, first_fix=first)
    retry = facts.header("Retry-After")
    extra = known(quote_field(facts, "Retry-After"))
    return Match(
        evidence=(*match.evidence, *extra),
        values={**match.values, "retry": f"; it asks to wait {retry}" if retry else ""},
        first_fix=match.first_fix,
    )


_NODE_PROXY_FAILED = re.compile(r"Error occurred while trying to proxy(?: to)?: [^\s<]*")
"""What http-proxy-middleware writes when its target fails."""


@cause(
    id="http-504",
    stage=Stage.HTTP,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="{who} answered 504 after {waited} s: it says that the server behind it did not answer in time",
    explanation="""The gateway passed the request on and its patience ran out. Most likely the backend accepted the
    connection and nobody there handles an upgrade: no handler is attached to the server that listens, its event loop
    is blocked, or all its workers are busy with other sockets.""",
    fix=(
        "Attach the WebSocket handler to the very server that listens, in node for example:\n"
        "const server = app.listen(8000);\nnew WebSocketServer({ server, path: '/ws' });",
        "Give the server threads or async workers: a synchronous worker serves one socket at a time.",
        "If the backend is slow by design when a client connects, raise the gateway's timeout.",
    ),
    next_test="wsinspect check --connect-to {host}:{port}:BACKEND:PORT '{url}' (straight to the backend, past the proxies)",
    sources=(
        "RFC 9110 section 15.6.5",
        "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout",
    ),
    console=lines_for("504"),
)
def gateway_timeout(facts: Facts) -> Match | None:
    if facts.status != 504:
        return None
    match = _answer(facts, candidates=("upgrade-hang",))
    found = _NODE_PROXY_FAILED.search(facts.body_text)
    if found is None:
        return match
    # It says 504 whenever its target can't be reached, a refused connection and an unknown name included.
    return Match(
        evidence=(*known(quote_body(facts, found)), *match.evidence),
        values=match.values,
        headline="http-proxy-middleware took the upgrade of {path} for a page, and its target failed (504 after {waited} s)",
        first_fix=(
            "Read the terminal of the node server: it names the target and says ECONNREFUSED, ENOTFOUND or ETIMEDOUT.",
            "Let it pass upgrades on: createProxyMiddleware({ target, ws: true }), and "
            "server.on('upgrade', proxy.upgrade)",
        ),
        candidates=match.candidates,
    )
