"""The server's own words that it saw no upgrade in our request, although we asked for one.

Such an answer proves that something between took the hop-by-hop fields away (RFC 9110 section 7.6.1): the commonest of
all causes in production. Each row is what one server or library writes only then.
"""

from __future__ import annotations

import re

from msgspec import Struct

from wsinspect.diagnosis.evidence import Evidence
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.quoting import known, quote_body, quote_field, quote_request_field, quote_status


class NoUpgradeSeen(Struct, frozen=True, kw_only=True):
    """Who said so, and where."""

    backend: str
    """`node's ws`, `tornado`, a few names where they use the same words, empty where nobody is told by them."""
    proven: bool
    """Nobody writes this to a request that still asks for an upgrade."""
    evidence: tuple[Evidence, ...]


class _Words(Struct, frozen=True):
    backend: str
    pattern: re.Pattern[str]
    proven: bool = True
    statuses: tuple[int, ...] = (400, 426)
    server: re.Pattern[str] | None = None
    """What the Server field has to say as well."""


def _row(
    backend: str,
    pattern: str,
    *,
    proven: bool = True,
    statuses: tuple[int, ...] = (400, 426),
    server: str | None = None,
) -> _Words:
    compiled = re.compile(server, re.IGNORECASE) if server else None
    return _Words(backend, re.compile(pattern), proven, statuses, compiled)


_BODIES = (
    _row("aiohttp", r"No WebSocket UPGRADE hdr: [^\n]*|No CONNECTION upgrade hdr: [^\n]*"),
    _row(
        "tornado", r'Can "Upgrade" only to "WebSocket"\.|"Connection" must be "Upgrade"\.', server="Tornado"
    ),
    _row(
        "Spring, tornado or Vert.x",
        r'Can "Upgrade" only to "WebSocket"\.|"Connection"(?: header)? must be "[Uu]pgrade"\.',
    ),
    _row(
        "Python's websockets",
        r"(?:missing|invalid) (?:Connection|Upgrade) header[^\n]*"
        r"|You cannot access a WebSocket server directly with a browser\.[^\n]*",
    ),
    _row("engine.io (Socket.IO)", r'\{"code":3,"message":"Bad request"\}', statuses=(400,)),
    _row(
        "axum",
        r"Connection header did not include 'upgrade'|`Upgrade` header did not include 'websocket'"
        r"|WebSocket request couldn't be upgraded since no upgrade state was present",
    ),
    _row(
        "Go's coder/websocket",
        r'WebSocket protocol violation: (?:Connection|Upgrade) header "[^"]*" does not contain \w+',
    ),
    _row("Go's gobwas/ws", r'handshake error: bad "(?:Upgrade|Connection)" header'),
    _row("node's ws", r"Invalid Upgrade header"),
    _row("python-socketio", r'\A\s*"Invalid websocket upgrade"\s*\Z', statuses=(400,)),
    _row(
        "Python's ws4py",
        r"HandshakeError: (?:Header (?:Upgrade|Connection) is not defined"
        r"|Illegal value for header (?:Upgrade|Connection): [^\n<]*)",
        statuses=(500,),
    ),
    _row("a GraphQL server", r"\ANo GraphQL query found in the request", proven=False, statuses=(400,)),
    _row("Rust's tungstenite", r'No "(?:Upgrade: websocket|Connection: upgrade)" header'),
    _row(
        "Python's picows",
        r"No WebSocket UPGRADE header\. Can 'Upgrade' only[^\n]*|No CONNECTION upgrade header"
        r"|CONNECTION header value is not 'upgrade'",
    ),
    _row("Python's autobahn", r"I am not Web server, but a <b>WebSocket Endpoint</b>", statuses=(200,)),
    _row("Deno", r"'upgrade' header must contain 'websocket'", statuses=(400, 500)),
    _row("Netty", r"not a WebSocket handshake request: missing upgrade", proven=False),
    _row("Akka or Pekko HTTP", r"Expected WebSocket Upgrade request", proven=False),
    _row("warp", r'Missing request header "(?:connection|upgrade)"', proven=False),
    _row("a handler of its own", r"[Ee]xpected (?:[Uu]pgrade: )?[Ww]eb[Ss]ocket", proven=False),
)

_PHRASES = (
    _row("Rust's actix", r"No WebSocket Upgrade header found|No Connection upgrade"),
    _row(
        "Python's autobahn",
        r"HTTP Connection header missing|HTTP (?:Upgrade|Connection) headers do not include [^\n]*",
    ),
    _row("Ratchet (PHP)", r"Upgrade header MUST be provided|Connection Upgrade MUST be requested"),
)
"""Words in the reason phrase of the status line."""


def asked_for_upgrade(facts: Facts) -> bool:
    """Say whether our request asked for a WebSocket as RFC 6455 section 4.1 wants; the user may have altered it."""
    request = facts.attempt.handshake.request_head
    return (
        "websocket" in request.tokens("Upgrade")
        and "upgrade" in request.tokens("Connection")
        and request.version == "HTTP/1.1"
        and "13" in request.tokens("Sec-WebSocket-Version")
        and bool(request.get("Sec-WebSocket-Key"))
    )


def answered_like_a_page_of_node(facts: Facts) -> bool:
    """Say whether node's HTTP server may have written this, as to a request that none of its upgrade listeners took.

    It puts `Keep-Alive: timeout=5` on such answers, without the maximum that Apache adds; proxies don't pass it on.
    """
    return bool(
        asked_for_upgrade(facts)
        and re.fullmatch(r"timeout=\d+", facts.header("Keep-Alive"))
        and not (facts.has_header("Server") or facts.has_header("Via"))
    )


def no_upgrade_seen(facts: Facts) -> NoUpgradeSeen | None:
    """Return who says that our request carried no upgrade, or None where nobody does."""
    head = facts.head
    if head is None or facts.status not in (200, 400, 405, 426, 500) or not asked_for_upgrade(facts):
        return None
    for words in _BODIES:
        found = words.pattern.search(facts.body_text) if facts.status in words.statuses else None
        if found and (words.server is None or words.server.search(facts.header("Server"))):
            return _seen(facts, words.backend, proven=words.proven, body=found)
    for words in _PHRASES:
        if words.pattern.search(head.reason_phrase):
            return _seen(facts, words.backend, proven=words.proven)
    return _by_426(facts) or _by_version_field(facts) or _by_allow(facts)


def _by_426(facts: Facts) -> NoUpgradeSeen | None:
    """Tell by a 426 that names WebSocket, or has the bytes of node's `ws`."""
    if facts.status != 426 or (facts.head is not None and _other_version_wanted(facts)):
        return None
    body = facts.body_text.strip()
    if body == "Upgrade Required":
        plain = facts.header("Content-Type") == "text/plain" and not facts.has_header("X-Powered-By")
        return _seen(
            facts,
            "node's ws" if plain else "",
            proven=plain,
            body=re.search("Upgrade Required", body),
        )
    if facts.head is not None and "websocket" in facts.head.tokens("Upgrade"):
        evidence = (quote_field(facts, "Upgrade"),)
        return NoUpgradeSeen(
            # An HTTP route may say this to everybody: it is no library's own sentence.
            backend="",
            proven=False,
            evidence=known(quote_status(facts), *evidence, quote_request_field(facts, "Upgrade")),
        )
    return None


def _by_version_field(facts: Facts) -> NoUpgradeSeen | None:
    """Tell by gorilla's refusal: it names the version that we did ask for, so the fault is with another field."""
    if facts.status not in (400, 426) or facts.header("Sec-WebSocket-Version") != "13":
        return None
    if facts.header("X-Content-Type-Options") != "nosniff" or facts.body_text.strip() not in (
        "Bad Request",
        "Upgrade Required",
    ):
        return None
    version = quote_field(facts, "Sec-WebSocket-Version")
    return NoUpgradeSeen(
        backend="Go's gorilla/websocket",
        proven=False,
        evidence=known(quote_status(facts), version, quote_request_field(facts, "Upgrade")),
    )


def _by_allow(facts: Facts) -> NoUpgradeSeen | None:
    """Tell by a 405 for a path that knows WebSockets alone, as Litestar and falcon have it: a plain request came."""
    if facts.status != 405 or facts.head is None:
        return None
    allowed, falcons = facts.head.tokens("Allow"), '{"title": "405 Method Not Allowed"}'
    if "websocket" in allowed:
        backend = "Litestar"
    elif [*allowed] == ["options"] and facts.body_text == falcons:
        backend = "falcon"
    else:
        return None
    allow, sent = quote_field(facts, "Allow"), quote_request_field(facts, "Upgrade")
    # An ASGI server without a WebSocket library hands an upgrade on as a plain request, too.
    return NoUpgradeSeen(backend=backend, proven=False, evidence=known(quote_status(facts), allow, sent))


def _other_version_wanted(facts: Facts) -> bool:
    head = facts.head
    return (
        head is not None
        and head.get("Sec-WebSocket-Version") is not None
        and ("13" not in head.tokens("Sec-WebSocket-Version"))
    )


def _seen(facts: Facts, backend: str, *, proven: bool, body: re.Match[str] | None = None) -> NoUpgradeSeen:
    quoted = quote_body(facts, body) if body is not None else None
    return NoUpgradeSeen(
        backend=backend,
        proven=proven,
        evidence=known(quoted or quote_status(facts), quote_request_field(facts, "Upgrade")),
    )
