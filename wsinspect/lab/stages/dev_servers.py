"""Development servers and their hot reload: vite, webpack-dev-server, Next.js."""

from __future__ import annotations

from functools import partial

from wsinspect.lab import frames
from wsinspect.lab.peer import Peer
from wsinspect.lab.servers import Story
from wsinspect.lab.storied import Approach, answering, storied
from wsinspect.lab.telling import opening

_framework = partial(storied, "framework")

_NEXT_HMR = "/_next/webpack-hmr?id=q3bVJ0mAhTmYxlGXTRKCz"
_NEXT_404 = (
    '<!DOCTYPE html><html lang="en"><head><meta charSet="utf-8"/><title>404: This page could not be found</title>'
    '<script src="/_next/static/chunks/main-app.js" async=""></script></head><body><div id="__next"><h1>404</h1>'
    "<h2>This page could not be found.</h2></div></body></html>"
)
_NEXT = """
HTTP/1.1 {status}
Vary: rsc, next-router-state-tree, next-router-prefetch, Accept-Encoding
Cache-Control: private, no-cache, no-store, max-age=0, must-revalidate
X-Powered-By: Next.js
Content-Type: text/html; charset=utf-8
Date: {{date}}
Connection: keep-alive
Keep-Alive: timeout=5
Transfer-Encoding: chunked
"""
_FOREIGN_PAGE = {"origin": "http://app.lab.test"}


async def _hangs(peer: Peer) -> None:
    await peer.read_request()
    await peer.read_to_end()


def _bare(words: bytes) -> Story:
    """Write these bytes in place of an HTTP answer, and destroy the socket."""

    async def story(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(words)

    return story


SCENARIOS = (
    _framework(
        "vite-hmr",
        "vite refuses the token of its own client's socket",
        answering(
            "HTTP/1.1 400 Bad Request\nConnection: close\nContent-Type: text/html\nContent-Length: {length}",
            "Bad Request",
        ),
        approach=Approach(
            path="/?token=pzS1UqN0lWyM", options={"subprotocols": ("vite-hmr",), **_FOREIGN_PAGE}
        ),
    ),
    _framework(
        "vite-hmr-host",
        "vite does not know the Host",
        answering(
            "HTTP/1.1 403 Forbidden\nContent-Type: text/plain\nDate: {date}\nConnection: keep-alive\n"
            "Keep-Alive: timeout=5\nContent-Length: {length}",
            'Blocked request. This host ("app.lab.test") is not allowed.\n'
            'To allow this host, add "app.lab.test" to `server.allowedHosts` in vite.config.js.',
        ),
        cause="vite-hmr",
        approach=Approach(host="app.lab.test", path="/?token=pzS1UqN0lWyM"),
    ),
    _framework(
        "vite-proxy-ws-false",
        "A development server's proxy rule lacks ws: true: nothing ever comes back",
        _hangs,
        likelier="upgrade-hang",
        approach=Approach(url_port=3000, path="/ws", timeouts_s={"upgrade_timeout_s": 2.0}),
    ),
    _framework(
        "webpack-dev-server-host",
        "webpack-dev-server opens, says 'Invalid Host/Origin header' and closes",
        opening(frames.text('{"type":"error","data":"Invalid Host/Origin header"}'), frames.close()),
        approach=Approach(path="/ws", options=_FOREIGN_PAGE),
    ),
    _framework(
        "next-dev-hmr",
        "Next's development server writes the bare word Unauthorized, and no head",
        _bare(b"Unauthorized"),
        approach=Approach(path=_NEXT_HMR, options=_FOREIGN_PAGE),
    ),
    _framework(
        "next-dev-hmr-custom-server",
        "A custom server of Next does not pass its upgrades on",
        _hangs,
        cause="next-dev-hmr",
        approach=Approach(path=_NEXT_HMR, timeouts_s={"upgrade_timeout_s": 2.0}),
    ),
    _framework(
        "nextjs-rewrite-no-ws",
        "A rewrite of Next.js leads to its own 404 page",
        answering(_NEXT.format(status="404 Not Found"), _NEXT_404),
        approach=Approach(path="/ws"),
    ),
    _framework(
        "nextjs-api-route-no-ws",
        "A route handler of Next.js has no GET, and could not upgrade if it had",
        answering(
            "HTTP/1.1 405 Method Not Allowed\nvary: rsc, next-router-state-tree, next-router-prefetch\nDate: {date}\n"
            "Connection: keep-alive\nKeep-Alive: timeout=5\nTransfer-Encoding: chunked"
        ),
        approach=Approach(path="/api/socket"),
    ),
)
