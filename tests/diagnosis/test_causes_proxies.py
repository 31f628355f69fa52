"""What reverse proxies, meshes, tunnels and firewalls do to an upgrade."""

from __future__ import annotations

import pytest

from tests.diagnosis.refusals import DATE, NGINX, Refusal, refusal
from tests.diagnosis.story import (
    KEY,
    Story,
    answered,
    asked,
    begun,
    close,
    failed,
    fin,
    idle,
    opened,
    reset,
    sent_text,
    started,
    switched,
    text,
)
from tests.diagnosis.table import Row, beside, check, fires, silent
from wsinspect.diagnosis.cause import Certainty
from wsinspect.events import FailureKind, Step

CERTAIN, LIKELY, POSSIBLE = Certainty.CERTAIN, Certainty.LIKELY, Certainty.POSSIBLE
TEXT = "Content-Type: text/plain\nContent-Length: {length}\nConnection: keep-alive"
APACHE = f"{DATE}\nServer: Apache/2.4.71 (Debian)\nContent-Length: {{length}}\nContent-Type: text/plain"
LIGHTTPD = f"Content-Type: text/plain\nContent-Length: {{length}}\n{DATE}\nServer: lighttpd/1.4.69"
VARNISH = f"{DATE}\nX-Varnish: 32770\nAge: 0\nVia: 1.1 host (Varnish/7.1)\nContent-Length: {{length}}\nContent-Type: text/plain"
ENVOY = f"{DATE.lower()}\nserver: envoy\ncontent-length: {{length}}"
UPGRADE_REQUIRED = "Upgrade Required"
GURU = "<title>503 Backend fetch failed</title><h1>Error 503 Backend fetch failed</h1><p>Guru Meditation:</p>"
RESET = "upstream connect error or disconnect/reset before headers. reset reason: protocol error"
F5 = "<html>The requested URL was rejected. Please consult with your administrator.<br><br>Your support ID is: 1234567890</html>"
PAGE = "<html>\r\n<body>\r\n<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"

REFUSALS: tuple[Refusal, ...] = (
    refusal(
        "nginx-upgrade-headers-missing", CERTAIN, f"426 Upgrade Required\n{NGINX}\n{TEXT}", UPGRADE_REQUIRED
    ),
    refusal(
        "nginx-upgrade-headers-missing",
        CERTAIN,
        f"400 Bad Request\n{NGINX}\n{TEXT}",
        'No WebSocket UPGRADE hdr: None\n Can "Upgrade" only to "WebSocket".',
    ),
    refusal(
        "nginx-upgrade-headers-missing",
        CERTAIN,
        f"426 Upgrade Required\n{NGINX}\n{TEXT}",
        "Failed to open a WebSocket connection: missing Connection header.\n",
    ),
    refusal(
        "nginx-upgrade-headers-missing",
        LIKELY,
        f"404 Not Found\n{NGINX}\nContent-Type: application/json",
        '{"detail":"Not Found"}',
    ),
    refusal(
        "nginx-upgrade-headers-missing",
        LIKELY,
        f"404 Not Found\n{NGINX}\nContent-Type: text/plain; charset=utf-8\nContent-Length: 9\nConnection: keep-alive",
        "Not Found",
    ),
    refusal(
        "nginx-upgrade-headers-missing",
        None,
        f"404 Not Found\n{NGINX}\nContent-Type: text/html",
        "<h1>404 Not Found</h1>",
    ),
    refusal(
        "nginx-upgrade-headers-missing",
        None,
        f"426 Upgrade Required\n{NGINX}\n{TEXT}",
        UPGRADE_REQUIRED,
        headers=(("Upgrade", ""),),
    ),
    refusal("nginx-upgrade-headers-missing", None, f"426 Upgrade Required\n{TEXT}", UPGRADE_REQUIRED),
    refusal("apache-upgrade-missing", CERTAIN, f"426 Upgrade Required\n{APACHE}", UPGRADE_REQUIRED),
    refusal("apache-upgrade-missing", None, f"404 Not Found\n{APACHE}", "Not Found"),
    refusal("lighttpd-no-upgrade", CERTAIN, f"426 Upgrade Required\n{LIGHTTPD}", UPGRADE_REQUIRED),
    refusal("lighttpd-no-upgrade", None, f"404 Not Found\n{LIGHTTPD}", "404"),
    refusal("varnish-no-pipe", CERTAIN, f"426 Upgrade Required\n{VARNISH}", UPGRADE_REQUIRED),
    refusal("varnish-no-pipe", LIKELY, f"503 Backend fetch failed\n{VARNISH}", GURU),
    refusal("varnish-no-pipe", None, f"404 Not Found\n{VARNISH}", "nothing"),
    refusal("envoy-403-upgrade", LIKELY, f"403 Forbidden\n{ENVOY}"),
    refusal("envoy-403-upgrade", LIKELY, f"403 Forbidden\n{DATE}\nserver: istio-envoy\ncontent-length: 0"),
    refusal("envoy-403-upgrade", None, f"403 Forbidden\n{ENVOY}\nx-envoy-upstream-service-time: 3"),
    refusal("envoy-403-upgrade", None, f"403 Forbidden\n{ENVOY}", "RBAC: access denied"),
    refusal("istio-h2-upgrade", LIKELY, f"503 Service Unavailable\n{ENVOY}", RESET),
    refusal("istio-h2-upgrade", None, f"503 Service Unavailable\n{ENVOY}", "no healthy upstream"),
    refusal(
        "k8s-default-backend",
        CERTAIN,
        f"404 Not Found\n{NGINX}\nContent-Type: text/plain; charset=utf-8",
        "default backend - 404",
    ),
    refusal("k8s-default-backend", None, f"404 Not Found\n{NGINX}", "backend"),
    refusal("waf-block", LIKELY, "403 Forbidden\nContent-Type: text/html", F5),
    refusal("waf-block", LIKELY, f"405 Not Allowed\n{DATE}\nx-amzn-waf-action: captcha"),
    refusal(
        "waf-block",
        LIKELY,
        "403 Forbidden\nServer: AkamaiGHost",
        "Access Denied<p>Reference&#32;&#35;18&#46;2a1b3c&#46;1700000000</p>",
    ),
    refusal(
        "waf-block", None, "403 Forbidden\nContent-Type: text/html", "Please consult your administrator."
    ),
    refusal(
        "cdn-cache-101-or-200",
        LIKELY,
        "200 OK\nServer: cloudflare\nCF-Cache-Status: HIT\nAge: 300",
        "<html></html>",
    ),
    refusal(
        "cdn-cache-101-or-200", None, "200 OK\nServer: cloudflare\nCF-Cache-Status: DYNAMIC", "<html></html>"
    ),
    refusal(
        "tunnel-services",
        LIKELY,
        "404 Not Found\nngrok-error-code: ERR_NGROK_3200\nContent-Type: text/html",
        "The endpoint chat.ngrok.app is offline. ERR_NGROK_3200",
    ),
    refusal(
        "tunnel-services",
        LIKELY,
        "502 Bad Gateway",
        "Unable to reach the origin service. The service may be down or it may not be responding to traffic from cloudflared",
    ),
    refusal("tunnel-services", None, "502 Bad Gateway", "Unable to reach the database"),
    refusal(
        "bluecoat-cacheflow", LIKELY, "400 Bad Request\nVia: 1.1 proxy (Bluecoat ProxySG)", "Bad Request"
    ),
    refusal("bluecoat-cacheflow", None, "400 Bad Request\nVia: 1.1 proxy (squid/5.7)"),
    refusal(
        "miniflare",
        CERTAIN,
        "500 Internal Server Error",
        "Error: Web Socket request did not return status 101 Switching Protocols response with Web Socket",
    ),
    refusal("miniflare", None, "500 Internal Server Error", "Error: Web Socket"),
)
COMPANIONS: tuple[tuple[str, str, str], ...] = (
    ("apache-worker-sharing", f"426 Upgrade Required\n{APACHE}", UPGRADE_REQUIRED),
    ("apache-wrong-order", f"426 Upgrade Required\n{APACHE}", UPGRADE_REQUIRED),
    (
        "nginx-proxy-manager-toggle",
        f"426 Upgrade Required\nServer: openresty\n{DATE}\n{TEXT}",
        UPGRADE_REQUIRED,
    ),
    ("k8s-default-backend", f"503 Service Temporarily Unavailable\nServer: nginx\n{DATE}", PAGE),
    (
        "traefik-timeouts",
        f"404 Not Found\nContent-Type: text/plain; charset=utf-8\nX-Content-Type-Options: nosniff\n{DATE}\nContent-Length: 19",
        "404 page not found\n",
    ),
    ("pingora", f"502 Bad Gateway\nServer: pingora\n{DATE}\nContent-Length: 0", ""),
)
NEAR: tuple[tuple[str, str, str], ...] = (
    ("apache-worker-sharing", f"404 Not Found\n{APACHE}", "Not Found"),
    ("apache-wrong-order", f"404 Not Found\n{APACHE}", "Not Found"),
    ("nginx-proxy-manager-toggle", f"426 Upgrade Required\n{NGINX}\n{TEXT}", UPGRADE_REQUIRED),
    ("traefik-timeouts", f"404 Not Found\n{NGINX}", "404 page not found\n"),
    ("pingora", f"502 Bad Gateway\n{NGINX}", ""),
)


def behind(*fields: str) -> Story:
    """An open connection whose 101 carries these fields, and some traffic."""
    return opened("wss://app.example/ws", answer=fields) + text("hi")


def busy(*fields: str, s: int) -> Story:
    """A connection that a peer ended in the middle of traffic."""
    story = behind(*fields)
    for _ in range(s // 5):
        story = story + idle(s=4.9) + text("tick")
    return story + idle(s=0.2) + fin()


BEHIND_NGINX, BEHIND_CADDY = "Server: nginx/1.22.1", "Server: Caddy"
CACHED = asked() + answered(
    "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\n"
    f"Sec-WebSocket-Accept: {KEY}\nX-Cache: Hit from cdn\nAge: 12"
)
UNRESOLVED = (FailureKind.NAME_NOT_FOUND, "Name or service not known")
ROWS: tuple[Row, ...] = (
    *(told.row() for told in REFUSALS),
    *(
        beside(cause, POSSIBLE, refusal(cause, POSSIBLE, head, body).story())
        for cause, head, body in COMPANIONS
    ),
    *(silent(cause, refusal(cause, None, head, body).story()) for cause, head, body in NEAR),
    fires("cdn-cache-101-or-200", LIKELY, CACHED),
    fires("nginx-read-timeout", LIKELY, behind(BEHIND_NGINX) + idle(s=60.02) + fin()),
    fires("nginx-read-timeout", POSSIBLE, behind(BEHIND_NGINX) + idle(s=2.01) + fin()),
    fires("nginx-read-timeout", POSSIBLE, behind(BEHIND_NGINX) + idle(s=1.96) + fin()),
    silent("nginx-read-timeout", behind(BEHIND_NGINX) + idle(s=1.9) + fin()),
    silent("nginx-read-timeout", behind(BEHIND_NGINX) + idle(s=60.02) + reset()),
    silent("nginx-read-timeout", behind("Server: somebody") + idle(s=60.02) + fin()),
    silent("nginx-read-timeout", behind(BEHIND_NGINX) + idle(s=60.02) + close(1000) + fin()),
    silent("nginx-read-timeout", behind(BEHIND_NGINX) + idle(s=37.6) + fin()),
    beside("ingress-nginx-timeout", POSSIBLE, behind(BEHIND_NGINX) + idle(s=60.02) + fin()),
    silent("ingress-nginx-timeout", behind(BEHIND_NGINX) + idle(s=50.0) + fin()),
    beside("nginx-reload", POSSIBLE, busy(BEHIND_NGINX, s=20)),
    silent("nginx-reload", behind(BEHIND_NGINX) + idle(s=60.02) + fin()),
    beside("haproxy-timeout-tunnel", POSSIBLE, behind() + idle(s=50.01) + fin()),
    silent("haproxy-timeout-tunnel", behind() + idle(s=55.0) + fin()),
    beside("traefik-timeouts", POSSIBLE, behind() + idle(s=60.3) + fin()),
    silent("traefik-timeouts", behind(BEHIND_NGINX) + idle(s=60.3) + fin()),
    fires("caddy-reload-closes", LIKELY, behind(BEHIND_CADDY) + idle(s=7) + close(1001) + fin()),
    beside("caddy-reload-closes", POSSIBLE, busy("Via: 1.1 Caddy", s=20)),
    silent("caddy-reload-closes", behind(BEHIND_NGINX) + idle(s=7) + close(1001) + fin()),
    fires("varnish-no-pipe", LIKELY, behind("Via: 1.1 host (Varnish/7.1)") + idle(s=60.02) + fin()),
    fires("envoy-timeouts", LIKELY, behind("server: envoy") + idle(s=300.1) + fin()),
    silent("envoy-timeouts", behind("server: envoy") + idle(s=120) + fin()),
    silent("envoy-timeouts", behind() + idle(s=300.1) + fin()),
    beside(
        "docker-compose-name-from-browser",
        POSSIBLE,
        started("ws://backend:8000/ws") + begun(Step.RESOLVE) + failed(Step.RESOLVE, *UNRESOLVED),
    ),
    silent(
        "docker-compose-name-from-browser",
        started("ws://backend.example/ws") + begun(Step.RESOLVE) + failed(Step.RESOLVE, *UNRESOLVED),
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_story(row: Row) -> None:
    check(row)


def test_a_healthy_connection_behind_any_proxy_blames_nobody() -> None:
    for field in (
        BEHIND_NGINX,
        BEHIND_CADDY,
        "server: envoy",
        "Server: cloudflare",
        "Via: 1.1 google",
        "Via: 1.1 vegur",
    ):
        story = behind(field) + sent_text("ho") + text("ho") + close(1000) + fin()
        assert not [f for f in story.diagnose().findings if f.certainty is not POSSIBLE], field
        assert not (asked() + switched(field)).causes(), field


def test_with_two_hops_in_front_it_is_not_certain_which_one_took_the_upgrade() -> None:
    head = f"426 Upgrade Required\nVia: 1.1 edge.cloudfront.net (CloudFront)\nX-Amz-Cf-Id: x\n{NGINX}\n{TEXT}"
    answer = refusal("", None, head, UPGRADE_REQUIRED).story().diagnose().answer
    assert answer is not None
    assert answer.certainty is LIKELY
    assert answer.candidates


def test_the_finding_names_who_passed_it_on_and_who_answered() -> None:
    answer = (
        refusal("", None, f"426 Upgrade Required\n{NGINX}\n{TEXT}", UPGRADE_REQUIRED)
        .story()
        .diagnose()
        .answer
    )
    assert answer is not None
    assert (
        answer.headline == "nginx 1.22.1 passed the request on, and node's ws saw no Upgrade, which we sent"
    )
    assert answer.evidence[0].byte_range is not None
    assert "proxy_set_header Upgrade $http_upgrade" in answer.fix[0]
