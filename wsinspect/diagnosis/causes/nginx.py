"""nginx, and what is made of it: the ingress controller, the proxy manager, hosting panels."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause, describe
from wsinspect.diagnosis.ending import cut_of
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.fronts import hint
from wsinspect.diagnosis.idle_numbers import CutBy, Measure, limits_near
from wsinspect.diagnosis.no_upgrade_seen import asked_for_upgrade
from wsinspect.diagnosis.on_reply import fronts, lost_behind, match_reply_of, reply_values, unique
from wsinspect.diagnosis.product_limits import cut_at_limit
from wsinspect.diagnosis.quoting import known, quote_body, quote_field, quote_status
from wsinspect.diagnosis.replies import reply_of

_NGINX = ("nginx", "openresty", "Tengine")
_DOCS = "https://nginx.org/en/docs/http/websocket.html"
_PASSED_ON = "{front} passed the request on, and {backend} saw no Upgrade, which we sent"
LOST = (
    *("upgrade-stripped", "http-426", "http-400-generic", "transparent-middlebox-strips-upgrade"),
    *(
        "engineio-upgrade-stripped",
        "tornado-upgrade-stripped",
        "spring-upgrade-stripped",
        "aiohttp-400",
        "axum",
    ),
    *(
        "actix",
        "gobwas",
        "coder-websocket-origin",
        "gorilla-bad-handshake",
        "websockets-lib-reject",
        "sanic-reject",
    ),
    *(
        "netty",
        "vertx",
        "akka-http",
        "warp",
        "ratchet-php",
        "deno-upgrade",
        "cowboy-phoenix",
        "fiber",
        "workerman",
    ),
    *("asgi-http-404", "node-ws-misc-400", "http-500", "http-404"),
)
"""What a lost upgrade looks like from behind: symptoms, once the hop that lost it is known."""


@cause(
    id="nginx-upgrade-headers-missing",
    stage=Stage.INTERMEDIARY,
    side=Side.PROXY,
    certainty=Certainty.CERTAIN,
    headline="nginx{version} passed the request on, and {backend} saw no Upgrade, which we sent",
    explanation="""nginx speaks HTTP/1.0 or plain HTTP/1.1 to backends and drops Upgrade and Connection, unless the location says
    otherwise. The backend is fine: it answered what it answers to an ordinary request. One proxy_set_header inside a
    location throws away all that were set outside of it, which is how a good configuration loses it again.""",
    fix=(
        "In the location that serves {path}:\nproxy_http_version 1.1;\nproxy_set_header Upgrade $http_upgrade;\n"
        'proxy_set_header Connection "upgrade";\nproxy_set_header Host $host;',
        "For a location that serves pages too, in http {}:\nmap $http_upgrade $connection_upgrade {\n"
        "    default upgrade;\n    ''      close;\n}\nand then: proxy_set_header Connection $connection_upgrade;",
        "Test and reload: nginx -t && nginx -s reload; nginx -T shows which location really wins.",
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:BACKEND:PORT (straight to the backend)",
    sources=(
        _DOCS,
        "https://github.com/websockets/ws/issues/1656",
        "https://github.com/socketio/socket.io/issues/1942",
    ),
    supersedes=LOST,
    aliases=("upgrade-not-forwarded",),
)
def nginx_upgrade_headers_missing(facts: Facts) -> Match | None:
    lost = lost_behind(facts, *_NGINX)
    if lost is not None:
        front, seen = lost
        alone = len(fronts(facts)) == 1 and facts.attempt.proxy is None
        return Match(
            headline=_PASSED_ON,
            evidence=unique((*seen.evidence, *front.evidence)),
            certainty=Certainty.CERTAIN if seen.proven and alone else Certainty.LIKELY,
            candidates=() if seen.proven and alone else ("upgrade-stripped",),
            values={
                **reply_values(facts),
                "front": str(front),
                "backend": seen.backend or "the server behind it",
            },
        )
    # Frameworks that answer an upgrade in another way than a page, so that a page proves a plain request.
    told = reply_of(facts, "fastapi-404", "starlette-404", "uvicorn-404")
    front_of_page = next((p for p in fronts(facts) if p.name in _NGINX), None)
    if told is None or front_of_page is None or not asked_for_upgrade(facts):
        return None
    match = match_reply_of(facts, told, shows=("Upgrade",))
    return Match(
        headline=_PASSED_ON,
        evidence=match.evidence,
        certainty=Certainty.LIKELY,
        candidates=("uvicorn-no-ws-library", "http-404"),
        values={**match.values, "front": str(front_of_page), "backend": told.reply.product},
    )


@cause(
    id="nginx-proxy-manager-toggle",
    stage=Stage.INTERMEDIARY,
    side=Side.PROXY,
    certainty=Certainty.POSSIBLE,
    headline="If a panel writes this nginx's configuration, its switch for WebSockets is most likely off",
    explanation="""Nginx Proxy Manager, Synology's reverse proxy, cPanel and Plesk write nginx's configuration themselves, and leave the
    upgrade out until a switch is set for the host. openresty, which the first of them runs, answered for a backend that saw
    no Upgrade.""",
    fix=(
        "Nginx Proxy Manager: edit the proxy host, Details, switch on Websockets Support.",
        "Synology DSM: Control Panel, Login Portal, Advanced, Reverse Proxy, Custom Header, Create, WebSocket.",
        "Plesk: Apache & nginx Settings, Additional nginx directives: proxy_set_header Upgrade $http_upgrade; "
        'proxy_set_header Connection "upgrade";',
    ),
    next_test="wsinspect check '{url}' (after setting the switch)",
    sources=(
        "https://github.com/home-assistant/home-assistant.io/issues/33074",
        "https://nginxproxymanager.com/guide/",
    ),
)
def nginx_proxy_manager_toggle(facts: Facts) -> Match | None:
    lost = lost_behind(facts, "openresty")
    if lost is None:
        return None
    front, seen = lost
    return Match(
        evidence=unique((*front.evidence, *seen.evidence)), candidates=("nginx-upgrade-headers-missing",)
    )


describe(
    id="nginx-read-timeout",
    stage=Stage.INTERMEDIARY,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="Cut after {seconds} s of silence behind nginx: proxy_read_timeout ({fits}) most likely ran out",
    explanation="""nginx ends a proxied WebSocket when no byte went either way for proxy_read_timeout, 60 s unless set, without a Close
    frame, so that browsers report 1006. Every message or ping of either side starts the clock again. The time fits and
    nginx stands here; another hop with the same limit would look alike.""",
    fix=(
        "Ping from either side more often, on a server with node's ws:\n"
        "setInterval(() => wss.clients.forEach((client) => client.ping()), 25000);",
        "Or raise it in the location: proxy_read_timeout 3600s;\nproxy_send_timeout 3600s;",
    ),
    next_test="wsinspect check '{url}' --ping-interval {half} --hold {twice}",
    sources=(_DOCS, "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout"),
    supersedes=("idle-timeout-intermediary", "max-connection-lifetime", "open-then-fin"),
    check=cut_at_limit(
        "nginx",
        limits=("nginx", "ingress-nginx"),
        set_by_hand=True,
        candidates=("idle-timeout-intermediary", "alb-idle-60", "idle-timeout-server-app"),
    ),
)


@cause(
    id="ingress-nginx-timeout",
    stage=Stage.INTERMEDIARY,
    side=Side.PROXY,
    certainty=Certainty.POSSIBLE,
    headline="In Kubernetes, the ingress controller's 60 s of silence are the same limit as this cut after {seconds} s",
    explanation="""ingress-nginx takes proxy_read_timeout from an annotation of the Ingress, and 60 s where there is none. Whether this
    nginx is an ingress controller is not in the bytes. A load balancer in front of it may cut at 60 s too, although the
    annotation says 3600.""",
    fix=(
        'On the Ingress:\nmetadata:\n  annotations:\n    nginx.ingress.kubernetes.io/proxy-read-timeout: "3600"\n'
        '    nginx.ingress.kubernetes.io/proxy-send-timeout: "3600"',
        "Raise the cloud load balancer's idle timeout with it.",
    ),
    next_test="kubectl exec -n ingress-nginx DEPLOYMENT -- nginx -T | grep proxy_read_timeout",
    sources=(
        "https://github.com/kubernetes/ingress-nginx/issues/2917",
        "https://github.com/kubernetes/ingress-nginx/issues/5167",
    ),
)
def ingress_nginx_timeout(facts: Facts) -> Match | None:
    shown, cut = hint(facts, "nginx"), cut_of(facts.attempt)
    if shown is None or cut is None or cut.reset:
        return None
    if not any(
        near.product == "ingress-nginx" for near in limits_near(cut.silence_s, Measure.SILENCE, CutBy.FIN)
    ):
        return None
    return Match(
        evidence=(cut.evidence, shown),
        candidates=("nginx-read-timeout",),
        values={"seconds": f"{cut.silence_s:.1f}"},
    )


@cause(
    id="nginx-reload",
    stage=Stage.INTERMEDIARY,
    side=Side.PROXY,
    certainty=Certainty.POSSIBLE,
    headline="nginx cut a busy connection after {age} s: a reload with worker_shutdown_timeout may have ended its worker",
    explanation="""A reload leaves live WebSockets with the old worker, and worker_shutdown_timeout ends that worker with everything on it,
    traffic or not. ingress-nginx sets 240 s and reloads whenever an Ingress changes. That bytes were flowing speaks
    against an idle timeout; a deployment of the application looks the same.""",
    fix=(
        'Raise it: worker_shutdown_timeout 12h; (ingress-nginx ConfigMap: worker-shutdown-timeout: "43200s").',
        "Reload less often: batch Ingress changes, and leave certificates to one controller.",
        "Reconnect with a random pause: all clients of the worker fall at the same second.",
    ),
    next_test="nginx's error log at that second: 'gracefully shutting down', or two runs that end at different ages",
    sources=(
        "https://nginx.org/en/docs/ngx_core_module.html#worker_shutdown_timeout",
        "https://github.com/kubernetes/ingress-nginx/issues/2461",
    ),
)
def nginx_reload(facts: Facts) -> Match | None:
    shown, cut = hint(facts, "nginx"), cut_of(facts.attempt)
    if shown is None or cut is None or cut.reset or cut.idle or cut.age_s < 2:
        return None
    return Match(
        evidence=(cut.evidence, shown),
        candidates=("server-drain-on-deploy", "max-connection-lifetime"),
        values={"age": f"{cut.age_s:.1f}"},
    )


@cause(
    id="k8s-default-backend",
    stage=Stage.INTERMEDIARY,
    side=Side.PROXY,
    certainty=Certainty.LIKELY,
    headline="The Kubernetes ingress answered itself: no rule or no pod fits the request",
    explanation="""The ingress itself answered, so no rule or no pod fits the request. 'default backend - 404' means that no Ingress names
    this host and path; a 503 that the Service behind the rule has no ready endpoint.""",
    fix=(
        "Compare the rule with the URL: kubectl get ingress -A (host {host}, path {path}, pathType Prefix).",
        "Look for endpoints: kubectl get endpointslices -l kubernetes.io/service-name=NAME (none means that no pod is ready).",
    ),
    next_test="curl -si {http_url} -H 'Host: {host}'",
    sources=("https://kubernetes.github.io/ingress-nginx/user-guide/default-backend/",),
    supersedes=("http-404",),
)
def k8s_default_backend(facts: Facts) -> Match | None:
    if reply_of(facts, "k8s-default-backend") is not None:
        what = f"Kubernetes' default backend answered: no Ingress names {facts.values['host']} with this path"
        return _match(facts, what, Certainty.CERTAIN)
    if reply_of(facts, "nginx-503") is None:
        return None
    what = "nginx answered 503 itself: as a Kubernetes ingress that means a Service without a ready pod"
    return _match(facts, what, Certainty.POSSIBLE, "http-503")


def _match(facts: Facts, what: str, certainty: Certainty, *candidates: str) -> Match:
    pieces = known(quote_body(facts), quote_status(facts), quote_field(facts, "Server"))
    return Match(
        headline="{what}", evidence=pieces, certainty=certainty, candidates=candidates, values={"what": what}
    )
