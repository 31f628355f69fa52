"""JSON Lines: what scripts select, and that nothing of the session is missing."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from tests.diagnosis.story import (
    Story,
    again,
    fin,
    idle,
    opened,
    reached,
    received,
    sent_text,
    switched,
    text,
)
from tests.export.conftest import TOKEN, logged
from tests.export.test_pcapng import DEFLATE, compressed, cut_off
from tests.session.test_as_events import STORIES
from wsinspect.connection.recording import read_recording
from wsinspect.errors import UsageError
from wsinspect.export.json_lines import json_lines
from wsinspect.export.json_text import json_line
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


def test_lines_of_the_servers_log_stand_in_their_place_in_time() -> None:
    record = (opened() + text("a") + idle(s=1) + text("b") + fin()).record()
    began_ms = (record.attempts[0].started.at_ns - record.attempts[0].started.wall_time_ns) / 1e6
    record.append(logged("before", 5000, -9.5))
    record.append(
        logged("between", 5000, record.frames.at_ns(0) / 1e6 - began_ms + 500, precision_ns=1000000)
    )
    record.append(logged("  at handler()", 5000, continues=True))
    record.append(logged("after \x1b[31m", 5001))
    found = [(line["type"], line.get("text")) for line in lines(record) if line["type"] in ("frame", "log")]
    assert found == [
        ("log", "before"),
        ("frame", "a"),
        ("log", "between"),
        ("log", "  at handler()"),
        ("frame", "b"),
        ("log", "after \x1b[31m"),
    ]
    first, between, trace, after = of_type(record, "log")
    assert (first["at_ms"] < 0, first["timed_by"], first["attempt"]) == (True, "stated", 1)
    assert (between["stated"], between["precision_ms"]) == (between["time"], 1.0)
    assert (trace["timed_by"], trace["at_ms"], trace["stated"]) == ("continues", between["at_ms"], None)
    assert (after["timed_by"], after["at_ms"], after["precision_ms"]) == ("read", 5001.0, None)
    assert lines(record)[-1]["log_lines"] == 4
    times = [line["at_ms"] for line in lines(record)[1:-1]]
    assert times == sorted(times)


def test_a_line_of_the_log_belongs_to_the_newest_attempt_that_had_begun() -> None:
    record = (opened() + fin() + again() + reached() + switched() + fin()).record()
    second = record.attempts[1].started.at_ns / 1e6
    record.append(logged("first", second - 0.5))
    record.append(logged("second", second + 0.5))
    assert [(line["attempt"], line["text"]) for line in of_type(record, "log")] == [
        (1, "first"),
        (2, "second"),
    ]


def test_secrets_of_the_log_are_masked_however_old_the_line_is() -> None:
    record = opened(f"ws://echo.example/?token={TOKEN}").record()
    record.append(logged("GET /ws?token=only-this-line-has-it 101", 100))
    for number in range(2100):
        record.append(logged(f"line {number} {TOKEN}", 101))
    shown = b"".join(json_lines(record, Redactor.for_session(record)))
    assert b"only-this-line" not in shown
    assert TOKEN.encode() not in shown
    assert b"only-this-line" in b"".join(json_lines(record, Redactor.for_session(record, show=True)))


def test_selected_frames_come_without_the_log() -> None:
    record = (opened() + text("a")).record()
    record.append(logged("a line", 100))
    found = [json.loads(line) for line in b"".join(json_lines(record, Redactor(), [0])).splitlines()]
    assert [line["type"] for line in found] == ["session", "frame", "end"]
    assert found[-1]["log_lines"] == 0


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("show", [True, False])
def test_frames_read_by_the_block_are_those_read_alone(story: str, *, show: bool) -> None:
    record = STORIES[story].record()
    redact = Redactor(["again", "23 ", "abc", TOKEN], show=show)
    whole = b"".join(json_lines(record, redact))
    alone = b"".join(json_lines(record, redact, range(record.frame_count)))
    frames = [
        line for line in whole.splitlines() if line.startswith((b'{"type":"frame"', b'{"type":"message"'))
    ]
    assert frames == alone.splitlines()[1:-1]
    assert len(frames) >= record.frame_count


def test_what_msgspec_has_no_way_to_say_is_said() -> None:
    for value in ("caf\u00e9 \U0001f600", "\ud800", "\x7f\x1b", 2**70, {"a": [1.5, None, True]}):
        line = json_line(value)
        assert line.isascii()
        assert line.endswith(b"\n")
        assert all(0x20 <= byte < 0x7F for byte in line[:-1])
        assert json.loads(line) == value


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
