"""The record: append-only, numbered, bounded."""

from __future__ import annotations

import pytest

from tests.diagnosis.story import (
    again,
    answered,
    asked,
    close,
    fin,
    opened,
    opened_again,
    reached,
    switched,
    text,
)
from wsinspect.events import (
    AttemptEnded,
    AttemptReason,
    AttemptStarted,
    BytesReceived,
    Direction,
    Layer,
    LimitReached,
    StepStarted,
)
from wsinspect.events.vocabulary import Step
from wsinspect.options import ConnectOptions, Limits
from wsinspect.session.record import SessionRecord


def begin(record: SessionRecord, attempt: int = 1, seq: int = 1) -> None:
    record.append(
        AttemptStarted(
            seq=seq,
            at_ns=seq,
            attempt=attempt,
            wall_time_ns=0,
            options=ConnectOptions(url="ws://h/"),
            reason=AttemptReason.FIRST,
        )
    )


def test_before_the_first_attempt_there_is_none() -> None:
    record = SessionRecord()
    assert record.current is None
    assert record.event(1) is None
    assert record.attempt_of_frame(0) is None


def test_an_event_of_an_attempt_that_never_began_is_refused() -> None:
    record = SessionRecord()
    begin(record)
    with pytest.raises(ValueError, match="attempt 7, which was never started"):
        record.append(AttemptEnded(seq=2, at_ns=2, attempt=7))


def test_the_version_grows_with_every_event() -> None:
    record = SessionRecord()
    begin(record)
    before = record.version
    record.append(StepStarted(seq=2, at_ns=50, attempt=1, step=Step.URL))
    assert record.version > before
    assert record.last_ns == 50


def test_events_are_found_by_number_and_chunks_live_in_the_frame_log() -> None:
    record = (opened() + text("hi") + fin()).record()
    for event in record.events:
        assert record.event(event.seq) is event
        assert not (isinstance(event, BytesReceived) and event.layer is Layer.WEBSOCKET)
    numbers = {event.seq for event in record.events}
    missing = next(n for n in range(1, max(numbers)) if n not in numbers)
    assert record.event(missing) is None
    assert len(record.frames) == 1


def test_frames_belong_to_their_attempt() -> None:
    record = (opened() + text("a") + text("b") + fin() + opened_again() + text("c")).record()
    first, second = record.attempts
    assert (first.first_frame, first.end_frame) == (0, 2)
    assert (second.first_frame, second.end_frame) == (2, 3)
    assert record.attempt_of_frame(1) is first
    assert record.attempt_of_frame(2) is second
    assert record.attempt_of_frame(3) is None
    assert record.current is second


def test_late_events_of_an_earlier_attempt_reach_it() -> None:
    record = SessionRecord()
    begin(record, 1, 1)
    begin(record, 2, 2)
    record.append(AttemptEnded(seq=3, at_ns=9, attempt=1))
    assert record.attempts[0].ended
    assert not record.attempts[1].ended


def test_beyond_the_limit_events_are_counted_and_still_counted_in() -> None:
    record = SessionRecord(Limits(events=5))
    begin(record)
    for seq in range(2, 21):
        record.append(LimitReached(seq=seq, at_ns=seq, attempt=1, limit="body_bytes", allowed=1, what="x"))
    record.append(AttemptEnded(seq=21, at_ns=21, attempt=1))
    assert record.dropped_events == 15
    assert len(record.events) == 6
    assert len(record.attempts[0].limits) == 19
    assert record.attempts[0].ended


def test_the_frame_in_which_the_stream_ended_is_one_too() -> None:
    record = (opened() + close(1000) + fin()).record()
    attempt = record.current
    assert attempt is not None
    assert attempt.closure.close_received is not None
    assert attempt.closure.close_sent is not None
    assert record.frames.direction(attempt.closure.close_received.frame) is Direction.RECEIVED


def test_a_refusal_has_no_frames_and_the_next_attempt_starts_clean() -> None:
    story = asked() + answered("HTTP/1.1 500 No", "oops") + again() + reached() + switched()
    first, second = story.record().attempts
    assert first.frame_count == 0
    assert second.failure is None
    assert second.opened_ns is not None
