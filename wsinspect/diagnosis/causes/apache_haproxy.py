"""Apache httpd, haproxy and lighttpd in front of the backend."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause, describe
from wsinspect.diagnosis.causes.nginx import LOST
from wsinspect.diagnosis.ending import cut_of
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.idle_numbers import CutBy, Measure, limits_near
from wsinspect.diagnosis.on_reply import lost_behind, lost_upgrade, unique

_APACHE = "https://httpd.apache.org/docs/2.4/mod/mod_proxy.html#wsupgrade"

describe(
    id="apache-upgrade-missing",
    stage=Stage.INTERMEDIARY,
    side=Side.PROXY,
    certainty=Certainty.CERTAIN,
    headline="Apache{version} passed the request on, and {backend} saw no Upgrade, which we sent",
    explanation="""mod_proxy_http forwards pages and drops Upgrade, unless the ProxyPass says upgrade=websocket (2.4.47 and later) or a rule
    sends WebSockets to ws:// by mod_proxy_wstunnel. It is dropped too when such a line stands there and another one wins:
    see the other two Apache causes.""",
    fix=(
        "In Apache 2.4.47 or later, before any wider ProxyPass:\n"
        "ProxyPass /ws http://127.0.0.1:8000/ws upgrade=websocket",
        "In older ones: a2enmod proxy_wstunnel rewrite, and\nRewriteEngine on\n"
        "RewriteCond %{HTTP:Upgrade} =websocket [NC]\nRewriteRule ^/ws(.*) ws://127.0.0.1:8000/ws$1 [P,L]",
        "apachectl configtest && apachectl graceful; look for AH01146 in the error log.",
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:BACKEND:PORT (straight to the backend)",
    sources=(_APACHE, "https://github.com/streamlit/streamlit/issues/6305"),
    supersedes=LOST,
    check=lost_upgrade("Apache", candidates=("apache-worker-sharing", "apache-wrong-order")),
)


def _apache_lost(facts: Facts) -> Match | None:
    lost = lost_behind(facts, "Apache")
    if lost is None:
        return None
    front, seen = lost
    return Match(
        evidence=unique((*seen.evidence, *front.evidence)),
        candidates=("apache-upgrade-missing",),
        values={"front": str(front)},
    )


describe(
    id="apache-worker-sharing",
    stage=Stage.INTERMEDIARY,
    side=Side.PROXY,
    certainty=Certainty.POSSIBLE,
    headline="If {front} has upgrade=websocket for this path, an earlier ProxyPass to the same backend made it ignore that",
    explanation="""Apache makes one worker for each backend URL, and the first ProxyPass that names it decides its parameters. A later line
    with upgrade=websocket is accepted, and only a line AH01146 at start says that the parameter is ignored.""",
    fix=(
        "Put the WebSocket's ProxyPass first:\nProxyPass /ws http://127.0.0.1:8000/ws upgrade=websocket\n"
        "ProxyPass /   http://127.0.0.1:8000/",
        "Or give it another worker name: http://localhost:8000/ws in place of http://127.0.0.1:8000/ws.",
    ),
    next_test="grep AH01146 /var/log/apache2/error.log (after a restart)",
    sources=(_APACHE, "https://httpd.apache.org/docs/2.4/mod/mod_proxy.html#workers"),
    console=(r"AH01146: Ignoring parameter 'upgrade=websocket'",),
    check=_apache_lost,
)

describe(
    id="apache-wrong-order",
    stage=Stage.INTERMEDIARY,
    side=Side.PROXY,
    certainty=Certainty.POSSIBLE,
    headline="If {front} has a rule for this path, a wider ProxyPass before it may win",
    explanation="""ProxyPass lines are tried in the order in which they stand, and the first prefix that fits takes the request. A
    ProxyPass / above the WebSocket's own line therefore serves {path} too, as an ordinary page.""",
    fix=(
        "Sort them from narrow to wide:\nProxyPass /ws http://127.0.0.1:8000/ws upgrade=websocket\n"
        "ProxyPass /   http://127.0.0.1:8000/",
        "A <Location> block merges after plain lines: keep to one style for one path.",
    ),
    next_test="apachectl -t -D DUMP_VHOSTS, then read that host's file from the top",
    sources=("https://httpd.apache.org/docs/2.4/mod/mod_proxy.html#proxypass",),
    console=(r"No protocol handler was valid for the URL \S+ \(scheme 'wss?'\)",),
    check=_apache_lost,
)

describe(
    id="lighttpd-no-upgrade",
    stage=Stage.INTERMEDIARY,
    side=Side.PROXY,
    certainty=Certainty.CERTAIN,
    headline="lighttpd{version} passed the request on, and {backend} saw no Upgrade, which we sent",
    explanation="""lighttpd's mod_proxy removes Upgrade by default and needs one directive to leave it. The backend answered what it answers
    to an ordinary request.""",
    fix=(
        'In the same block as proxy.server: proxy.header = ( "upgrade" => "enable" )',
        "For mod_wstunnel as an alternative, mind that it ends the WebSocket itself and talks plain TCP behind.",
    ),
    next_test="wsinspect check '{url}' --connect-to {host}:{port}:BACKEND:PORT (straight to the backend)",
    sources=("https://redmine.lighttpd.net/projects/lighttpd/wiki/Mod_proxy",),
    supersedes=LOST,
    check=lost_upgrade("lighttpd"),
)


@cause(
    id="haproxy-timeout-tunnel",
    stage=Stage.INTERMEDIARY,
    side=Side.PROXY,
    certainty=Certainty.POSSIBLE,
    headline="A cut after {seconds} s of silence fits haproxy as Debian ships it: timeout client and server are 50 s",
    explanation="""After the 101 haproxy counts timeout tunnel, and where that is not set the shorter of timeout client and timeout server.
    haproxy leaves no mark on an answer, so the number is all that speaks for it.""",
    fix=(
        "In defaults or in the backend:\ntimeout tunnel 1h\ntimeout client-fin 30s",
        "Or ping from either side in less than 50 s.",
    ),
    next_test="wsinspect check '{url}' --ping-interval 20 --hold 120",
    sources=("https://docs.haproxy.org/2.6/configuration.html#4-timeout%20tunnel",),
    aliases=("haproxy-tunnel-timeout",),
)
def haproxy_timeout_tunnel(facts: Facts) -> Match | None:
    cut = cut_of(facts.attempt)
    if cut is None or cut.reset:
        return None
    near = limits_near(cut.silence_s, Measure.SILENCE, CutBy.FIN)
    if not any(limit.product.startswith("haproxy") for limit in near):
        return None
    return Match(
        evidence=(cut.evidence,),
        candidates=("idle-timeout-intermediary",),
        values={"seconds": f"{cut.silence_s:.1f}"},
    )


describe(
    id="haproxy-h2",
    stage=Stage.INTERMEDIARY,
    side=Side.PROXY,
    certainty=Certainty.POSSIBLE,
    headline="haproxy carries WebSockets over HTTP/2 to browsers, and the backend can't take them that way",
    explanation="""haproxy offers extended CONNECT (RFC 8441) on its HTTP/2 side and translates it for the backend. A browser that has an
    HTTP/2 connection already uses it for the WebSocket; where the backend speaks only h2, or its path is limited to
    GET, that fails while HTTP/1.1, which wsinspect speaks, works.""",
    fix=(
        "Keep HTTP/2 off for the WebSocket's name: bind :443 ssl crt site.pem alpn http/1.1",
        "Or stop offering it: h2-workaround-bogus-websocket-clients in global (haproxy 2.5 and later).",
        "Towards the backend: server app 127.0.0.1:8000 ws h1",
    ),
    next_test="wsinspect check '{url}' (opens over HTTP/1.1: then it is the HTTP/2 way that fails)",
    sources=(
        "RFC 8441",
        "https://docs.haproxy.org/2.6/configuration.html#5.2-ws",
        "https://github.com/vitejs/vite/issues/1653",
    ),
)
