"""Peers that mean no good, or are out of their mind: each ends in a cause of its own, and what is merely a lot does not."""

from __future__ import annotations

import pytest

from tests.diagnosis.story import (
    Move,
    Story,
    Teller,
    answered,
    asked,
    close,
    failed,
    fin,
    happened,
    idle,
    opened,
    raw_answer,
    received,
    reset,
    text,
    timed_out,
    we_abort,
)
from tests.diagnosis.table import Row, check, fires, silent
from tests.diagnosis.test_causes_tls import hello
from wsinspect.diagnosis.cause import Certainty, Side
from wsinspect.events import FailureKind, LimitReached, LocalEnd, Step
from wsinspect.lab import frames

CERTAIN, POSSIBLE = Certainty.CERTAIN, Certainty.POSSIBLE
PING, CRUMB = frames.frame(frames.PING), frames.frame(frames.CONTINUATION, b"x", fin=False)
HUGE = b"\x82\x7f" + b"\xff" * 8


def malformed(data: bytes) -> Story:
    return asked() + raw_answer(data) + failed(Step.UPGRADE, FailureKind.HTTP_MALFORMED, code="not-http")


def limit(name: str, allowed: float, what: str) -> Move:
    return happened(LimitReached, limit=name, allowed=allowed, what=what)


def endless(data: bytes) -> Story:
    return (
        asked()
        + raw_answer(data)
        + limit("head_bytes", 65536, "the response head is longer")
        + failed(Step.UPGRADE, FailureKind.HEAD_TOO_LARGE)
    )


def too_large(*, said: bool = True) -> Story:
    """A message has come of which we keep no more."""
    told = limit("message_bytes", 67108864, "the message inflates to more than 67108864 bytes")
    story = opened() + text("x")
    return (story + told if said else story) + we_abort(LocalEnd.PEER_VIOLATED_PROTOCOL)


def over_time(count: int, every_s: float, frame: bytes = PING) -> Move:
    """The same frame again and again."""

    def move(teller: Teller) -> None:
        for _ in range(count):
            idle(s=every_s)(teller)
            received(frame)(teller)

    return move


TLS_ERROR = failed(Step.TLS, FailureKind.TLS_ERROR, "the TLS handshake failed: bad record mac")
DATA_AFTER = close(1000, answered=False)

ROWS = (
    fires("http-answer-malformed", CERTAIN, malformed(b"\x7fELF\x00\x00")),
    fires("http-answer-malformed", CERTAIN, malformed(b"HTTP/1.1 20O OK\r\n\r\n")),
    fires("http-answer-malformed", CERTAIN, malformed(b"Error occurred while trying to proxy: h.io/api/ws")),
    silent("http-answer-malformed", malformed(b"SSH-2.0-OpenSSH_9.6\r\n")),
    silent("http-answer-malformed", malformed(b"\x15\x03\x03\x00\x02\x02\x28")),
    silent("http-answer-malformed", asked() + answered("HTTP/1.1 200 OK", "\x7fELF")),
    fires("http-head-endless", CERTAIN, endless(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 12000)),
    fires("http-head-endless", CERTAIN, endless(b"HTTP/1.1 100 Continue\r\n\r\n" * 4000)),
    silent("http-head-endless", asked() + raw_answer(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500) + fin()),
    fires("tls-bytes-invalid", CERTAIN, hello() + TLS_ERROR),
    fires(
        "tls-bytes-invalid",
        CERTAIN,
        asked("wss://h.io/") + failed(Step.UPGRADE, FailureKind.TLS_ERROR, "bad record mac"),
    ),
    silent("tls-bytes-invalid", hello() + failed(Step.TLS, FailureKind.TLS_ERROR, "unsupported protocol")),
    silent("tls-bytes-invalid", hello() + fin()),
    fires("message-inflates-beyond-limit", CERTAIN, too_large()),
    silent("message-inflates-beyond-limit", too_large(said=False)),
    fires("control-frame-flood", CERTAIN, opened() + received(PING * 1000) + fin()),
    fires("control-frame-flood", CERTAIN, opened() + received(frames.frame(frames.PONG) * 5000) + reset()),
    # What came slowly in between does not hide a storm at either end.
    fires("control-frame-flood", CERTAIN, opened() + received(PING * 1000) + over_time(1001, 1)),
    fires("control-frame-flood", CERTAIN, opened() + over_time(1001, 1) + received(PING * 1000)),
    silent("control-frame-flood", opened() + received(PING * 999) + fin()),
    silent("control-frame-flood", opened() + over_time(1000, 20) + fin()),
    fires("fragment-flood", CERTAIN, opened() + received(frames.text("x", fin=False) + CRUMB * 10_000)),
    silent("fragment-flood", opened() + received(frames.text("x", fin=False) + CRUMB * 9_999)),
    silent("fragment-flood", opened() + received(frames.text("x") * 20_000)),
    silent(
        "fragment-flood",
        opened() + received(frames.text("x", fin=False) + frames.frame(0, b"x" * 20, fin=False) * 10_000),
    ),
    fires("frames-after-close", CERTAIN, opened() + DATA_AFTER + text("late")),
    fires("frames-after-close", CERTAIN, opened() + DATA_AFTER + received(frames.close(1000) * 3) + fin()),
    silent("frames-after-close", opened() + text("early") + close(1000) + fin()),
    # What reads like a Close in bytes that are no frames proves nothing.
    silent("frames-after-close", opened() + received(b"\xf8\x00\x82\x00")),
    silent("frames-after-close", opened() + DATA_AFTER + received(b"\xf3\x00")),
    fires("upgrade-partial-response", POSSIBLE, asked() + raw_answer(b"HTTP/1.1 100 Continue\r\n\r\n") + fin()),
    fires("proto-length-nonminimal", CERTAIN, opened() + received(HUGE) + we_abort(LocalEnd.PEER_VIOLATED_PROTOCOL)),
    fires("proto-length-nonminimal", CERTAIN, opened() + received(HUGE) + fin()),
    silent("proto-length-nonminimal", opened() + received(b"\x82\x7f" + b"\0" * 5) + we_abort()),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_story(row: Row) -> None:
    check(row)


def headline(story: Story) -> str:
    answer = story.diagnose().answer
    assert answer is not None
    return answer.headline


def test_a_broken_status_line_is_the_servers_and_other_bytes_are_nobodys() -> None:
    broken = malformed(b"HTTP/1.1 20O OK\r\n\r\n").diagnose().answer
    other = malformed(b"\x7fELF").diagnose().answer
    assert broken is not None
    assert other is not None
    assert (broken.side, other.side) == (Side.SERVER, Side.UNKNOWN)
    assert broken.headline.endswith("its status line is 'HTTP/1.1 20O OK'")
    assert other.evidence[0].byte_range == (0, 4)


def test_limits_are_named_with_their_value() -> None:
    told = endless(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000).diagnose().answer
    large = too_large().diagnose().answer
    assert told is not None
    assert large is not None
    assert "head_bytes = 65536" in told.fix[-1]
    assert "message_bytes = 67108864" in large.fix[-1]
    tls = hello() + limit("tls_handshake_bytes", 1048576, "the server sent more") + TLS_ERROR
    found = tls.diagnose().answer
    assert found is not None
    assert "tls_handshake_bytes = 1048576" in found.fix[0]
    assert all("[NAME.limits] in profiles.toml" in fix for fix in (told.fix[-1], large.fix[-1], found.fix[0]))


def test_an_answer_that_trickles_is_told_from_one_that_stopped() -> None:
    begun = asked() + raw_answer(b"HTTP/1.1 101 Sw")
    assert "then silence for 20.0 s" in headline(begun + timed_out(s=20))

    def trickle(teller: Teller) -> None:
        for _ in range(19):
            idle(s=1)(teller)
            raw_answer(b"i")(teller)

    assert "they trickled in for 20.0 s" in headline(begun + trickle + timed_out(s=1))


def test_what_a_server_said_before_its_frames_after_the_close_comes_first() -> None:
    story = opened() + close(1011, "boom", answered=False) + text("late")
    assert story.causes() == ["close-1011", "frames-after-close"]


def test_the_length_of_a_frame_that_is_still_arriving_is_pointed_at() -> None:
    story = opened() + text("hi") + received(HUGE + b"x" * 50) + we_abort(LocalEnd.PEER_VIOLATED_PROTOCOL)
    answer = story.diagnose().answer
    assert answer is not None
    assert answer.evidence[0].frame == 1
    assert "after 50 of 18446744073709551615 payload bytes" in story.record().frames.violations(1)[-1].text
