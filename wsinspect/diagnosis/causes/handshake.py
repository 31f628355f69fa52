"""A 101 that a client must refuse: the checks of RFC 6455 section 4.1, one root cause at a time."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.handshake_root import refused_for, root_check
from wsinspect.wire.handshake import CheckName


@cause(
    id="hs-accept-mismatch",
    stage=Stage.HANDSHAKE,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The 101's Sec-WebSocket-Accept {arrived} does not answer our key",
    explanation="""The accept value has to be computed from the key of this very request. A wrong one comes from a server
    that was written by hand (hex in place of base64, a key that was not trimmed), from a cache that replays an old
    answer, or from a proxy that made a new key for its own side and forgot to translate the answer.""",
    fix=(
        "Compute it as base64(sha1(key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11')), from the key as text.",
        "Make sure that no cache stores answers to this path.",
        "Use a WebSocket library on the server instead of writing the handshake.",
    ),
    next_test="wsinspect check '{url}' (twice: the same accept value for two keys means a cache or a constant)",
    sources=("RFC 6455 section 4.1", "RFC 6455 section 4.2.2"),
    console=(
        r"Incorrect 'Sec-WebSocket-Accept' header value",
        r"Invalid Sec-WebSocket-Accept header",
        r"Sec-WebSocket-Accept mismatch",
        r"Key mismatch",
    ),
)
def accept_mismatch(facts: Facts) -> Match | None:
    check = root_check(facts, CheckName.ACCEPT_VALUE)
    match = refused_for(facts, check)
    if match is None or check is None:
        return None
    for other in facts.session.attempts:
        head = other.handshake.head
        if other is facts.attempt or head is None or other.options.url != facts.attempt.options.url:
            continue
        keys = {a.handshake.request_head.get("Sec-WebSocket-Key") for a in (other, facts.attempt)}
        if len(keys) == 2 and head.get("Sec-WebSocket-Accept") == check.arrived:
            constant = ("Another attempt with another key got the same value: it is cached, or a constant.",)
            return Match(evidence=match.evidence, values=match.values, first_fix=constant)
    return match


@cause(
    id="hs-accept-missing",
    stage=Stage.HANDSHAKE,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The 101 has no Sec-WebSocket-Accept",
    explanation="""Without the accept value nothing shows that a WebSocket server answered, and every client refuses. The
    status line was right, so somebody meant to switch: a handshake written by hand, or a proxy or gateway that filters
    the fields of responses.""",
    fix=(
        "Add Sec-WebSocket-Accept in the server's answer, computed from the request's key.",
        "If the backend does send it, look for a filter in the proxy: a list of allowed response fields, or PHP behind "
        "FastCGI, which can't switch protocols.",
    ),
    next_test="wsinspect check --connect-to {host}:{port}:BACKEND:PORT '{url}' (straight to the backend, past the proxies)",
    sources=("RFC 6455 section 4.1", "RFC 6455 section 4.2.2"),
    console=(r"'Sec-WebSocket-Accept' header is missing",),
)
def accept_missing(facts: Facts) -> Match | None:
    return refused_for(facts, root_check(facts, CheckName.ACCEPT_PRESENT))


@cause(
    id="hs-upgrade-missing",
    stage=Stage.HANDSHAKE,
    side=Side.PROXY,
    certainty=Certainty.CERTAIN,
    headline="The 101 has no Upgrade field",
    explanation="""The answer says 101 and not to which protocol. Upgrade belongs to one hop only, so a proxy that knows no
    WebSockets may have dropped it on the way back; it is also what an answer looks like that a script wrote with
    nothing but a status line.""",
    fix=(
        "Let the proxy pass Upgrade and Connection in both directions, in nginx with proxy_http_version 1.1.",
        "On a server of your own, send Upgrade: websocket with the 101.",
    ),
    next_test="wsinspect check --connect-to {host}:{port}:BACKEND:PORT '{url}' (straight to the backend, past the proxies)",
    sources=("RFC 6455 section 4.1", "RFC 9110 section 7.8"),
    console=(r"'Upgrade' header is missing", r"Invalid Upgrade header"),
)
def upgrade_missing(facts: Facts) -> Match | None:
    return refused_for(facts, root_check(facts, CheckName.UPGRADE_PRESENT))


@cause(
    id="hs-connection-missing",
    stage=Stage.HANDSHAKE,
    side=Side.PROXY,
    certainty=Certainty.CERTAIN,
    headline="The 101's Connection field does not say Upgrade (arrived: {arrived})",
    explanation="""Connection: Upgrade has to stand beside Upgrade: websocket. It is gone or was replaced, typically by a
    proxy that sets Connection to keep-alive or close on every response, or it was forgotten in a handshake written by
    hand.""",
    fix=(
        "Stop the proxy or middleware from writing Connection on responses of this path.",
        "On a server of your own, send Connection: Upgrade with the 101.",
    ),
    next_test="wsinspect check --connect-to {host}:{port}:BACKEND:PORT '{url}' (straight to the backend, past the proxies)",
    sources=("RFC 6455 section 4.1", "RFC 9110 section 7.6.1"),
    console=(
        r"'Connection' header is missing",
        r"'Connection' header value must contain 'Upgrade'",
        r"Expected 'Connection' header value 'Upgrade' but was",
    ),
)
def connection_missing(facts: Facts) -> Match | None:
    return refused_for(facts, root_check(facts, CheckName.CONNECTION_PRESENT, CheckName.CONNECTION_VALUE))


@cause(
    id="hs-upgrade-wrong",
    stage=Stage.HANDSHAKE,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The 101 switches to {arrived}, not to websocket",
    explanation="""The server did switch protocols, to another one than the one that we asked for. Something on that side
    handles upgrades for another protocol (h2c is the common one) and took ours for its own, or wrote a list where one
    name belongs.""",
    fix=(
        "Keep the upgrade to HTTP/2 (h2c) away from this path, or switch it off in the server or proxy.",
        "Send exactly Upgrade: websocket, one name, with the 101.",
    ),
    next_test="wsinspect check --connect-to {host}:{port}:BACKEND:PORT '{url}' (straight to the backend, past the proxies)",
    sources=("RFC 6455 section 4.1", "RFC 9110 section 7.8"),
    console=(r"'Upgrade' header value is not 'WebSocket'", r"Invalid Upgrade header"),
)
def upgrade_wrong(facts: Facts) -> Match | None:
    return refused_for(facts, root_check(facts, CheckName.UPGRADE_VALUE))


@cause(
    id="hs-duplicate-header",
    stage=Stage.HANDSHAKE,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The 101 has {field} more than once",
    explanation="""Two layers both wrote the same field of the handshake: the backend did its part, and a proxy, a
    middleware or a second handler added its own. Chromium and strict libraries refuse the answer; Firefox lets a
    second Upgrade pass, so the page may work there alone.""",
    fix=(
        "Remove the one that should not write it: add_header or proxy_set_header rules for Upgrade, Connection or "
        "Sec-WebSocket fields in the proxy.",
        "Look for two WebSocket handlers on one path.",
    ),
    next_test="wsinspect check --connect-to {host}:{port}:BACKEND:PORT '{url}' (straight to the backend, past the proxies)",
    sources=("RFC 6455 section 11.3", "https://github.com/istio/istio/issues/29427"),
    console=(r"header must not appear more than once in a response",),
)
def duplicate_header(facts: Facts) -> Match | None:
    check = root_check(facts, CheckName.SINGLE_FIELDS, CheckName.SUBPROTOCOL)
    if check is None or facts.head is None or len(facts.head.lines(check.field)) < 2:
        return None
    return refused_for(facts, check, field=check.field)
