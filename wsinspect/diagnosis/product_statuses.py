"""Which products refuse an upgrade with which HTTP status: what a line that tells no more than the status may also mean.

A live check tells them apart by body and header fields; a console shows neither.
"""

from __future__ import annotations

_PRODUCTS: dict[int, tuple[str, ...]] = {
    200: ("vite-proxy-ws-false", "sockjs-path", "iis-websocket-missing", "appengine-firebase-no-ws", "tunnel-services"),
    302: ("tunnel-services",),
    400: (
        *("node-ws-path-mismatch", "vite-hmr", "engineio-upgrade-stripped", "engineio-transport-unknown"),
        *("engineio-forbidden", "engineio-version-mismatch", "alb-stickiness-socketio", "spring-upgrade-stripped"),
        *("aspnetcore-400", "tornado-upgrade-stripped", "aiohttp-400", "home-assistant-400", "flask-no-route"),
        *("nginx-proxy-manager-toggle", "apache-upgrade-missing", "websockets-lib-reject", "node-ws-misc-400"),
        *("gorilla-bad-handshake", "gobwas", "axum", "actix", "warp", "netty", "vertx", "akka-http", "cowboy-phoenix"),
        *("jetty", "swoole", "workerman", "ratchet-php", "azure-appservice-ws-off", "iis-websocket-missing"),
        *("cloudfront-headers", "cloudflare-ws-off", "alb-4xx", "bluecoat-cacheflow", "deno-upgrade"),
        "forward-proxy-as-server",
    ),
    401: ("node-ws-verifyclient", "livekit-401", "appsync-realtime", "websockets-lib-reject"),
    403: (
        *("channels-reject-403", "origin-required", "python-socketio-403", "tornado-origin", "gorilla-origin"),
        *("websockets-lib-reject", "envoy-403-upgrade", "spring-origin-403", "cowboy-phoenix", "apigw-403"),
        *("coder-websocket-origin", "jupyter-websocket-403-404", "streamlit-stream-failed", "supabase-realtime"),
        *("cloudflare-52x", "cloud-run", "node-ws-verifyclient", "vite-hmr"),
    ),
    404: (
        *("django-wsgi-404", "asgi-http-404", "actioncable-origin-404", "nginx-upgrade-headers-missing"),
        *("aspnetcore-400", "laravel-reverb", "nextjs-rewrite-no-ws", "traefik-timeouts", "k8s-default-backend"),
        *("tomcat-jsr356", "jetty", "flask-no-route", "jupyter-websocket-403-404", "vercel-netlify-no-ws"),
        *("azure-signalr-404", "frontdoor"),
    ),
    405: ("nextjs-api-route-no-ws", "waf-block", "vercel-netlify-no-ws", "axum", "node-ws-misc-400"),
    406: ("waf-block",),
    426: (
        *("apache-upgrade-missing", "nginx-proxy-manager-toggle", "cloudflare-ws-off", "apache-worker-sharing"),
        *("apache-wrong-order", "varnish-no-pipe", "lighttpd-no-upgrade", "websockets-lib-reject", "sanic-reject"),
        *("cowboy-phoenix", "gorilla-bad-handshake", "fiber", "axum", "ratchet-php", "gobwas"),
    ),
    460: ("alb-4xx",),
    463: ("alb-4xx",),
    464: ("alb-4xx",),
    500: ("gorilla-bad-handshake", "bun-no-websocket-handler", "deno-upgrade", "miniflare", "forward-proxy-as-server"),
    501: ("iis-websocket-missing", "coder-websocket-origin"),
    502: ("next-dev-hmr", "render-railway-fly", "gcp-lb-30s", "azure-appgw", "tunnel-services", "pingora", "alb-4xx", "forward-proxy-as-server"),
    503: ("k8s-default-backend", "varnish-no-pipe", "istio-h2-upgrade", "alb-4xx", "cloud-run", "node-ws-misc-400", "undertow"),
    504: ("alb-4xx",),
    505: ("gobwas", "ratchet-php"),
    561: ("alb-4xx",),
}  # fmt: skip


def products_with_status(status: int) -> tuple[str, ...]:
    """Return the ids of the causes of products that answer an upgrade with this status; the usual before the rare."""
    return _PRODUCTS.get(status, ())
