"""Traefik, Caddy, Varnish, Blue Coat, pingora, tunnels and firewalls for web applications."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause, describe
from wsinspect.diagnosis.causes.nginx import LOST
from wsinspect.diagnosis.ending import cut_of, peer_close
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.fronts import hint
from wsinspect.diagnosis.no_upgrade_seen import asked_for_upgrade
from wsinspect.diagnosis.on_reply import lost_upgrade, match_reply_of, on_reply
from wsinspect.diagnosis.product_limits import cut_at_limit
from wsinspect.diagnosis.quoting import known, quote_field, quote_status
from wsinspect.diagnosis.replies import reply_of


@cause(
    id="traefik-timeouts",
    stage=Stage.INTERMEDIARY,
    side=Side.PROXY,
    certainty=Certainty.POSSIBLE,
    headline="Traefik's defaults fit: a router that does not match, or a timeout of the entry point",
    explanation="""Traefik limits the entry point: respondingTimeouts.readTimeout is 60 s since 2.11.1 and 3.0, idleTimeout 180 s. It leaves
    no mark on an answer, so a 404 in Go's words or a cut at such a number is only a hint; a router whose rule doesn't
    match answers that 404.""",
    fix=(
        "Lift the limit of the entry point, in the static configuration:\nentryPoints:\n  websecure:\n    transport:\n"
        "      respondingTimeouts:\n        readTimeout: 0\n        idleTimeout: 3600s",
        "For the 404, compare the rule: traefik.http.routers.app.rule=Host(`{host}`) && PathPrefix(`/ws`)",
        "Leave Connection alone in a headers middleware (customRequestHeaders).",
        "Update 2.11.1 and 3.0.0-rc4, which broke WebSockets.",
    ),
    next_test="Traefik's dashboard or curl -s http://TRAEFIK:8080/api/http/routers (is there a router for {host}?)",
    sources=(
        "https://doc.traefik.io/traefik/routing/entrypoints/#respondingtimeouts",
        "https://github.com/traefik/traefik/issues/10992",
        "https://github.com/louislam/uptime-kuma/issues/4669",
    ),
)
def traefik_timeouts(facts: Facts) -> Match | None:
    told = reply_of(facts, "traefik-404")
    if told is not None:
        match = match_reply_of(facts, told, candidates=("http-404",))
        what = f"A 404 in Go's words for {facts.values['path']}: in Traefik, no router's rule fits this host and path"
        return Match(
            headline="{what}",
            evidence=match.evidence,
            candidates=match.candidates,
            values={**match.values, "what": what},
        )
    cut = cut_of(facts.attempt)
    if cut is None or cut.reset or hint(facts, "nginx", "Apache", "Cloudflare", "Envoy"):
        return None
    for limit in (60, 180):
        if -0.1 <= cut.silence_s - limit <= 1.5:
            what = f"A cut after {cut.silence_s:.1f} s of silence fits a limit of Traefik's entry points ({limit} s)"
            return Match(
                headline="{what}",
                evidence=(cut.evidence,),
                candidates=("idle-timeout-intermediary",),
                values={"what": what},
            )
    return None


@cause(
    id="caddy-reload-closes",
    stage=Stage.INTERMEDIARY,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="The connection ended {age} s after the opening behind Caddy, as at each reload of its configuration{how}",
    explanation="""Caddy closes every proxied WebSocket when its configuration is loaded anew; some versions send a Close with 1001, others
    just end the stream. All clients of the host fall at the same moment. A restart of the application looks the same.""",
    fix=(
        "Let streams outlive a reload:\nreverse_proxy localhost:8000 {\n    stream_close_delay 5m\n}",
        "Reload less often, and reconnect with a random pause.",
    ),
    next_test="wsinspect check '{url}' --hold 600 (while running: caddy reload)",
    sources=(
        "https://caddyserver.com/docs/caddyfile/directives/reverse_proxy#streaming",
        "https://github.com/caddyserver/caddy/issues/6420",
        "https://github.com/caddyserver/caddy/issues/5471",
    ),
    supersedes=("close-1001-or-1012-restart", "server-drain-on-deploy", "max-connection-lifetime"),
)
def caddy_reload_closes(facts: Facts) -> Match | None:
    shown = hint(facts, "Caddy")
    if shown is None:
        return None
    close, cut = peer_close(facts), cut_of(facts.attempt)
    if close is not None and close.code == 1001 and not close.reason:
        values = {"age": f"{close.age_s:.1f}", "how": " (Close 1001)"}
        return Match(
            evidence=(close.evidence(facts), shown),
            candidates=("close-1001-or-1012-restart",),
            values=values,
        )
    if cut is None or cut.reset or cut.idle or cut.age_s < 1:
        return None
    return Match(
        evidence=(cut.evidence, shown),
        certainty=Certainty.POSSIBLE,
        candidates=("server-drain-on-deploy", "max-connection-lifetime"),
        values={"age": f"{cut.age_s:.1f}", "how": ""},
    )


_VCL = (
    'In VCL:\nsub vcl_recv {\n    if (req.http.upgrade ~ "(?i)websocket") { return (pipe); }\n}\n'
    "sub vcl_pipe {\n    if (req.http.upgrade) {\n        set bereq.http.upgrade = req.http.upgrade;\n"
    "        set bereq.http.connection = req.http.connection;\n    }\n}"
)
_lost_behind_varnish = lost_upgrade("Varnish")
_varnish_cut = cut_at_limit("Varnish", limits=("Varnish",))


@cause(
    id="varnish-no-pipe",
    stage=Stage.INTERMEDIARY,
    side=Side.PROXY,
    certainty=Certainty.CERTAIN,
    headline="Varnish did not hand the upgrade over to the backend",
    explanation="""Varnish handles requests one by one and drops Upgrade, unless its VCL hands the connection over with return(pipe) and
    copies both fields. Once piped, it ends after pipe_timeout (60 s) of silence.""",
    fix=(_VCL, "For a longer silence: varnishd -p pipe_timeout=3600"),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:BACKEND:PORT (straight to the backend)",
    sources=("https://varnish-cache.org/docs/trunk/users-guide/vcl-example-websockets.html",),
    supersedes=(*LOST, "http-503", "idle-timeout-intermediary", "nginx-upgrade-headers-missing"),
)
def varnish_no_pipe(facts: Facts) -> Match | None:
    lost = _lost_behind_varnish(facts)
    if lost is not None:
        what = f"{lost.values['front']} passed the request on, and {lost.values['backend']} behind it saw no Upgrade"
        return Match(
            headline="{what}",
            evidence=lost.evidence,
            certainty=lost.certainty,
            candidates=lost.candidates,
            values={**lost.values, "what": what},
        )
    told = reply_of(facts, "varnish-503")
    if told is not None:
        match = match_reply_of(facts, told, certainty=Certainty.LIKELY, candidates=("http-503",))
        what = "Varnish answered itself that fetching from the backend failed: it most likely does not pipe the upgrade"
        return Match(
            headline="{what}",
            evidence=match.evidence,
            certainty=match.certainty,
            candidates=match.candidates,
            values={**match.values, "what": what},
        )
    cut = _varnish_cut(facts)
    if cut is None:
        return None
    what = f"Cut after {cut.values['seconds']} s of silence behind Varnish: pipe_timeout most likely ran out"
    return Match(
        headline="{what}",
        evidence=cut.evidence,
        certainty=Certainty.LIKELY,
        candidates=cut.candidates,
        values={**cut.values, "what": what},
    )


describe(
    id="bluecoat-cacheflow",
    stage=Stage.INTERMEDIARY,
    side=Side.NETWORK,
    certainty=Certainty.LIKELY,
    headline="A Blue Coat appliance stands on the way, and the upgrade did not get through it ({status})",
    explanation="""The answer carries the mark of a Blue Coat ProxySG or CacheFlow, which forwards requests and takes Upgrade out of them on
    plain HTTP. It belongs to the network that you are in, not to the server.""",
    fix=(
        "Use wss://, which it can only tunnel or intercept as a whole.",
        "Ask the network's owner to bypass this host, in policy: url.domain={host} force_protocol(no) bypass_cache(yes).",
    ),
    next_test="wsinspect check '{other_url}'",
    sources=("https://knowledge.broadcom.com/external/article/165436",),
    supersedes=("upgrade-stripped", "http-400-generic", "http-403", "http-426", "proxy-strips-upgrade"),
    check=on_reply("bluecoat", "bluecoat-body"),
)


@cause(
    id="cdn-cache-101-or-200",
    stage=Stage.INTERMEDIARY,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="A cache answered the upgrade from its store ({hit}): the server was not asked",
    explanation="""The answer says itself that it is a stored copy. An upgrade must never be answered from a cache: the Accept value belongs
    to one key, and a page from the store is no WebSocket.""",
    fix=(
        "Exclude the path from caching: Cache-Control: no-store on it, and a bypass rule in the CDN (Cloudflare: Cache Rules, Bypass).",
        "Purge what was stored under this URL.",
    ),
    next_test="wsinspect check '{url}?nocache=1' (another URL misses the cache)",
    sources=("RFC 9111 section 3", "RFC 6455 section 4.2.2"),
    supersedes=("http-200-not-websocket", "hs-accept-mismatch", "http-404"),
    console=(r"Incorrect 'Sec-WebSocket-Accept' header",),
)
def cdn_cache(facts: Facts) -> Match | None:
    if facts.head is None or not asked_for_upgrade(facts):
        return None
    for name in ("CF-Cache-Status", "X-Cache", "X-Cache-Status", "X-Proxy-Cache", "X-Vercel-Cache"):
        value = facts.header(name)
        if not value.lower().startswith(("hit", "stale", "tcp_hit", "tcp_mem_hit")):
            continue
        accept_fails = any(
            not c.ok and c.field.lower() == "sec-websocket-accept" for c in facts.attempt.checks
        )
        if facts.status == 101 and not accept_fails:
            return None
        return Match(
            evidence=known(quote_field(facts, name), quote_field(facts, "Age"), quote_status(facts)),
            values={"hit": f"{name}: {value}"},
        )
    return None
