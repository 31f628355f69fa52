"""Sections 8 and 15 of the catalogue: a good handshake, and an early end."""

from __future__ import annotations

import pytest

from tests.diagnosis.story import (
    SWITCHING,
    Story,
    again,
    answered,
    asked,
    begun,
    close,
    failed,
    fin,
    idle,
    keepalive_expired,
    opened,
    ping,
    pong,
    received,
    reset,
    sent_ping,
    sent_pong,
    sent_text,
    text,
    we_close,
)
from tests.diagnosis.table import Row, check, fires, silent
from wsinspect.diagnosis.cause import Certainty
from wsinspect.diagnosis.engine import diagnose
from wsinspect.events import FailureKind, LocalEnd, Step

CERTAIN, LIKELY, POSSIBLE = Certainty.CERTAIN, Certainty.LIKELY, Certainty.POSSIBLE
ENGINE_OPEN = '0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":[],"pingInterval":25000,"pingTimeout":20000}'
SECOND_ANSWER = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 11\r\n\r\nBad Request"
PHP = b"<br />\n<b>Warning</b>:  Undefined variable $client in <b>/srv/app/server.php</b> on line <b>42</b><br />\n"
REFUSED_AFTER = Story((again(), begun(Step.TCP), failed(Step.TCP, FailureKind.REFUSED)))
SOCKET_IO = opened() + text(ENGINE_OPEN)
SAYS_HI = '42["message","x"]'
PEERJS_ERROR = '{"type":"ERROR","payload":{"msg":"No id, token, or key supplied to websocket server"}}'
BROKEN_FRAMING = opened() + text("o") + sent_text("{bad") + close(3000, "Broken framing.") + fin()
GRAPHQL_REFUSED = '{"type":"connection_error","payload":{"message":"Missing auth token!"}}'
CHAT = Story((text("hi"), sent_text("ho"), text("hey")))

ROWS = (
    fires("open-then-fin", LIKELY, opened() + idle(s=0.2) + fin()),
    fires("open-then-fin", POSSIBLE, opened() + idle(s=0.2) + sent_text("x") + idle(s=2) + fin()),
    fires("open-then-fin", POSSIBLE, opened() + text("welcome") + idle(s=0.2) + fin()),
    silent("open-then-fin", opened() + idle(s=0.2) + we_close() + fin()),
    silent("open-then-fin", opened() + CHAT + idle(s=0.2) + fin()),
    fires("open-then-rst", LIKELY, opened() + idle(s=0.2) + reset()),
    silent("open-then-rst", opened() + idle(s=0.2) + sent_text("x") + reset()),
    silent("open-then-rst", opened() + idle(s=0.2) + we_close() + reset()),
    fires("http-bytes-after-101", CERTAIN, opened() + received(SECOND_ANSWER)),
    fires("http-bytes-after-101", CERTAIN, opened() + received(SECOND_ANSWER) + fin()),
    fires("http-bytes-after-101", CERTAIN, asked() + answered(SWITCHING, more=SECOND_ANSWER) + reset()),
    silent("http-bytes-after-101", opened() + text("HTTP/1.1 400 Bad Request")),
    # flask-sock under Werkzeug: the handler's own response, in answer to our Close and before theirs.
    fires(
        "http-bytes-after-101",
        POSSIBLE,
        opened()
        + we_close()
        + received(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n\x88\x02\x03\xe8")
        + fin(),
    ),
    fires(
        "http-bytes-after-101",
        CERTAIN,
        opened()
        + received(b"HTTP/1.1 401 Unauthorized\r\n\r\n")
        + we_close(1002, why=LocalEnd.PEER_VIOLATED_PROTOCOL)
        + fin(),
    ),
    fires("html-after-101", CERTAIN, opened() + received(PHP) + fin()),
    fires("html-after-101", CERTAIN, opened() + received(b'{"error":"upstream unavailable"}\n') + fin()),
    fires(
        "html-after-101", LIKELY, opened() + received(b"Traceback (most recent call last):\n  File x") + fin()
    ),
    silent("html-after-101", opened() + text("<html>") + text('{"error":"x"}')),
    fires("server-crash-on-frame", POSSIBLE, opened() + sent_text("hello") + reset()),
    fires("server-crash-on-frame", POSSIBLE, opened() + CHAT + sent_text("bye") + reset()),
    silent("server-crash-on-frame", opened() + sent_text("hello") + text("hi") + reset()),
    silent("server-crash-on-frame", opened() + sent_text("hello") + fin()),
    fires("open-but-buffered", LIKELY, opened() + sent_text("hello") + sent_ping(b"1") + keepalive_expired()),
    fires("open-but-buffered", POSSIBLE, opened() + sent_ping(b"1"), waits_s=6),
    silent("open-but-buffered", opened() + sent_ping(b"1"), waits_s=0.5),
    silent("open-but-buffered", opened() + sent_ping(b"1") + pong(b"1"), waits_s=60),
    silent("open-but-buffered", opened() + sent_text("hello"), waits_s=60),
    fires(
        "plain-ws-client-to-socketio",
        CERTAIN,
        opened() + text(ENGINE_OPEN) + idle(s=25) + text("2") + idle(s=20) + close() + fin(),
    ),
    fires("plain-ws-client-to-socketio", LIKELY, opened() + text(ENGINE_OPEN) + idle(s=25) + text("2")),
    silent("plain-ws-client-to-socketio", opened() + text(ENGINE_OPEN) + idle(s=2)),
    fires(
        "plain-ws-client-to-socketio",
        CERTAIN,
        opened() + text(ENGINE_OPEN) + sent_text('{"a":1}') + close() + fin(),
    ),
    silent("plain-ws-client-to-socketio", opened() + text(ENGINE_OPEN) + sent_text("40") + close() + fin()),
    fires("plain-ws-client-to-socketio", LIKELY, SOCKET_IO + sent_text(SAYS_HI) + close() + fin()),
    fires(
        "plain-ws-client-to-socketio",
        LIKELY,
        SOCKET_IO
        + sent_text("40")
        + text('44{"message":"unauthorized token"}')
        + sent_text(SAYS_HI)
        + close()
        + fin(),
    ),
    fires(
        "plain-ws-client-to-socketio",
        POSSIBLE,
        SOCKET_IO + sent_text("40") + text('40{"sid":"x"}') + sent_text("42[bad") + close() + fin(),
    ),
    silent("plain-ws-client-to-socketio", SOCKET_IO + sent_text(SAYS_HI) + close(1001) + fin()),
    silent("plain-ws-client-to-socketio", SOCKET_IO + sent_text(SAYS_HI) + idle(s=3) + close() + fin()),
    silent(
        "plain-ws-client-to-socketio",
        opened() + text(ENGINE_OPEN) + sent_text("hello") + idle(s=3) + close() + fin(),
    ),
    silent(
        "plain-ws-client-to-socketio", opened() + text(ENGINE_OPEN) + idle(s=2) + we_close() + close() + fin()
    ),
    silent(
        "plain-ws-client-to-socketio",
        opened()
        + text(ENGINE_OPEN)
        + sent_text("40")
        + idle(s=25)
        + text("2")
        + sent_text("3")
        + idle(s=20)
        + fin(),
    ),
    fires("close-1008-or-44xx-auth", CERTAIN, opened() + idle(s=0.1) + close(1008, "Token missing") + fin()),
    fires("close-1008-or-44xx-auth", CERTAIN, opened() + close(4401, "Unauthorized") + fin()),
    fires("close-1008-or-44xx-auth", LIKELY, opened() + close(4401) + fin()),
    fires("close-1008-or-44xx-auth", LIKELY, opened() + close(1008) + fin()),
    fires(
        "close-1008-or-44xx-auth",
        CERTAIN,
        opened() + text("{}") + close(3000, "authentication required") + fin(),
    ),
    fires("close-1008-or-44xx-auth", LIKELY, opened() + close(3000) + fin()),
    silent("close-1008-or-44xx-auth", BROKEN_FRAMING),
    fires("close-other-code", CERTAIN, BROKEN_FRAMING),
    fires("close-1008-or-44xx-auth", POSSIBLE, opened() + close(4003) + fin()),
    silent(
        "close-1008-or-44xx-auth",
        opened() + sent_text("{") + close(4400, "Unexpected token in JSON at position 0") + fin(),
    ),
    silent("close-1008-or-44xx-auth", opened() + close(4009, "rate limited") + fin()),
    silent("close-1008-or-44xx-auth", opened() + we_close() + close(1008, "Token missing") + fin()),
    fires(
        "close-1000-immediately", POSSIBLE, opened() + idle(s=0.1) + close(1000, "duplicate session") + fin()
    ),
    fires("close-1000-immediately", POSSIBLE, opened() + idle(s=0.1) + close() + fin()),
    fires("close-1000-immediately", POSSIBLE, opened() + text(PEERJS_ERROR) + close() + fin()),
    silent("close-1000-immediately", opened() + text(PEERJS_ERROR) + text("and more") + close() + fin()),
    silent("close-1000-immediately", opened() + text("welcome") + close(1000) + fin()),
    silent("close-1000-immediately", opened() + idle(s=3) + close(1000) + fin()),
    silent("close-1000-immediately", opened() + we_close() + close(1000) + fin()),
    fires("close-1011", CERTAIN, opened() + close(1011, "Internal error") + fin()),
    fires("close-1011", CERTAIN, opened() + text(GRAPHQL_REFUSED) + close(1011) + fin()),
    fires("close-1011", CERTAIN, opened() + sent_text("hello") + close(1011) + reset()),
    silent("close-1011", opened() + we_close(1011) + close(1011) + fin()),
    fires("close-1001-or-1012-restart", CERTAIN, opened() + close(1012, "Service Restart") + fin()),
    fires("close-1001-or-1012-restart", CERTAIN, opened() + CHAT + close(1001, "Going away") + fin()),
    fires(
        "close-1001-or-1012-restart", POSSIBLE, opened() + text("control") + close(1001, "no-session") + fin()
    ),
    fires("close-1001-or-1012-restart", CERTAIN, opened() + close(1001) + fin()),
    silent("close-1001-or-1012-restart", opened() + CHAT + close(1001, "Connection Idle Timeout") + fin()),
    fires("close-1013-overload", CERTAIN, opened() + CHAT + close(1013, "Try again later") + fin()),
    silent("close-1013-overload", opened() + CHAT + close(1014) + fin()),
    fires("close-other-code", CERTAIN, opened() + CHAT + idle(s=9) + close(1014) + fin()),
    fires("close-other-code", CERTAIN, opened() + text("hi") + close(4009, "rate limited") + fin()),
    silent("close-other-code", opened() + CHAT + close(1000) + fin()),
    silent("close-other-code", opened() + we_close(4009) + close(4009) + fin()),
)

HEALTHY = (
    opened(),
    opened() + CHAT,
    opened() + CHAT + we_close() + close(1000, answered=False) + fin(),
    opened() + idle(s=2) + we_close(why=LocalEnd.HOLD_OVER) + close(1000, answered=False) + fin(),
    opened() + CHAT + idle(s=30) + close(1000) + fin(),
    opened() + CHAT + idle(s=30) + close() + fin(),
    opened()
    + ping(b"1")
    + sent_pong(b"1")
    + sent_ping(b"2")
    + pong(b"2")
    + idle(s=90)
    + we_close()
    + close(1000, answered=False)
    + fin(),
    opened() + sent_ping(b"2") + pong(b"2") + idle(s=90),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_story(row: Row) -> None:
    check(row)


@pytest.mark.parametrize("story", HEALTHY)
def test_nobody_is_to_blame(story: Story) -> None:
    assert story.causes() == []


def test_a_server_that_refuses_afterwards_has_probably_crashed() -> None:
    story = opened() + CHAT + sent_text("bye") + reset() + REFUSED_AFTER
    record = story.record()
    answer = diagnose(record, record.attempts[0]).answer
    assert answer is not None
    assert (answer.cause, answer.certainty) == ("server-crash-on-frame", LIKELY)


def test_foreign_bytes_are_the_only_finding() -> None:
    for data in (SECOND_ANSWER, PHP, SECOND_ANSWER.replace(b"400 Bad Request", b"500 Internal Server Error")):
        for end in (Story(), Story((fin(),)), Story((reset(),))):
            assert len((opened() + received(data) + end).causes()) == 1


def test_after_our_own_close_only_its_answer_can_be_missing() -> None:
    for end in (fin(), reset()):
        assert (opened() + idle(s=70) + we_close() + end).causes() == ["close-unanswered"]


def test_the_first_bytes_are_pointed_at() -> None:
    answer = (opened() + received(PHP) + fin()).diagnose().answer
    assert answer is not None
    assert answer.evidence[0].frame == 0
    assert "Warning" in answer.headline
