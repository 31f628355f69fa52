"""The stories themselves: what they tell is what a connection would have recorded."""

from __future__ import annotations

from tests.diagnosis.story import (
    answered,
    asked,
    close,
    fin,
    idle,
    opened,
    opened_again,
    ping,
    sent_text,
    text,
)
from wsinspect.events import FailureKind, ReadyState, Step
from wsinspect.session.closure import By, How
from wsinspect.wire.opcode import Opcode


def test_a_refusal_is_a_failed_upgrade_with_its_body() -> None:
    story = asked() + answered("HTTP/1.1 426 Upgrade Required\nContent-Length: {length}", "Upgrade Required")
    attempt = story.record().current
    assert attempt is not None
    assert attempt.failure is not None
    assert (attempt.failure.step, attempt.failure.kind) == (Step.UPGRADE, FailureKind.HTTP_REFUSED)
    assert attempt.handshake.body_text == "Upgrade Required"


def test_an_open_connection_has_frames_times_and_an_end() -> None:
    record = (opened() + text("hi") + sent_text("ho") + ping() + idle(s=60.2) + fin()).record()
    attempt = record.current
    assert attempt is not None
    assert attempt.opened_ns is not None
    assert [record.frames.opcode(n) for n in range(3)] == [Opcode.TEXT, Opcode.TEXT, Opcode.PING]
    assert record.frames.preview(1) == b"ho"
    assert attempt.closure.how is How.FIN
    assert attempt.closure.by is By.SERVER
    assert attempt.failure is not None
    assert attempt.failure.step is Step.OPEN


def test_a_closing_handshake_is_clean_and_a_second_attempt_stands_alone() -> None:
    record = (opened() + close(1000) + fin() + opened_again()).record()
    first, second = record.attempts
    assert first.closure.clean
    assert first.failure is None
    assert second.ready_state is ReadyState.OPEN
    assert second.frame_count == 0
