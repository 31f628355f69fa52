"""HAR: the form that Chrome's DevTools writes and reads, tried on the real thing."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.diagnosis.story import (
    Story,
    again,
    asked,
    begun,
    failed,
    fin,
    opened,
    reached,
    received,
    started,
    text,
)
from tests.export.conftest import TOKEN, logged, talk
from tests.export.devtools import devtools_front_end
from wsinspect.events import BytesReceived, Direction, FailureKind, Layer, Step
from wsinspect.export.har import har
from wsinspect.export.redact import Redactor
from wsinspect.lab import frames
from wsinspect.options import Limits
from wsinspect.session.record import SessionRecord
from wsinspect.wire.decoder import FrameDecoder

if TYPE_CHECKING:
    from tests.peers.chromium import Chromium


def written(record: SessionRecord, *, show: bool = False) -> dict[str, Any]:
    log = json.loads(b"".join(har(record, Redactor.for_session(record, show=show))))["log"]
    assert isinstance(log, dict)
    return log


def entries_of(story: Story) -> Iterator[dict[str, Any]]:
    record = story.record()
    try:
        yield from written(record)["entries"]
    finally:
        record.close()


def test_the_servers_log_is_in_a_field_of_the_entry() -> None:
    record = (opened(f"ws://echo.example/?token={TOKEN}") + text("a") + fin()).record()
    assert "_wsinspectServerLog" not in written(record)["entries"][0]
    record.append(logged(f"GET /?token={TOKEN}", 8, 3.5, precision_ns=1000))
    record.append(logged("who knows when", 8))
    first, second = written(record)["entries"][0]["_wsinspectServerLog"]
    began = record.attempts[0].started
    assert first["time"] == pytest.approx(0.0035, abs=1e-6)
    assert (first["timedBy"], second["timedBy"]) == ("stated", "read")
    assert second["time"] == pytest.approx((began.wall_time_ns - began.at_ns) / 1e9 + 0.008, abs=1e-6)
    assert (second["text"], TOKEN in first["text"]) == ("who knows when", False)


def test_an_attempt_is_an_entry_as_chrome_writes_it(session: SessionRecord) -> None:
    log = written(session)
    assert (log["version"], log["creator"]["name"]) == ("1.2", "wsinspect")
    (entry,) = log["entries"]
    assert entry["_resourceType"] == "websocket"
    assert entry["request"]["method"] == "GET"
    assert entry["response"]["status"] == 101
    assert entry["serverIPAddress"] == "192.0.2.1"
    assert {"name": "Upgrade", "value": "websocket"} in entry["request"]["headers"]
    assert entry["time"] == pytest.approx(
        sum(v for name, v in entry["timings"].items() if v > 0 and name != "ssl")
    )


def test_messages_are_whole_and_control_frames_keep_their_opcodes(session: SessionRecord) -> None:
    (entry,) = written(session, show=True)["entries"]
    seen = [(m["type"], m["opcode"], m["data"]) for m in entry["_webSocketMessages"]]
    assert seen[:3] == [("receive", 1, "hello"), ("send", 1, "hi \u2603"), ("receive", 2, "AP8B")]
    assert ("receive", 9, "eA==") in seen
    assert ("receive", 1, "one two three") in seen
    assert ("send", 1, f"token {TOKEN} end") in seen
    assert ("receive", 1, "\ufffd\ufffd not UTF-8") in seen
    assert b64decode(seen[-2][2])[:2] == (1001).to_bytes(2, "big")
    times = [m["time"] for m in entry["_webSocketMessages"]]
    assert times == sorted(times)
    assert max(times) - min(times) > 0.5


def test_secrets_are_masked_in_fields_url_and_messages_even_across_fragments(session: SessionRecord) -> None:
    text_of = json.dumps(written(session))
    assert TOKEN not in text_of
    assert TOKEN[9:] not in text_of
    assert "0123456789abcdef" not in text_of
    assert text_of.count("***") > 6


def test_the_file_holds_nothing_that_a_terminal_acts_on(session: SessionRecord) -> None:
    data = b"".join(har(session, Redactor()))
    assert all(byte == 0x0A or 0x20 <= byte < 0x7F for byte in data)


def test_attempts_that_failed_say_why_and_how_long_they_took() -> None:
    refused = failed(Step.TCP, FailureKind.REFUSED, "Connection refused")
    first, second = entries_of(started() + begun(Step.TCP) + refused + again() + reached())
    assert first["response"] | {"status": 0, "_error": "Connection refused"} == first["response"]
    assert second["response"]["_error"] is None
    assert first["_webSocketMessages"] == second["_webSocketMessages"] == []
    assert (first["timings"]["connect"], first["timings"]["ssl"]) == (1.0, -1)


def test_a_message_without_an_end_is_said_to_be_left_out() -> None:
    (entry,) = entries_of(opened() + text("whole") + received(frames.text("begun", fin=False)) + fin())
    assert [m["data"] for m in entry["_webSocketMessages"]] == ["whole"]
    assert "1 message without an end" in entry["comment"]


def test_an_unanswered_request_has_fields_and_no_status() -> None:
    (entry,) = entries_of(asked())
    assert entry["response"]["status"] == 0
    assert entry["request"]["headersSize"] > 0


@pytest.mark.peer
async def test_chromiums_own_import_shows_the_messages(devtools_browser: Chromium) -> None:
    record = talk()
    try:
        exported = b"".join(har(record, Redactor(show=True))).decode()
    finally:
        record.close()
    async with devtools_front_end(devtools_browser) as devtools:
        (request,) = await devtools.imported(exported)
    assert request["type"] == "websocket"
    assert request["status"] == 101
    assert request["address"] == "192.0.2.1:80"
    (entry,) = json.loads(exported)["log"]["entries"]
    assert [(f["type"], f["opCode"], f["text"], f["time"]) for f in request["frames"]] == [
        (m["type"], m["opcode"], m["data"], m["time"]) for m in entry["_webSocketMessages"]
    ]


def test_payloads_that_were_not_kept_are_said() -> None:
    record = SessionRecord(Limits(memory_bytes=1024 * 1024, spool_bytes=1024))
    decoder = FrameDecoder(Direction.RECEIVED)
    for event in opened().record().events:
        record.append(event)
    for number in range(80):
        data = frames.frame(frames.BINARY, bytes(100_000))
        batch = decoder.feed(data)
        stamp = {"seq": 1000 + number, "at_ns": 10**9 + number, "attempt": 1}
        record.append(BytesReceived(**stamp, layer=Layer.WEBSOCKET, data=data, frames=batch))
    try:
        assert record.frames.dropped_bytes
        (entry,) = written(record)["entries"]
        assert (
            f"{record.frames.dropped_bytes} bytes of the session's payloads were not kept" in entry["comment"]
        )
    finally:
        record.close()
