"""Refusals of servers of Go, Rust, the JVM, .NET, Elixir, Ruby and PHP, in the words that their source writes."""

from __future__ import annotations

import pytest

from tests.diagnosis.refusals import DATE, NGINX, Refusal, refusal, still_told
from tests.diagnosis.story import close, fin, idle, opened, text
from tests.diagnosis.table import Row, beside, check, fires, silent
from wsinspect.diagnosis.cause import Certainty

CERTAIN, LIKELY, POSSIBLE = Certainty.CERTAIN, Certainty.LIKELY, Certainty.POSSIBLE
GORILLA = f"Content-Type: text/plain; charset=utf-8\nSec-Websocket-Version: 13\nX-Content-Type-Options: nosniff\n{DATE}\nContent-Length: {{length}}"
GO = f"Content-Type: text/plain; charset=utf-8\nX-Content-Type-Options: nosniff\n{DATE}\nContent-Length: {{length}}"
TEXT = "Content-Type: text/plain\nContent-Length: {length}"
SPRING_VARY = (
    f"Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\nContent-Length: 0\n{DATE}"
)
KESTREL = f"Content-Length: 0\n{DATE}\nServer: Kestrel"
IIS = f"Content-Type: text/html\nServer: Microsoft-IIS/10.0\n{DATE}\nContent-Length: {{length}}"
PLUG = (
    f"cache-control: max-age=0, private, must-revalidate\ncontent-length: 0\n{DATE.lower()}\nserver: Cowboy"
)
JETTY_PAGE = '<html><body><h2>HTTP ERROR 404 Not Found</h2><hr/><a href="https://eclipse.org/jetty">Powered by Jetty:// 11.0.15</a></body></html>'
TOMCAT_PAGE = "<!doctype html><html><body><h1>HTTP Status 404 – Not Found</h1><h3>Apache Tomcat/10.1.19</h3></body></html>"
LARAVEL = '<!DOCTYPE html><html><head><title>Not Found</title><style>/* tailwind */</style></head><body class="antialiased">404</body></html>'
APP = "ws://app.example/app/mykey?protocol=7&client=js&version=8.4.0"

REFUSALS: tuple[Refusal, ...] = (
    refusal(
        "gorilla-origin", LIKELY, f"403 Forbidden\n{GORILLA}", "Forbidden\n", origin="https://evil.example"
    ),
    refusal("gorilla-origin", None, f"403 Forbidden\n{GO}", "Forbidden\n"),
    refusal("gorilla-bad-handshake", LIKELY, f"400 Bad Request\n{GORILLA}", "Bad Request\n"),
    refusal(
        "gorilla-bad-handshake", LIKELY, f"500 Internal Server Error\n{GORILLA}", "Internal Server Error\n"
    ),
    refusal("gorilla-bad-handshake", None, f"400 Bad Request\n{GO}", "Bad Request\n"),
    refusal(
        "coder-websocket-origin",
        CERTAIN,
        f"403 Forbidden\n{GO}",
        'request Origin "https://a" is not authorized for Host "b"\n',
        origin="https://a",
    ),
    refusal(
        "coder-websocket-origin",
        CERTAIN,
        f"426 Upgrade Required\nConnection: Upgrade\nUpgrade: websocket\n{GO}",
        'WebSocket protocol violation: Connection header "" does not contain Upgrade\n',
    ),
    refusal(
        "coder-websocket-origin",
        None,
        f"426 Upgrade Required\n{GO}",
        'WebSocket protocol violation: handshake request must be at least HTTP/1.1: "HTTP/1.0"\n',
    ),
    refusal("gobwas", LIKELY, f"400 Bad Request\n{TEXT}", 'handshake error: bad "Upgrade" header'),
    refusal("gobwas", None, f"400 Bad Request\n{TEXT}", "handshake error: bad luck"),
    refusal(
        "axum",
        CERTAIN,
        f"400 Bad Request\ncontent-type: text/plain; charset=utf-8\n{DATE}",
        "Connection header did not include 'upgrade'",
    ),
    refusal(
        "axum",
        LIKELY,
        f"405 Method Not Allowed\ncontent-type: text/plain; charset=utf-8\n{DATE}",
        "Request method must be `GET`",
    ),
    refusal("axum", None, f"400 Bad Request\n{DATE}", "Connection refused by the database"),
    refusal("actix", CERTAIN, f"400 No WebSocket Upgrade header found\ncontent-length: 0\n{DATE}"),
    refusal("actix", None, f"400 Bad Request\ncontent-length: 0\n{DATE}"),
    refusal(
        "warp",
        LIKELY,
        f"400 Bad Request\ncontent-type: text/plain; charset=utf-8\n{DATE}",
        'Missing request header "connection"',
    ),
    refusal("warp", None, f"400 Bad Request\n{DATE}", 'Missing request header "authorization"'),
    refusal(
        "spring-upgrade-stripped",
        LIKELY,
        f"400 \n{DATE}\nContent-Length: {{length}}",
        'Can "Upgrade" only to "WebSocket".',
    ),
    refusal(
        "spring-upgrade-stripped",
        None,
        f"400 \nServer: TornadoServer/6.1\n{DATE}",
        'Can "Upgrade" only to "WebSocket".',
    ),
    refusal("spring-origin-403", LIKELY, f"403 \n{SPRING_VARY}", origin="https://evil.example"),
    refusal(
        "spring-origin-403", LIKELY, f"403 \n{DATE}", "Invalid CORS request", origin="https://evil.example"
    ),
    refusal("spring-origin-403", None, f"403 \nVary: Accept-Encoding\n{DATE}", origin="https://evil.example"),
    refusal(
        "sockjs-path",
        CERTAIN,
        f"200 OK\nContent-Type: text/plain;charset=UTF-8\n{DATE}",
        "Welcome to SockJS!\n",
    ),
    refusal("sockjs-path", None, f"200 OK\nContent-Type: text/plain\n{DATE}", "Welcome to SockJS and more"),
    refusal(
        "tomcat-jsr356", LIKELY, f"404 Not Found\nContent-Type: text/html;charset=utf-8\n{DATE}", TOMCAT_PAGE
    ),
    refusal("tomcat-jsr356", None, f"404 Not Found\nContent-Type: text/html\n{DATE}", "<h3>Apache</h3>"),
    refusal(
        "jetty", LIKELY, f"404 Not Found\nContent-Type: text/html\nServer: Jetty(11.0.15)\n{DATE}", JETTY_PAGE
    ),
    refusal("jetty", None, f"404 Not Found\nContent-Type: text/html\n{DATE}", "<h2>HTTP ERROR 404</h2>"),
    refusal("undertow", LIKELY, f"503 Service Unavailable\nServer: WildFly/26\n{DATE}\nContent-Length: 0"),
    refusal("undertow", None, f"500 Internal Server Error\nServer: WildFly/26\n{DATE}"),
    refusal(
        "netty", LIKELY, f"400 Bad Request\n{TEXT}", "not a WebSocket handshake request: missing upgrade"
    ),
    refusal("netty", None, f"400 Bad Request\n{TEXT}", "not a WebSocket"),
    refusal("vertx", LIKELY, f"400 Bad Request\n{TEXT}", '"Connection" header must be "Upgrade".'),
    refusal("vertx", None, f"400 Bad Request\n{TEXT}", 'Can "Upgrade" only to "WebSocket".'),
    refusal(
        "akka-http",
        LIKELY,
        f"400 Bad Request\nServer: akka-http/10.2.10\n{DATE}\n{TEXT}",
        "Expected WebSocket Upgrade request",
    ),
    refusal(
        "akka-http", None, f"400 Bad Request\nServer: akka-http/10.2.10\n{DATE}", "Expected something else"
    ),
    refusal("aspnetcore-400", LIKELY, f"400 Bad Request\n{KESTREL}"),
    refusal(
        "aspnetcore-400",
        LIKELY,
        f"404 Not Found\nContent-Type: text/plain\n{DATE}\nServer: Kestrel",
        "No Connection with that ID",
        url="ws://app.example/hub?id=abc",
    ),
    refusal(
        "aspnetcore-400",
        LIKELY,
        f"400 Bad Request\n{NGINX}\n{TEXT}",
        "Connection ID required",
        url="ws://app.example/hub",
    ),
    refusal("aspnetcore-400", None, f"400 Bad Request\n{DATE}\nServer: Kestrel", "no token"),
    refusal("iis-websocket-missing", LIKELY, f"200 OK\n{IIS}", "<html>hello</html>"),
    refusal("iis-websocket-missing", LIKELY, f"426 Upgrade Required\n{IIS}", "Upgrade Required"),
    refusal("iis-websocket-missing", None, f"401 Unauthorized\n{IIS}", "<html>login</html>"),
    refusal("cowboy-phoenix", LIKELY, f"403 Forbidden\n{PLUG}", origin="https://evil.example"),
    refusal(
        "cowboy-phoenix",
        LIKELY,
        "426 Upgrade Required\nconnection: upgrade\nupgrade: websocket\ncontent-length: 0",
    ),
    refusal("cowboy-phoenix", None, f"403 Forbidden\ncontent-length: 0\n{DATE}"),
    refusal(
        "actioncable-origin-404",
        LIKELY,
        f"404 Not Found\nContent-Type: text/plain\n{DATE}",
        "Page not found",
        url="ws://app.example/cable",
        origin="https://evil.example",
    ),
    refusal(
        "actioncable-origin-404", None, f"404 Not Found\nContent-Type: text/plain\n{DATE}", "Page not found"
    ),
    refusal(
        "ratchet-php",
        LIKELY,
        "426 Upgrade header MUST be provided\nConnection: close\nSec-WebSocket-Version: 13\nX-Powered-By: Ratchet/0.4.4",
    ),
    refusal("ratchet-php", None, "426 Upgrade Required\nX-Powered-By: Ratchet/0.4.4"),
    refusal(
        "laravel-reverb",
        LIKELY,
        f"404 Not Found\n{NGINX}\nContent-Type: text/html; charset=utf-8",
        LARAVEL,
        url=APP,
    ),
    refusal(
        "laravel-reverb", None, f"404 Not Found\n{NGINX}\nContent-Type: text/html; charset=utf-8", LARAVEL
    ),
)

UNAUTHORIZED = '{"type":"disconnect","reason":"unauthorized","reconnect":false}'
POSSIBLE_REFUSALS = (
    ("fiber", "426 Upgrade Required\nContent-Type: text/plain; charset=utf-8", "Upgrade Required"),
    ("swoole", f"400 Bad Request\nServer: swoole-http-server\n{DATE}", "<h1>400</h1>"),
    ("workerman", "400 Bad Request", "<b>400 Bad Request</b><br>Upgrade header missing"),
    ("cowboy-phoenix", f"404 Not Found\nserver: Cowboy\n{DATE}\ncontent-length: 0", ""),
)
ROWS: tuple[Row, ...] = (
    *(told.row() for told in REFUSALS),
    *(
        beside(cause, POSSIBLE, refusal(cause, POSSIBLE, head, body).story())
        for cause, head, body in POSSIBLE_REFUSALS
    ),
    silent(
        "fiber",
        refusal("fiber", None, "426 Upgrade Required\nContent-Type: text/plain", "Upgrade Required").story(),
    ),
    silent("swoole", refusal("swoole", None, f"400 Bad Request\nServer: x\n{DATE}").story()),
    silent("workerman", refusal("workerman", None, "400 Bad Request", "<b>400 Bad Request</b>").story()),
    fires(
        "jetty", LIKELY, opened() + text("hi") + idle(s=30) + close(1001, "Connection Idle Timeout") + fin()
    ),
    fires(
        "tomcat-jsr356",
        LIKELY,
        opened()
        + text("hi")
        + close(1009, "The decoded text message was too big for the output buffer and the endpoint does not")
        + fin(),
    ),
    fires(
        "actioncable-disconnect",
        CERTAIN,
        opened("ws://app.example/cable") + text(UNAUTHORIZED) + close(1000) + fin(),
    ),
    fires("actioncable-disconnect", LIKELY, opened() + text(UNAUTHORIZED) + close(1000) + fin()),
    silent("actioncable-disconnect", opened() + text('{"type":"welcome"}') + close(1000) + fin()),
    fires(
        "laravel-reverb",
        CERTAIN,
        opened(APP)
        + text('{"event":"pusher:error","data":{"code":4001,"message":"Application does not exist"}}')
        + close(1000)
        + fin(),
    ),
    beside(
        "signalr-handshake-missing",
        POSSIBLE,
        opened("ws://app.example/hub", answer=("Server: Kestrel",)) + idle(s=15.1) + close(1000) + fin(),
    ),
    silent("signalr-handshake-missing", opened("ws://app.example/hub") + idle(s=15.1) + close(1000) + fin()),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_story(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(
    "told",
    [told for told in REFUSALS if told.certainty is not None],
    ids=lambda told: told.cause,
)
def test_another_hop_in_front_changes_nothing(told: Refusal) -> None:
    still_told(told)


def test_signalr_without_a_known_id_is_asked_to_negotiate() -> None:
    answer = (
        refusal(
            "",
            None,
            f"404 Not Found\n{DATE}",
            "No Connection with that ID",
            url="wss://app.example/hub?id=abc",
        )
        .story()
        .diagnose()
        .answer
    )
    assert answer is not None
    assert "'https://app.example/hub/negotiate?negotiateVersion=1'" in answer.next_test
