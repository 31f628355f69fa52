"""Section 6 of the catalogue: HTTP answers to the upgrade, and none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.diagnosis.story import (
    Story,
    again,
    answered,
    asked,
    fin,
    happened,
    idle,
    raw_answer,
    reached,
    reset,
    switched,
    timed_out,
    we_abort,
)
from tests.diagnosis.table import Row, check, fires, silent
from wsinspect.diagnosis.cause import Certainty, Side
from wsinspect.events import LocalEnd, LocallyEnded

CERTAIN, LIKELY, POSSIBLE = Certainty.CERTAIN, Certainty.LIKELY, Certainty.POSSIBLE
NGINX = "Server: nginx/1.22.1\nDate: Mon, 23 Nov 2026 10:00:00 GMT\nContent-Type: text/html\nContent-Length: {length}"
NGINX_PAGE = "<html>\r\n<body>\r\n<center><h1>%s</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n"
GORILLA = (
    "Content-Type: text/plain; charset=utf-8\nSec-Websocket-Version: 13\nX-Content-Type-Options: nosniff"
)
WS = "Connection: close\nContent-Type: text/html\nContent-Length: {length}"


def refused(status: str, fields: str = "Content-Length: {length}", body: str = "", **options: Any) -> Story:
    return (
        asked("ws://chat.example/socket", **options) + answered(f"HTTP/1.1 {status}\n{fields}", body) + fin()
    )


def nginx(status: str, *fields: str) -> Story:
    return refused(status, "\n".join((NGINX, *fields)), NGINX_PAGE % status)


STRIPPED_426 = refused(
    "426 Upgrade Required", f"{NGINX}".replace("text/html", "text/plain"), "Upgrade Required"
)

ROWS = (
    fires("http-redirect", CERTAIN, nginx("301 Moved Permanently", "Location: https://chat.example/socket")),
    fires(
        "http-redirect", CERTAIN, refused("307 Temporary Redirect", "location: http://chat.example/socket/")
    ),
    silent("http-redirect", refused("304 Not Modified", "ETag: x")),
    fires("http-401", CERTAIN, nginx("401 Unauthorized", 'WWW-Authenticate: Basic realm="Restricted"')),
    silent("http-401", nginx("403 Forbidden")),
    fires("http-403", CERTAIN, nginx("403 Forbidden")),
    silent("http-403", refused("403 Forbidden", GORILLA, "Forbidden\n", origin="https://evil.example")),
    fires(
        "gorilla-origin",
        LIKELY,
        refused("403 Forbidden", GORILLA, "Forbidden\n", origin="https://evil.example"),
    ),
    fires(
        "origin-rejected",
        CERTAIN,
        refused(
            "403 Forbidden",
            "Server: somebody/1.0",
            "Cross origin requests are not allowed here",
            origin="https://evil.example",
        ),
    ),
    fires(
        "origin-rejected",
        CERTAIN,
        asked(origin="https://good.example")
        + switched()
        + we_abort()
        + Story((again(origin="null"),))
        + reached()
        + answered("HTTP/1.1 404 Not Found\nContent-Length: {length}", "Page not found"),
    ),
    fires(
        "origin-rejected",
        CERTAIN,
        refused(
            "403 Forbidden",
            "Connection: close\nX-WebSocket-Reject-Reason: Origin not allowed",
            origin="https://evil.example",
        ),
    ),
    silent(
        "origin-rejected",
        refused(
            "403 Forbidden",
            "Connection: close\nX-WebSocket-Reject-Reason: Room is full",
            origin="https://evil.example",
        ),
    ),
    fires(
        "origin-rejected",
        CERTAIN,
        refused(
            "500 Internal Server Error",
            "X-Powered-By: Express",
            "<pre>Error: Not allowed by CORS<br> &nbsp; &nbsp;at origin",
            origin="https://evil.example",
        ),
    ),
    silent("origin-rejected", refused("403 Forbidden", GORILLA, "Forbidden\n")),
    silent("origin-rejected", refused("403 Forbidden", origin="https://evil.example")),
    fires("http-404", CERTAIN, nginx("404 Not Found")),
    silent("http-404", refused("410 Gone")),
    fires("http-405", CERTAIN, refused("405 Method Not Allowed", "Allow: POST", "Method Not Allowed")),
    silent("http-405", refused("404 Not Found")),
    fires(
        "http-426",
        CERTAIN,
        refused("426 Upgrade Required", "Upgrade: TLS/1.2, HTTP/1.1", "Please upgrade your connection."),
    ),
    silent("http-426", STRIPPED_426),
    fires("nginx-upgrade-headers-missing", CERTAIN, STRIPPED_426),
    fires(
        "upgrade-stripped",
        CERTAIN,
        refused("426 Upgrade Required", "Content-Type: text/plain", "Upgrade Required"),
    ),
    fires("upgrade-stripped", LIKELY, refused("426 Upgrade Required", "Upgrade: websocket", "use a client")),
    fires(
        "upgrade-stripped",
        LIKELY,
        refused("426 Upgrade Required", "X-Powered-By: Express\nContent-Type: text/html", "Upgrade Required"),
    ),
    fires(
        "nginx-upgrade-headers-missing",
        CERTAIN,
        refused("400 Bad Request", NGINX, 'Can "Upgrade" only to "WebSocket".'),
    ),
    fires(
        "nginx-upgrade-headers-missing",
        CERTAIN,
        refused("400 Bad Request", NGINX, '{"code":3,"message":"Bad request"}'),
    ),
    # Without a proxy in sight, a node server that lacks an upgrade listener says the same.
    fires("upgrade-stripped", LIKELY, refused("400 Bad Request", body='{"code":3,"message":"Bad request"}')),
    fires("actix", CERTAIN, refused("400 No WebSocket Upgrade header found")),
    fires(
        "nginx-upgrade-headers-missing",
        CERTAIN,
        refused("400 Bad Request", NGINX, "Connection header did not include 'upgrade'"),
    ),
    fires(
        "nginx-upgrade-headers-missing",
        CERTAIN,
        refused("400 Bad Request", NGINX, "No CONNECTION upgrade hdr: keep-alive"),
    ),
    fires(
        "websockets-lib-reject",
        CERTAIN,
        refused(
            "426 Upgrade Required",
            "Server: Python/3.11 websockets/15.0",
            "Failed to open a WebSocket connection: invalid Connection header: close.\n",
        ),
    ),
    fires("gorilla-bad-handshake", LIKELY, refused("400 Bad Request", GORILLA, "Bad Request\n")),
    # The client itself took the field away: no proxy is to blame.
    silent(
        "upgrade-stripped",
        refused("400 Bad Request", NGINX, 'Can "Upgrade" only to "WebSocket".', headers=(("Upgrade", ""),)),
    ),
    silent("upgrade-stripped", refused("404 Not Found", NGINX, "Upgrade Required")),
    silent("upgrade-stripped", refused("400 Bad Request", WS, "Bad Request")),
    fires(
        "http-200-not-websocket", CERTAIN, refused("200 OK", NGINX, '<!doctype html><div id="root"></div>')
    ),
    fires("http-200-not-websocket", CERTAIN, refused("200 OK", "Content-Type: application/json", "{}")),
    silent("http-200-not-websocket", asked() + switched()),
    fires("http-429", CERTAIN, refused("429 Too Many Requests", "Retry-After: 30")),
    silent("http-429", refused("503 Service Unavailable", "Retry-After: 30")),
    fires(
        "http-headers-too-large",
        CERTAIN,
        refused("400 Bad Request", NGINX, "<center>Request Header Or Cookie Too Large</center>"),
    ),
    fires("http-headers-too-large", CERTAIN, refused("431 Request Header Fields Too Large")),
    fires("http-headers-too-large", CERTAIN, refused("414 Request-URI Too Large")),
    silent("http-headers-too-large", refused("400 Bad Request", cookies=("a=" + "x" * 9000,))),
    fires("http-500", CERTAIN, refused("500 Internal Server Error", body="Internal Server Error")),
    silent("http-500", nginx("502 Bad Gateway")),
    fires("http-502", CERTAIN, nginx("502 Bad Gateway")),
    silent("http-502", nginx("504 Gateway Time-out")),
    fires("http-503", CERTAIN, refused("503 Service Unavailable", body="no healthy upstream")),
    silent("http-503", refused("502 Bad Gateway")),
    fires("http-504", CERTAIN, nginx("504 Gateway Time-out")),
    silent("http-504", nginx("503 Service Unavailable")),
    fires("http-400-generic", CERTAIN, nginx("400 Bad Request")),
    fires("http-400-generic", CERTAIN, refused("400 Bad Request")),
    silent(
        "http-400-generic", refused("400 Bad Request", NGINX, "Missing or invalid Sec-WebSocket-Key header")
    ),
    fires("http-421-or-451-etc", CERTAIN, refused("421 Misdirected Request")),
    fires("http-421-or-451-etc", CERTAIN, refused("418 I'm a teapot")),
    fires("http-421-or-451-etc", CERTAIN, refused("304 Not Modified")),
    fires("http-421-or-451-etc", CERTAIN, refused("099 Nope")),
    fires("http-421-or-451-etc", CERTAIN, refused("999 Request denied")),
    silent("http-421-or-451-etc", refused("431 Request Header Fields Too Large")),
    fires("upgrade-empty-reply", LIKELY, asked() + fin()),
    silent("upgrade-empty-reply", asked() + raw_answer(b"HTTP/1.1 2") + fin()),
    silent("upgrade-empty-reply", asked() + reset()),
    fires("upgrade-rst", POSSIBLE, asked() + idle(s=0.3) + reset()),
    silent("upgrade-rst", asked() + idle(s=0.3) + fin()),
    fires("upgrade-hang", LIKELY, asked() + timed_out(s=20)),
    silent("upgrade-hang", asked() + raw_answer(b"HTTP/1.1 101 Sw") + timed_out(s=20)),
    silent("upgrade-hang", asked() + idle(s=19), waits_s=0.5),
    fires(
        "upgrade-partial-response", POSSIBLE, asked() + raw_answer(b"HTTP/1.1 101 Switching Proto") + fin()
    ),
    silent("upgrade-partial-response", asked() + raw_answer(b"SSH-2.0-OpenSSH_9.2\r\n") + fin()),
    silent("upgrade-partial-response", asked() + fin()),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_story(row: Row) -> None:
    check(row)


def test_an_abort_while_the_answer_is_awaited_blames_no_server() -> None:
    found = (asked() + idle(s=3) + we_abort()).causes()
    assert not [cause for cause in found if cause.startswith(("http", "upgrade"))]


def test_a_second_of_silence_points_at_engine_io() -> None:
    answer = (asked() + idle(s=1.0) + fin()).diagnose().answer
    assert answer is not None
    assert answer.cause == "engineio-wrong-path"
    quick = (asked() + fin()).diagnose().answer
    assert quick is not None
    assert quick.cause == "upgrade-empty-reply"
    assert "engineio-wrong-path" not in quick.candidates


def test_the_proxy_that_took_the_upgrade_is_named_with_its_line_of_configuration() -> None:
    answer = STRIPPED_426.diagnose().answer
    assert answer is not None
    assert answer.side is Side.PROXY
    assert "nginx 1.22.1" in answer.headline
    assert "proxy_set_header Upgrade $http_upgrade" in answer.fix[0]
    assert answer.evidence[0].byte_range is not None


def test_a_quote_points_at_its_bytes() -> None:
    story = refused("400 Bad Request", NGINX, 'Can "Upgrade" only to "WebSocket".')
    record = story.record()
    answer = story.diagnose().answer
    assert answer is not None
    first = answer.evidence[0]
    assert first.byte_range is not None
    assert record.current is not None
    start, stop = first.byte_range
    assert bytes(record.current.handshake.response[start:stop]) == b'Can "Upgrade" only to "WebSocket".'


def test_a_redirect_that_was_followed_says_so() -> None:
    story = (
        asked(follow_redirects=True)
        + answered("HTTP/1.1 302 Found\nLocation: /x")
        + happened(LocallyEnded, why=LocalEnd.REDIRECTED)
    )
    answer = story.diagnose().answer
    assert answer is not None
    assert answer.headline == "The server redirected the upgrade to /x (302), and we followed as asked"


def test_a_redirect_to_the_secure_scheme_says_so_first() -> None:
    answer = nginx("301 Moved Permanently", "Location: https://chat.example/socket").diagnose().answer
    assert answer is not None
    assert answer.fix[0] == "Only the scheme differs: use wss://chat.example/socket"


def test_silence_on_a_plain_connection_may_be_the_kernel_alone() -> None:
    plain = (asked() + timed_out(s=20)).diagnose().answer
    secure = (asked("wss://echo.example/") + timed_out(s=20)).diagnose().answer
    assert plain is not None
    assert secure is not None
    assert plain.candidates == ("tcp-accept-silent",)
    assert secure.candidates == ()


def test_an_answer_says_who_wrote_it() -> None:
    by_nginx = nginx("502 Bad Gateway").diagnose().answer
    behind = (
        refused("500 Internal Server Error", "Server: uvicorn\nVia: 1.1 cache (squid/5.7)", "x")
        .diagnose()
        .answer
    )
    assert by_nginx is not None
    assert behind is not None
    assert by_nginx.headline.startswith("nginx 1.22.1 itself answered 502")
    assert behind.headline.startswith("uvicorn, behind squid, answered 500")


WS_PROXY_FAILED = "Error occurred while trying to proxy: chat.example/socket"


@pytest.mark.parametrize(
    ("story", "words"),
    [
        (refused("400 Bad Request"), "does not say what is bad"),
        (nginx("400 Bad Request"), "does not say what is bad"),
        (refused("400 Bad Request", "Connection: close\nX-WebSocket-Reject-Reason: no proto"), "'no proto'"),
        (refused("400 Invalid header received from client"), "'Invalid header received from client'"),
        (refused("400 Bad Request", body='{"error":"Bad Request"}'), "does not say what is bad"),
        (refused("400 Bad Request", body="tenant is missing"), "'tenant is missing'"),
        (
            refused("400 Bad Request", body='{"code":7,"message":"no such room","path":"/x"}'),
            "'no such room'",
        ),
        (
            refused("403 Forbidden", "Connection: close\nX-WebSocket-Reject-Reason: Room is full"),
            "node's websocket library itself answered 403 Forbidden: 'Room is full'",
        ),
        (refused("403 Forbidden", body="no"), "The server answered 403 Forbidden"),
        (refused("504 Gateway Timeout", "X-Powered-By: Express", WS_PROXY_FAILED), "its target failed"),
        (refused("504 Gateway Timeout", "X-Powered-By: Express"), "did not answer in time"),
        (
            refused("502 Gateway Error", "Server: h2o/2.2.5", "connection failed"),
            "h2o 2.2.5, or a server behind",
        ),
    ],
)
def test_a_headline_has_the_words_of_the_refusal(story: Story, words: str) -> None:
    answer = story.diagnose().answer
    assert answer is not None
    assert words in answer.headline


@pytest.mark.parametrize(
    ("status", "body"),
    [("404 Not Found", "none"), ("200 OK", "hello"), ("426 Upgrade Required", "Upgrade Required")],
)
def test_what_node_writes_to_ordinary_requests_may_lack_an_upgrade_listener(status: str, body: str) -> None:
    by_node = refused(status, "Connection: keep-alive\nKeep-Alive: timeout=5", body).diagnose().answer
    by_apache = refused(status, "Keep-Alive: timeout=5, max=100\nServer: Apache", body).diagnose().answer
    assert by_node is not None
    assert by_apache is not None
    assert "node-http-no-upgrade-listener" in by_node.candidates
    assert "node-http-no-upgrade-listener" not in by_apache.candidates
