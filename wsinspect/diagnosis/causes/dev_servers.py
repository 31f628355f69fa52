"""Development servers and their hot reload: vite, webpack-dev-server, Next.js, and their proxies."""

from __future__ import annotations

import re

from wsinspect.diagnosis.app_protocol import first_messages
from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.ending import peer_close
from wsinspect.diagnosis.evidence import Match, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import show_frame
from wsinspect.diagnosis.on_reply import match_reply_of
from wsinspect.diagnosis.quoting import known
from wsinspect.diagnosis.replies import reply_of
from wsinspect.events import FailureKind, Step
from wsinspect.wire.opcode import Direction

_VITE_PORTS = (5173, 5174, 4173, 24678)
_DEV_PORTS = (3000, 3001, 4200, 5173, 5174, 8080, 8081)
_VITE_OPTIONS = "https://vite.dev/config/server-options.html#server-hmr"


def _offers(facts: Facts, name: str) -> bool:
    return name in facts.attempt.handshake.request_head.tokens("Sec-WebSocket-Protocol")


def _hung(facts: Facts) -> bool:
    return facts.failed(Step.UPGRADE, FailureKind.TIMED_OUT) and not facts.attempt.handshake.response


@cause(
    id="vite-hmr",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.LIKELY,
    headline="vite's development server did not take the hot-reload socket: {what}",
    explanation="""vite upgrades only its own client: the subprotocol has to be vite-hmr, the token in the query the one of this run, and
    the Host one that it allows. Behind a proxy the page often connects to the wrong port or host, and falls back to the
    direct one, with "[vite] failed to connect to websocket." in the console.""",
    fix=(
        "Tell the page where to connect, in vite.config.js:\nserver: {\n  allowedHosts: ['app.example'],\n"
        "  hmr: { host: 'app.example', protocol: 'wss', clientPort: 443 },\n}",
        "Pass the upgrade on in the proxy; in nginx: proxy_http_version 1.1; "
        'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";',
        "Reload the page after a restart of vite: the token changes.",
    ),
    next_test="wsinspect check '{url}' -s vite-hmr",
    sources=(
        _VITE_OPTIONS,
        "https://github.com/vitejs/vite/issues/9374",
        "https://github.com/vitejs/vite/issues/19681",
    ),
    supersedes=("http-400-generic", "http-403", "node-ws-path-mismatch", "upgrade-hang"),
    console=(
        r"\[vite\] failed to connect to websocket",
        r"WebSocket \(failing\)",
        r"connection to '[^']*\?token=[\w-]+' failed",
    ),
)
def vite_hmr(facts: Facts) -> Match | None:
    host = reply_of(facts, "vite-host")
    if host is not None:
        match = match_reply_of(facts, host, certainty=Certainty.CERTAIN, shows=("Host",))
        what = "the Host of our request is not allowed"
        return Match(
            evidence=match.evidence, certainty=match.certainty, values={**match.values, "what": what}
        )
    bare = reply_of(facts, "ws-bad-request")
    if bare is not None and (_offers(facts, "vite-hmr") or _offers(facts, "vite-ping")):
        match = match_reply_of(
            facts, bare, candidates=("node-ws-path-mismatch",), shows=("Sec-WebSocket-Protocol", "Host")
        )
        what = "it refused our token or Host with its bare 400"
        return Match(
            evidence=match.evidence, candidates=match.candidates, values={**match.values, "what": what}
        )
    target = facts.attempt.target
    looks_like_vite = target is not None and (
        target.port in _VITE_PORTS or "?token=" in target.request_target
    )
    if target is None or not _hung(facts) or _offers(facts, "vite-hmr") or not looks_like_vite:
        return None
    silent = at_seq(
        facts.failure_seq, "the request was sent without the subprotocol vite-hmr; no byte came back"
    )
    return Match(
        evidence=(silent,),
        certainty=Certainty.POSSIBLE,
        candidates=("upgrade-hang", "vite-proxy-ws-false"),
        values={"what": "it never answers an upgrade without the subprotocol vite-hmr"},
    )


@cause(
    id="vite-proxy-ws-false",
    stage=Stage.FRAMEWORK,
    side=Side.PROXY,
    certainty=Certainty.POSSIBLE,
    headline="A development server took the upgrade of {path} and sent nothing: its proxy rule may lack ws: true",
    explanation="""The port is one that development servers use, and the upgrade was swallowed, as happens when no proxy rule forwards
    WebSockets for this path. vite needs ws: true in the rule; http-proxy-middleware has to be given the server's 'upgrade'
    event, or the first WebSocket hangs until some plain request came by.""",
    fix=(
        "In vite.config.js: server: { proxy: { '/ws': { target: 'ws://127.0.0.1:8000', ws: true } } }",
        "With http-proxy-middleware:\nconst proxy = createProxyMiddleware({ target: 'http://127.0.0.1:8000', ws: true });\n"
        "app.use(proxy);\nserver.on('upgrade', proxy.upgrade);",
        "Or connect to the backend's own port while developing.",
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:127.0.0.1:8000 (the backend itself)",
    sources=(
        "https://vite.dev/config/server-options.html#server-proxy",
        "https://github.com/vitejs/vite/issues/1653",
    ),
    aliases=("cra-setup-proxy",),
    console=(
        r"\[vite\] ws proxy (?:socket )?error",
        r"\[HPM\] (?:WebSocket error|Error occurred while proxying)",
    ),
)
def vite_proxy_ws_false(facts: Facts) -> Match | None:
    target = facts.attempt.target
    if target is None or not _hung(facts) or target.port not in _DEV_PORTS or _offers(facts, "vite-hmr"):
        return None
    if "/_next/" in target.request_target or "?token=" in target.request_target:
        return None
    silent = at_seq(facts.failure_seq, f"port {target.port}, and not one byte came back for the upgrade")
    return Match(evidence=(silent,), candidates=("upgrade-hang", "vite-hmr", "webpack-dev-server-host"))


_INVALID_HOST = re.compile(rb'"data":\s*"Invalid Host/Origin header"')


@cause(
    id="webpack-dev-server-host",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.CERTAIN,
    headline="webpack-dev-server opened the socket, said 'Invalid Host/Origin header' and closed it",
    explanation="""The development server checks Host and Origin after the upgrade, and neither is on its list: the page is served under
    another name than the one that it was started for. Browsers show only a closed socket that reconnects forever.""",
    fix=(
        "Allow the name: devServer: { allowedHosts: ['app.example'] }   // or 'all' on a private network",
        "Behind a proxy, tell the page the public address: devServer: { client: { webSocketURL: 'wss://app.example/ws' } }",
    ),
    next_test="wsinspect check '{url}' --origin http://localhost:{port}",
    sources=(
        "https://webpack.js.org/configuration/dev-server/#devserverallowedhosts",
        "https://github.com/webpack/webpack-dev-server/issues/1604",
    ),
    supersedes=("close-1000-immediately", "close-1008-or-44xx-auth", "close-other-code", "open-then-fin"),
    console=(
        r"\[webpack-dev-server\] Invalid Host/Origin header",
        r"Invalid Host/Origin header",
        r"/sockjs-node/\S*' failed",
    ),
)
def webpack_dev_server_host(facts: Facts) -> Match | None:
    if not facts.opened:
        return None
    for number, payload in first_messages(facts, Direction.RECEIVED):
        if _INVALID_HOST.search(payload):
            close = peer_close(facts)
            ended = close.evidence(facts) if close is not None else None
            return Match(evidence=known(show_frame(facts, number), ended))
    return None
