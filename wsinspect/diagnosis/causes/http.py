"""4xx answers whose reason is in the request: a missing path, a wrong method, too much of something (RFC 9110 section 15.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wsinspect.diagnosis.answered_by import answered_by
from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.evidence import Evidence, Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.http_lines import lines_for
from wsinspect.diagnosis.no_upgrade_seen import answered_like_a_page_of_node
from wsinspect.diagnosis.quoting import REJECT_REASON, known, quote_body, quote_field, quote_status

_SUBPROTOCOL_WORDS = re.compile(
    r"sub-?protocol|invalid protocol selected|Sec-WebSocket-Protocol", re.IGNORECASE
)
_SUBPROTOCOL_FIX = "It is about the subprotocol: offer one that the server takes, wsinspect check '{url}' -s NAME, or none at all."
_LARGE_REQUEST = 4096
"""The smallest limit that servers in use set on a request's fields."""


@cause(
    id="http-404",
    stage=Stage.HTTP,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The server answered 404: for {who} there is nothing at {path}",
    explanation="""The request arrived at a server that has no WebSocket at this path. Likely a wrong path or prefix,
    one that a proxy added or cut off, or an application that is not mounted where you think; some servers also say 404
    when the upgrade was lost on the way, or when they dislike the Origin.""",
    fix=(
        "Compare the path with the server's route letter by letter, the slash at the end included.",
        "Behind a proxy, look at what it does to the prefix: in nginx, proxy_pass with a path replaces the location's.",
        "Ask the server directly, without the proxy, to see which of the two has no such path.",
    ),
    next_test="wsinspect check '{toggled}' (the slash at the end; then /ws, /socket.io/, /cable, /graphql)",
    sources=("RFC 9110 section 15.5.5", "RFC 6455 section 4.2.2"),
    console=lines_for("404"),
)
def not_found(facts: Facts) -> Match | None:
    if facts.status != 404:
        return None
    return Match(
        evidence=known(quote_status(facts), quote_body(facts)),
        values={"who": answered_by(facts).words, "toggled": _toggled(facts.values["url"])},
        candidates=tuple(_not_found_candidates(facts)),
    )


def _not_found_candidates(facts: Facts) -> Iterator[str]:
    yield "upgrade-stripped"
    if facts.attempt.options.origin:
        yield "origin-rejected"
    if answered_like_a_page_of_node(facts):
        yield "node-http-no-upgrade-listener"


@cause(
    id="http-405",
    stage=Stage.HTTP,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The server answered 405: {path} exists, but not for GET{allowed}",
    explanation="""A WebSocket begins as a GET request, and this path takes other methods only. Most likely it is an
    ordinary API route, such as a GraphQL path that knows POST alone, or a static host: the WebSocket lives at another
    path.""",
    fix=(
        "Use the path of the WebSocket endpoint, not that of the HTTP API.",
        "If it is the right one, register the handler for GET as well: an upgrade is a GET (RFC 6455 section 4.1).",
    ),
    next_test="curl -si -X OPTIONS '{http_url}', and read the Allow field",
    sources=("RFC 9110 section 15.5.6", "RFC 6455 section 4.1"),
    console=lines_for("405"),
)
def method_not_allowed(facts: Facts) -> Match | None:
    if facts.status != 405:
        return None
    allow = facts.header("Allow")
    return Match(
        evidence=known(quote_status(facts), quote_field(facts, "Allow"), quote_body(facts)),
        values={"allowed": f", only for {allow}" if allow else ""},
    )


@cause(
    id="http-429",
    stage=Stage.HTTP,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The server answered 429: too many requests from you{retry}",
    explanation="""A rate limit turned the upgrade away. A client that reconnects in a tight loop often earns this
    itself: every failure makes the next attempt come sooner than the limit allows.""",
    fix=(
        "Reconnect with growing, random pauses, and honour Retry-After:\n"
        "const pause = Math.min(30000, 1000 * 2 ** tries) * Math.random();",
        "Find who makes the many connections: one socket for a page, not one for a component.",
        "If the limit is yours, raise it for this path.",
    ),
    next_test="Wait as long as Retry-After says, then: wsinspect check '{url}'",
    sources=("RFC 6585 section 4", "RFC 9110 section 10.2.3"),
    console=lines_for("429"),
)
def too_many_requests(facts: Facts) -> Match | None:
    if facts.status != 429:
        return None
    retry = facts.header("Retry-After")
    return Match(
        evidence=known(quote_status(facts), quote_field(facts, "Retry-After"), quote_body(facts)),
        values={"retry": f"; it asks to wait {retry}{' s' if retry.isdigit() else ''}" if retry else ""},
    )


def _toggled(url: str) -> str:
    """Return the URL with the slash at its path's end added or taken away."""
    path, mark, query = url.partition("?")
    return (path[:-1] if path.endswith("/") and path.count("/") > 3 else f"{path}/") + mark + query


_TOO_LARGE_BODY = re.compile(
    r"Request Header Or Cookie Too Large|Request-URI Too Large|Request[- ]Header[- ]Fields?[- ]Too[- ]Large"
    r"|header (?:field )?(?:is )?too large|size of a request header field exceeds server limit",
    re.IGNORECASE,
)


@cause(
    id="http-headers-too-large",
    stage=Stage.HTTP,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="The server finds our request's {part} too large ({status}); it was {size} bytes",
    explanation="""The request line or the header fields are larger than the server takes. It is mostly cookies that
    piled up for the whole domain, or a long token in the URL. A browser sends all of them with the upgrade, so it may
    fail for one user only and work in a private window.""",
    fix=(
        "Delete cookies that the endpoint doesn't need, or set them for another path or host.",
        "Send the token as the first message in place of the URL or a cookie.",
        "Raise the limit, in nginx: large_client_header_buffers 4 32k; in node: node --max-http-header-size=32768",
    ),
    next_test="wsinspect check '{url}' (without -b and -H: if that opens, the size was it)",
    sources=(
        "RFC 6585 section 5",
        "RFC 9110 section 15.5.15",
        "https://nginx.org/en/docs/http/ngx_http_core_module.html#large_client_header_buffers",
    ),
    supersedes=("http-400-generic", "http-421-or-451-etc"),
    console=lines_for("414|431|494"),
)
def headers_too_large(facts: Facts) -> Match | None:
    if facts.status is None or not 400 <= facts.status <= 499:
        return None
    found = _TOO_LARGE_BODY.search(facts.body_text)
    if facts.status not in (414, 431, 494) and found is None:
        return None
    uri = facts.status == 414 or (found is not None and "uri" in found[0].lower())
    return Match(
        evidence=known(quote_body(facts, found) if found else None, quote_status(facts)),
        values={"part": "URL" if uri else "header fields", "size": str(len(facts.attempt.handshake.request))},
    )


@cause(
    id="http-400-generic",
    stage=Stage.HTTP,
    side=Side.UNKNOWN,
    certainty=Certainty.CERTAIN,
    headline="{who} answered 400 Bad Request, and does not say what is bad",
    explanation="""The server found fault with the request; where it says with what, its words are below. What is seen
    most, as a guess: a WebSocket library that serves another path, an upgrade that a proxy altered on the way, a Host that the
    server does not know, or plain HTTP on a TLS port.""",
    fix=(
        "Read the server's log of this moment: libraries tell there what they keep from the client.",
        "Compare path and Host with what the server expects; node's ws answers 400 to every path but its own.",
        "Behind a proxy, check that Upgrade, Connection, Host and the Sec-WebSocket fields are passed on.",
    ),
    next_test="wsinspect check --connect-to {host}:{port}:BACKEND:PORT '{url}' (straight to the backend, past the proxies)",
    sources=("RFC 9110 section 15.5.1", "RFC 6455 section 4.2.1"),
    console=lines_for("400"),
)
def bad_request(facts: Facts) -> Match | None:
    if facts.status != 400:
        return None
    candidates = ["upgrade-stripped"]
    if len(facts.attempt.handshake.request) >= _LARGE_REQUEST:
        candidates.append("http-headers-too-large")
    if facts.attempt.options.origin:
        candidates.append("origin-rejected")
    writer = answered_by(facts)
    who = writer.words
    said, shown = _complaint(facts)
    about_subprotocol = _SUBPROTOCOL_WORDS.search(said) is not None
    return Match(
        evidence=known(quote_status(facts), shown, quote_body(facts), *writer.evidence),
        values={"who": who[:1].upper() + who[1:] if who.startswith("the ") else who, "complaint": said},
        headline="{who} refused the request with 400: '{complaint}'" if said else None,
        first_fix=(_SUBPROTOCOL_FIX,) if about_subprotocol else (),
        candidates=() if about_subprotocol else tuple(candidates),
    )


_EMPTY_WORDS = re.compile(
    r"(?:http|error|bad|request|invalid|client|status|code|message|title|detail|success|false|[\W\d])*",
    re.IGNORECASE,
)
"""What says no more than the status does."""
_COMPLAINT_SHOWN = 120
_JSON_WORDS = re.compile(r'"(?:message|error|detail|error_description)":\s*"((?:[^"\\]|\\.){1,120})')
"""Where an API says it."""


def _complaint(facts: Facts) -> tuple[str, Evidence | None]:
    """Return what a 400 finds bad, in its own words, and the field that has them; empty where it does not say."""
    head = facts.head
    reason = facts.header(REJECT_REASON)
    if reason:
        return reason[:_COMPLAINT_SHOWN], quote_field(facts, REJECT_REASON)
    if head is not None and not _EMPTY_WORDS.fullmatch(head.reason_phrase):
        return head.reason_phrase[:_COMPLAINT_SHOWN], None
    body = " ".join(facts.body_text.split())
    in_json = _JSON_WORDS.search(body) if body.startswith("{") else None
    if in_json and not _EMPTY_WORDS.fullmatch(in_json[1]):
        return in_json[1], None
    if "<" in body or len(body) > _COMPLAINT_SHOWN or _EMPTY_WORDS.fullmatch(body):
        return "", None
    return body, None


_CLAIMED = frozenset({400, 401, 403, 404, 405, 414, 426, 429, 431, 494, 500, 502, 503, 504})
_MEANINGS = {
    402: "a quota or a payment is due",
    407: "a proxy wants credentials",
    408: "the server waited too long for our request",
    410: "the endpoint is gone for good",
    415: "the server wants another type of content",
    421: "this server is not responsible for the host that we named",
    425: "the server does not take early data",
    451: "it is withheld for legal reasons",
    501: "the server can't do what the upgrade asks",
    505: "the server does not take this version of HTTP",
    511: "the network wants a login first",
}


@cause(
    id="http-421-or-451-etc",
    stage=Stage.HTTP,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The server answered {status} {reason} instead of 101{meaning}",
    explanation="""The server answered, but with a status that has nothing to do with WebSockets in particular. The
    status and the body say what it objects to: the host or certificate that we named (421), a quota (402), the place
    we call from (451), an endpoint that has moved away for good (410).""",
    fix=(
        "Read the status and the body below: they are the server's whole reason.",
        "For 421, check that the name in the URL, in SNI and in Host is one that this server serves.",
        "For 410, ask the service for its present URL; some hand out addresses that live for one connection.",
    ),
    next_test="curl -si '{http_url}': the same status means that it is not about WebSockets",
    sources=("RFC 9110 section 15", "https://www.iana.org/assignments/http-status-codes/"),
    console=lines_for(r"40[26-9]|41[0-35-8]|42[1-5]|451|46[0-4]|501|505|511|5[23]\d"),
)
def other_status(facts: Facts) -> Match | None:
    status = facts.status
    if status is None or status == 101 or 200 <= status <= 299 or status in _CLAIMED:
        return None
    if 300 <= status <= 399 and status in (301, 302, 303, 307, 308) and facts.header("Location"):
        return None
    meaning = _MEANINGS.get(status, "")
    return Match(
        evidence=known(quote_status(facts), quote_body(facts)),
        values={"meaning": f": {meaning}" if meaning else ""},
    )
