"""Phoenix on Cowboy and Bandit, Rails' Action Cable, and PHP's servers: Ratchet, Swoole, Workerman, Reverb."""

from __future__ import annotations

from wsinspect.diagnosis.app_protocol import AppProtocol, first_messages, speaks
from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause, describe
from wsinspect.diagnosis.close_families import family_code
from wsinspect.diagnosis.ending import peer_close
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import show_frame
from wsinspect.diagnosis.no_upgrade_seen import no_upgrade_seen
from wsinspect.diagnosis.on_reply import fronts, match_reply_of, on_reply
from wsinspect.diagnosis.quoting import known, quote_status
from wsinspect.diagnosis.replies import KnownReply, reply_of
from wsinspect.wire.opcode import Direction

_NGINX = (
    "In nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
    'proxy_set_header Connection "upgrade"; proxy_set_header Host $host;'
)


@cause(
    id="cowboy-phoenix",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.LIKELY,
    headline="{product}, a server of Elixir, answered {status}{behind}: {meaning}",
    explanation="""Phoenix sends its reason to the log alone. A 403 comes from check_origin or from connect/3 returning :error, a 404 from
    a path without /websocket at its end, a 400 or 426 from a request whose Upgrade was lost on the way. The log line
    "Could not check origin for Phoenix.Socket transport" settles the first.""",
    fix=(
        'Allow the page: config :app, AppWeb.Endpoint, url: [host: "app.example"], check_origin: ["https://app.example"]',
        "Use the transport's path: ws://host/socket/websocket?vsn=2.0.0 (LiveView: /live/websocket).",
        "For 400 and 426, pass the upgrade on. " + _NGINX,
    ),
    next_test="wsinspect check '{phoenix_url}' --origin https://{host}",
    sources=(
        "https://github.com/phoenixframework/phoenix/issues/1359",
        "https://hexdocs.pm/phoenix/Phoenix.Endpoint.html",
    ),
    supersedes=(
        *("http-403", "http-404", "http-400-generic", "http-426", "upgrade-stripped", "origin-rejected"),
        *("uvicorn-reject-403", "http-421-or-451-etc"),
    ),
    aliases=("bandit", "phoenix"),
    console=(
        r"Could not check origin for Phoenix\.Socket transport",
        r"/(?:live|socket)/websocket\?[^']*' failed",
    ),
)
def cowboy_phoenix(facts: Facts) -> Match | None:
    told = reply_of(facts, "phoenix", "plug-403", "cowboy", "cowboy-426")
    if told is None or reply_of(facts, "heroku-server", "heroku-error"):
        return None
    status = facts.status or 0
    meanings = {
        403: "check_origin or connect/3 refused us",
        404: "there is no socket at this path",
        400: "the request reached it without a usable upgrade",
        426: "the request reached it without an upgrade",
        501: "it was asked over a protocol that can't upgrade",
    }
    lost = status in (400, 426)
    sure = told.reply.id in ("phoenix", "plug-403")
    match = match_reply_of(
        facts,
        told,
        certainty=None if sure else Certainty.POSSIBLE if status in (403, 404) else Certainty.LIKELY,
        candidates=("upgrade-stripped",) if lost else ("origin-rejected",) if status == 403 else (),
        shows=("Upgrade",) if lost else ("Origin",),
    )
    url, path = facts.values["url"], facts.values["path"]
    plain = path.partition("?")[0].rstrip("/").removesuffix("/websocket")
    values = {
        **match.values,
        "meaning": meanings.get(status, "it refused the handshake"),
        "product": told.reply.product,
        "phoenix_url": f"{url.removesuffix(path)}{plain}/websocket?vsn=2.0.0",
    }
    return Match(
        evidence=match.evidence,
        certainty=match.certainty,
        candidates=match.candidates,
        side=Side.PROXY if lost else None,
        values=values,
    )


@cause(
    id="actioncable-origin-404",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.LIKELY,
    headline="Action Cable answered 404 'Page not found' at {path}{behind}: {meaning}",
    explanation="""Rails' Action Cable hides a refused Origin behind a 404, so that it looks like a wrong path. It writes the same when the
    request that reaches it is no upgrade. Its log tells the two apart: "Request origin not allowed", or an empty
    HTTP_UPGRADE in "Failed to upgrade to WebSocket".""",
    fix=(
        "Allow the page: config.action_cable.allowed_request_origins = ['https://app.example', /http:\\/\\/localhost.*/]",
        "Behind a proxy that ends TLS, tell Rails: proxy_set_header X-Forwarded-Proto $scheme;",
        "If HTTP_UPGRADE is empty in the log. " + _NGINX,
    ),
    next_test="wsinspect check '{url}' --origin http://{host}",
    sources=(
        "https://github.com/rails/rails/issues/31524",
        "https://guides.rubyonrails.org/action_cable_overview.html#allowed-request-origins",
    ),
    supersedes=("http-404", "origin-rejected"),
    console=(
        r"Request origin not allowed: ",
        r"Failed to upgrade to WebSocket \(REQUEST_METHOD: GET",
        r"/cable' failed",
    ),
)
def actioncable_origin_404(facts: Facts) -> Match | None:
    told = reply_of(facts, "actioncable-404")
    if told is None or (
        "/cable" not in facts.values["path"]
        and "actioncable" not in facts.attempt.handshake.request_head.tokens("Sec-WebSocket-Protocol")
    ):
        return None
    origin = facts.attempt.handshake.request_head.get("Origin")
    meaning = (
        f"the origin {origin} is most likely not allowed"
        if origin
        else "we sent no Origin, which it may not allow"
    )
    match = match_reply_of(facts, told, candidates=("upgrade-stripped", "http-404"), shows=("Origin",))
    return Match(
        evidence=match.evidence,
        candidates=match.candidates,
        values={**match.values, "meaning": meaning},
    )


@cause(
    id="actioncable-disconnect",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.CERTAIN,
    headline="Action Cable disconnected us and said why: {said}",
    explanation="""The server's disconnect message names its reason: unauthorized is reject_unauthorized_connection in the application's
    connection.rb (usually the session's cookie did not arrive), server_restart a deployment, invalid_request a
    subprotocol that it doesn't know.""",
    fix=(
        "For unauthorized, send the page's cookie: wsinspect check '{url}' -b '_app_session=...', and keep cable and page on one domain.",
        "For invalid_request, offer the subprotocol: -s actioncable-v1-json",
        "For server_restart, let the client reconnect; @rails/actioncable does so itself.",
    ),
    next_test="wsinspect check '{url}' -s actioncable-v1-json --origin http://{host}",
    sources=(
        "https://guides.rubyonrails.org/action_cable_overview.html",
        "https://github.com/rails/rails/issues/25979",
    ),
    supersedes=("close-1000-immediately", "close-1008-or-44xx-auth", "open-then-fin"),
)
def actioncable_disconnect(facts: Facts) -> Match | None:
    if not facts.opened or speaks(facts, AppProtocol.ACTION_CABLE) is None:
        return None
    for number, payload in first_messages(facts, Direction.RECEIVED):
        if payload.startswith(b'{"type":"disconnect"'):
            reason = payload.partition(b'"reason":"')[2].partition(b'"')[0].decode("utf-8", "replace")
            close = peer_close(facts)
            evidence = known(show_frame(facts, number), close.evidence(facts) if close is not None else None)
            named = "/cable" in facts.values["path"] or (facts.attempt.subprotocol or "").startswith(
                "actioncable"
            )
            return Match(
                evidence=evidence,
                certainty=None if named else Certainty.LIKELY,
                values={"said": reason or "no reason"},
            )
    return None


describe(
    id="ratchet-php",
    stage=Stage.FRAMEWORK,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="Ratchet (PHP) refused the handshake in its status line{behind}: {said}",
    explanation="""Ratchet writes the reason into the status line and sends no body. When it misses Upgrade or Connection, a proxy took
    what we sent; when it supports none of the subprotocols, its WsServer component has to name them.""",
    fix=(_NGINX, "For subprotocols, implement Ratchet\\WebSocket\\WsServerInterface::getSubProtocols()."),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:127.0.0.1:8080 (on the server itself)",
    sources=("http://socketo.me/docs/websocket", "https://github.com/ratchetphp/RFC6455"),
    supersedes=(
        *("upgrade-stripped", "http-400-generic", "http-426", "http-421-or-451-etc", "ws-key-missing"),
        *("ws-version-unsupported", "http-405"),
    ),
    check=on_reply("ratchet", shows=("Upgrade", "Connection")),
)


def _without_upgrade(facts: Facts, told: KnownReply) -> bool:
    return facts.status in (400, 403, 404, 500)


describe(
    id="swoole",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.POSSIBLE,
    headline="Swoole (PHP) answered {status}{behind} in place of 101",
    explanation="""A Swoole server answers ordinary HTTP unless it was made as a WebSocket server with a message callback. An onHandshake
    of your own has to write the whole 101 itself, the Accept value included, and return true.""",
    fix=(
        "Make it a WebSocket server: $server = new Swoole\\WebSocket\\Server('0.0.0.0', 9501); "
        "$server->on('message', fn($s, $f) => $s->push($f->fd, $f->data));",
        "Drop onHandshake unless you need it: Swoole does the handshake by itself.",
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:127.0.0.1:9501 (on the server itself)",
    sources=("https://wiki.swoole.com/en/#/websocket_server",),
    check=on_reply("swoole", when=_without_upgrade, candidates=("upgrade-stripped",)),
)

describe(
    id="workerman",
    stage=Stage.FRAMEWORK,
    side=Side.PROXY,
    certainty=Certainty.POSSIBLE,
    headline="Workerman (PHP) refused the handshake{behind}: {said}",
    explanation="""Workerman's websocket:// worker wants a GET with Upgrade and Sec-WebSocket-Key, and hangs up with a 400 otherwise. What
    we sent has both, so look at the proxy first, then at whether the worker was started as websocket:// and not as
    http://.""",
    fix=(_NGINX, "Start it as: $worker = new Worker('websocket://0.0.0.0:2346');"),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:127.0.0.1:2346 (on the server itself)",
    sources=("https://manual.workerman.net/doc/en/protocols/websocket.html",),
    check=on_reply("workerman", candidates=("upgrade-stripped",), shows=("Upgrade",)),
)


@cause(
    id="laravel-reverb",
    stage=Stage.FRAMEWORK,
    side=Side.APPLICATION,
    certainty=Certainty.LIKELY,
    headline="A Pusher-compatible server (Reverb, Soketi) refused the connection, or the request never reached it",
    explanation="""Reverb and Soketi speak Pusher's protocol on a port of their own, beside the web application. A Laravel page in the
    answer means that the request went to PHP instead of that port. A pusher:error after the opening names what is wrong
    with the key (4001) or the origin (4009).""",
    fix=(
        "Send /app to Reverb; in nginx:\nlocation /app {\n    proxy_pass http://127.0.0.1:8080;\n    proxy_http_version 1.1;\n"
        '    proxy_set_header Upgrade $http_upgrade;\n    proxy_set_header Connection "upgrade";\n'
        "    proxy_set_header Host $host;\n}",
        "Compare REVERB_APP_KEY with VITE_REVERB_APP_KEY, and build the front end again after a change.",
        "Behind a proxy that ends TLS, REVERB_SCHEME=https is for the client alone: Reverb's server stays on plain http.",
        "For 4009, allow the origin: 'allowed_origins' => ['app.example'] in config/reverb.php.",
    ),
    next_test="wsinspect check '{reverb_url}'",
    sources=(
        "https://laravel.com/docs/reverb#running-server",
        "https://github.com/laravel/reverb/issues/88",
        "https://github.com/laravel/reverb/issues/335",
    ),
    supersedes=("http-404", "http-405", "close-1008-or-44xx-auth", "close-1000-immediately", "open-then-fin"),
)
def laravel_reverb(facts: Facts) -> Match | None:
    url, path = facts.values["url"], facts.values["path"]
    values = {"reverb_url": f"{url.removesuffix(path)}/app/KEY?protocol=7&client=js&version=8.4.0"}
    if facts.opened:
        for number, payload in first_messages(facts, Direction.RECEIVED):
            if b'"pusher:error"' in payload[:60]:
                code = payload.partition(b'"code":')[2].strip(b' \\"')[:4].decode("latin-1")
                close = peer_close(facts)
                told = family_code(facts, int(code)) if code.isdigit() else None
                meaning = f": {told.meaning}" if told is not None else ""
                return Match(
                    headline="{what}",
                    evidence=known(
                        show_frame(facts, number), close.evidence(facts) if close is not None else None
                    ),
                    certainty=Certainty.CERTAIN,
                    values={
                        **values,
                        "what": f"The Pusher server refused the connection with error {code}{meaning}",
                    },
                )
        return None
    told_reply = reply_of(facts, "laravel-page")
    if told_reply is None or not path.startswith("/app/"):
        return None
    names = " and ".join(str(product) for product in fronts(facts))
    behind = f", behind {names}" if names else ""
    what = f"Laravel's own page answered {path.partition('?')[0]}{behind}: /app is not sent to Reverb's port"
    seen = no_upgrade_seen(facts)
    return Match(
        headline="{what}",
        evidence=known(*told_reply.evidence, quote_status(facts), *(seen.evidence if seen else ())),
        values={**values, "what": what},
    )
