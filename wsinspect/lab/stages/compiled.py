"""Servers of Go, Rust, the JVM and .NET, in the words that their source writes."""

from __future__ import annotations

from functools import partial

from wsinspect.lab import frames
from wsinspect.lab.servers import Story
from wsinspect.lab.storied import Approach, answering, storied
from wsinspect.lab.telling import Act, opening

_framework = partial(storied, "framework")

_FROM_PAGE = Approach(path="/ws", options={"origin": "https://app.example.com"})
_AT_WS = Approach(path="/ws")
_TOMCAT_404 = (
    '<!doctype html><html lang="en"><head><title>HTTP Status 404 – Not Found</title></head><body>'
    '<h1>HTTP Status 404 – Not Found</h1><hr class="line" /><p><b>Type</b> Status Report</p>'
    "<p><b>Description</b> The origin server did not find a current representation for the target resource or is not"
    ' willing to disclose that one exists.</p><hr class="line" /><h3>Apache Tomcat/10.1.19</h3></body></html>'
)
_SIGNALR_PATIENCE_S = 15.0
_JETTY_IDLE_S = 3.0


def _go(status: str, body: str, *fields: str) -> Story:
    """How Go's http.Error writes: canonical names in the order of the alphabet."""
    lines = "".join(f"{field}\n" for field in fields)
    head = (
        f"HTTP/1.1 {status}\nContent-Type: text/plain; charset=utf-8\n{lines}X-Content-Type-Options: nosniff\n"
        "Date: {date}\nContent-Length: {length}"
    )
    return answering(head, body)


def _hyper(status: str, body: str) -> Story:
    """How hyper writes for axum and warp: all names in lower case."""
    head = f"HTTP/1.1 {status}\ncontent-type: text/plain; charset=utf-8\ncontent-length: {{length}}\ndate: {{date}}"
    return answering(head, body)


def _plain(status: str, body: str, *fields: str) -> Story:
    head = "\n".join((f"HTTP/1.1 {status}", *fields, "Content-Type: text/plain", "Content-Length: {length}"))
    return answering(head, body)


def _kestrel(status: str, body: str = "", *fields: str) -> Story:
    head = "\n".join(
        (f"HTTP/1.1 {status}", "Content-Length: {length}", *fields, "Date: {date}", "Server: Kestrel")
    )
    return answering(head, body)


_KESTREL_101 = """
HTTP/1.1 101 Switching Protocols
Connection: Upgrade
Date: {date}
Server: Kestrel
Upgrade: websocket
Sec-WebSocket-Accept: {accept}
"""

GO = (
    _framework(
        "gorilla-origin",
        "Go's gorilla refuses the page's Origin",
        _go("403 Forbidden", "Forbidden\n", "Sec-Websocket-Version: 13"),
        approach=_FROM_PAGE,
    ),
    _framework(
        "gorilla-bad-handshake",
        "Go's gorilla: a middleware wraps the ResponseWriter, so the connection can't be taken over",
        _go("500 Internal Server Error", "Internal Server Error\n", "Sec-Websocket-Version: 13"),
        approach=_AT_WS,
    ),
    _framework(
        "coder-websocket-origin",
        "Go's coder/websocket refuses the page's Origin",
        _go(
            "403 Forbidden",
            'request Origin "https://app.example.com" is not authorized for Host "127.0.0.1"\n',
        ),
        approach=_FROM_PAGE,
    ),
    _framework(
        "gobwas",
        "Go's gobwas/ws misses the Upgrade field",
        _plain("400 Bad Request", 'handshake error: bad "Upgrade" header'),
        approach=_AT_WS,
    ),
    _framework(
        "fiber",
        "Go's Fiber: the guard of the route saw no upgrade",
        answering(
            "HTTP/1.1 426 Upgrade Required\nDate: {date}\nContent-Type: text/plain; charset=utf-8\nContent-Length: {length}",
            "Upgrade Required",
        ),
        likelier="upgrade-stripped",
        approach=_AT_WS,
    ),
)

RUST = (
    _framework(
        "axum",
        "axum saw no upgrade in Connection",
        _hyper("400 Bad Request", "Connection header did not include 'upgrade'"),
        approach=_AT_WS,
    ),
    _framework(
        "actix",
        "actix says in its status line that Upgrade is missing",
        answering("HTTP/1.1 400 No WebSocket Upgrade header found\ncontent-length: 0\ndate: {date}"),
        approach=_AT_WS,
    ),
    _framework(
        "warp",
        "warp misses the Connection field",
        _hyper("400 Bad Request", 'Missing request header "connection"'),
        approach=_AT_WS,
    ),
)

JVM = (
    _framework(
        "spring-upgrade-stripped",
        "Spring saw no Upgrade in the request",
        answering(
            "HTTP/1.1 400 \nContent-Length: {length}\nDate: {date}\nConnection: close",
            'Can "Upgrade" only to "WebSocket".',
        ),
        approach=_AT_WS,
    ),
    _framework(
        "spring-origin-403",
        "Spring refuses the page's Origin",
        answering(
            "HTTP/1.1 403 \nVary: Origin\nVary: Access-Control-Request-Method\nVary: Access-Control-Request-Headers\n"
            "Content-Length: 0\nDate: {date}"
        ),
        approach=_FROM_PAGE,
    ),
    _framework(
        "sockjs-path",
        "A SockJS endpoint says welcome in place of upgrading",
        answering(
            "HTTP/1.1 200 \nContent-Type: text/plain;charset=UTF-8\nContent-Length: {length}\nDate: {date}",
            "Welcome to SockJS!\n",
        ),
        approach=Approach(path="/stomp"),
    ),
    _framework(
        "tomcat-jsr356",
        "Tomcat has no endpoint at this path",
        answering(
            "HTTP/1.1 404 \nContent-Type: text/html;charset=utf-8\nContent-Language: en\nContent-Length: {length}\n"
            "Date: {date}",
            _TOMCAT_404,
        ),
        approach=Approach(path="/endpoint"),
    ),
    _framework(
        "tomcat-jsr356-message-size",
        "Tomcat's buffer of 8192 bytes is smaller than our message",
        opening(
            Act.HEAR,
            frames.close(
                1009,
                "The decoded text message was too big for the output buffer and the endpoint does not support part",
            ),
        ),
        cause="tomcat-jsr356",
        approach=Approach(send=("x" * 9000,)),
    ),
    _framework(
        "jetty",
        "Jetty closes an idle connection, and says so",
        opening(
            frames.text('{"type":"welcome"}'), _JETTY_IDLE_S, frames.close(1001, "Connection Idle Timeout")
        ),
        approach=Approach(hold_s=8.0),
    ),
    _framework(
        "jetty-404",
        "Jetty maps no WebSocket to this path",
        answering(
            "HTTP/1.1 404 Not Found\nServer: Jetty(11.0.15)\nDate: {date}\nCache-Control: must-revalidate,no-cache,no-store\n"
            "Content-Type: text/html;charset=iso-8859-1\nContent-Length: {length}",
            "<html>\n<head>\n<title>Error 404 Not Found</title>\n</head>\n<body><h2>HTTP ERROR 404 Not Found</h2>\n"
            '<table>\n<tr><th>URI:</th><td>/ws</td></tr>\n</table>\n<hr/><a href="https://eclipse.org/jetty">Powered by'
            " Jetty:// 11.0.15</a><hr/>\n\n</body>\n</html>\n",
        ),
        cause="jetty",
        approach=_AT_WS,
    ),
    _framework(
        "undertow",
        "Undertow's WebSocket container is closed while a deployment runs",
        answering(
            "HTTP/1.1 503 Service Unavailable\nConnection: keep-alive\nServer: WildFly/26\nContent-Length: 0\nDate: {date}"
        ),
        approach=Approach(path="/app/endpoint"),
    ),
    _framework(
        "netty",
        "Netty's handshaker misses the Upgrade field",
        _plain("400 Bad Request", "not a WebSocket handshake request: missing upgrade"),
        approach=_AT_WS,
    ),
    _framework(
        "vertx",
        "Vert.x got another Connection field than ours",
        _plain("400 Bad Request", '"Connection" header must be "Upgrade".'),
        approach=_AT_WS,
    ),
    _framework(
        "akka-http",
        "A WebSocket route of Pekko HTTP got a plain request",
        answering(
            "HTTP/1.1 400 Bad Request\nServer: pekko-http/1.0.1\nDate: {date}\nContent-Type: text/plain; charset=UTF-8\n"
            "Content-Length: {length}",
            "Expected WebSocket Upgrade request",
        ),
        approach=_AT_WS,
    ),
)

DOTNET = (
    _framework(
        "aspnetcore-400",
        "UseWebSockets() is missing: Kestrel's empty 400",
        _kestrel("400 Bad Request"),
        approach=_AT_WS,
    ),
    _framework(
        "aspnetcore-400-signalr",
        "SignalR: negotiate was answered by another node",
        _kestrel("404 Not Found", "No Connection with that ID", "Content-Type: text/plain"),
        cause="aspnetcore-400",
        approach=Approach(path="/hub?id=dGhlIG90aGVyIG5vZGU"),
    ),
    _framework(
        "signalr-handshake-missing",
        "SignalR waits for the client's handshake message, and then closes",
        opening(_SIGNALR_PATIENCE_S, frames.close(1000), head=_KESTREL_101),
        takes_s=_SIGNALR_PATIENCE_S,
        approach=Approach(path="/hub", hold_s=25.0),
    ),
    _framework(
        "iis-websocket-missing",
        "IIS without its WebSocket feature serves a page",
        answering(
            "HTTP/1.1 200 OK\nContent-Type: text/html; charset=utf-8\nServer: Microsoft-IIS/10.0\nX-Powered-By: ASP.NET\n"
            "Date: {date}\nContent-Length: {length}",
            "<!DOCTYPE html>\r\n<html><head><title>Chat</title></head><body>Chat</body></html>\r\n",
        ),
        approach=Approach(path="/chat"),
    ),
)

SCENARIOS = (*GO, *RUST, *JVM, *DOTNET)
