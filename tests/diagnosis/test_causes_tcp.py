"""Section 3 of the catalogue: the TCP connection."""

from __future__ import annotations

import pytest

from tests.diagnosis.story import (
    Story,
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
    sent_request,
    started,
    switched,
    through_proxy,
    timed_out,
)
from tests.diagnosis.table import Row, beside, check, fires, silent
from tests.diagnosis.test_causes_dns import tcp_failed
from wsinspect.diagnosis.cause import Certainty
from wsinspect.events import (
    Address,
    AddressAttempted,
    AddressConnected,
    AddressFailed,
    FailureKind,
    Step,
    StepSucceeded,
)

CERTAIN, LIKELY, POSSIBLE = Certainty.CERTAIN, Certainty.LIKELY, Certainty.POSSIBLE
HOST = "wss://chat.site.io/"
PUBLIC = "203.0.113.9"


def raced(url: str, lost: str, won: str, *, kind: FailureKind = FailureKind.REFUSED) -> Story:
    """Two addresses: the first fails, the second connects."""
    first, second = (Address("ipv6" if ":" in each else "ipv4", each, 80) for each in (lost, won))
    story = started(url) + resolved(lost, won) + begun(Step.TCP)
    story += happened(AddressAttempted, address=first)
    story += happened(AddressFailed, address=first, kind=kind, message=str(kind))
    story += happened(AddressAttempted, address=second)
    story += happened(AddressConnected, address=second, local="127.0.0.1:9")
    return story + happened(StepSucceeded, step=Step.TCP) + sent_request()


def proxied(kind: FailureKind) -> Story:
    story = started(HOST) + through_proxy() + resolved("192.0.2.9") + begun(Step.TCP)
    return story + failed(Step.TCP, kind)


ROWS = (
    fires("tcp-refused", CERTAIN, tcp_failed(HOST, PUBLIC)),
    fires("tcp-refused", CERTAIN, tcp_failed(HOST, "2001:db8::1", PUBLIC)),
    silent("tcp-refused", tcp_failed(HOST, PUBLIC, kind=FailureKind.TIMED_OUT)),
    silent("tcp-refused", proxied(FailureKind.REFUSED)),
    silent("tcp-refused", raced("ws://localhost/", "::1", "127.0.0.1") + switched()),
    fires("tcp-timeout-blackhole", CERTAIN, tcp_failed(HOST, PUBLIC, kind=FailureKind.TIMED_OUT)),
    silent("tcp-timeout-blackhole", tcp_failed(HOST, PUBLIC)),
    silent("tcp-timeout-blackhole", asked(HOST) + timed_out()),
    silent("tcp-timeout-blackhole", proxied(FailureKind.TIMED_OUT)),
    fires("tcp-unreachable", CERTAIN, tcp_failed(HOST, "2001:db8::1", kind=FailureKind.UNREACHABLE)),
    silent("tcp-unreachable", tcp_failed(HOST, PUBLIC)),
    silent("tcp-unreachable", proxied(FailureKind.UNREACHABLE)),
    fires("tcp-localhost-ipv6-mismatch", POSSIBLE, raced("ws://localhost/", "::1", "127.0.0.1") + switched()),
    fires("tcp-localhost-ipv6-mismatch", POSSIBLE, raced("ws://localhost/", "127.0.0.1", "::1") + switched()),
    silent("tcp-localhost-ipv6-mismatch", raced("ws://a.example/", "2001:db8::1", PUBLIC) + switched()),
    silent("tcp-localhost-ipv6-mismatch", raced("ws://localhost/", "::1", "127.0.0.1", kind=FailureKind.TIMED_OUT) + switched()),
    silent("tcp-localhost-ipv6-mismatch", raced("ws://localhost/", "127.0.0.2", "127.0.0.1") + switched()),
    silent("tcp-localhost-ipv6-mismatch", tcp_failed("ws://localhost/", "::1", "127.0.0.1")),
    fires("tcp-reset-after-accept", LIKELY, asked("ws://h.io/") + reset()),
    fires("tcp-reset-after-accept", LIKELY, started("ws://h.io/") + resolved(PUBLIC) + begun(Step.TCP) + failed(Step.TCP, FailureKind.RESET, "reset")),
    silent("tcp-reset-after-accept", asked("ws://h.io/") + idle(s=1.5) + reset()),
    silent("tcp-reset-after-accept", asked("ws://h.io/") + fin()),
    silent("tcp-reset-after-accept", asked("ws://h.io/") + raw_answer(b"HTTP/1.1 5") + reset()),
    silent("tcp-reset-after-accept", asked("wss://h.io/") + reset()),
    silent("tcp-reset-after-accept", opened("ws://h.io/") + reset()),
    beside("tcp-accept-silent", POSSIBLE, asked("ws://h.io/") + timed_out()),
    silent("tcp-accept-silent", asked("ws://h.io/") + raw_answer(b"H") + timed_out()),
    silent("tcp-accept-silent", asked("wss://h.io/") + timed_out()),
    silent("tcp-accept-silent", asked("ws://h.io/") + fin()),
    fires("wrong-service-on-port", CERTAIN, asked("ws://h.io/") + raw_answer(b"SSH-2.0-OpenSSH_9.2p1\r\n") + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED)),
    fires("wrong-service-on-port", CERTAIN, asked("ws://h.io/") + raw_answer(b"220 mail.h.io ESMTP Postfix\r\n") + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED)),
    fires("wrong-service-on-port", CERTAIN, asked("ws://h.io/") + raw_answer(b"-ERR unknown command\r\n") + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED)),
    fires("wrong-service-on-port", CERTAIN, asked("ws://h.io/") + raw_answer(b"J\x00\x00\x00\x0a8.0.36\x00") + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED)),
    fires("wrong-service-on-port", CERTAIN, asked("ws://h.io/") + raw_answer(bytes.fromhex("fffd18fffd20")) + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED)),
    fires("wrong-service-on-port", CERTAIN, asked("ws://h.io/") + raw_answer(b"ERROR\r\nERROR\r\nERROR\r\n") + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED)),
    fires("wrong-service-on-port", CERTAIN, asked("ws://h.io/") + raw_answer(b"UNKNOWN_COMMAND\r\nUNKNOWN_COMMAND\r\n") + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED)),
    fires("wrong-service-on-port", CERTAIN, asked("ws://h.io/") + raw_answer(bytes.fromhex("8400000000000000300000000a002a") + b"Invalid or unsupported protocol version (71)") + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED)),
    fires("wrong-service-on-port", CERTAIN, asked("ws://h.io/") + raw_answer(b"ERROR\nmessage:Bad command\ncontent-type:text/plain\n\n") + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED)),
    fires("wrong-service-on-port", CERTAIN, asked("ws://h.io/") + raw_answer(b"@RSYNCD: 31.0 sha512\n") + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED)),
    fires("wrong-service-on-port", CERTAIN, asked("ws://h.io/") + raw_answer(b":irc.h.io NOTICE * :*** Looking up your hostname\r\n") + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED)),
    fires("wrong-service-on-port", CERTAIN, asked("ws://h.io/") + raw_answer(b"Asterisk Call Manager/5.0\r\n") + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED)),
    silent("wrong-service-on-port", asked("ws://h.io/") + raw_answer("\ufeffHello".encode("utf-16-le")) + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED)),
    silent("wrong-service-on-port", asked("ws://h.io/") + raw_answer("\ufeff\r\n<html>".encode("utf-16-le")) + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED)),
    silent("wrong-service-on-port", asked("ws://h.io/") + raw_answer(b"ERROR\r\nno such page\r\n") + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED)),
    silent("wrong-service-on-port", asked("ws://h.io/") + raw_answer(bytes.fromhex("0500010203")) + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED)),
    fires("wrong-service-on-port", CERTAIN, asked("ws://h.io/") + raw_answer(bytes.fromhex("000012040000000000")) + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED)),
    fires("wrong-service-on-port", CERTAIN, asked("ws://h.io/") + answered("HTTP/1.0 200 OK\nContent-Type: text/plain\nContent-Length: {length}", "It looks like you are trying to access MongoDB over HTTP on the native driver port.\r\n")),
    fires("wrong-service-on-port", CERTAIN, asked("ws://h.io/") + answered("HTTP/1.0 400 Bad Request", "Port 9000 is for clickhouse-client program\r\nYou must use port 8123 for HTTP.\r\n") + fin()),
    fires("wrong-service-on-port", CERTAIN, asked("ws://h.io/") + raw_answer(b"This is not an HTTP port") + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED)),
    silent("wrong-service-on-port", asked("ws://h.io/") + answered("HTTP/1.0 200 OK\nContent-Length: {length}", "<p>Why it looks like you are trying to access MongoDB over HTTP</p>")),
    silent("wrong-service-on-port", asked("ws://h.io/") + raw_answer(b"Unauthorized") + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED)),
    silent("wrong-service-on-port", asked("ws://h.io/") + raw_answer(b"HTTP/1.1 4") + fin()),
    silent("wrong-service-on-port", asked("ws://h.io/") + answered("HTTP/1.1 404 No\nContent-Length: {length}", "SSH-2.0-x")),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_section_3(row: Row) -> None:
    check(row)


def test_every_address_that_failed_is_evidence() -> None:
    answer = tcp_failed(HOST, "2001:db8::1", PUBLIC).diagnose().answer
    assert answer is not None
    assert len(answer.evidence) == 2
    assert "[2001:db8::1]:443" in answer.headline
    assert f"{PUBLIC}:443" in answer.headline


def test_nothing_is_said_while_an_address_may_still_answer() -> None:
    story = started(HOST) + resolved(PUBLIC) + begun(Step.TCP)
    story += happened(AddressAttempted, address=Address("ipv4", PUBLIC, 443))
    diagnosis = story.diagnose(waits_s=5)
    assert diagnosis.findings == ()
    assert diagnosis.waiting is not None
    assert diagnosis.waiting.overdue
    assert f"SYN sent 5.0 s ago to {PUBLIC}:443" in diagnosis.waiting.text


def test_a_connection_is_no_cause() -> None:
    assert (started(HOST) + resolved(PUBLIC) + connected(PUBLIC)).causes() == []
