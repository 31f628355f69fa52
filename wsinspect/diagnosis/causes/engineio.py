"""Socket.IO and its transport Engine.IO in node: what each refusal of the server means."""

from __future__ import annotations

import re

from wsinspect.diagnosis.answered_by import answered_by
from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause, describe
from wsinspect.diagnosis.ending import peer_close
from wsinspect.diagnosis.evidence import Match, at_event, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import has_data
from wsinspect.diagnosis.fronts import hint
from wsinspect.diagnosis.on_reply import match_reply_of, on_reply, reply_values
from wsinspect.diagnosis.quoting import known, quote_body, quote_status
from wsinspect.diagnosis.replies import known_replies, reply_of
from wsinspect.wire.opcode import Direction

_PROTOCOL = "https://socket.io/docs/v4/engine-io-protocol/"
_WEBSOCKET_URL = "/socket.io/?EIO=4&transport=websocket"
_POLLED = re.compile(r'(?:\d+:)?0\{"sid":"')
"""The open packet; before its version 4, its length stands in front."""


def _query(facts: Facts) -> str:
    return facts.values["path"].partition("?")[2]


describe(
    id="engineio-upgrade-stripped",
    stage=Stage.FRAMEWORK,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="Socket.IO's server saw transport=websocket and no Upgrade{behind}, and we sent one",
    explanation="""Engine.IO writes this JSON only to a plain request that asks for its websocket transport; a live upgrade it
    refuses in plain text. So most likely something on the way removed Upgrade and Connection. Polling goes on to work, which is why
    the page may seem fine and just be slow.""",
    fix=(
        "Switch WebSockets on in the proxy in front of it; in nginx:\nlocation /socket.io/ {\n"
        "    proxy_pass http://127.0.0.1:3000;\n    proxy_http_version 1.1;\n"
        '    proxy_set_header Upgrade $http_upgrade;\n    proxy_set_header Connection "upgrade";\n}',
        "Until then, transports: ['polling'] in the client avoids the failing attempt.",
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:BACKEND:PORT",
    sources=("https://socket.io/docs/v4/reverse-proxy/", "https://github.com/socketio/socket.io/issues/1942"),
    supersedes=("upgrade-stripped", "http-400-generic"),
    check=on_reply(
        "engineio-bad-request",
        when=lambda facts, told: "transport=websocket" in _query(facts),
        # A node server without an upgrade listener hands an upgrade that did arrive to engine.io as a page.
        candidates=("node-http-no-upgrade-listener",),
        shows=("Upgrade", "Connection"),
    ),
)


@cause(
    id="engineio-transport-unknown",
    stage=Stage.FRAMEWORK,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="Socket.IO's server doesn't take the transport that {path} asks for{behind}",
    explanation="""The request reached Engine.IO, which wants transport=websocket in the query and found something else, or
    nothing. A plain WebSocket client pointed at /socket.io/ looks like that. If the query is right, the server was
    started with transports: ['polling'] alone.""",
    fix=(
        "Connect with the query: {socketio_url}",
        "Use socket.io-client instead of a plain WebSocket: Socket.IO is a protocol of its own on top.",
        "On the server, leave the websocket transport on: new Server(http, { transports: ['polling', 'websocket'] })",
    ),
    next_test="wsinspect check '{socketio_url}'",
    sources=(_PROTOCOL, "https://socket.io/docs/v4/server-options/#transports"),
    supersedes=("http-400-generic", "upgrade-stripped"),
    console=(r'"message":\s*"Transport unknown"',),
)
def engineio_transport_unknown(facts: Facts) -> Match | None:
    told = reply_of(facts, "engineio-transport", "engineio-transport-json")
    if told is None:
        return _answered_as_polling(facts) or _closed_over_transport(facts)
    asked = "transport=websocket" in _query(facts)
    match = match_reply_of(
        facts,
        told,
        certainty=Certainty.LIKELY if asked else None,
        candidates=("engineio-upgrade-stripped",) if asked else (),
    )
    values = {**match.values, "socketio_url": _socketio_url(facts)}
    return Match(
        evidence=match.evidence, certainty=match.certainty, candidates=match.candidates, values=values
    )


def _answered_as_polling(facts: Facts) -> Match | None:
    """Where the query asks for polling, or for nothing, Engine.IO opens a session and answers with its first packet."""
    if facts.status != 200 or not _POLLED.match(facts.body_text) or "transport=websocket" in _query(facts):
        return None
    return Match(
        evidence=known(quote_status(facts), quote_body(facts)),
        headline="Socket.IO's server began a session of polling: the query of {path} doesn't ask for transport=websocket",
        supersedes=("http-200-not-websocket",),
        values={**reply_values(facts), "socketio_url": _socketio_url(facts)},
    )


def _closed_over_transport(facts: Facts) -> Match | None:
    """Engine.IO completes an upgrade that asks for polling, and closes the socket before any packet."""
    close, asked = peer_close(facts), re.search(r"(?:^|&)transport=(?!websocket\b)(\w+)", _query(facts))
    if close is None or close.code is not None or asked is None or "EIO=" not in _query(facts):
        return None
    if has_data(facts, Direction.RECEIVED):
        return None
    return Match(
        evidence=(close.evidence(facts), quote_status(facts)),
        certainty=Certainty.LIKELY,
        headline="The server opened and closed at once: {path} asks Socket.IO for transport={transport}, not websocket",
        supersedes=("close-1000-immediately",),
        values={**reply_values(facts), "transport": asked[1], "socketio_url": _socketio_url(facts)},
    )


def _socketio_url(facts: Facts) -> str:
    url, path = facts.values["url"], facts.values["path"]
    return url.removesuffix(path) + _WEBSOCKET_URL


@cause(
    id="engineio-sid-unknown",
    stage=Stage.FRAMEWORK,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="Socket.IO's server doesn't know the session id in the URL{behind}",
    explanation="""Session ids live in the memory of the process that made them. Most likely there are several processes or
    nodes, and the load balancer sent this request to another one than the polling requests before; a restart of the
    server in between, or an id that is too old, gives the same words.""",
    fix=(
        "Make the load balancer sticky; in nginx: upstream io { ip_hash; server a:3000; server b:3000; }",
        "On AWS ALB: target group attribute stickiness.enabled=true; with pm2 or cluster: @socket.io/sticky.",
        "Or do without polling: io(url, { transports: ['websocket'] }) makes one connection, so nothing must stick.",
    ),
    next_test="wsinspect check '{socketio_url}' (without sid; ten times, if it fails only now and then)",
    sources=(
        "https://socket.io/docs/v4/using-multiple-nodes/",
        "https://github.com/socketio/socket.io/issues/4881",
    ),
    supersedes=("http-400-generic",),
    console=(r"Session ID unknown",),
)
def engineio_sid_unknown(facts: Facts) -> Match | None:
    told = reply_of(facts, "engineio-sid", "engineio-sid-json")
    if told is None:
        return None
    match = match_reply_of(facts, told)
    return Match(evidence=match.evidence, values={**match.values, "socketio_url": _socketio_url(facts)})


describe(
    id="alb-stickiness-socketio",
    stage=Stage.CLOUD,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="Socket.IO's session id was sent to another target of the AWS load balancer",
    explanation="""Socket.IO's polling requests and its WebSocket have to reach the same process, and the server that answered
    doesn't know the id. An Application Load Balancer stands in front, and without stickiness it deals requests out one
    by one.""",
    fix=(
        "Switch stickiness on:\naws elbv2 modify-target-group-attributes --target-group-arn ARN \\\n"
        "  --attributes Key=stickiness.enabled,Value=true Key=stickiness.type,Value=lb_cookie",
        "From another site's page, send cookies: io(url, { withCredentials: true }).",
        "Or connect with transports: ['websocket'] alone.",
    ),
    next_test="curl -si '{http_url}' several times: answers of different nodes mean that nothing sticks",
    sources=(
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/sticky-sessions.html",
        "https://socket.io/docs/v4/using-multiple-nodes/",
    ),
    supersedes=("engineio-sid-unknown", "http-400-generic"),
    check=on_reply(
        "engineio-sid",
        "engineio-sid-json",
        when=lambda facts, told: hint(facts, "AWS ALB", "an AWS load balancer") is not None,
    ),
)


@cause(
    id="engineio-version-mismatch",
    stage=Stage.FRAMEWORK,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="Socket.IO's server does not speak the client's protocol version ({eio})",
    explanation="""Socket.IO 1 and 2 speak Engine.IO 3; from Socket.IO 3 on the server takes EIO=4 only. The server says so in
    its own words, on a WebSocket only after the 101, so that a browser reports an invalid frame instead of the
    reason.""",
    fix=(
        "Use the same major version on both sides: socket.io-client 4 with socket.io 4.",
        "Or let the server take old clients: new Server(http, { allowEIO3: true })",
    ),
    next_test="wsinspect check '{socketio_url}'",
    sources=("https://socket.io/docs/v4/client-installation/#version-compatibility", _PROTOCOL),
    supersedes=("http-bytes-after-101", "http-400-generic", "proto-rsv1-compression"),
    console=(r"Unsupported protocol version", r"frame header"),
)
def engineio_version_mismatch(facts: Facts) -> Match | None:
    eio = re.search(r"(?:^|&)(EIO=\d+)", _query(facts))
    values = {"socketio_url": _socketio_url(facts), "eio": eio[1] if eio else "no EIO in the URL"}
    told = reply_of(facts, "engineio-version")
    if told is not None:
        match = match_reply_of(facts, told)
        return Match(evidence=match.evidence, values={**match.values, **values})
    if facts.status != 101 or b"Unsupported protocol version" not in facts.attempt.websocket_head[:1024]:
        return None
    words = "after the 101 came an HTTP 400 that says 'Unsupported protocol version'"
    evidence = at_seq(facts.attempt.handshake.response_seq, words)
    return Match(evidence=(evidence, quote_status(facts)), values=values)


_SOCKET_IO_2 = "Socket.IO 2 does so to an origin that it does not know: new Server(http, { origins: 'https://app.example:443' })"


@cause(
    id="engineio-forbidden",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.LIKELY,
    headline="Socket.IO's allowRequest refused us: '{said}' ({status}){behind}",
    explanation="""The handshake was in order, and then the application's allowRequest function said no. On a WebSocket
    Engine.IO turns that into a 400 with the function's message, not into a 403. It usually checks the Origin, a cookie or
    a token; which one only its code tells.""",
    fix=(
        "Log what allowRequest sees: allowRequest: (req, callback) => { console.log(req.headers); ... }",
        "Send the origin and cookie of the page: wsinspect check '{url}' --origin https://{host} -b 'session=...'",
    ),
    next_test="wsinspect check '{url}' --origin https://{host}",
    sources=("https://socket.io/docs/v4/server-options/#allowrequest",),
    supersedes=("http-400-generic", "http-403", "origin-rejected"),
)
def engineio_forbidden(facts: Facts) -> Match | None:
    told = reply_of(facts, "engineio-forbidden", "engineio-forbidden-json")
    if told is not None:
        return match_reply_of(facts, told, candidates=("origin-rejected",), shows=("Origin",))
    writer = answered_by(facts).writer
    if facts.status != 400 or writer is None or writer.name != "engine.io" or "EIO=" not in _query(facts):
        return None
    if any(told.startswith("engineio-") for told in known_replies(facts)):
        return None
    # None of engine.io's own sentences: the message is the one that allowRequest gave to its callback.
    said = " ".join(facts.body_text.split())
    if said == "Bad request":
        return Match(
            evidence=known(quote_body(facts), quote_status(facts), *writer.evidence),
            headline="Socket.IO's server refused the upgrade with its bare 'Bad request'{behind}, before allowRequest decided",
            first_fix=(
                "Look at what runs in io.engine.use(...): a middleware that calls next(error) gives these words.",
                "If the URL has a sid, transport and EIO have to be those of its session.",
                "Listen on the server for the reason: io.engine.on('connection_error', (e) => log(e.context))",
            ),
            values=reply_values(facts),
        )
    return Match(
        evidence=known(quote_body(facts), quote_status(facts), *writer.evidence),
        headline=None if said else "Socket.IO's server refused us without a word ({status}){behind}",
        first_fix=() if said else (_SOCKET_IO_2,),
        candidates=("origin-rejected",),
        values={**reply_values(facts), "said": said},
    )


_DESTROYED_AFTER_S = (0.95, 1.15)
"""Engine.IO's destroyUpgradeTimeout is 1 s; timers run late, not early."""


@cause(
    id="engineio-wrong-path",
    stage=Stage.FRAMEWORK,
    side=Side.CLIENT,
    certainty=Certainty.LIKELY,
    headline="The server hung up {waited} s after our request without a word, as Engine.IO does for a path not its own",
    explanation="""A Socket.IO server waits exactly one second for somebody else to take an upgrade that is not for its path,
    then drops the connection. The second fits. Namespaces are no paths: the URL is always /socket.io/ with the slash,
    and the namespace is joined by a message afterwards.""",
    fix=(
        "Connect to {socketio_url}, then send 40/namespace,",
        "If the server has another path: new Server(http, { path: '/my/' }) needs io(url, { path: '/my/' }).",
        "If another WebSocket server shares the port, let engine.io leave it alone: { destroyUpgrade: false }",
    ),
    next_test="wsinspect check '{socketio_url}'",
    sources=(
        "https://socket.io/docs/v4/server-options/#destroyupgradetimeout",
        "https://socket.io/docs/v4/namespaces/",
    ),
    supersedes=("upgrade-empty-reply",),
    console=(r"before receiving a handshake response",),
)
def engineio_wrong_path(facts: Facts) -> Match | None:
    waited, end = facts.waited_for_answer_s, facts.fin
    if waited is None or end is None or facts.attempt.handshake.response or facts.opened or facts.ended_by_us:
        return None
    if not _DESTROYED_AFTER_S[0] <= waited <= _DESTROYED_AFTER_S[1]:
        return None
    if facts.values["path"].startswith("/socket.io/?"):
        return None
    return Match(
        evidence=(at_event(end, f"FIN {waited:.2f} s after our request, and not one byte before"),),
        candidates=("upgrade-empty-reply",),
        values={"waited": f"{waited:.2f}", "socketio_url": _socketio_url(facts)},
    )
