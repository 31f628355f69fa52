"""Reverse proxies and meshes between the client and a server that is fine."""

from __future__ import annotations

from functools import partial

from wsinspect.lab import frames
from wsinspect.lab.opening import answer
from wsinspect.lab.peer import Peer
from wsinspect.lab.storied import Approach, answering, storied
from wsinspect.lab.telling import SWITCHING, WELCOME, behind, opening, silent, ticking

_intermediary = partial(storied, "intermediary")

_NGINX_101 = """
HTTP/1.1 101 Switching Protocols
Server: nginx/1.22.1
Date: {date}
Connection: upgrade
Upgrade: websocket
Sec-WebSocket-Accept: {accept}
"""
_CADDY_101 = """
HTTP/1.1 101 Switching Protocols
Connection: Upgrade
Sec-Websocket-Accept: {accept}
Server: Caddy
Upgrade: websocket
"""
_VARNISH_101 = f"{SWITCHING}Via: 1.1 varnish (Varnish/7.1)\n"
_ENVOY_101 = f"{SWITCHING}date: {{date}}\nserver: envoy\n"
_K8S_503 = (
    "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n"
    "<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
_GURU = (
    "<!DOCTYPE html>\n<html>\n  <head>\n    <title>503 Backend fetch failed</title>\n  </head>\n  <body>\n"
    "    <h1>Error 503 Backend fetch failed</h1>\n    <p>Backend fetch failed</p>\n    <h3>Guru Meditation:</h3>\n"
    "    <p>XID: 32775</p>\n    <hr>\n    <p>Varnish cache server</p>\n  </body>\n</html>\n"
)
_AT_WS = Approach(path="/ws")
_LONG = Approach(path="/ws", hold_s=8.0)


def _long(silence_s: float) -> Approach:
    return Approach(path="/ws", hold_s=silence_s + 10)


_BEHIND_NGINX = behind(
    "Server: nginx/1.22.1\nDate: {date}\nContent-Type: text/plain\nContent-Length: {length}\nConnection: keep-alive"
)
_BEHIND_APACHE = behind(
    "Date: {date}\nServer: Apache/2.4.71 (Debian)\nContent-Length: {length}\nContent-Type: text/plain"
)
_BEHIND_OPENRESTY = behind(
    "Server: openresty\nDate: {date}\nContent-Type: text/plain\nContent-Length: {length}\nConnection: keep-alive"
)


async def _stored_101(peer: Peer) -> None:
    """A cache repeats the 101 of RFC 6455 section 1.3's example to everybody."""
    await peer.read_request()
    stored = SWITCHING.replace("{accept}", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    await peer.send(answer(f"{stored}Age: 12\nX-Cache: Hit from cdn\n"))
    await peer.read_to_end()


NGINX = (
    _intermediary(
        "nginx-upgrade-headers-missing",
        "nginx drops Upgrade, and node's ws behind it says 426",
        _BEHIND_NGINX,
        approach=_AT_WS,
    ),
    _intermediary(
        "nginx-upgrade-headers-missing-socketio",
        "nginx drops Upgrade, and Socket.IO behind it says code 3",
        answering(
            "HTTP/1.1 400 Bad Request\nServer: nginx/1.22.1\nDate: {date}\nContent-Type: application/json\n"
            "Transfer-Encoding: chunked\nConnection: keep-alive",
            '{"code":3,"message":"Bad request"}',
        ),
        cause="nginx-upgrade-headers-missing",
        approach=Approach(path="/socket.io/?EIO=4&transport=websocket"),
    ),
    _intermediary(
        "nginx-upgrade-headers-missing-fastapi",
        "nginx drops Upgrade, and FastAPI behind it has no such page",
        answering(
            "HTTP/1.1 404 Not Found\nServer: nginx/1.22.1\nDate: {date}\nContent-Type: application/json\n"
            "Content-Length: {length}\nConnection: keep-alive",
            '{"detail":"Not Found"}',
        ),
        cause="nginx-upgrade-headers-missing",
        approach=_AT_WS,
    ),
    _intermediary(
        "nginx-proxy-manager-toggle",
        "Nginx Proxy Manager without 'Websockets Support'",
        _BEHIND_OPENRESTY,
        likelier="nginx-upgrade-headers-missing",
        approach=_AT_WS,
    ),
    _intermediary(
        "nginx-read-timeout",
        "nginx with proxy_read_timeout 2s: FIN after 2 s of silence",
        silent(_NGINX_101, for_s=2.0),
        takes_s=2.0,
        approach=_LONG,
    ),
    _intermediary(
        "ingress-nginx-timeout",
        "nginx as a Kubernetes ingress: FIN after its 60 s of silence",
        silent(_NGINX_101, for_s=60.0),
        likelier="nginx-read-timeout",
        takes_s=60.0,
        approach=_long(60),
    ),
    _intermediary(
        "nginx-reload",
        "nginx is reloaded, and worker_shutdown_timeout ends its old worker",
        ticking(_NGINX_101, for_s=12.4),
        likelier="max-connection-lifetime",
        takes_s=12.4,
        approach=_long(12.4),
    ),
    _intermediary(
        "k8s-default-backend",
        "No Ingress names this host",
        answering(
            "HTTP/1.1 404 Not Found\nDate: {date}\nContent-Type: text/plain; charset=utf-8\nContent-Length: {length}\n"
            "Connection: keep-alive",
            "default backend - 404",
        ),
        approach=_AT_WS,
    ),
    _intermediary(
        "k8s-default-backend-503",
        "The Service behind the rule has no ready pod",
        answering(
            "HTTP/1.1 503 Service Temporarily Unavailable\nDate: {date}\nContent-Type: text/html\n"
            "Content-Length: {length}\nConnection: keep-alive",
            _K8S_503,
        ),
        cause="k8s-default-backend",
        likelier="http-503",
        approach=_AT_WS,
    ),
)

OTHERS = (
    _intermediary(
        "apache-upgrade-missing", "Apache without upgrade=websocket", _BEHIND_APACHE, approach=_AT_WS
    ),
    _intermediary(
        "apache-worker-sharing",
        "Apache ignores upgrade=websocket, because an earlier ProxyPass has the same backend",
        _BEHIND_APACHE,
        likelier="apache-upgrade-missing",
        approach=_AT_WS,
    ),
    _intermediary(
        "apache-wrong-order",
        "Apache has a wider ProxyPass before the WebSocket's own",
        _BEHIND_APACHE,
        likelier="apache-upgrade-missing",
        approach=_AT_WS,
    ),
    _intermediary(
        "lighttpd-no-upgrade",
        "lighttpd without proxy.header upgrade",
        behind("Content-Length: {length}\nContent-Type: text/plain\nDate: {date}\nServer: lighttpd/1.4.69"),
        approach=_AT_WS,
    ),
    _intermediary(
        "haproxy-timeout-tunnel",
        "haproxy as Debian ships it: FIN after 50 s of silence",
        opening(
            WELCOME,
            50.0,
            head="HTTP/1.1 101 Switching Protocols\nupgrade: websocket\nconnection: Upgrade\nsec-websocket-accept: {accept}",
        ),
        likelier="idle-timeout-intermediary",
        takes_s=50.0,
        approach=_long(50),
    ),
    _intermediary(
        "traefik-timeouts",
        "No rule of Traefik's routers fits this host and path",
        answering(
            "HTTP/1.1 404 Not Found\nContent-Type: text/plain; charset=utf-8\nX-Content-Type-Options: nosniff\n"
            "Date: {date}\nContent-Length: {length}",
            "404 page not found\n",
        ),
        likelier="http-404",
        approach=_AT_WS,
    ),
    _intermediary(
        "caddy-reload-closes",
        "Caddy loads its configuration anew: Close 1001 to everybody",
        opening(WELCOME, 1.5, frames.close(1001), head=_CADDY_101),
        approach=_LONG,
    ),
    _intermediary(
        "varnish-no-pipe",
        "Varnish does not pipe the upgrade",
        behind(
            "Content-Length: {length}\nContent-Type: text/plain\nDate: {date}\nX-Varnish: 32771\nAge: 0\n"
            "Via: 1.1 varnish (Varnish/7.1)\nConnection: keep-alive"
        ),
        approach=_AT_WS,
    ),
    _intermediary(
        "varnish-no-pipe-503",
        "Varnish asks a backend that speaks nothing but WebSocket",
        answering(
            "HTTP/1.1 503 Backend fetch failed\nDate: {date}\nServer: Varnish\nContent-Type: text/html; charset=utf-8\n"
            "Retry-After: 5\nX-Varnish: 32774\nAge: 0\nVia: 1.1 varnish (Varnish/7.1)\nContent-Length: {length}\n"
            "Connection: keep-alive",
            _GURU,
        ),
        cause="varnish-no-pipe",
        approach=_AT_WS,
    ),
    _intermediary(
        "varnish-no-pipe-timeout",
        "Varnish pipes, and its pipe_timeout of 60 s runs out",
        silent(_VARNISH_101, for_s=60.0),
        cause="varnish-no-pipe",
        takes_s=60.0,
        approach=_long(60),
    ),
    _intermediary(
        "cdn-cache-101-or-200",
        "A CDN answers from its store",
        _stored_101,
        approach=_AT_WS,
    ),
    _intermediary(
        "envoy-403-upgrade",
        "Envoy's route allows no upgrade",
        answering(
            "HTTP/1.1 403 Forbidden\ndate: {date}\nserver: envoy\nconnection: close\ncontent-length: 0"
        ),
        approach=_AT_WS,
    ),
    _intermediary(
        "istio-h2-upgrade",
        "Istio speaks HTTP/2 to a port that is named http2-",
        answering(
            "HTTP/1.1 503 Service Unavailable\ncontent-length: {length}\ncontent-type: text/plain\ndate: {date}\n"
            "server: istio-envoy",
            "upstream connect error or disconnect/reset before headers. reset reason: protocol error",
        ),
        approach=_AT_WS,
    ),
    _intermediary(
        "envoy-timeouts",
        "Envoy: FIN after stream_idle_timeout, 300 s of silence",
        silent(_ENVOY_101, for_s=300.0),
        takes_s=300.0,
        approach=_long(300),
    ),
)

SCENARIOS = (*NGINX, *OTHERS)
