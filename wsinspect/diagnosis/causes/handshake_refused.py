"""The server refuses the handshake and names the field: version, key, HTTP version (RFC 6455 section 4.2.1)."""

from __future__ import annotations

import re

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.evidence import Evidence, Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.handshake_root import check_evidence, root_check
from wsinspect.diagnosis.quoting import known, quote_body, quote_field, quote_request_field, quote_status
from wsinspect.wire.handshake import CheckName


def _says(facts: Facts, pattern: re.Pattern[str]) -> Evidence | None:
    """Return where a refusal's body or reason phrase says it, or None."""
    if facts.head is None or facts.status is None or facts.status < 400:
        return None
    found = pattern.search(facts.body_text)
    if found is not None:
        return quote_body(facts, found)
    return quote_status(facts) if pattern.search(facts.head.reason_phrase) else None


_VERSION_WORDS = re.compile(
    r"(?:Missing or )?[Ii]nvalid Sec-WebSocket-Version header[^\n<]*|Unsupported version: ?\S*"
    r"|WebSocket version \S+ not supported[^\n<]*|missing Sec-WebSocket-Version header[^\n<]*"
    r'|No "Sec-WebSocket-Version: 13" header|Unsupported protocol version \d+|Unsupported WebSocket version'
    r"|Upgrade requested to unsupported websocket version: ?\S*"
)


@cause(
    id="ws-version-unsupported",
    stage=Stage.HANDSHAKE,
    side=Side.UNKNOWN,
    certainty=Certainty.CERTAIN,
    headline="The server does not take the WebSocket version that reached it; we sent {sent}{offers}",
    explanation="""Version 13 is the only one in use since 2011. A server that refuses it is ancient, or it never saw the
    field because something on the way dropped Sec-WebSocket-Version; the words below say which version reached it.""",
    fix=(
        "If the field got lost, let the proxy or CDN forward all Sec-WebSocket fields.",
        "If the server is older than RFC 6455, update its WebSocket library.",
        "In a client of your own, send Sec-WebSocket-Version: 13.",
    ),
    next_test="wsinspect check --connect-to {host}:{port}:BACKEND:PORT '{url}' (straight to the backend, past the proxies)",
    sources=("RFC 6455 section 4.2.2", "RFC 6455 section 4.4"),
    supersedes=("http-426", "http-400-generic", "upgrade-stripped"),
    console=(r"Missing or invalid Sec-WebSocket-Version", r"WebSocket version \S+ not supported"),
)
def version_unsupported(facts: Facts) -> Match | None:
    if facts.head is None or facts.status not in (400, 426):
        return None
    said = _says(facts, _VERSION_WORDS)
    sent = facts.attempt.handshake.request_head.get("Sec-WebSocket-Version") or "none"
    offered = facts.head.tokens("Sec-WebSocket-Version")
    if said is None and (not offered or sent in offered):
        return None
    field = quote_field(facts, "Sec-WebSocket-Version")
    request = quote_request_field(facts, "Sec-WebSocket-Version")
    # A server that asks for 13 all the same never saw the field.
    theirs = Side.SERVER if said is None else Side.UNKNOWN
    side = theirs if sent == "13" else Side.CLIENT
    return Match(
        evidence=known(said, field, request, quote_status(facts)),
        side=side,
        values={"sent": sent, "offers": f", it takes {', '.join(offered)}" if offered else ""},
    )


_KEY_WORDS = re.compile(
    r"Missing or invalid Sec-WebSocket-Key header|HTTP Sec-WebSocket-Key header missing|Handshake error: None"
    r"|Missing/Invalid WebSocket headers|missing Sec-WebSocket-Key header[^\n<]*"
    r"|(?:websocket: not a websocket handshake: )?'Sec-WebSocket-Key' header must be Base64 encoded[^\n<]*"
    r"|`Sec-WebSocket-Key` header missing|Invalid Sec-WebSocket-Key"
)


@cause(
    id="ws-key-missing",
    stage=Stage.HANDSHAKE,
    side=Side.PROXY,
    certainty=Certainty.CERTAIN,
    headline="The server says that it saw no valid Sec-WebSocket-Key, and we sent one",
    explanation="""Upgrade and Connection did arrive, the key did not. That is what a CDN or proxy does that forwards only
    the request fields on a list. The server's words prove that the field was missing there; the request that we sent
    has it.""",
    fix=(
        "Forward all Sec-WebSocket fields; in CloudFront, use the origin request policy AllViewer for this behaviour.",
        "Look for rules that remove or rename request fields in the proxy, the gateway or a firewall.",
    ),
    next_test="wsinspect check --connect-to {host}:{port}:BACKEND:PORT '{url}' (straight to the backend, past the proxies)",
    sources=(
        "RFC 6455 section 4.2.1",
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/distribution-working-with.websockets.html",
    ),
    supersedes=("http-426", "http-400-generic", "upgrade-stripped"),
    console=(r"Missing or invalid Sec-WebSocket-Key header",),
)
def key_missing(facts: Facts) -> Match | None:
    key = facts.attempt.handshake.request_head.get("Sec-WebSocket-Key") or ""
    said = _says(facts, _KEY_WORDS)
    if said is None or not re.fullmatch(r"[A-Za-z0-9+/]{22}==", key):
        return None
    return Match(evidence=known(said, quote_request_field(facts, "Sec-WebSocket-Key"), quote_status(facts)))


_HTTP10_WORDS = re.compile(
    r"handshake request must be at least HTTP/1\.1[^\n<]*|bad HTTP protocol version[^\n<]*"
    r"|HTTP/1\.0 is not supported[^\n<]*|[Uu]nsupported HTTP version:? [b'\"]*HTTP/1\.0"
)


@cause(
    id="hs-http10-upstream",
    stage=Stage.HANDSHAKE,
    side=Side.PROXY,
    certainty=Certainty.CERTAIN,
    headline="The server says that it was asked in an old version of HTTP, and we asked in HTTP/1.1",
    explanation="""A WebSocket needs HTTP/1.1 on every hop. The proxy in front talks HTTP/1.0 to its backend, nginx's old
    default, and this backend is one of those that insist. Others let it pass, which is why the same proxy may work
    elsewhere.""",
    fix=(
        "In nginx: proxy_http_version 1.1; together with the Upgrade and Connection fields.",
        "In Apache: remove SetEnv force-proxy-request-1.0 and proxy-nokeepalive for this path.",
    ),
    next_test="wsinspect check --connect-to {host}:{port}:BACKEND:PORT '{url}' (straight to the backend, past the proxies)",
    sources=("RFC 6455 section 4.2.1", "https://nginx.org/en/docs/http/websocket.html"),
    supersedes=("http-426", "http-400-generic", "http-421-or-451-etc", "upgrade-stripped"),
    console=(r"handshake request must be at least HTTP/1\.1", r"bad HTTP protocol version"),
)
def http10_upstream(facts: Facts) -> Match | None:
    said = _says(facts, _HTTP10_WORDS)
    if said is not None and facts.attempt.handshake.request_head.version == "HTTP/1.1":
        return Match(evidence=known(said, quote_status(facts)))
    check = root_check(facts, CheckName.HTTP_VERSION)
    if check is None:
        return None
    return Match(
        evidence=check_evidence(facts, check),
        certainty=Certainty.LIKELY,
        headline=f"The 101 came as {check.arrived}, and a WebSocket needs HTTP/1.1: a hop speaks the old version",
    )
