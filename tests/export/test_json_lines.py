"""JSON Lines: what scripts select, and that nothing of the session is missing."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from tests.diagnosis.story import Story, again, fin, opened, reached, received, sent_text, switched, text
from tests.export.conftest import TOKEN
from tests.export.test_pcapng import DEFLATE, compressed, cut_off
from wsinspect.connection.recording import read_recording
from wsinspect.errors import UsageError
from wsinspect.export.json_lines import json_lines
from wsinspect.export.redact import Redactor
from wsinspect.session.record import SessionRecord


def lines(record: SessionRecord, *, show: bool = True) -> list[dict[str, Any]]:
    data = b"".join(json_lines(record, Redactor.for_session(record, show=show)))
    assert data.endswith(b"\n")
    return [json.loads(line) for line in data.splitlines()]


def of_type(record: SessionRecord, name: str) -> list[dict[str, Any]]:
    return [line for line in lines(record) if line["type"] == name]


def test_the_first_line_says_what_it_is_and_the_last_that_it_is_whole(session: SessionRecord) -> None:
    first, *_, last = lines(session)
    assert (first["type"], first["schema"], first["masked"], first["attempts"]) == ("session", 1, False, 1)
    assert last["type"] == "end"
    assert (last["frames"], last["dropped_bytes"]) == (len(session.frames), 0)
    assert lines(session, show=False)[0]["masked"] is True


def test_one_that_is_opened_as_a_recording_is_called_what_it_is(
    session: SessionRecord, tmp_path: Path
) -> None:
    path = tmp_path / "session-export.jsonl"
    path.write_bytes(b"".join(json_lines(session, Redactor.for_session(session))))
    with pytest.raises(UsageError) as caught:
        read_recording(path)
    assert str(caught.value).endswith(
        "session-export.jsonl: line 1: an export as JSON Lines, which is not a recording; "
        "open the recording that it was made from; `wsinspect -o FILE URL` makes one"
    )


def test_every_event_and_every_frame_is_a_line_in_time(session: SessionRecord) -> None:
    events = of_type(session, "event")
    assert [event["seq"] for event in events] == [event.seq for event in session.events]
    assert events[0]["event"] == "attempt-started"
    assert [frame["number"] for frame in of_type(session, "frame")] == list(range(1, len(session.frames) + 1))
    times = [line["at_ms"] for line in lines(session)[1:-1]]
    assert times == sorted(times)


def test_a_frame_says_what_it_is(session: SessionRecord) -> None:
    frames = of_type(session, "frame")
    assert {
        "direction": "sent",
        "kind": "text",
        "fin": True,
        "rsv": 0,
        "masked": True,
        "length": 6,
        "inflated_length": None,
        "whole": True,
        "text": "hi \u2603",
        "violations": [],
    }.items() <= frames[1].items()
    assert b64decode(frames[2]["base64"]) == b"\x00\xff\x01"
    (invalid,) = [frame for frame in frames if frame["violations"]]
    assert invalid["violations"][0]["kind"] == "invalid-utf8"
    assert b64decode(invalid["base64"]) == b"\xff\xfe not UTF-8"
    assert frames[-2]["close"] == {"code": 1001, "reason": "bye \x1b[31m"}


def test_messages_of_several_frames_follow_their_last_one(session: SessionRecord) -> None:
    one, other = of_type(session, "message")
    assert (one["text"], one["frames"], one["direction"]) == ("one two three", [4, 7, 8], "received")
    assert other["text"] == f"token {TOKEN} end"
    wanted = [
        line
        for line in lines(session)
        if line["type"] == "message" or (line["type"] == "frame" and line["whole"])
    ]
    assert len(wanted) == len(of_type(session, "frame")) - 5 + 2


def test_compressed_frames_have_both_lengths() -> None:
    story = opened(answer=(DEFLATE,)) + received(compressed("again " * 100)) + fin()
    (frame,) = of_type(story.record(), "frame")
    assert (frame["text"], frame["inflated_length"], frame["rsv"]) == ("again " * 100, 600, 4)
    assert frame["length"] < 60


def test_frames_belong_to_their_attempt() -> None:
    story: Story = opened() + text("a") + fin() + again() + reached() + switched() + sent_text("b") + fin()
    assert [(frame["attempt"], frame["text"]) for frame in of_type(story.record(), "frame")] == [
        (1, "a"),
        (2, "b"),
    ]


def test_secrets_are_masked_in_events_and_frames(session: SessionRecord) -> None:
    text_of = b"".join(json_lines(session, Redactor.for_session(session))).decode()
    assert TOKEN not in text_of
    assert "0123456789abcdef" not in text_of
    for line in lines(session, show=False):
        assert TOKEN.encode() not in b64decode(line.get("base64", ""))


def test_a_frame_that_the_end_cut_off_has_what_arrived() -> None:
    *_, frame = of_type(cut_off().record(), "frame")
    assert [violation["kind"] for violation in frame["violations"]] == ["cut-off"]
    assert 0 < len(b64decode(frame["base64"])) < 3000


def test_nothing_in_it_acts_on_a_terminal(session: SessionRecord) -> None:
    data = b"".join(json_lines(session, Redactor(show=True)))
    assert all(byte == 0x0A or 0x20 <= byte < 0x7F for byte in data)
