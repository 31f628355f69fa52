"""Section 5 of the catalogue: TLS, as far as the handshake's bytes show it."""

from __future__ import annotations

import pytest

from tests.diagnosis.story import (
    Move,
    Story,
    Teller,
    answered,
    asked,
    begun,
    connected,
    failed,
    fin,
    happened,
    idle,
    opened,
    raw_answer,
    reset,
    resolved,
    secured,
    sent_request,
    started,
    timed_out,
    we_abort,
)
from tests.diagnosis.table import Row, check, fires, silent
from wsinspect.diagnosis.cause import Certainty
from wsinspect.events import (
    BytesReceived,
    BytesSent,
    Direction,
    FailureKind,
    Layer,
    Step,
    StepSucceeded,
    TlsAlert,
    TlsCertificateRequested,
    TlsEstablished,
    TlsStarted,
)

CERTAIN, LIKELY, POSSIBLE = Certainty.CERTAIN, Certainty.LIKELY, Certainty.POSSIBLE
URL = "wss://h.io/"


def hello(url: str = URL, **options: object) -> Story:
    """TCP stands, and our ClientHello is on its way."""
    story = started(url, **options) + resolved("192.0.2.1") + connected() + begun(Step.TLS)
    story += happened(TlsStarted, server_name="h.io", alpn=("http/1.1",), verify=True, trust="system")
    return story + happened(BytesSent, layer=Layer.TLS, data=b"\x16\x03\x01hello")


def got(data: bytes) -> Move:
    return happened(BytesReceived, layer=Layer.TLS, data=data)


def alert(code: int, direction: Direction = Direction.RECEIVED) -> Move:
    return happened(TlsAlert, direction=direction, level=2, code=code)


def refused(code: int) -> Story:
    return hello() + alert(code) + failed(Step.TLS, FailureKind.TLS_ALERT, f"alert {code}")


REQUESTED = happened(TlsCertificateRequested)


def finished(*, alpn: str = "http/1.1", own: bool = False) -> Move:
    def move(teller: Teller) -> None:
        teller.emit(TlsEstablished, version="TLSv1.3", cipher="x", alpn=alpn, client_certificate_sent=own)
        teller.emit(StepSucceeded, step=Step.TLS)

    return move


PLAIN = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
TO_TLS = "HTTP/1.1 400 Bad Request\nServer: nginx\nContent-Length: {length}"

ROWS = (
    fires("tls-plain-server-on-wss", CERTAIN, hello() + got(PLAIN) + failed(Step.TLS, FailureKind.TLS_PLAINTEXT)),
    silent("tls-plain-server-on-wss", hello() + got(b"SSH-2.0-OpenSSH\r\n") + failed(Step.TLS, FailureKind.TLS_PLAINTEXT)),
    silent("tls-plain-server-on-wss", hello() + got(b"\x15\x03\x01\x00\x02\x02\x46") + failed(Step.TLS, FailureKind.TLS_ALERT)),
    fires("ws-to-tls-port", CERTAIN, asked("ws://h.io:443/") + answered(TO_TLS, "<center>The plain HTTP request was sent to HTTPS port</center>")),
    fires("ws-to-tls-port", CERTAIN, asked("ws://h.io:443/") + answered(TO_TLS, "Client sent an HTTP request to an HTTPS server.\n")),
    fires("ws-to-tls-port", CERTAIN, asked("ws://h.io:443/") + answered(TO_TLS, "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />")),
    fires("ws-to-tls-port", CERTAIN, asked("ws://h.io:443/") + raw_answer(bytes.fromhex("15030100020246")) + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED)),
    fires("ws-to-tls-port", CERTAIN, asked("ws://h.io:443/") + raw_answer(bytes.fromhex("16030300100d00")) + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED)),
    silent("ws-to-tls-port", asked("ws://h.io/") + answered(TO_TLS, "Bad Request")),
    silent("ws-to-tls-port", asked("ws://h.io:443/") + raw_answer(b"\x15\x02\x00") + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED)),
    silent("ws-to-tls-port", asked("ws://h.io:443/") + fin()),
    fires("tls-protocol-version", CERTAIN, refused(70)),
    fires("tls-protocol-version", CERTAIN, hello() + failed(Step.TLS, FailureKind.TLS_ERROR, "the TLS handshake failed: unsupported protocol", code="UNSUPPORTED_PROTOCOL")),
    silent("tls-protocol-version", refused(40)),
    silent("tls-protocol-version", hello() + failed(Step.TLS, FailureKind.TLS_ERROR, "bad record mac", code="BAD_RECORD_MAC")),
    silent("tls-protocol-version", hello() + alert(70, Direction.SENT) + failed(Step.TLS, FailureKind.TLS_ERROR, "x")),
    fires("tls-no-shared-cipher", LIKELY, refused(40)),
    fires("tls-no-shared-cipher", LIKELY, refused(71)),
    silent("tls-no-shared-cipher", hello() + REQUESTED + alert(40) + failed(Step.TLS, FailureKind.TLS_ALERT)),
    silent("tls-no-shared-cipher", refused(70)),
    fires("tls-sni-unrecognized", CERTAIN, refused(112)),
    fires("tls-sni-unrecognized", LIKELY, refused(80)),
    silent("tls-sni-unrecognized", refused(40)),
    silent("tls-sni-unrecognized", opened(URL) + alert(80)),
    fires("tls-alpn-h2-only", CERTAIN, refused(120)),
    fires("tls-alpn-h2-only", CERTAIN, hello() + finished(alpn="h2") + sent_request() + fin()),
    fires("tls-alpn-h2-only", CERTAIN, asked(URL) + raw_answer(bytes.fromhex("000012040000000000") + b"x" * 18) + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED)),
    silent("tls-alpn-h2-only", asked("ws://h.io/") + raw_answer(bytes.fromhex("000012040000000000")) + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED)),
    silent("tls-alpn-h2-only", refused(40)),
    silent("tls-alpn-h2-only", asked(URL) + answered("HTTP/1.1 404 No")),
    fires("tls-client-cert-required", CERTAIN, hello() + REQUESTED + finished() + sent_request() + alert(116) + fin()),
    fires("tls-client-cert-required", CERTAIN, hello() + REQUESTED + alert(40) + failed(Step.TLS, FailureKind.TLS_ALERT)),
    fires("tls-client-cert-required", LIKELY, hello(cert_file="c.pem") + REQUESTED + alert(48) + failed(Step.TLS, FailureKind.TLS_ALERT)),
    fires("tls-client-cert-required", LIKELY, hello() + REQUESTED + finished(own=True) + sent_request() + alert(42) + fin()),
    fires("tls-client-cert-required", CERTAIN, asked(URL) + answered(TO_TLS, "<h1>400 Bad Request</h1><center>No required SSL certificate was sent</center>")),
    silent("tls-client-cert-required", hello() + alert(48) + failed(Step.TLS, FailureKind.TLS_ALERT)),
    silent("tls-client-cert-required", opened(URL) + alert(116)),
    silent("tls-client-cert-required", asked(URL) + answered(TO_TLS, "Bad Request")),
    fires("tls-handshake-cut", POSSIBLE, hello() + fin()),
    fires("tls-handshake-cut", POSSIBLE, hello() + reset()),
    silent("tls-handshake-cut", refused(70)),
    silent("tls-handshake-cut", hello() + timed_out(Step.TLS)),
    silent("tls-handshake-cut", asked("ws://h.io/") + fin()),
    fires("tls-handshake-timeout", POSSIBLE, hello() + timed_out(Step.TLS, s=10)),
    silent("tls-handshake-timeout", hello() + fin()),
    silent("tls-handshake-timeout", asked(URL) + timed_out()),
    silent("tls-handshake-timeout", hello() + idle(s=3) + we_abort()),
    fires("tls-local-configuration", CERTAIN, started(URL) + resolved("192.0.2.1") + connected() + begun(Step.TLS) + failed(Step.TLS, FailureKind.LOCAL_CONFIGURATION, "the CA file x cannot be read")),
    silent("tls-local-configuration", refused(40)),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_section_5(row: Row) -> None:
    check(row)


def test_alert_40_names_what_it_can_not_be_told_from() -> None:
    answer = refused(40).diagnose().answer
    assert answer is not None
    assert set(answer.candidates) == {"tls-client-cert-required", "tls-sni-unrecognized"}


@pytest.mark.parametrize(
    ("story", "said"),
    [
        (hello() + fin(), "The TLS handshake was cut: closed right after our ClientHello"),
        (hello() + got(b"\x16\x03\x03\x00\x02ab") + reset(), "The TLS handshake was cut: reset after 7 bytes of the server's part"),
        (hello() + timed_out(Step.TLS, s=10), "No answer to our TLS hello for 10.0 s"),
        (refused(112), "The server has no site for the name h.io"),
    ],
)  # fmt: skip
def test_headlines_say_what_was_seen(story: Story, said: str) -> None:
    answer = story.diagnose().answer
    assert answer is not None
    assert answer.headline == said


def test_the_plain_answer_is_shown_where_it_stands() -> None:
    answer = (hello() + got(PLAIN) + failed(Step.TLS, FailureKind.TLS_PLAINTEXT)).diagnose().answer
    assert answer is not None
    assert "HTTP/1.1 400 Bad Request" in answer.evidence[0].text
    assert answer.evidence[0].byte_range == (0, len(PLAIN))


def test_silence_after_the_hello_is_said_while_it_lasts() -> None:
    waiting = hello().diagnose(waits_s=3.2).waiting
    assert waiting is not None
    assert waiting.text == "TLS: ClientHello sent 3.2 s ago, no byte back"
    assert waiting.overdue


def test_a_tls_that_stands_is_no_cause() -> None:
    assert (started(URL) + resolved("192.0.2.1") + connected() + secured()).causes() == []


@pytest.mark.parametrize(
    ("url", "asks"),
    [
        ("wss://h.io/", "ws://h.io:443/"),
        ("wss://h.io:8443/a?b", "ws://h.io:8443/a?b"),
    ],
)
def test_the_other_scheme_is_tried_on_the_same_port(url: str, asks: str) -> None:
    answer = (hello(url) + fin()).diagnose().answer
    assert answer is not None
    assert f"wsinspect check '{asks}'" in answer.next_test
    assert f"'{asks}'" in answer.fix[0]
