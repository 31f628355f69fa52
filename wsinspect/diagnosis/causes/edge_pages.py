"""Pages that something in front writes in place of your server: firewalls, tunnels, runtimes."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, describe
from wsinspect.diagnosis.on_reply import on_reply

describe(
    id="waf-block",
    stage=Stage.INTERMEDIARY,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="{who} blocked the request ({status}): {said}",
    explanation="""This page is a web application firewall's, and the server behind it was never asked. It judges by rules: the client's
    name, the origin, the country, the rate, or simply that a WebSocket handshake looks unusual. Its incident number finds
    the rule in its log.""",
    fix=(
        "Give the support or incident id to whoever runs the firewall, and let them exempt this path.",
        'In ModSecurity: SecRule REQUEST_HEADERS:Upgrade "@streq websocket" "id:1001,phase:1,pass,nolog,ctl:ruleEngine=Off"',
        "Look like the page: --origin https://{host} -H 'User-Agent: Mozilla/5.0 ...'",
    ),
    next_test="curl -si {http_url} -A 'Mozilla/5.0' (blocked too: then it is not about WebSockets)",
    sources=(
        "RFC 9110 section 15.5.4",
        "https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-actions.html",
    ),
    supersedes=(
        "http-403",
        "http-421-or-451-etc",
        "http-200-not-websocket",
        "http-503",
        "origin-rejected",
        "http-405",
    ),
    check=on_reply(
        *("f5", "imperva", "akamai", "sucuri", "fortiweb", "azure-waf", "modsecurity", "aws-waf"),
        possible=("cloud-armor",),
    ),
)


describe(
    id="tunnel-services",
    stage=Stage.INTERMEDIARY,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="{who} answered in place of your server ({status}): {said}",
    explanation="""A tunnel ends here, and the answer is its own page: no agent is connected, the local port is closed, a warning page for
    browsers stands in between, or the forwarded port is private and wants a login.""",
    fix=(
        "See that the agent runs and points at the right port: ngrok http 8000, cloudflared tunnel --url http://localhost:8000",
        "Skip ngrok's warning page with a field: -H 'ngrok-skip-browser-warning: 1'",
        "Make a Codespaces or Gitpod port public: gh codespace ports visibility 8000:public",
        "For cloudflared with 502, leave out --protocol http2.",
    ),
    next_test="curl -si http://localhost:PORT/ on the machine of the agent",
    sources=("https://ngrok.com/docs/errors/", "https://github.com/cloudflare/cloudflared/issues/1208"),
    supersedes=(
        "http-502",
        "http-404",
        "http-200-not-websocket",
        "http-redirect",
        "http-401",
        "http-403",
        "http-503",
        "http-400-generic",
        "cloudflare-52x",
        "http-421-or-451-etc",
    ),
    check=on_reply("ngrok-error", "ngrok-body", "localtunnel", "cloudflared", "forwarded-port-login"),
)

describe(
    id="pingora",
    stage=Stage.INTERMEDIARY,
    side=Side.PROXY,
    certainty=Certainty.POSSIBLE,
    headline="A proxy built on pingora answered {status} in place of 101",
    explanation="""pingora is a library, so what it does with an upgrade is up to the proxy made of it. Versions before 0.3 could forward bytes
    that came right after the 101 wrongly, which browsers report as an invalid frame header.""",
    fix=("Update pingora, and let request filters pass Upgrade and Connection on.",),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:BACKEND:PORT",
    sources=("https://github.com/cloudflare/pingora/issues/307",),
    check=on_reply("pingora"),
)

describe(
    id="miniflare",
    stage=Stage.INTERMEDIARY,
    side=Side.APPLICATION,
    certainty=Certainty.CERTAIN,
    headline="The Cloudflare Worker did not return status 101 with a webSocket, and its runtime said so",
    explanation="""A Worker accepts an upgrade by returning a response of status 101 that carries one end of a WebSocketPair. This one returned
    something else for an upgrade, which the runtime turns into a 500.""",
    fix=(
        "In the Worker:\nconst [client, server] = Object.values(new WebSocketPair());\nserver.accept();\n"
        "return new Response(null, { status: 101, webSocket: client });",
    ),
    next_test="wsinspect check '{url}' (and wrangler tail for the exception)",
    sources=(
        "https://developers.cloudflare.com/workers/runtime-apis/websockets/",
        "https://github.com/cloudflare/miniflare/issues/174",
    ),
    supersedes=("http-500",),
    aliases=("workers",),
    console=(r"Web ?Socket request did not return status 101",),
    check=on_reply("miniflare"),
)
