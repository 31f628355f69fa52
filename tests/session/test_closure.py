"""Who ended it, how, and what a browser would report: tables of stories."""

from __future__ import annotations

import pytest

from tests.diagnosis.story import (
    Story,
    answered,
    asked,
    close,
    connected,
    failed,
    fin,
    happened,
    idle,
    keepalive_expired,
    opened,
    received,
    reset,
    resolved,
    sent,
    started,
    text,
    timed_out,
    we_abort,
    we_close,
)
from wsinspect.events import (
    AttemptEnded,
    Direction,
    FailureKind,
    LocalEnd,
    LocallyEnded,
    Step,
    StepStarted,
    StreamClosedLocally,
    TlsAlert,
)
from wsinspect.lab import frames
from wsinspect.session.closure import By, Closure, How

CLOSE_NOTIFY = happened(TlsAlert, direction=Direction.RECEIVED, level=1, code=0)
FATAL_ALERT = happened(TlsAlert, direction=Direction.RECEIVED, level=2, code=40)
OUR_ALERT = happened(TlsAlert, direction=Direction.SENT, level=2, code=48)
OVER = happened(AttemptEnded)
CLOSED_HERE = happened(StreamClosedLocally)
PEER_CLOSE = received(frames.close(1000, ""))


def closure(story: Story) -> Closure:
    attempt = story.record().current
    assert attempt is not None
    return attempt.closure


@pytest.mark.parametrize(
    ("story", "how", "by", "browser_code", "clean"),
    [
        pytest.param(opened() + fin(), How.FIN, By.SERVER, 1006, False, id="fin"),
        pytest.param(opened() + text("x") + reset(), How.RST, By.SERVER, 1006, False, id="reset"),
        pytest.param(opened() + close(1000) + fin(), How.FIN, By.SERVER, 1000, True, id="their close"),
        pytest.param(opened() + close(4001, "no") + fin(), How.FIN, By.SERVER, 4001, True, id="private code"),
        pytest.param(opened() + close() + fin(), How.FIN, By.SERVER, 1005, True, id="close without code"),
        pytest.param(opened() + close(1011) + reset(), How.RST, By.SERVER, 1011, True, id="close, then reset"),
        pytest.param(
            opened() + close(1001, answered=False) + reset(), How.RST, By.SERVER, 1001, False, id="close unanswered"
        ),
        pytest.param(opened() + we_close(1000) + PEER_CLOSE + fin(), How.FIN, By.CLIENT, 1000, True, id="our close"),
        pytest.param(opened() + we_close(1000) + fin(), How.FIN, By.CLIENT, 1006, False, id="our close, only fin"),
        pytest.param(opened() + we_abort(), How.LOCAL, By.CLIENT, 1006, False, id="we abort"),
        pytest.param(
            opened() + keepalive_expired(), How.TIMEOUT, By.CLIENT, 1006, False, id="keepalive expired"
        ),
        pytest.param(
            opened("wss://h/") + CLOSE_NOTIFY + fin(), How.TLS_CLOSE_NOTIFY, By.SERVER, 1006, False, id="close_notify"
        ),
        pytest.param(opened("wss://h/") + fin(), How.FIN, By.SERVER, 1006, False, id="tls without close_notify"),
        pytest.param(
            opened("wss://h/") + FATAL_ALERT + fin(), How.TLS_ALERT, By.SERVER, 1006, False, id="alert, then fin"
        ),
        pytest.param(asked() + fin(), How.FIN, By.SERVER, 1006, False, id="fin for an answer"),
        pytest.param(asked() + reset(), How.RST, By.SERVER, 1006, False, id="reset for an answer"),
        pytest.param(asked() + timed_out(), How.TIMEOUT, By.UNKNOWN, 1006, False, id="no answer"),
        pytest.param(asked() + we_abort(), How.LOCAL, By.CLIENT, 1006, False, id="we abort while connecting"),
        pytest.param(
            asked() + answered("HTTP/1.1 403 No") + fin(), How.FIN, By.SERVER, 1006, False, id="refused, then fin"
        ),
    ],
)  # fmt: skip
def test_how_it_ended(story: Story, how: How, by: By, browser_code: int, clean: bool) -> None:
    found = closure(story)
    assert (found.how, found.by, found.browser_code, found.clean) == (how, by, browser_code, clean)


def test_nothing_is_said_while_it_lives() -> None:
    for story in (opened(), opened() + text("x") + idle(s=5), asked(), opened() + close(1000)):
        assert closure(story).browser_code is None
    living = closure(opened())
    assert (living.how, living.by) == (None, By.UNKNOWN)


def test_an_attempt_that_never_had_a_stream_has_no_end_of_one() -> None:
    refused = started() + resolved("192.0.2.1")
    refused += happened(StepStarted, step=Step.TCP)
    refused += failed(Step.TCP, FailureKind.REFUSED)
    found = closure(refused + OVER)
    assert (found.how, found.by, found.browser_code) == (None, By.UNKNOWN, 1006)


def test_a_server_that_broke_the_protocol_gives_1006_whatever_it_says_afterwards() -> None:
    broken = opened() + received(b"\xf1\x00") + happened(LocallyEnded, why=LocalEnd.PEER_VIOLATED_PROTOCOL)
    broken += sent(frames.frame(frames.CLOSE, b"\x03\xea", mask=b"abcd"))
    found = closure(broken + PEER_CLOSE + fin())
    assert found.close_received is not None
    assert found.browser_code == 1006


def test_our_own_alert_is_no_end_by_the_server() -> None:
    refused = started("wss://h/") + resolved("192.0.2.1") + connected() + happened(StepStarted, step=Step.TLS)
    refused += OUR_ALERT
    refused += happened(LocallyEnded, why=LocalEnd.STEP_FAILED)
    found = closure(refused + CLOSED_HERE + OVER)
    assert (found.how, found.by, found.fatal_alert) == (How.LOCAL, By.CLIENT, None)


def test_the_first_close_of_each_side_counts() -> None:
    found = closure(opened() + close(1000, "first") + received(frames.close(1011, "second")) + fin())
    assert found.close_received is not None
    assert found.close_received.payload.reason == "first"


def test_user_canceled_is_no_fatal_alert() -> None:
    canceled = happened(TlsAlert, direction=Direction.RECEIVED, level=1, code=90)
    assert closure(opened("wss://h/") + canceled).fatal_alert is None
