"""Refusals of node's `ws`, and of node servers where no WebSocket server is attached."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause, describe
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.no_upgrade_seen import asked_for_upgrade
from wsinspect.diagnosis.on_reply import match_reply_of, on_reply
from wsinspect.diagnosis.quoting import known, quote_body, quote_field
from wsinspect.diagnosis.replies import KnownReply, reply_of

_WS_DOCS = "https://github.com/websockets/ws/blob/master/doc/ws.md"


_OTHER_STATUS = ("graphql-over-http", "h3-upgrade-required")
"""What a route says itself to a request that it takes for an ordinary one."""
_ORDINARY = (
    *_OTHER_STATUS,
    "express-no-route",
    "express",
    "fastify-no-route",
    "hapi-no-route",
    "koa-no-route",
    "hono-no-route",
)
_NITRO = (
    "In Nuxt and Nitro, switch WebSockets on: nitro: { experimental: { websocket: true } }",
    "With h3 alone: server.on('upgrade', wsAdapter(app.websocket).handleUpgrade), with crossws/adapters/node",
)


@cause(
    id="node-http-no-upgrade-listener",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.LIKELY,
    headline="A node server answered the upgrade of {path} like a page view ({status}){behind}: no WebSocket server took it",
    explanation="""Node hands an upgrade to its 'upgrade' listeners, and only without one to the ordinary routes. They got
    ours, so most likely the WebSocket server hangs on another http.Server than the one that listens here: app.listen()
    makes a new one each time. If a proxy in front dropped Upgrade, the same page comes back.""",
    fix=(
        "Attach the WebSocket server to the server that listens:\n"
        "const server = app.listen(3000);\nnew WebSocketServer({ server, path: '/ws' });",
        "With app.ws(...), call expressWs(app) before the routes are defined.",
        "On a serverless platform there is no http.Server to attach to: run the WebSocket server elsewhere.",
    ),
    next_test="curl -si {http_url} (the same page means that nothing looks at Upgrade here)",
    sources=("https://nodejs.org/api/http.html#event-upgrade_1", _WS_DOCS),
    supersedes=("http-404", "http-200-not-websocket"),
)
def node_http_no_upgrade_listener(facts: Facts) -> Match | None:
    told = reply_of(facts, *_ORDINARY)
    if (
        told is None
        or (facts.status not in (200, 404) and told.reply.id not in _OTHER_STATUS)
        or reply_of(facts, "next-page", "next-powered")
    ):
        return None
    # Proxies don't pass Keep-Alive on: node itself wrote this to us.
    direct = facts.has_header("Keep-Alive") and asked_for_upgrade(facts)
    framework = told.reply.product
    if framework != "Express" and not direct:
        # @fastify/websocket lets Fastify answer an upgrade that it has no route for, and then without Keep-Alive.
        return None
    match = match_reply_of(facts, told, candidates=() if direct else ("upgrade-stripped",))
    keep_alive = known(quote_field(facts, "Keep-Alive")) if direct else ()
    name = f"A node server, {framework} by its words," if told.reply.vague else framework
    return Match(
        evidence=(*match.evidence, *keep_alive),
        candidates=match.candidates,
        values={**match.values, "framework": name},
        first_fix=_NITRO if told.reply.id == "h3-upgrade-required" else (),
        supersedes=("http-426", "upgrade-stripped", "http-400-generic"),
        headline="{framework} answered the upgrade of {path} like a page view ({status}){behind}: no WebSocket server took it",
    )


def _offers_vite(facts: Facts) -> bool:
    return "vite-hmr" in facts.attempt.handshake.request_head.tokens("Sec-WebSocket-Protocol")


@cause(
    id="node-ws-path-mismatch",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.LIKELY,
    headline="node's ws refused {path} with its bare 400{behind}: it most likely serves another path",
    explanation="""The upgrade did reach a `ws` server, and it answered the way it does when the request's path isn't the one
    of its `path` option, the slash at the end included. A proxy that adds or removes a prefix changes the path on the
    way. As a rarer reason, vite writes the same bytes for a wrong token or Host.""",
    fix=(
        "Make both ends the same: new WebSocketServer({ server, path: '{plain_path}' }), or change the client's URL.",
        "Toggle the slash at the end: `ws` compares exactly.",
        "Behind nginx, mind that proxy_pass with a path replaces the location's prefix:\n"
        "location /ws/ { proxy_pass http://127.0.0.1:3000; }   # keeps /ws/",
    ),
    next_test="wsinspect check '{slash_url}' (the slash at the end toggled)",
    sources=(_WS_DOCS, "https://github.com/websockets/ws/blob/master/lib/websocket-server.js"),
    supersedes=("http-400-generic",),
)
def node_ws_path_mismatch(facts: Facts) -> Match | None:
    told = reply_of(facts, "ws-bad-request")
    if told is None or _offers_vite(facts):
        return None
    match = match_reply_of(facts, told, candidates=("vite-hmr",))
    path, url = facts.values["path"], facts.values["url"]
    plain, query = path.partition("?")[0], path.partition("?")[1:]
    toggled = plain[:-1] if plain.endswith("/") else f"{plain}/"
    slash_url = url.removesuffix(path) + toggled + "".join(query) if url.endswith(path) else url
    values = {**match.values, "plain_path": plain, "slash_url": slash_url}
    return Match(evidence=match.evidence, candidates=match.candidates, values=values)


describe(
    id="node-ws-verifyclient",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.LIKELY,
    headline="node's ws answered {status} '{said}'{behind}: its verifyClient turned us away",
    explanation="""This reply has the shape of a `ws` server that found the upgrade in order, then asked the application's
    verifyClient callback, and was told no. It usually looks at a cookie, a token or the Origin; which one is the
    application's secret.""",
    fix=(
        "Send what verifyClient looks for: wsinspect check '{url}' -b 'session=...' or -H 'Authorization: Bearer ...'",
        "Log inside verifyClient what it sees; behind a proxy, see that Cookie, Authorization and Origin are passed on.",
        "Accept first and close with 4401 after the first message, so that a browser can show the reason.",
    ),
    next_test="wsinspect check '{url}' --origin https://{host}",
    sources=(_WS_DOCS, "RFC 6455 section 10.5"),
    supersedes=("http-401", "http-403"),
    check=on_reply(
        "ws-unauthorized",
        "ws-forbidden",
        "ws-refused-in-words",
        candidates=("origin-rejected",),
        shows=("Origin",),
    ),
)

describe(
    id="node-ws-misc-400",
    stage=Stage.FRAMEWORK,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="node's ws refused the handshake{behind}: {said}",
    explanation="""The reply is the sentence with which `ws` names the field that it can't accept. What wsinspect sends is in
    order, so most likely a hop on the way changed or dropped this field; after a change of your own with -H, it may be
    that.""",
    fix=(
        "Let the proxy pass Upgrade, Connection and every Sec-WebSocket field on unchanged.",
        "If the sentence says 'Service Unavailable', the WebSocket server is being closed: see who calls close().",
    ),
    next_test="wsinspect check '{url}' --no-compression --connect-to {host}:{port}:BACKEND:PORT",
    sources=(
        "https://github.com/websockets/ws/blob/master/lib/websocket-server.js",
        "RFC 6455 section 4.2.1",
    ),
    supersedes=("http-400-generic", "http-405", "http-503"),
    check=on_reply(
        "ws-field",
        possible=("ws-closing",),
        when=lambda facts, told: "Invalid Upgrade" not in told.said and "Missing" not in told.said,
    ),
)

describe(
    id="bun-no-websocket-handler",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.POSSIBLE,
    headline="The server's fetch() answered '{said}': Bun's server.upgrade() was not called or returned false",
    explanation="""In Bun an upgrade comes to fetch() like any request, and stays an ordinary answer unless server.upgrade(req)
    accepts it. These are the words of the documentation's sample for the case that it did not: a missing `websocket`
    handler, or a proxy that dropped Upgrade.""",
    fix=(
        "Upgrade before answering, and give a websocket handler:\n"
        "Bun.serve({\n  fetch(req, server) { if (server.upgrade(req)) return; return new Response('no', { status: 400 }); },\n"
        "  websocket: { message(ws, m) {} },\n});",
        "If it returns false for a good request, look at the proxy in front.",
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:BACKEND:PORT",
    sources=("https://bun.sh/docs/api/websockets",),
    supersedes=("http-500", "http-400-generic"),
    check=on_reply("bun-upgrade-failed", candidates=("upgrade-stripped",)),
)


def _deno_lost(facts: Facts, told: KnownReply) -> bool:
    return asked_for_upgrade(facts) and quote_body(facts) is not None and bool(told.said)


describe(
    id="deno-upgrade",
    stage=Stage.FRAMEWORK,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="Deno.upgradeWebSocket refused the request{behind}: {said}",
    explanation="""Deno looked for Upgrade and Connection in the request and did not find them as it wants, though they are in
    the bytes that we sent. Most likely a proxy dropped them. Deno before 1.13 also refused the `keep-alive, Upgrade` of
    Firefox.""",
    fix=(
        "Pass the upgrade on; in nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
        'proxy_set_header Connection "upgrade";',
        "Answer plain requests before upgrading:\n"
        "if (req.headers.get('upgrade') !== 'websocket') return new Response(null, { status: 426 });",
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:BACKEND:PORT",
    sources=(
        "https://github.com/denoland/deno/issues/11494",
        "https://docs.deno.com/api/deno/~/Deno.upgradeWebSocket",
    ),
    supersedes=("upgrade-stripped", "http-500", "http-400-generic", "http-426"),
    console=(r"Invalid Header: 'upgrade' header must contain 'websocket'",),
    check=on_reply("deno-upgrade", when=_deno_lost),
)
