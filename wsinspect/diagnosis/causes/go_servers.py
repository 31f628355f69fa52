"""WebSocket libraries of Go: gorilla, coder (nhooyr), gobwas, Fiber."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause, describe
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.no_upgrade_seen import asked_for_upgrade, no_upgrade_seen
from wsinspect.diagnosis.on_reply import match_reply_of, on_reply
from wsinspect.diagnosis.replies import reply_of

_NGINX = (
    "In nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
    'proxy_set_header Connection "upgrade";'
)

describe(
    id="gorilla-origin",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.LIKELY,
    headline="Go's gorilla/websocket answered 403{behind}: its CheckOrigin most likely refused us",
    explanation="""gorilla's Upgrader writes this 403 in one case only: CheckOrigin returned false. Without a function of your own it
    wants the Origin's host to equal the request's Host, which a proxy that rewrites Host breaks for everybody.""",
    fix=(
        "Allow the page's origin:\nupgrader.CheckOrigin = func(r *http.Request) bool {\n"
        '\treturn r.Header.Get("Origin") == "https://app.example"\n}',
        "Behind a proxy pass the Host on; in nginx: proxy_set_header Host $host;",
    ),
    next_test="wsinspect check '{url}' --origin http://{host}:{port}",
    sources=(
        "https://pkg.go.dev/github.com/gorilla/websocket#hdr-Origin_Considerations",
        "RFC 6455 section 10.2",
    ),
    supersedes=("origin-rejected", "http-403"),
    console=(r"request origin not allowed by Upgrader\.CheckOrigin",),
    check=on_reply("gorilla-forbidden", candidates=("origin-rejected",), shows=("Origin", "Host")),
)


@cause(
    id="gorilla-bad-handshake",
    stage=Stage.FRAMEWORK,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="Go's gorilla/websocket answered {status} {reason}{behind}: {meaning}",
    explanation="""gorilla's Upgrader refuses like this and names version 13, which is the one that we speak, so another field
    displeased it. 400 and 426 mean that Upgrade, Connection or the key did not arrive as we sent them; 500 that a
    middleware wraps the ResponseWriter so that the connection can't be taken over.""",
    fix=(
        "For 400 and 426, pass the upgrade on in the proxy. " + _NGINX,
        "For 500, leave compression, logging and timeout wrappers out of this route, or let them implement http.Hijacker.",
        "Read the error that Upgrade() returns: it names the field.",
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:BACKEND:PORT",
    sources=(
        "https://github.com/gorilla/websocket/blob/main/server.go",
        "https://pkg.go.dev/github.com/gorilla/websocket#Upgrader.Upgrade",
    ),
    supersedes=(
        "upgrade-stripped",
        "http-400-generic",
        "http-426",
        "http-405",
        "http-500",
        "ws-version-unsupported",
    ),
    console=(
        r"websocket: the client is not using the websocket protocol",
        r"response does not implement http\.Hijacker",
    ),
)
def gorilla_bad_handshake(facts: Facts) -> Match | None:
    told = reply_of(facts, "gorilla-handshake")
    if told is None:
        return None
    meaning = "the connection can't be taken over, or the handler set a field that it must not"
    if facts.status == 405:
        meaning = "the request did not arrive as a GET"
    elif facts.status != 500:
        meaning = "the request reached it without what makes it an upgrade"
    match = match_reply_of(
        facts,
        told,
        candidates=("upgrade-stripped",) if facts.status in (400, 426) else (),
        shows=("Upgrade", "Connection", "Sec-WebSocket-Version"),
    )
    return Match(
        evidence=match.evidence,
        candidates=match.candidates,
        side=Side.APPLICATION if facts.status == 500 else None,
        values={**match.values, "meaning": meaning},
    )


@cause(
    id="coder-websocket-origin",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.CERTAIN,
    headline="Go's coder/websocket refused us{behind}: {said}",
    explanation="""The library says in full what it did not take. About Origin: it has to match the Host or one of OriginPatterns, and
    both are quoted. About Connection or Upgrade: the request was changed on the way, because ours is in
    order.""",
    fix=(
        'For Origin: opts := &websocket.AcceptOptions{}; opts.OriginPatterns = []string{"app.example"}',
        "For Host behind a proxy, in nginx: proxy_set_header Host $host;",
        "For Connection or Upgrade. " + _NGINX,
    ),
    next_test="wsinspect check '{url}' --origin http://{host}:{port}",
    sources=(
        "https://pkg.go.dev/github.com/coder/websocket#AcceptOptions",
        "https://github.com/coder/websocket/blob/master/accept.go",
    ),
    supersedes=(
        *("origin-rejected", "upgrade-stripped", "http-403", "http-426", "http-400-generic", "http-405"),
    ),
    aliases=("nhooyr-websocket",),
    console=(r"request Origin \"[^\"]*\" is not authorized for Host",),
)
def coder_websocket(facts: Facts) -> Match | None:
    told = reply_of(facts, "coder-origin")
    if told is not None:
        return match_reply_of(facts, told, shows=("Origin", "Host"))
    told = reply_of(facts, "coder-violation")
    if told is None or "at least HTTP/1.1" in told.said:
        # About the version: hs-http10-upstream says what that means.
        return None
    match = match_reply_of(facts, told, shows=("Connection", "Upgrade"))
    sure = asked_for_upgrade(facts) and no_upgrade_seen(facts) is not None
    return Match(
        evidence=match.evidence,
        values=match.values,
        side=Side.PROXY if sure else None,
        certainty=None if sure else Certainty.LIKELY,
    )


describe(
    id="gobwas",
    stage=Stage.FRAMEWORK,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="Go's gobwas/ws refused the handshake{behind}: {said}",
    explanation="""gobwas/ws names the part of the request that it found wrong, and in the bytes that we sent this part is right. Most
    likely a proxy dropped or rewrote the field.""",
    fix=(_NGINX, "In haproxy, leave option http-use-htx on and don't set option httpclose for this backend."),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:BACKEND:PORT",
    sources=("https://github.com/gobwas/ws/blob/master/errors.go",),
    supersedes=(
        "upgrade-stripped",
        "http-400-generic",
        "http-426",
        "http-405",
    ),
    check=on_reply(
        "gobwas",
        shows=("Upgrade", "Connection"),
        when=lambda facts, told: "HTTP protocol version" not in told.said,
    ),
)

describe(
    id="fiber",
    stage=Stage.FRAMEWORK,
    side=Side.PROXY,
    certainty=Certainty.POSSIBLE,
    headline="A 426 'Upgrade Required'{behind}, as Go's Fiber writes it: the upgrade check of its route did not pass",
    explanation="""Fiber's sample guards a WebSocket route with websocket.IsWebSocketUpgrade and answers ErrUpgradeRequired otherwise.
    Other servers use the same two words, so the product is a guess; that the request was not seen as an upgrade is what
    it says.""",
    fix=(
        "Pass the upgrade on. " + _NGINX,
        "See that the guard stands before the handler:\napp.Use('/ws', func(c *fiber.Ctx) error {\n"
        "\tif websocket.IsWebSocketUpgrade(c) { return c.Next() }\n\treturn fiber.ErrUpgradeRequired\n})",
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:BACKEND:PORT",
    sources=("https://docs.gofiber.io/contrib/websocket/",),
    check=on_reply(
        "fiber-426",
        candidates=("upgrade-stripped",),
        # node's `ws` writes the same body; Fiber gives a charset.
        when=lambda facts, told: "charset" in facts.header("Content-Type").lower(),
    ),
)
