"""WebSocket servers of Rust: axum, actix, warp, and bare tungstenite."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause, describe
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.no_upgrade_seen import no_upgrade_seen
from wsinspect.diagnosis.on_reply import match_reply_of, on_reply
from wsinspect.diagnosis.replies import KnownReply, reply_of

_NGINX = (
    "In nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
    'proxy_set_header Connection "upgrade";'
)


@cause(
    id="axum",
    stage=Stage.FRAMEWORK,
    side=Side.PROXY,
    certainty=Certainty.CERTAIN,
    headline="axum's WebSocketUpgrade refused the request{behind}: {said}",
    explanation="""The handler of this path takes WebSockets, and axum's extractor says in its own words what the request lacks, while
    we sent it. A proxy in front changed the request. About a method: the route is not reached by GET; about upgrade state:
    a layer or an HTTP/2 listener took the connection's upgrade away inside the server.""",
    fix=(
        "Pass the upgrade on. " + _NGINX,
        'For the method: Router::new().route("/ws", get(handler)), or any(handler) for HTTP/2.',
        "For upgrade state: serve with axum::serve, which allows upgrades, and take out layers that rebuild requests.",
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:BACKEND:PORT",
    sources=("https://docs.rs/axum/latest/axum/extract/ws/", "RFC 9110 section 7.6.1"),
    supersedes=(
        "upgrade-stripped",
        "http-400-generic",
        "http-405",
        "http-426",
        "ws-key-missing",
        "ws-version-unsupported",
    ),
)
def axum(facts: Facts) -> Match | None:
    told = reply_of(facts, "axum")
    if told is None:
        return None
    stripped = no_upgrade_seen(facts) is not None and "state" not in told.said
    match = match_reply_of(facts, told, shows=("Connection", "Upgrade"))
    return Match(
        evidence=match.evidence,
        values=match.values,
        side=None if stripped else Side.APPLICATION,
        certainty=None if stripped else Certainty.LIKELY,
    )


def _not_our_version(facts: Facts, told: KnownReply) -> bool:
    """Say whether it is not simply about the version that we were told to send."""
    sent = facts.attempt.handshake.request_head.get("Sec-WebSocket-Version")
    return "version" not in told.said or sent == "13"


describe(
    id="actix",
    stage=Stage.FRAMEWORK,
    side=Side.PROXY,
    certainty=Certainty.CERTAIN,
    headline="Rust's actix refused the handshake in its status line{behind}: {said}",
    explanation="""actix-web writes the reason into the reason phrase and leaves the body empty, so browsers and most clients never show
    it. The part that it misses is in the request that we sent, so it was dropped on the way, usually by a proxy.""",
    fix=(
        _NGINX,
        "In actix, start the session from the untouched request: actix_ws::handle(&req, stream) or ws::start(...).",
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:BACKEND:PORT",
    sources=("https://docs.rs/actix-web-actors/latest/actix_web_actors/ws/enum.HandshakeError.html",),
    supersedes=(
        "upgrade-stripped",
        "http-400-generic",
        "http-405",
        "ws-key-missing",
        "ws-version-unsupported",
    ),
    check=on_reply("actix", likely=("actix-other",), when=_not_our_version, shows=("Upgrade", "Connection")),
)

describe(
    id="warp",
    stage=Stage.FRAMEWORK,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="Rust's warp refused the request{behind}: {said}",
    explanation="""warp's ws() filter asks for the handshake's fields one by one and names the first that is missing. We sent all of them,
    so a hop in front most likely removed this one.""",
    fix=(
        _NGINX,
        "If other filters are combined with ws(), put ws() last, so that its rejection is not theirs.",
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:BACKEND:PORT",
    sources=("https://docs.rs/warp/latest/warp/filters/ws/",),
    supersedes=("upgrade-stripped", "http-400-generic", "ws-key-missing"),
    check=on_reply("warp", shows=("Connection", "Upgrade")),
)

describe(
    id="tungstenite",
    stage=Stage.FRAMEWORK,
    side=Side.SERVER,
    certainty=Certainty.POSSIBLE,
    headline="A bare tungstenite server hangs up without an HTTP answer when it dislikes the handshake",
    explanation="""tungstenite's accept() parses the upgrade itself, and on an error returns it to the program, which mostly just drops
    the connection. On the wire that is an empty reply, so only the server's log has the words: "Key mismatch",
    "Missing, duplicated or incorrect header".""",
    fix=(
        'Log the error of accept(): if let Err(e) = tungstenite::accept(stream) { eprintln!("{e}"); }',
        "With accept_hdr, answer a refusal with a status: return Err(Response::builder().status(403).body(None).unwrap())",
    ),
    next_test="wsinspect check '{url}' --no-compression (and read the server's log)",
    sources=("https://docs.rs/tungstenite/latest/tungstenite/error/enum.ProtocolError.html",),
    console=(
        r"Handshake not finished|Connection reset without closing handshake",
        r"WebSocket protocol error: (?:Missing, duplicated or incorrect header|Key mismatch|Server sent no subprotocol)",
    ),
)
