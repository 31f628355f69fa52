"""Whatever a peer sends, the diagnosis answers, and never twice in different words for the same bytes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.diagnosis.story import (
    SWITCHING,
    Move,
    Story,
    answered,
    asked,
    close,
    fin,
    idle,
    opened,
    raw_answer,
    received,
    reset,
    sent_text,
    text,
    we_abort,
    we_close,
)

ENDS: tuple[Story, ...] = (
    Story(),
    Story((fin(),)),
    Story((reset(),)),
    Story((we_abort(),)),
    Story((we_close(), fin())),
    Story((idle(s=61), fin())),
)
BEGINNINGS = (b"", b"HTTP/1.1 ", b"HTTP/1.1 400 Bad\r\n", b"<html", b'0{"sid":"', b"\x88\x02", b"\x81\x05")


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(BEGINNINGS), st.binary(max_size=80), st.sampled_from(ENDS))
def test_any_bytes_after_the_handshake(beginning: bytes, rest: bytes, end: Story) -> None:
    for story in (
        opened() + received(beginning + rest),
        asked() + answered(SWITCHING, more=beginning + rest),
    ):
        told = story + end
        assert told.diagnose() == told.diagnose()


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(BEGINNINGS), st.binary(max_size=80), st.sampled_from(ENDS))
def test_any_bytes_as_an_answer(beginning: bytes, rest: bytes, end: Story) -> None:
    if not (beginning + rest).startswith(b"HTTP/1.1 101"):
        assert len((asked() + raw_answer(beginning + rest) + end).causes()) <= 4


@settings(max_examples=100, deadline=None)
@given(
    st.integers(100, 999).filter(lambda status: status != 101 and status >= 200),
    st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=20),
    st.text(max_size=60),
)
def test_any_refusal_has_one_first_finding_with_a_next_test(status: int, phrase: str, body: str) -> None:
    answer = (asked() + answered(f"HTTP/1.1 {status} {phrase}".rstrip(), body) + fin()).diagnose().answer
    assert answer is not None
    assert answer.cause != "unexplained"
    assert answer.next_test


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 65535), st.text(max_size=30), st.sampled_from([text("hi"), sent_text("ho")]))
def test_any_close_code_of_the_peer_is_told_or_normal(code: int, reason: str, before: Move) -> None:
    found = (opened() + before + idle(s=20) + close(code, reason[:20]) + fin()).causes()
    assert len(found) <= 2
    if code not in (1000, 1008) and not reason:
        assert found
