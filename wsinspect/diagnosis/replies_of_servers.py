"""What servers of Go, Rust, the JVM, .NET, PHP, Ruby and Elixir write when they refuse an upgrade."""

from __future__ import annotations

from wsinspect.diagnosis.products import Hop
from wsinspect.diagnosis.replies import row

_SERVER, _LIBRARY = Hop.SERVER, Hop.FRAMEWORK
_GO = {"X-Content-Type-Options": r"^nosniff$"}

GO = (
    row(
        "gorilla-forbidden",
        "Go's gorilla/websocket",
        _LIBRARY,
        403,
        whole="Forbidden",
        fields={"Sec-WebSocket-Version": "^13$", **_GO},
    ),
    row(
        "gorilla-handshake",
        "Go's gorilla/websocket",
        _LIBRARY,
        *(400, 405, 426, 500),
        whole="Bad Request|Method Not Allowed|Upgrade Required|Internal Server Error",
        fields={"Sec-WebSocket-Version": "^13$", **_GO},
    ),
    row(
        "coder-origin",
        "Go's coder/websocket",
        _LIBRARY,
        403,
        body=r'request Origin "[^"\n]*" is not authorized for Host "[^"\n]*"',
    ),
    row(
        "coder-violation",
        "Go's coder/websocket",
        _LIBRARY,
        *(400, 405, 426),
        body=r"WebSocket protocol violation: [^\n]*|handshake request must be at least HTTP/1\.1: [^\n]*",
    ),
    row(
        "gobwas",
        "Go's gobwas/ws",
        _LIBRARY,
        *(400, 403, 405, 426, 505),
        body=r'handshake error: bad "[^"]*" header[^\n]*|handshake error: bad HTTP (?:protocol version|request method)[^\n]*'
        r"|bad HTTP protocol version",
    ),
    row(
        "fiber-426",
        "Go's Fiber",
        _LIBRARY,
        426,
        whole="Upgrade Required",
        fields={"Content-Type": "text/plain"},
        vague=True,
    ),
    row("go-404", "a Go server", _SERVER, 404, whole="404 page not found", fields=_GO, vague=True),
    row(
        "livekit-401",
        "LiveKit",
        _LIBRARY,
        401,
        whole=r"invalid (?:authorization )?token[^\n]*|no permissions to access the room",
        vague=True,
    ),
)

RUST = (
    row(
        "axum",
        "axum",
        _LIBRARY,
        *(400, 405, 426),
        body=r"Connection header did not include 'upgrade'|`Upgrade` header did not include 'websocket'"
        r"|`Sec-WebSocket-(?:Key|Version)` header (?:missing|did not include '13')"
        r"|Request method must be `(?:GET|CONNECT)`"
        r"|WebSocket request couldn't be upgraded since no upgrade state was present",
    ),
    row(
        "actix",
        "Rust's actix",
        _LIBRARY,
        400,
        reason="No WebSocket Upgrade header found|No Connection upgrade",
    ),
    row(
        "actix-other",
        "Rust's actix",
        _LIBRARY,
        *(400, 405),
        reason="Handshake error|Websocket version header is required|Unsupported WebSocket version|Unknown WebSocket key",
        vague=True,
    ),
    row(
        "warp",
        "Rust's warp",
        _LIBRARY,
        400,
        whole=r'Missing request header "(?:connection|upgrade|sec-websocket-\w+)"',
    ),
)

JVM = (
    row(
        "spring-no-upgrade",
        "Spring",
        _LIBRARY,
        400,
        whole=r'Can "Upgrade" only to "WebSocket"\.|"Connection" must be "upgrade"\.',
        lacks="Server",
        vague=True,
    ),
    row(
        "vertx-no-upgrade",
        "Vert.x",
        _LIBRARY,
        400,
        whole=r'"Connection" header must be "Upgrade"\.',
    ),
    row("sockjs-welcome", "SockJS", _LIBRARY, 200, 404, whole=r"Welcome to SockJS!"),
    row(
        "tomcat-page",
        "Tomcat",
        _SERVER,
        400,
        403,
        404,
        500,
        503,
        body=r"<h3>Apache Tomcat(?:/[\w.\-]+)?</h3>",
    ),
    row("jetty", "Jetty", _SERVER, 400, 403, 404, 426, 500, 503, body=r"Powered by Jetty://[^<\n]*"),
    row(
        "jetty-server",
        "Jetty",
        _SERVER,
        400,
        403,
        404,
        426,
        500,
        503,
        fields={"Server": r"^Jetty\("},
        vague=True,
    ),
    row(
        "undertow-503",
        "Undertow",
        _SERVER,
        404,
        503,
        fields={"Server": r"WildFly|Undertow|JBoss"},
        vague=True,
    ),
    row(
        "netty",
        "Netty",
        _LIBRARY,
        *(400, 403, 426),
        body=r"not a WebSocket handshake request: missing [^\n]*",
    ),
    row("akka", "Akka or Pekko HTTP", _LIBRARY, 400, whole="Expected WebSocket Upgrade request"),
    row("whitelabel", "Spring Boot", _LIBRARY, 400, 403, 404, 500, body=r"Whitelabel Error Page"),
)

DOTNET = (
    row("kestrel-empty", "Kestrel", _SERVER, 400, 404, empty=True, fields={"Server": "^Kestrel"}),
    row("signalr-no-connection", "SignalR", _LIBRARY, 404, whole="No Connection with that ID"),
    row("signalr-id-required", "SignalR", _LIBRARY, 400, whole="Connection ID required"),
    row(
        "iis",
        "IIS",
        _SERVER,
        *(200, 400, 404, 405, 426, 500, 501, 502, 503),
        fields={"Server": r"^Microsoft-IIS/[\d.]+"},
        vague=True,
    ),
)

OTHERS = (
    row(
        "cowboy-426",
        "Cowboy",
        _SERVER,
        426,
        empty=True,
        fields={"Upgrade": "^websocket$", "Connection": "upgrade"},
        vague=True,
    ),
    row("cowboy", "Cowboy", _SERVER, 400, 403, 404, 426, 501, fields={"Server": "^Cowboy$"}),
    row(
        "phoenix",
        "Phoenix",
        _LIBRARY,
        *(400, 403, 404, 500),
        body=r"The client's requested transport version[^\n]*|Phoenix\.Router\.NoRouteError|no route found for GET",
    ),
    row(
        "plug-403",
        "Phoenix",
        _LIBRARY,
        400,
        403,
        empty=True,
        fields={"cache-control": "^max-age=0, private, must-revalidate$"},
        vague=True,
    ),
    row("actioncable-404", "Rails' Action Cable", _LIBRARY, 404, whole="Page not found", vague=True),
    row(
        "ratchet",
        "Ratchet (PHP)",
        _LIBRARY,
        *(400, 403, 405, 426, 505),
        reason="Upgrade header MUST be provided|Connection Upgrade MUST be requested|Invalid Sec-WebSocket-Key"
        "|No Sec-WebSocket-Protocols requested supported|Sec-WebSocket-Version must be 13",
    ),
    row(
        "ratchet-powered", "Ratchet (PHP)", _LIBRARY, 400, 403, 404, 426, fields={"X-Powered-By": "^Ratchet"}
    ),
    row("swoole", "Swoole (PHP)", _SERVER, 400, 403, 404, 500, fields={"Server": r"^(?:open)?swoole"}),
    row(
        "workerman",
        "Workerman (PHP)",
        _SERVER,
        400,
        body=r"<b>400 Bad Request</b><br>(?:Upgrade|Sec-WebSocket-Key|Invalid handshake)[^<]*|^Upgrade required$",
    ),
    row(
        "laravel-page",
        "Laravel",
        _LIBRARY,
        *(404, 405, 419),
        body=r"<title>(?:Not Found|Page Expired|Method Not Allowed)</title>[\s\S]*(?:tailwind|antialiased)"
        r'|"message":\s?"The route [^"]* could not be found\."',
    ),
    row(
        "appsync",
        "AWS AppSync",
        Hop.EDGE,
        *(400, 401, 403),
        body=r'"errorType"\s*:\s*"(?:UnauthorizedException|BadRequestException|UnsupportedOperation)"',
    ),
)

SERVERS = (*GO, *RUST, *JVM, *DOTNET, *OTHERS)
