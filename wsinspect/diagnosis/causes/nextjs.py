"""Next.js: its hot reload, its rewrites and its API routes."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.evidence import Match, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.on_reply import match_reply_of
from wsinspect.diagnosis.quoting import known, quote_body, quote_field, quote_status
from wsinspect.diagnosis.replies import reply_of
from wsinspect.events import FailureKind, Step


def _hung(facts: Facts) -> bool:
    return facts.failed(Step.UPGRADE, FailureKind.TIMED_OUT) and not facts.attempt.handshake.response


@cause(
    id="next-dev-hmr",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.CERTAIN,
    headline="Next's development server did not take the hot-reload socket",
    explanation="""Next's development server takes its hot-reload socket only from origins that it knows. A foreign one gets the word
    Unauthorized without a status line, so browsers call it an invalid HTTP response and node's proxies turn it into a
    502. Pages served through another host name, a tunnel or a phone on the LAN meet this.""",
    fix=(
        "Allow the origin, in next.config.js: module.exports = { allowedDevOrigins: ['app.example', '192.168.1.10'] }",
        "Behind a proxy, pass Host and the upgrade of /_next/webpack-hmr on; newer versions have it at /_next/hmr.",
        "With a custom server: server.on('upgrade', (req, socket, head) => app.getUpgradeHandler()(req, socket, head));",
    ),
    next_test="wsinspect check '{url}' --origin http://localhost:3000",
    sources=(
        "https://nextjs.org/docs/app/api-reference/config/next-config-js/allowedDevOrigins",
        "https://github.com/vercel/next.js/issues/77253",
    ),
    supersedes=(
        "wrong-service-on-port",
        "upgrade-partial-response",
        "upgrade-empty-reply",
        "http-502",
        "upgrade-hang",
        "http-answer-malformed",
    ),
    console=(
        r"/_next/(?:webpack-)?hmr\b[^']*' failed",
        r"Blocked cross-origin request .*allowedDevOrigins",
        r"HPE_INVALID_CONSTANT",
    ),
)
def next_dev_hmr(facts: Facts) -> Match | None:
    response, path = bytes(facts.attempt.handshake.response[:64]), facts.values["path"]
    hmr = "/_next/" in path
    seq = facts.attempt.handshake.response_seq
    if response.startswith(b"Unauthorized") and facts.head is None:
        what = "The server answered with the bare word Unauthorized and no HTTP head, as Next's development server does"
        return Match(
            headline="{what}",
            evidence=(at_seq(seq, f"the answer is {response[:12].hex(' ')}: 'Unauthorized'", (0, 12)),),
            certainty=Certainty.CERTAIN if hmr else Certainty.LIKELY,
            values={"what": what},
        )
    if hmr and facts.status == 502 and "HPE_INVALID" in facts.body_text:
        what = "A proxy in front of Next's development server could not read its bare Unauthorized"
        return Match(
            headline="{what}",
            evidence=known(quote_body(facts), quote_status(facts)),
            certainty=Certainty.LIKELY,
            values={"what": what},
        )
    if hmr and _hung(facts):
        what = "Nobody answers Next's hot-reload socket: it is not forwarded, or has another path in this version of Next"
        silent = at_seq(facts.failure_seq, f"no byte came back for the upgrade of {path}")
        return Match(
            headline="{what}",
            evidence=(silent,),
            certainty=Certainty.LIKELY,
            candidates=("upgrade-hang",),
            values={"what": what},
            first_fix=(
                "Compare the path with the one that this version's pages ask for: /_next/hmr now, /_next/webpack-hmr before.",
            ),
        )
    return None


@cause(
    id="nextjs-rewrite-no-ws",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.LIKELY,
    headline="A Next.js page answered the upgrade of {path} ({status}){behind}: Next does not forward WebSockets here",
    explanation="""Next's rewrites and its production server forward pages, not upgrades, so a WebSocket that is meant to pass through Next
    ends at one of its pages. A wrong path gives the same page.""",
    fix=(
        "Connect to the backend directly: new WebSocket('wss://api.example/ws').",
        "Or put a proxy in front of both, in nginx:\nlocation /ws {\n    proxy_pass http://127.0.0.1:8000;\n"
        '    proxy_http_version 1.1;\n    proxy_set_header Upgrade $http_upgrade;\n    proxy_set_header Connection "upgrade";\n}',
    ),
    next_test="curl -si {http_url} (the same page means that Next never looks at Upgrade)",
    sources=(
        "https://github.com/vercel/next.js/issues/30491",
        "https://nextjs.org/docs/app/api-reference/config/next-config-js/rewrites",
    ),
    supersedes=(
        "http-404",
        "http-200-not-websocket",
        "http-500",
        "http-405",
        "node-http-no-upgrade-listener",
    ),
)
def nextjs_rewrite_no_ws(facts: Facts) -> Match | None:
    told = reply_of(facts, "next-page", "next-powered")
    if told is None or facts.values["path"].startswith("/api/") or facts.status not in (200, 404, 500):
        return None
    if reply_of(facts, "vercel", "vercel-id"):
        return None
    return match_reply_of(
        facts,
        told,
        candidates=(
            "upgrade-stripped",
            f"http-{facts.status}" if facts.status != 200 else "http-200-not-websocket",
        ),
    )


@cause(
    id="nextjs-api-route-no-ws",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.LIKELY,
    headline="A Next.js API route answered the upgrade of {path} as plain HTTP ({status}){behind}",
    explanation="""Route handlers and API routes get a request and return a response; none of them can take a connection over. The answer
    carries Next's marks, so the upgrade ended there. Where the code reaches for res.socket.server, it works only on a long-
    running server, never on a serverless platform.""",
    fix=(
        "Run the WebSocket server as a process of its own, or in a custom server:\n"
        "const server = http.createServer(app.getRequestHandler());\nnew WebSocketServer({ server, path: '/ws' });",
        "On Vercel or Netlify, use a hosted service: Ably, Pusher, PartyKit, Supabase Realtime.",
    ),
    next_test="curl -si {http_url} (the same answer means that the route is an ordinary one)",
    sources=(
        "https://nextjs.org/docs/app/getting-started/route-handlers",
        "https://github.com/vercel/next.js/issues/50461",
    ),
    supersedes=(
        "http-404",
        "http-405",
        "http-200-not-websocket",
        "http-500",
        "nextjs-rewrite-no-ws",
        "http-426",
    ),
)
def nextjs_api_route_no_ws(facts: Facts) -> Match | None:
    if not facts.values["path"].startswith("/api/"):
        return None
    told = reply_of(facts, "next-page", "next-powered")
    rsc = "rsc" in facts.header("Vary").lower().split(", ")
    if told is not None and facts.status in (200, 404, 405, 500):
        return match_reply_of(facts, told)
    if rsc and facts.status in (200, 404, 405, 426, 500):
        # Next's app router marks every answer with the names of its own request fields.
        return Match(evidence=known(quote_field(facts, "Vary"), quote_status(facts)), values={"behind": ""})
    return None
