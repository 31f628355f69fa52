"""A browser's HAR as a recording: what it says arrives, what it does not say is noted and not made up."""

from __future__ import annotations

import io
import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.diagnosis.story import Story, again, begun, failed, started
from tests.export.conftest import talk
from tests.export.devtools import devtools_front_end
from tests.peers.chromium import Chromium
from wsinspect.connection.har_events import har_recording
from wsinspect.connection.replay import read_recording, replay
from wsinspect.diagnosis.engine import diagnose
from wsinspect.errors import UsageError
from wsinspect.events import Direction, FailureKind, ReadyState, Step
from wsinspect.export.har import har
from wsinspect.export.redact import Redactor
from wsinspect.session.messages import message_of
from wsinspect.session.record import SessionRecord

DATA = Path(__file__).parent / "data"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def imported(path: Path) -> SessionRecord:
    record = SessionRecord()
    replay(read_recording(path), record.append)
    return record


def entry(**fields: Any) -> dict[str, Any]:
    """A small entry that worked."""
    return {
        "startedDateTime": "2026-03-02T09:15:30.000Z",
        "request": {"url": "ws://echo.example/", "headers": [{"name": "Sec-WebSocket-Key", "value": KEY}]},
        "response": {"status": 101, "headers": []},
        "_resourceType": "websocket",
        **fields,
    }


def of_entries(*entries: dict[str, Any], creator: str = "Tool") -> SessionRecord:
    text = json.dumps({"log": {"version": "1.2", "creator": {"name": creator}, "entries": entries}})
    record = SessionRecord()
    replay(read_recording(io.BytesIO(har_recording(text.encode(), "x.har"))), record.append)
    return record


def contents(record: SessionRecord) -> list[tuple[str, int, bytes]]:
    log = record.frames
    return [(log.direction(n).name, log.opcode(n), log.application_data(n)) for n in range(len(log))]


def notes(record: SessionRecord, number: int = 0) -> str:
    target = record.attempts[number].target
    assert target is not None
    return "; ".join(target.notes)


# Chrome's


def test_a_har_of_chromiums_own_opens_as_a_recording() -> None:
    record = imported(DATA / "chromium.har")
    opened, refused, forbidden = record.attempts
    assert contents(record) == [
        ("SENT", 1, "text \u2603".encode()),
        ("SENT", 2, b"\x00\xff\x01"),
        ("RECEIVED", 1, "text \u2603".encode()),
        ("RECEIVED", 2, b"\x00\xff\x01"),
    ]
    assert record.frames.violation_count == 0
    assert opened.ready_state is ReadyState.OPEN
    assert not opened.ended
    assert (opened.subprotocol, opened.handshake.head and opened.handshake.head.status_code) == ("chat", 101)
    assert all(check.ok for check in opened.checks)
    assert opened.options.subprotocols == ("chat",)
    assert refused.failure is not None
    assert (refused.failure.step, refused.failure.kind) == (Step.TCP, FailureKind.REFUSED)
    assert forbidden.failure is not None
    assert forbidden.failure.kind is FailureKind.HTTP_REFUSED
    assert diagnose(record).findings[0].cause == "http-403"
    assert diagnose(record, opened).findings == ()


def test_an_attempt_without_a_time_follows_the_one_before() -> None:
    record = imported(DATA / "chromium.har")
    opened, refused, _ = record.attempts
    assert refused.started.at_ns >= record.frames.at_ns(3)
    assert refused.started.wall_time_ns > opened.started.wall_time_ns


@pytest.mark.peer
async def test_what_a_chromium_writes_now_imports(tmp_path: Path, devtools_browser: Chromium) -> None:
    async def echo(connection: ServerConnection) -> None:
        try:
            async for message in connection:
                await connection.send(message)
        except ConnectionClosed:
            pass

    script = """new Promise((done) => {
      const socket = new WebSocket('ws://127.0.0.1:%d/chat?room=1');
      let seen = 0;
      socket.onopen = () => { socket.send('one \u2603'); socket.send(new Uint8Array([0, 255])); };
      socket.onmessage = () => { if (++seen == 2) socket.close(1000, 'done'); };
      socket.onclose = () => done(seen);
    })"""
    async with serve(echo, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with devtools_front_end(devtools_browser) as devtools:
            text = await devtools.exported(script % port, messages=4)
    path = tmp_path / "now.har"
    path.write_text(text)
    record = imported(path)
    assert sorted(contents(record)) == sorted(
        (way, opcode, data)
        for way in ("SENT", "RECEIVED")
        for opcode, data in ((1, "one \u2603".encode()), (2, b"\x00\xff"))
    )
    assert diagnose(record).findings == ()


# Firefox's


def test_firefox_writes_the_handshake_alone() -> None:
    record = imported(DATA / "firefox.har")
    (attempt,) = record.attempts
    assert attempt.ready_state is ReadyState.OPEN
    assert attempt.subprotocol == "chat"
    assert attempt.options.cookies == ("sid=0123456789abcdef", "theme=dark")
    assert attempt.options.origin == "https://app.example"
    assert "Firefox, for one, writes none" in notes(record)
    took = {step: record.duration_ns() for step, record in attempt.ladder.steps.items()}
    assert [took[step] for step in (Step.RESOLVE, Step.TCP, Step.TLS, Step.UPGRADE)] == [
        milliseconds * 1_000_000 for milliseconds in (2, 10, 7, 31)
    ]
    assert diagnose(record).findings == ()


def test_messages_in_firefoxs_form_are_read_where_a_tool_added_them(tmp_path: Path) -> None:
    log = json.loads((DATA / "firefox.har").read_text())
    log["log"]["entries"][1]["_webSocketMessages"] = [
        {"type": "receive", "time": 1772442930500, "opcode": 1, "data": "in milliseconds"}
    ]
    path = tmp_path / "with.har"
    path.write_text(json.dumps(log))
    record = imported(path)
    assert contents(record) == [("RECEIVED", 1, b"in milliseconds")]
    assert record.frames.at_ns(0) == 190_000_000


# Our own


def test_what_we_exported_comes_back() -> None:
    before = talk()
    data = b"".join(har(before, Redactor(show=True)))
    record = SessionRecord()
    replay(read_recording(io.BytesIO(har_recording(data, "ours.har"))), record.append)
    assert notes(record).startswith("read from a HAR of wsinspect")
    log = before.frames
    whole = [
        (log.direction(n).name, message_of(log, n).opcode, message_of(log, n).data())
        for n in range(len(log))
        if log.fin(n)
    ]
    # Text that is not UTF-8 has no place in JSON.
    whole = [(way, code, d.decode("utf-8", "replace").encode() if code == 1 else d) for way, code, d in whole]
    assert contents(record) == whole
    ours, theirs = before.attempts[0], record.attempts[0]
    assert theirs.handshake.request_head.fields == ours.handshake.request_head.fields
    assert theirs.closure.close_received is not None
    assert theirs.closure.close_received.payload.code == 1001


def test_why_an_attempt_of_ours_failed_comes_back() -> None:
    story: Story = started() + begun(Step.TCP) + failed(Step.TCP, FailureKind.REFUSED, "no") + again()
    record = of_entries(*json.loads(b"".join(har(story.record(), Redactor())))["log"]["entries"])
    failure = record.attempts[0].failure
    assert failure is not None
    assert (failure.step, failure.kind, failure.message) == (Step.TCP, FailureKind.REFUSED, "no")
    assert record.attempts[1].failure is None


# What is missing


def test_fields_that_a_browser_left_out_are_filled_in_and_noted() -> None:
    record = of_entries(entry())
    assert all(check.ok for check in record.attempts[0].checks)
    assert "the HAR lacks Host, Upgrade, Connection, Sec-WebSocket-Version, Sec-WebSocket-Accept" in notes(
        record
    )
    assert diagnose(record).findings == ()


def test_a_refusal_keeps_its_status_fields_and_body() -> None:
    response = {
        "status": 401,
        "statusText": "Unauthorized",
        "headers": [{"name": "WWW-Authenticate", "value": "Bearer"}],
        "content": {"text": b64encode(b"log in").decode(), "encoding": "base64"},
    }
    (attempt,) = of_entries(entry(response=response)).attempts
    assert attempt.handshake.head is not None
    assert (attempt.handshake.head.status_code, attempt.handshake.body) == (401, b"log in")
    assert attempt.failure is not None
    assert attempt.failure.kind is FailureKind.HTTP_REFUSED
    assert attempt.ended


@pytest.mark.parametrize(
    ("said", "step", "kind"),
    [
        ("net::ERR_NAME_NOT_RESOLVED", Step.RESOLVE, FailureKind.NAME_NOT_FOUND),
        ("net::ERR_CERT_DATE_INVALID", Step.TLS, FailureKind.TLS_VERIFICATION),
        ("net::ERR_TUNNEL_CONNECTION_FAILED", Step.PROXY, FailureKind.PROXY_REFUSED),
        ("net::ERR_UNSAFE_PORT", Step.URL, FailureKind.INVALID_URL),
        (
            "Error during WebSocket handshake: 'Upgrade' is missing",
            Step.UPGRADE,
            FailureKind.HANDSHAKE_INVALID,
        ),
        ("something new", Step.UPGRADE, FailureKind.OS_ERROR),
    ],
)
def test_a_browsers_error_is_the_step_that_it_means(said: str, step: Step, kind: FailureKind) -> None:
    messages = [{"type": "error", "time": 1772442930.5, "opcode": -1, "data": said}]
    made = entry(
        request={"url": "wss://echo.example/", "headers": []},
        response={"status": 0},
        _webSocketMessages=messages,
    )
    (attempt,) = of_entries(made).attempts
    assert attempt.failure is not None
    assert (attempt.failure.step, attempt.failure.kind, attempt.failure.message) == (step, kind, said)
    assert attempt.ended


def test_an_error_after_messages_ends_the_open_step() -> None:
    messages = [
        {"type": "receive", "time": 1772442930.1, "opcode": 1, "data": "x"},
        {"type": "error", "time": 1772442930.2, "opcode": -1, "data": "Invalid frame header"},
    ]
    (attempt,) = of_entries(entry(_webSocketMessages=messages)).attempts
    assert attempt.failure is not None
    assert (attempt.failure.step, attempt.failure.message) == (Step.OPEN, "Invalid frame header")


def test_odd_messages_are_taken_as_they_are_or_passed_over() -> None:
    messages = [
        {"type": "send", "time": 1772442930.1, "opcode": 2, "data": "not base64!"},
        {"type": "receive", "time": 1772442930.0, "opcode": 1, "data": "earlier than its beginning?"},
        {"type": "receive", "opcode": 1.0, "data": None},
        {"type": "receive", "time": None, "opcode": 99, "data": "passed over"},
        {"type": "send", "opcode": 1, "data": "x" * 70_000},
    ]
    record = of_entries(entry(_webSocketMessages=messages))
    assert [data[:30] for _, _, data in contents(record)] == [
        b"not base64!",
        b"earlier than its beginning?",
        b"",
        b"x" * 30,
    ]
    times = [record.frames.at_ns(number) for number in range(4)]
    assert times == sorted(times)
    assert record.frames.violation_count == 0


def test_only_websockets_of_a_page_are_read() -> None:
    page = entry(request={"url": "https://a.example/"}, _resourceType="document")
    odd = {"anything": "else"}
    by_url = entry(_resourceType=None)
    by_field = entry(
        request={"url": "https://a.example/ws", "headers": [{"name": "Upgrade", "value": "WebSocket"}]},
        _resourceType="other",
    )
    assert len(of_entries(page, odd, by_url, by_field).attempts) == 2


def test_a_url_that_is_none_fails_there() -> None:
    (attempt,) = of_entries(entry(request={"url": "ws://undefined:port/"})).attempts
    assert attempt.failure is not None
    assert attempt.failure.step is Step.URL


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b'{"log": {', "is no HAR"),
        (b'{"log": []}', "is no HAR"),
        (b'{"log": {"entries": []}}', "holds no WebSocket among 0 entries"),
        (
            b'{"log": {"entries": [{"request": {"url": "ws://a"}, "response": 3}]}}',
            r"x\.har: entry 1: is not as HAR 1.2 has it: Expected `object`, got `int` - at `\$\.response`",
        ),
    ],
)
def test_what_is_no_har_is_refused(text: bytes, line: str, tmp_path: Path) -> None:
    path = tmp_path / "x.har"
    path.write_bytes(text)
    with pytest.raises(UsageError, match=line):
        read_recording(path)


def test_frames_of_both_directions_have_the_mask_that_they_need() -> None:
    messages = [{"type": kind, "opcode": 1, "data": "x"} for kind in ("send", "receive")]
    log = of_entries(entry(_webSocketMessages=messages)).frames
    assert [log.frame(number).masking_key for number in range(2)] == [bytes(4), None]
    assert log.direction(0) is Direction.SENT


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(
        ["ws://echo.example/", "2026-03-02T09:15:30Z", "0001-01-01T00:00:00+14:00", "error", "\ud800"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "value", "type", "time", "opcode", "data", "url"]), inner)
    ),
    max_leaves=6,
)
FIELDS = (
    "startedDateTime",
    "timings",
    "serverIPAddress",
    "request.url",
    "request.headers",
    "request.cookies",
    "response",
    "response.status",
    "response.headers",
    "response.content",
    "_webSocketMessages",
    "message.type",
    "message.time",
    "message.opcode",
    "message.data",
)


@settings(deadline=None, max_examples=150)
@given(changes=st.dictionaries(st.sampled_from(FIELDS), VALUES, min_size=1, max_size=4))
def test_any_value_anywhere_is_read_or_refused_in_one_line(changes: dict[str, Any]) -> None:
    message: dict[str, Any] = {"type": "send", "time": 1772442930.1, "opcode": 1, "data": "x"}
    made = entry(timings={"dns": 1}, _webSocketMessages=[message])
    for path, value in changes.items():
        place, _, name = path.rpartition(".")
        inside = message if place == "message" else made.get(place, made)
        (inside if isinstance(inside, dict) else made)[name] = value
    try:
        record = of_entries(made, entry())
    except UsageError as refused:
        said = str(refused)
        record = SessionRecord()
    else:
        said = ""
        assert record.attempts
    assert said.isprintable()
    diagnose(record)
    record.close()
