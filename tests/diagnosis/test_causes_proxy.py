"""Section 4 of the catalogue: proxies, chosen and not."""

from __future__ import annotations

import pytest

from tests.diagnosis.story import (
    Move,
    Story,
    answered,
    asked,
    begun,
    connected,
    failed,
    fin,
    happened,
    opened,
    resolved,
    sent_request,
    started,
    through_proxy,
    we_abort,
)
from tests.diagnosis.table import Row, beside, check, fires, silent
from wsinspect.diagnosis.cause import Certainty
from wsinspect.events import (
    BytesReceived,
    BytesSent,
    FailureKind,
    Layer,
    ProxyChosen,
    Step,
    StepSucceeded,
)

CERTAIN, LIKELY, POSSIBLE = Certainty.CERTAIN, Certainty.LIKELY, Certainty.POSSIBLE
SQUID = "Via: 1.1 cache (squid/5.7)"

FORWARD_PROXIES = (
    (LIKELY, f"400 Bad Request\nServer: squid/5.7\nX-Squid-Error: ERR_INVALID_URL 0\n{SQUID}", "<p>Invalid URL</p>"),
    (CERTAIN, "400 Bad Request\nServer: tinyproxy/1.11.1", "<p>You tried to connect to the machine the proxy is running on</p>"),
    (
        CERTAIN,
        "502 Bad Gateway\nServer: mitmproxy 11.0.2",
        "<p>Connection killed: Request destination unknown. Unable to figure out where this request should be forwarded to.</p>",
    ),
    (CERTAIN, "500 Internal Server Error", "This is a proxy server. Does not respond to non-proxy requests.\n"),
    (LIKELY, "400 Invalid header received from client", "Invalid header received from client.\n"),
)  # fmt: skip


def at_proxy(url: str = "ws://h.io/") -> Story:
    """Connected to the proxy and asking it for a tunnel."""
    story = (
        started(url) + through_proxy() + resolved("192.0.2.9") + connected("192.0.2.9") + begun(Step.PROXY)
    )
    return story + happened(BytesSent, layer=Layer.PROXY, data=b"CONNECT h.io:80 HTTP/1.1\r\n\r\n")


def replied(head: str, kind: FailureKind, url: str = "ws://h.io/") -> Story:
    raw = head.replace("\n", "\r\n").encode() + b"\r\n\r\n"
    return (
        at_proxy(url)
        + happened(BytesReceived, layer=Layer.PROXY, data=raw)
        + failed(Step.PROXY, kind, "the proxy refused")
    )


def tunnelled(*answer: str, url: str = "ws://h.io/") -> Story:
    return (
        at_proxy(url)
        + happened(StepSucceeded, step=Step.PROXY)
        + sent_request()
        + answered("\n".join(answer))
    )


def environment(url: str, *, source: str = "http_proxy", kind: FailureKind = FailureKind.REFUSED) -> Story:
    proxy: Move = happened(ProxyChosen, scheme="http", host="proxy.example", port=3128, source=source)
    return started(url) + proxy + resolved("192.0.2.9") + begun(Step.TCP) + failed(Step.TCP, kind)


def lost_at(step: Step, kind: FailureKind) -> Story:
    return started("ws://h.io/") + through_proxy() + begun(step) + failed(step, kind)


ROWS = (
    fires("proxy-unreachable", CERTAIN, lost_at(Step.RESOLVE, FailureKind.NAME_NOT_FOUND)),
    fires("proxy-unreachable", CERTAIN, lost_at(Step.TCP, FailureKind.REFUSED)),
    fires("proxy-unreachable", CERTAIN, lost_at(Step.TCP, FailureKind.TIMED_OUT)),
    silent("proxy-unreachable", lost_at(Step.TCP, FailureKind.CANCELLED)),
    silent("proxy-unreachable", started("ws://h.io/") + begun(Step.TCP) + failed(Step.TCP, FailureKind.REFUSED)),
    silent("proxy-unreachable", replied("HTTP/1.1 403 Forbidden", FailureKind.PROXY_REFUSED)),
    fires("proxy-connect-denied", CERTAIN, replied("HTTP/1.1 403 Forbidden\nX-Squid-Error: ERR_ACCESS_DENIED 0", FailureKind.PROXY_REFUSED)),
    fires("proxy-connect-denied", CERTAIN, at_proxy() + failed(Step.PROXY, FailureKind.PROXY_REFUSED, "SOCKS: not allowed by the ruleset")),
    silent("proxy-connect-denied", replied("HTTP/1.1 407 Proxy Authentication Required", FailureKind.PROXY_AUTH_REQUIRED)),
    silent("proxy-connect-denied", tunnelled("HTTP/1.1 403 Forbidden")),
    fires("proxy-auth-required", CERTAIN, replied("HTTP/1.1 407 Proxy Authentication Required\nProxy-Authenticate: Basic", FailureKind.PROXY_AUTH_REQUIRED)),
    silent("proxy-auth-required", replied("HTTP/1.1 403 Forbidden", FailureKind.PROXY_REFUSED)),
    fires("proxy-tunnel-broken", CERTAIN, at_proxy() + failed(Step.PROXY, FailureKind.STREAM_ENDED, "the proxy closed")),
    fires("proxy-tunnel-broken", CERTAIN, at_proxy() + failed(Step.PROXY, FailureKind.TIMED_OUT, "gave up")),
    fires("proxy-tunnel-broken", CERTAIN, at_proxy() + failed(Step.PROXY, FailureKind.PROXY_REPLY_INVALID, "not SOCKS")),
    silent("proxy-tunnel-broken", at_proxy() + we_abort()),
    silent("proxy-tunnel-broken", replied("HTTP/1.1 403 Forbidden", FailureKind.PROXY_REFUSED)),
    fires("proxy-env-applied-to-localhost", CERTAIN, environment("ws://localhost:8080/")),
    fires("proxy-env-applied-to-localhost", CERTAIN, environment("ws://127.0.0.1:8080/", source="ALL_PROXY")),
    fires("proxy-env-applied-to-localhost", CERTAIN, environment("ws://app.localhost/")),
    silent("proxy-env-applied-to-localhost", environment("ws://localhost:8080/", source="-x")),
    silent("proxy-env-applied-to-localhost", environment("ws://h.io/")),
    silent("proxy-env-applied-to-localhost", environment("ws://localhost/", kind=FailureKind.CANCELLED)),
    fires("proxy-strips-upgrade", LIKELY, tunnelled("HTTP/1.1 426 Upgrade Required", SQUID)),
    fires("proxy-strips-upgrade", LIKELY, tunnelled("HTTP/1.1 400 Bad Request", "Via: 1.1 tinyproxy (tinyproxy/1.11)")),
    silent("proxy-strips-upgrade", tunnelled("HTTP/1.1 426 Upgrade Required", "Via: 1.1 google")),
    silent("proxy-strips-upgrade", tunnelled("HTTP/1.1 404 Not Found", SQUID)),
    silent("proxy-strips-upgrade", asked("ws://h.io/") + answered(f"HTTP/1.1 426 Upgrade Required\n{SQUID}")),
    fires("transparent-middlebox-strips-upgrade", LIKELY, asked("ws://h.io/") + answered(f"HTTP/1.1 426 Upgrade Required\n{SQUID}") + fin()),
    silent("transparent-middlebox-strips-upgrade", asked("wss://h.io/") + answered(f"HTTP/1.1 426 Upgrade Required\n{SQUID}") + fin()),
    silent("transparent-middlebox-strips-upgrade", tunnelled("HTTP/1.1 426 Upgrade Required", SQUID)),
    silent("transparent-middlebox-strips-upgrade", asked("ws://h.io:8080/") + answered("HTTP/1.1 426 Upgrade Required")),
    beside("transparent-middlebox-strips-upgrade", POSSIBLE, asked("ws://h.io/") + answered("HTTP/1.1 426 Upgrade Required\nServer: x") + fin()),
    *(
        fires("forward-proxy-as-server", certainty, asked("ws://h.io:3128/chat") + answered(f"HTTP/1.1 {head}", body=body) + fin())
        for certainty, head, body in FORWARD_PROXIES
    ),
    silent("forward-proxy-as-server", asked("ws://h.io/") + answered("HTTP/1.1 400 Bad Request\nX-Squid-Error: ERR_INVALID_REQ 0", SQUID) + fin()),
    silent("forward-proxy-as-server", asked("ws://h.io/") + answered("HTTP/1.1 502 Bad Gateway\nServer: mitmproxy 11.0.2", body="[Errno 111] Connect call failed") + fin()),
    fires("captive-portal", LIKELY, asked("ws://h.io/") + answered("HTTP/1.1 511 Network Authentication Required")),
    beside("captive-portal", POSSIBLE, asked("ws://h.io/") + answered("HTTP/1.1 302 Found\nLocation: http://portal.hotel.net/login?u=h.io")),
    silent("captive-portal", asked("ws://h.io/") + answered("HTTP/1.1 302 Found\nLocation: http://h.io/portal/login")),
    silent("captive-portal", asked("ws://h.io/") + answered("HTTP/1.1 301 Moved\nLocation: http://www.example/")),
    silent("captive-portal", opened("ws://h.io/")),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_section_4(row: Row) -> None:
    check(row)


def test_the_reply_is_evidence() -> None:
    answer = replied("HTTP/1.1 403 Access violation", FailureKind.PROXY_REFUSED).diagnose().answer
    assert answer is not None
    assert "HTTP/1.1 403 Access violation" in answer.headline
    assert answer.evidence[0].text == "the proxy answered: HTTP/1.1 403 Access violation"


def test_a_proxy_that_fails_hides_what_it_looks_like() -> None:
    for kind in (FailureKind.REFUSED, FailureKind.TIMED_OUT, FailureKind.UNREACHABLE):
        assert lost_at(Step.TCP, kind).causes() == ["proxy-unreachable"]
    assert environment("ws://localhost/").causes() == ["proxy-env-applied-to-localhost"]


def test_credentials_of_the_proxy_are_not_in_the_answer() -> None:
    answer = lost_at(Step.TCP, FailureKind.REFUSED).diagnose().answer
    assert answer is not None
    assert "http://proxy.example:3128" in answer.headline
