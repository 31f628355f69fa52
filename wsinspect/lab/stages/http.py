"""HTTP answers to the upgrade other than a 101, and none at all.

Heads keep the field order and case of the products that write them: that is how they are told apart.
"""

from __future__ import annotations

from functools import partial

from wsinspect.lab.peer import Peer
from wsinspect.lab.storied import Approach, answering, storied
from wsinspect.lab.telling import behind
from wsinspect.lab.tls_setups import trusted

STAGE = "http"
_http = partial(storied, STAGE)

_NGINX = """
HTTP/1.1 {status}
Server: nginx/1.22.1
Date: {{date}}
Content-Type: text/html
Content-Length: {{length}}
{fields}Connection: {connection}
"""
_NGINX_PAGE = (
    "<html>\r\n<head><title>{status}</title></head>\r\n<body>\r\n<center><h1>{status}</h1></center>\r\n"
    "<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n"
)
_HAPROXY = """
HTTP/1.1 {status}
content-length: {{length}}
cache-control: no-cache
content-type: text/html
"""
_PLAIN = """
HTTP/1.1 {status}
Date: {{date}}
Content-Type: text/plain; charset=utf-8
Content-Length: {{length}}
{fields}Connection: close
"""
_SPA = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="UTF-8" />
    <title>Example</title>
    <script type="module" crossorigin src="/assets/index-4f1c2a9d.js"></script>
  </head>
  <body>
    <div id="root"></div>
  </body>
</html>
"""


def _nginx(status: str, *fields: str, page: str = "") -> tuple[str, str]:
    """Return the head and the page that nginx itself writes; `page` where its page words the status otherwise."""
    lines = "".join(f"{field}\n" for field in fields)
    head = _NGINX.format(status=status, fields=lines, connection="keep-alive")
    return head, _NGINX_PAGE.format(status=page or status)


def _plain(status: str, *fields: str) -> str:
    return _PLAIN.format(status=status, fields="".join(f"{field}\n" for field in fields))


async def _empty_reply(peer: Peer) -> None:
    await peer.read_request()


async def _reset(peer: Peer) -> None:
    await peer.read_request()
    # On a busy machine the way there may take long, too; what comes back as quickly was never read.
    await peer.pause(0.3, at_least_s=0.3)
    peer.reset()


async def _hang(peer: Peer) -> None:
    await peer.read_request()
    await peer.read_to_end()


async def _partial_response(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(b"HTTP/1.1 101 Switching Proto")


async def _malformed(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(b"HTTP/1.1 2OO OK\r\nContent-Length: 2\r\n\r\nok")


SCENARIOS = (
    _http(
        "http-answer-malformed",
        "The status line is none",
        _malformed,
    ),
    _http(
        "http-redirect",
        "http is redirected to https",
        answering(*_nginx("301 Moved Permanently", "Location: https://chat.lab.test/socket")),
        approach=Approach(host="chat.lab.test", path="/socket"),
    ),
    _http(
        "http-redirect-slash",
        "The path is redirected to itself with a slash",
        answering(
            "HTTP/1.1 307 Temporary Redirect\ndate: {date}\nserver: uvicorn\ncontent-length: 0\n"
            "location: http://chat.lab.test/socket/\nconnection: close"
        ),
        cause="http-redirect",
        approach=Approach(host="chat.lab.test", path="/socket"),
    ),
    _http(
        "http-401",
        "nginx wants a password",
        answering(
            *_nginx(
                "401 Unauthorized",
                'WWW-Authenticate: Basic realm="Restricted"',
                page="401 Authorization Required",
            )
        ),
    ),
    _http(
        "http-401-json",
        "An API wants a token",
        answering(
            'HTTP/1.1 401 Unauthorized\nDate: {date}\nWWW-Authenticate: Bearer realm="api", error="invalid_token"\n'
            "Content-Type: application/json\nContent-Length: {length}\nConnection: close",
            '{"detail":"Not authenticated"}',
        ),
        cause="http-401",
    ),
    _http("http-403", "nginx forbids the path", answering(*_nginx("403 Forbidden"))),
    _http(
        "origin-rejected",
        "The server refuses the page's Origin",
        answering(_plain("403 Forbidden"), "Cross-origin connections are not allowed.\n"),
        approach=Approach(options={"origin": "https://app.example.com"}),
    ),
    _http("http-404", "nginx knows no such path", answering(*_nginx("404 Not Found"))),
    _http(
        "http-405",
        "The path exists for POST only",
        answering(_plain("405 Method Not Allowed", "Allow: POST, OPTIONS"), "Method Not Allowed\n"),
    ),
    _http(
        "http-426",
        "An upgrade is required, and the server does not say to what",
        answering(
            _plain("426 Upgrade Required", "Upgrade: TLS/1.2, HTTP/1.1"), "Please upgrade your connection.\n"
        ),
    ),
    _http(
        "upgrade-stripped",
        "A proxy that leaves no mark drops Upgrade, and node's ws says 426",
        behind("content-length: {length}\ncontent-type: text/plain\ndate: {date}"),
    ),
    _http(
        "upgrade-stripped-handler",
        "A route of one's own got no Upgrade, and says so",
        answering(_plain("426 Upgrade Required", "Upgrade: websocket"), "Expected a WebSocket client.\n"),
        cause="upgrade-stripped",
    ),
    _http(
        "http-200-not-websocket",
        "A static host answers with its single-page app",
        answering(
            "HTTP/1.1 200 OK\nServer: nginx/1.22.1\nDate: {date}\nContent-Type: text/html\nContent-Length: {length}\n"
            'Last-Modified: Mon, 02 Nov 2026 10:00:00 GMT\nConnection: keep-alive\nETag: "6728a1c0-1a4"\n'
            "Accept-Ranges: bytes",
            _SPA,
        ),
    ),
    _http(
        "http-200-not-websocket-json",
        "A route that answers JSON",
        answering(
            "HTTP/1.1 200 OK\nDate: {date}\nContent-Type: application/json\nContent-Length: {length}\nConnection: keep-alive",
            '{"status":"ok"}',
        ),
        cause="http-200-not-websocket",
    ),
    _http(
        "http-429",
        "Too many requests",
        answering(
            "HTTP/1.1 429 Too Many Requests\ncontent-length: {length}\ncache-control: no-cache\n"
            "content-type: text/html\nretry-after: 30\nconnection: close",
            "<html><body><h1>429 Too Many Requests</h1>\n"
            "You have sent too many requests in a given amount of time.\n</body></html>\n",
        ),
    ),
    _http(
        "http-headers-too-large",
        "nginx finds the request's fields too large",
        answering(
            _NGINX.format(status="400 Bad Request", fields="", connection="close"),
            "<html>\r\n<head><title>400 Request Header Or Cookie Too Large</title></head>\r\n<body>\r\n"
            "<center><h1>400 Bad Request</h1></center>\r\n<center>Request Header Or Cookie Too Large</center>\r\n"
            "<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n",
        ),
        approach=Approach(options={"cookies": (f"session={'a' * 9000}",)}),
    ),
    _http(
        "http-headers-too-large-node",
        "node finds the request's fields too large (431)",
        answering("HTTP/1.1 431 Request Header Fields Too Large\nConnection: close"),
        cause="http-headers-too-large",
        approach=Approach(options={"cookies": (f"session={'a' * 17000}",)}),
    ),
    _http(
        "http-500",
        "The server's code failed",
        answering(
            "HTTP/1.1 500 Internal Server Error\nDate: {date}\nContent-Type: application/json\nContent-Length: {length}\n"
            "Connection: close",
            '{"error":"internal"}',
        ),
    ),
    _http("http-502", "nginx could not talk to its backend", answering(*_nginx("502 Bad Gateway"))),
    _http(
        "http-503",
        "haproxy has no healthy backend",
        answering(
            _HAPROXY.format(status="503 Service Unavailable"),
            "<html><body><h1>503 Service Unavailable</h1>\n"
            "No server is available to handle this request.\n</body></html>\n",
        ),
    ),
    _http(
        "http-504",
        "nginx waited in vain for its backend",
        answering(*_nginx("504 Gateway Time-out"), after_s=0.5),
    ),
    _http(
        "http-504-haproxy",
        "haproxy waited in vain for its backend",
        answering(
            _HAPROXY.format(status="504 Gateway Time-out"),
            "<html><body><h1>504 Gateway Time-out</h1>\nThe server didn't respond in time.\n</body></html>\n",
            after_s=0.5,
        ),
        cause="http-504",
    ),
    _http("upgrade-empty-reply", "The server closes without a word", _empty_reply),
    _http("upgrade-rst", "The server resets while the answer is awaited", _reset),
    _http(
        "upgrade-hang",
        "The server reads the request and never answers",
        _hang,
        approach=Approach(timeouts_s={"upgrade_timeout_s": 2.0}),
        # Over TLS it is known that a process took the request; in plain TCP the kernel alone could have.
        tls=trusted(),
    ),
    _http("upgrade-partial-response", "The server dies within the status line", _partial_response),
    _http("http-400-generic", "nginx finds the request malformed", answering(*_nginx("400 Bad Request"))),
    _http(
        "http-400-generic-empty",
        "A 400 without a body",
        answering("HTTP/1.1 400 Bad Request\nContent-Length: 0\nConnection: close"),
        cause="http-400-generic",
    ),
    _http(
        "http-421-or-451-etc",
        "The request was sent to the wrong server (421)",
        answering(_plain("421 Misdirected Request"), "Misdirected Request\n"),
    ),
    _http(
        "http-421-or-451-etc-gone",
        "The endpoint is gone (410)",
        answering(_plain("410 Gone"), "Gone\n"),
        cause="http-421-or-451-etc",
    ),
)
