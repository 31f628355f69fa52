"""Answers that refuse this client: 401, 403, and an Origin that the server does not take."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from wsinspect.diagnosis.answered_by import answered_by
from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.evidence import Match, at_event
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.http_lines import lines_for
from wsinspect.diagnosis.quoting import (
    REJECT_REASON,
    known,
    quote_body,
    quote_field,
    quote_request_field,
    quote_status,
)
from wsinspect.session.attempt import Attempt


@cause(
    id="http-401",
    stage=Stage.HTTP,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="The server answered 401: it wants credentials{scheme}, and {sent}",
    explanation="""Authentication stands in front of this endpoint. A page can't set an Authorization field on a
    WebSocket, and browsers don't ask for a password here, so what works for your HTTP API does not work for the
    upgrade by itself.""",
    fix=(
        "From a page, send what a WebSocket can carry: a cookie of the same site, a short-lived token in the query, "
        "or a token as the first message.",
        "From a program, send the field: wsinspect check -H 'Authorization: Bearer TOKEN' {url}",
        "Check that a proxy in front does not ask for a password of its own (auth_basic, auth_request).",
    ),
    next_test="wsinspect check -H 'Authorization: Bearer TOKEN' '{url}'",
    sources=("RFC 9110 section 15.5.2", "RFC 6455 section 10.5"),
    console=(r"HTTP Authentication failed; no valid credentials available", *lines_for("401")),
)
def unauthorized(facts: Facts) -> Match | None:
    if facts.status != 401:
        return None
    request = facts.attempt.handshake.request_head
    given = [name for name in ("Authorization", "Cookie") if request.get(name) is not None]
    if "?" in request.target and re.search(
        r"[?&](?:access_)?(?:token|key|jwt|auth)=", request.target, re.IGNORECASE
    ):
        given.append("a token in the URL")
    scheme = facts.header("WWW-Authenticate").split(" ")[0]
    return Match(
        evidence=known(quote_status(facts), quote_field(facts, "WWW-Authenticate"), quote_body(facts)),
        values={
            "scheme": f" ({scheme})" if scheme else "",
            "sent": f"did not take what we sent ({', '.join(given)})" if given else "we sent none",
        },
    )


@cause(
    id="http-403",
    stage=Stage.HTTP,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="{who} answered 403 Forbidden{reject_reason}",
    explanation="""The request was understood and refused. Which rule refused it is not in the bytes; the usual ones
    are a check of the Origin, a missing login, a firewall for web applications, and, for Python's ASGI servers, simply
    a path without a route.""",
    fix=(
        "Try without Origin, then with the site's own: if that opens, it is the server's list of origins.",
        "Send the cookie or token that the page has.",
        "Look for the path in the server's routes: Starlette and FastAPI answer 403 to an unknown WebSocket path.",
        "Ask who runs a firewall in front whether it blocked the request; the time of the answer finds the log line.",
    ),
    next_test="wsinspect check --origin {origin} '{url}'",
    sources=(
        "RFC 9110 section 15.5.4",
        "RFC 6455 section 10.2",
        "https://github.com/fastapi/fastapi/issues/98",
    ),
    console=lines_for("403"),
)
def forbidden(facts: Facts) -> Match | None:
    if facts.status != 403:
        return None
    writer = answered_by(facts)
    who = writer.words
    reason = facts.header(REJECT_REASON)[:120]
    first: tuple[str, ...] = ()
    if "Request forbidden by administrative rules" in facts.body_text:
        first = (
            "haproxy's own words: look for `http-request deny` and its `if` in the frontend for this address.",
        )
    return Match(
        evidence=known(
            quote_status(facts),
            quote_field(facts, REJECT_REASON),
            quote_body(facts),
            *writer.evidence,
        ),
        values={
            "who": who[:1].upper() + who[1:] if who.startswith("the ") else who,
            "origin": _own_origin(facts),
            "reject_reason": f": '{reason}'" if reason else "",
        },
        first_fix=first,
        candidates=("origin-rejected",) if facts.attempt.options.origin else ("origin-required",),
    )


_ORIGIN_WORDS = re.compile(
    r"cross[- ]origin[^\n<]*|request Origin \"[^\"]*\" is not authorized[^\n<]*|invalid Origin header[^\n<]*"
    r"|not an accepted origin[^\n<]*|origin (?:'[^'\n<]*' )?(?:is )?not allowed[^\n<]*|request origin not allowed[^\n<]*"
    r"|not allowed by CORS\b"
    r"|\b(?:bad|invalid|forbidden|disallowed|wrong|unknown) origin\b[^\n<]*",
    re.IGNORECASE,
)
_REFUSALS = (400, 401, 403, 404, 500)


@cause(
    id="origin-rejected",
    stage=Stage.HTTP,
    side=Side.SERVER,
    certainty=Certainty.LIKELY,
    headline="The server refused the Origin {origin} ({status})",
    explanation="""Servers check the Origin of an upgrade, because nothing else keeps other sites' pages from using your
    users' cookies. The origin that we named, like a page there would, is not on this server's list. Scheme, host and
    port all count: http instead of https behind a proxy that ends TLS is enough.""",
    fix=(
        "Add the exact origin to the server's list: {origin}",
        "Behind a proxy that ends TLS, pass on who was asked and how:\n"
        "proxy_set_header Host $host;\nproxy_set_header X-Forwarded-Proto $scheme;",
        "A page opened as a file, in a sandboxed frame or in an app's web view has the origin null or a scheme of its "
        "own: list that, or serve the page over HTTP.",
    ),
    next_test="wsinspect check --origin {own_origin} '{url}'",
    sources=(
        "RFC 6455 section 4.2.2",
        "RFC 6455 section 10.2",
        "https://github.com/rails/rails/issues/31524",
    ),
    supersedes=("http-403", "http-404", "http-401", "http-400-generic", "http-500"),
)
def origin_rejected(facts: Facts) -> Match | None:
    origin = facts.attempt.handshake.request_head.get("Origin")
    if facts.status not in _REFUSALS or origin is None:
        return None
    values = {"origin": origin, "own_origin": _own_origin(facts)}
    sent = quote_request_field(facts, "Origin")
    for other in _same_but_origin(facts):
        if other.opened_ns is not None:
            other_origin = other.options.origin or "none"
            flip = at_event(
                other.started, f"attempt {other.number} with the origin {other_origin} was accepted"
            )
            evidence = known(quote_status(facts), sent, flip)
            return Match(evidence=evidence, certainty=Certainty.CERTAIN, values=values)
    said = _ORIGIN_WORDS.search(facts.body_text)
    in_field = _ORIGIN_WORDS.search(facts.header(REJECT_REASON))
    in_phrase = facts.head is not None and _ORIGIN_WORDS.search(facts.head.reason_phrase) is not None
    if said is not None or in_field is not None or in_phrase:
        field = quote_field(facts, REJECT_REASON) if in_field is not None else quote_status(facts)
        evidence = known(quote_body(facts, said) if said is not None else field, sent)
        return Match(evidence=evidence, certainty=Certainty.CERTAIN, values=values)
    writer = answered_by(facts).writer
    if facts.status == 403 and writer is not None and writer.name == "Go's gorilla/websocket":
        # Its Upgrader answers 403 for CheckOrigin alone.
        return Match(evidence=known(quote_status(facts), *writer.evidence, sent), values=values)
    return None


def _same_but_origin(facts: Facts) -> Iterator[Attempt]:
    """Yield the session's attempts with the same options but for another origin, or none."""
    ours = facts.attempt.options
    for other in facts.session.attempts:
        if other.options.origin != ours.origin and replace(other.options, origin=ours.origin) == ours:
            yield other


def _own_origin(facts: Facts) -> str:
    """Return the origin that a page of the target's own site has."""
    target = facts.attempt.target
    if target is None:
        return ""
    scheme, default = ("https", 443) if target.secure else ("http", 80)
    host = f"[{target.host}]" if ":" in target.host else target.host
    return f"{scheme}://{host}" + ("" if target.port == default else f":{target.port}")
