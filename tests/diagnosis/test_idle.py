"""Section 10 of the catalogue: silence, age, lost networks, deploys."""

from __future__ import annotations

import errno

import pytest

from tests.diagnosis.story import (
    Move,
    Story,
    answered,
    asked,
    asleep,
    close,
    fin,
    happened,
    idle,
    keepalive_expired,
    opened,
    opened_again,
    ping,
    pong,
    received,
    reset,
    sent_ping,
    sent_pong,
    sent_text,
    stood_still,
    text,
    we_close,
)
from tests.diagnosis.table import Row, beside, check, fires, silent
from wsinspect.diagnosis.cause import Certainty
from wsinspect.diagnosis.engine import diagnose
from wsinspect.diagnosis.idle_numbers import LIMITS, CutBy, Limit, Measure, limits_near
from wsinspect.events import TlsAlert
from wsinspect.wire.opcode import Direction

CERTAIN, LIKELY, POSSIBLE = Certainty.CERTAIN, Certainty.LIKELY, Certainty.POSSIBLE


def chatter(*, s: float, every_s: float = 0.2) -> Story:
    """The peer sends a tick now and then."""
    moves: list[Move] = []
    for number in range(round(s / every_s)):
        moves += [text(f'{{"tick":{number}}}'), idle(s=every_s)]
    return Story(tuple(moves))


WORKED = opened() + text("welcome") + sent_text("hello") + text("ok")
BEGUN = received(b"\x81\x7dhalf of")
PINGED = opened() + text("welcome") + idle(s=118) + ping() + sent_pong()

ROWS = (
    fires("idle-timeout-intermediary", LIKELY, WORKED + idle(s=60.02) + fin()),
    fires("idle-timeout-intermediary", LIKELY, WORKED + idle(s=45) + fin()),
    fires("idle-timeout-intermediary", POSSIBLE, opened() + chatter(s=0.6) + idle(s=3.0) + fin()),
    fires("idle-timeout-intermediary", LIKELY, WORKED + idle(s=300) + reset()),
    silent("idle-timeout-intermediary", WORKED + idle(s=60) + close(1001, "Going away") + fin()),
    silent("idle-timeout-intermediary", WORKED + idle(s=60) + we_close() + fin()),
    silent("idle-timeout-intermediary", opened() + chatter(s=30) + fin()),
    fires(
        "idle-timeout-server-app",
        LIKELY,
        WORKED + idle(s=30) + close(1001, "closed for being idle") + fin(),
    ),
    fires("idle-timeout-server-app", LIKELY, WORKED + idle(s=90) + close(1000, "inactivity") + fin()),
    fires("idle-timeout-server-app", LIKELY, PINGED + idle(s=2) + fin()),
    silent("idle-timeout-server-app", opened() + idle(s=0.8) + ping() + idle(s=0.7) + fin()),
    silent("idle-timeout-server-app", PINGED + idle(s=2) + text("still here") + idle(s=60) + fin()),
    silent("idle-timeout-server-app", PINGED + idle(s=20) + ping() + sent_pong() + idle(s=20) + fin()),
    fires(
        "keepalive-ping-timeout",
        CERTAIN,
        WORKED + ping(b"\x8a") + idle(s=20) + close(1011, "keepalive ping timeout") + fin(),
    ),
    fires("keepalive-ping-timeout", LIKELY, WORKED + ping(b"\x8a") + idle(s=20) + fin()),
    fires("keepalive-ping-timeout", LIKELY, WORKED + idle(s=20) + close(4201, "Pong timeout") + fin()),
    silent(
        "keepalive-ping-timeout",
        WORKED + ping(b"\x8a") + sent_pong(b"\x8a") + idle(s=20) + close(1011) + fin(),
    ),
    silent("keepalive-ping-timeout", WORKED + ping(b"\x8a") + idle(s=20)),
    silent("keepalive-ping-timeout", WORKED + idle(s=20) + ping(b"\x8a") + fin()),
    fires(
        "nat-or-firewall-silent-drop",
        POSSIBLE,
        WORKED + sent_ping(b"1") + pong(b"1") + idle(s=30) + sent_ping(b"2") + keepalive_expired(),
    ),
    fires("nat-or-firewall-silent-drop", POSSIBLE, WORKED + idle(s=351) + sent_text("anyone?") + reset()),
    fires(
        "nat-or-firewall-silent-drop",
        POSSIBLE,
        WORKED + sent_text("x") + idle(s=900) + reset(errno.ETIMEDOUT),
    ),
    silent("nat-or-firewall-silent-drop", WORKED + idle(s=5) + sent_text("anyone?") + reset()),
    silent("nat-or-firewall-silent-drop", opened() + sent_ping(b"1") + keepalive_expired()),
    fires("max-connection-lifetime", POSSIBLE, opened() + chatter(s=42.0) + fin()),
    silent("max-connection-lifetime", opened() + chatter(s=3.0) + fin()),
    fires("open-then-fin", POSSIBLE, opened() + chatter(s=3.0) + fin()),
    fires("open-then-rst", POSSIBLE, opened() + sent_text("x") + chatter(s=9.0) + reset()),
    silent("open-then-fin", opened() + chatter(s=12.0) + fin()),
    silent("open-then-rst", opened() + chatter(s=12.0) + reset()),
    fires(
        "max-connection-lifetime",
        LIKELY,
        opened() + chatter(s=3) + fin() + opened_again() + chatter(s=3) + fin(),
    ),
    fires("max-connection-lifetime", LIKELY, opened() + chatter(s=300, every_s=5) + text("x") + fin()),
    fires(
        "max-connection-lifetime",
        LIKELY,
        opened() + chatter(s=42) + fin() + opened_again() + chatter(s=42) + fin(),
    ),
    fires(
        "max-connection-lifetime",
        POSSIBLE,
        opened() + chatter(s=42) + fin() + opened_again() + chatter(s=17) + fin(),
    ),
    silent("max-connection-lifetime", opened() + chatter(s=42) + we_close() + fin()),
    silent("max-connection-lifetime", opened() + chatter(s=42) + close(1000) + fin()),
    fires(
        "half-open-after-network-change", POSSIBLE, WORKED + idle(s=5) + text("x") + reset(errno.ENETUNREACH)
    ),
    silent("half-open-after-network-change", WORKED + idle(s=5) + text("x") + reset()),
    fires(
        "server-drain-on-deploy",
        LIKELY,
        opened() + chatter(s=2) + close(1001, "Server shutting down") + fin(),
    ),
    silent("server-drain-on-deploy", opened() + close(1001, "Server shutting down") + fin()),
    silent("server-drain-on-deploy", opened() + chatter(s=2) + close(1001, "Going away") + fin()),
    fires("machine-slept", LIKELY, WORKED + asleep(s=3600) + fin()),
    fires("machine-slept", LIKELY, WORKED + asleep(s=3600, awake_s=600) + reset()),
    fires("machine-slept", LIKELY, WORKED + asleep(s=3600) + sent_text("anyone?") + reset()),
    fires("machine-slept", LIKELY, WORKED + asleep(s=900) + idle(s=5) + asleep(s=900) + reset()),
    fires("machine-slept", LIKELY, WORKED + asleep(s=3600) + text("left over") + fin()),
    fires("machine-slept", LIKELY, WORKED + asleep(s=3600) + BEGUN + sent_ping(b"1") + fin()),
    fires("machine-slept", LIKELY, WORKED + asleep(s=900) + reset(errno.ETIMEDOUT)),
    fires("machine-slept", LIKELY, WORKED + asleep(s=3600) + sent_ping(b"1") + keepalive_expired()),
    fires("machine-slept", LIKELY, WORKED + asleep(s=3600) + close(1011, "keepalive ping timeout") + fin()),
    beside("machine-slept", POSSIBLE, WORKED + asleep(s=2, awake_s=58) + fin()),
    fires("idle-timeout-intermediary", LIKELY, WORKED + asleep(s=2, awake_s=58) + fin()),
    fires("machine-slept", LIKELY, WORKED + stood_still(s=30) + fin()),
    fires(
        "machine-slept",
        LIKELY,
        WORKED
        + stood_still(s=30)
        + ping()
        + close(1011, "keepalive ping timeout", answered=False)
        + sent_pong()
        + fin(),
    ),
    fires("machine-slept", LIKELY, WORKED + stood_still(s=900) + asleep(s=900) + reset()),
    fires("machine-slept", LIKELY, asked() + asleep(s=3600) + fin()),
    fires("machine-slept", LIKELY, asked() + asleep(s=3600) + reset()),
    beside("machine-slept", POSSIBLE, asked() + asleep(s=2, awake_s=18) + fin()),
    silent("machine-slept", asked() + stood_still(s=30) + fin()),
    silent(
        "machine-slept",
        asked() + asleep(s=3600) + answered("HTTP/1.1 404 Not Found\nContent-Length: {length}", "") + fin(),
    ),
    silent("machine-slept", WORKED + stood_still(s=30) + sent_text("still there?") + text("yes") + fin()),
    silent("machine-slept", WORKED + idle(s=3600) + fin()),
    silent("machine-slept", WORKED + asleep(s=3600)),
    silent("machine-slept", WORKED + asleep(s=3600) + we_close() + close(1000) + fin()),
    silent("machine-slept", WORKED + asleep(s=3600) + sent_text("still there?") + text("yes") + fin()),
    silent("machine-slept", WORKED + asleep(s=3600) + idle(s=6) + text("tick") + fin()),
    silent("machine-slept", WORKED + asleep(s=3600) + close(4000, "you were kicked") + fin()),
    silent("machine-slept", WORKED + asleep(s=3600) + fin() + opened_again() + chatter(s=3) + fin()),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_story(row: Row) -> None:
    check(row)


def test_sixty_seconds_name_the_products_that_cut_there_and_their_knobs() -> None:
    answer = (WORKED + idle(s=60.02) + fin()).diagnose().answer
    assert answer is not None
    assert "nginx 60 s (proxy_read_timeout)" in answer.explanation
    assert "AWS ALB 60 s" in answer.explanation
    assert "Heroku" not in answer.explanation


def test_an_unknown_silence_names_no_product() -> None:
    answer = (WORKED + idle(s=45) + fin()).diagnose().answer
    assert answer is not None
    assert "No default that is known fits" in answer.explanation


def test_a_cut_below_tls_is_told_from_an_end_that_tls_announced() -> None:
    worked = opened("wss://echo.example/") + text("hi") + idle(s=60)
    announced = happened(TlsAlert, direction=Direction.RECEIVED, level=1, code=0)
    for story, words in (
        (worked, "FIN, without TLS close_notify"),
        (worked + announced, "announced by TLS close_notify"),
    ):
        answer = (story + fin()).diagnose().answer
        assert answer is not None
        assert words in answer.evidence[0].text


def test_a_connection_that_was_slept_through_says_for_how_long_and_shows_when() -> None:
    answer = (WORKED + asleep(s=29_000, awake_s=2) + fin()).diagnose().answer
    assert answer is not None
    assert answer.headline == (
        "This machine was asleep for 8 h 3 min, and the connection did not survive it: FIN"
    )
    assert answer.evidence[0].text.startswith("this machine slept for 8 h 3 min, between 0.0 s and 29002.")
    assert "--hold 29003 " in answer.next_test


def test_another_network_shows_in_the_next_attempts_address() -> None:
    story = WORKED + idle(s=5) + text("x") + reset(errno.ECONNABORTED) + opened_again(local="10.0.0.9:51000")
    record = story.record()
    answer = diagnose(record, record.attempts[0]).answer
    assert answer is not None
    assert (answer.cause, answer.certainty) == ("half-open-after-network-change", LIKELY)


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.words)
def test_every_limit_is_found_by_its_own_number_and_not_well_before_it(limit: Limit) -> None:
    assert limit in limits_near(limit.seconds, limit.measure, *limit.cut_by)
    assert limit in limits_near(limit.seconds + 0.9, limit.measure, *limit.cut_by)
    assert limit not in limits_near(limit.seconds * 0.9, limit.measure, *limit.cut_by)
    other = Measure.AGE if limit.measure is Measure.SILENCE else Measure.SILENCE
    assert limit not in limits_near(limit.seconds, other, *CutBy)
