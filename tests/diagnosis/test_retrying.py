"""What another attempt would meet again is told; what may pass by itself is tried again."""

from __future__ import annotations

import pytest

from tests.diagnosis.story import (
    Story,
    answered,
    asked,
    begun,
    close,
    failed,
    fin,
    opened,
    raw_answer,
    resolved,
    started,
)
from wsinspect.diagnosis.engine import diagnose
from wsinspect.diagnosis.retrying import pointless
from wsinspect.events import FailureKind, Step


def _said(story: Story) -> str:
    record = story.record()
    attempt = record.attempts[-1]
    return pointless(attempt, diagnose(record, attempt, record.last_ns))


@pytest.mark.parametrize(
    "status", ["401 Unauthorized", "403 Forbidden", "404 Not Found", "200 OK", "400 Bad Request"]
)
def test_refusals_that_answer_the_request(status: str) -> None:
    said = _said(asked() + answered(f"HTTP/1.1 {status}\nContent-Length: {{length}}", "no\n"))
    assert said.startswith("it would end in the same way: ")


@pytest.mark.parametrize(
    "status",
    [
        "429 Too Many Requests",
        "502 Bad Gateway",
        "503 Service Unavailable",
        "504 Gateway Timeout",
        "522 Timed out",
    ],
)
def test_refusals_that_pass(status: str) -> None:
    assert _said(asked() + answered(f"HTTP/1.1 {status}\nContent-Length: {{length}}", "no\n")) == ""


def test_a_101_that_no_client_accepts() -> None:
    head = (
        "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: no"
    )
    story = asked() + answered(head) + failed(Step.UPGRADE, FailureKind.HANDSHAKE_INVALID, "accept")
    assert _said(story)


@pytest.mark.parametrize(
    ("code", "again"), [(1008, False), (4401, False), (1001, True), (1012, True), (1013, True)]
)
def test_close_codes(code: int, again: bool) -> None:
    story = opened() + close(code) + fin()
    assert (_said(story) == "") is again


def test_a_cut_connection_is_made_anew() -> None:
    assert _said(opened() + fin()) == ""


def test_a_port_that_refuses_may_be_served_later() -> None:
    story = (
        started()
        + resolved("192.0.2.1")
        + begun(Step.TCP, timeout_s=10)
        + failed(Step.TCP, FailureKind.REFUSED, "192.0.2.1:80: Connection refused", errno=111)
    )
    assert _said(story) == ""


def test_a_port_that_speaks_tls_goes_on_speaking_it() -> None:
    alert = raw_answer(bytes.fromhex("15030100020246"))
    assert _said(asked("ws://h.io:443/") + alert + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED))
