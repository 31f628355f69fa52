"""The timeline by pilot: moments and their details, attempts, round trips, the server's log among our events."""

from __future__ import annotations

from typing import Any

import pytest

from tests.diagnosis.story import (
    Story,
    again,
    answered,
    asked,
    asleep,
    begun,
    close,
    failed,
    fin,
    happened,
    idle,
    opened,
    pong,
    reached,
    reset,
    resolved,
    sent_ping,
    sent_text,
    started,
    text,
)
from tests.tui.stage import Stage, over, staged
from wsinspect.events import (
    Address,
    AddressAttempted,
    AddressFailed,
    AttemptReason,
    FailureKind,
    ServerLogged,
    Step,
)
from wsinspect.export.redact import Redactor
from wsinspect.session.attempt import Attempt
from wsinspect.session.record import SessionRecord
from wsinspect.tui import clipboard
from wsinspect.tui.panes.event_detail import detail_rows
from wsinspect.tui.panes.rows_view import RowsView
from wsinspect.tui.panes.timeline_rows import timeline_rows
from wsinspect.tui.rows import EventPlace, FoldPlace, LogPlace, plain_text

REFUSAL = "HTTP/1.1 502 Bad Gateway\nServer: nginx/1.25.3\nContent-Length: {length}"
BAD_GATEWAY = asked() + answered(REFUSAL, "nothing behind\n") + over()
ENDED = (
    opened() + text("one") + idle(s=2) + sent_text("two") + idle(s=2) + close(1011, "boom") + fin() + over()
)


def log(stage: Stage, said: str, **fields: Any) -> None:
    """The server's log says this now."""
    record = stage.app.session.record
    at_ns = fields.pop("at_ns", record.last_ns)
    record.append(ServerLogged(seq=0, at_ns=at_ns, attempt=0, text=said, **fields))


def timeline(stage: Stage) -> str:
    return stage.app.inspector.rows_of("timeline").as_text()


def details(stage: Stage) -> str:
    return stage.app.inspector.timeline.query_one("#timeline-detail", RowsView).as_text()


async def go_to(stage: Stage, said: str) -> None:
    """Move with keys to the last row that says so."""
    rows = stage.app.inspector.rows_of("timeline").rows
    position = max(at for at, one in enumerate(rows) if said in one.plain)
    stage.app.inspector.rows_of("timeline").cursor = position - 1
    await stage.press("down")


async def test_moving_over_an_event_shows_it_and_moves_the_other_panes() -> None:
    async with staged(BAD_GATEWAY) as stage:
        await stage.press("1")
        await go_to(stage, "answer 502")
        assert "bytes received" in details(stage)
        assert "received at the http layer" in details(stage)
        assert "HTTP/1.1 502 Bad Gateway" in details(stage)
        assert "in attempt 1" in details(stage)
        inspector = stage.app.inspector
        handshake, diagnosis = inspector.rows_of("handshake"), inspector.rows_of("diagnosis")
        assert handshake.pointed
        assert handshake.rows[handshake.cursor].plain.startswith("Response")
        assert "event" in diagnosis.rows[diagnosis.cursor].gutter.plain
        assert stage.app.focused is inspector.rows_of("timeline")
        await go_to(stage, "CONNECTING")
        assert "attempt started" in details(stage)
        assert "ws://echo.example/" in details(stage)


async def test_a_failure_tells_its_errno_and_the_time_that_it_had() -> None:
    story = started() + resolved("192.0.2.1") + begun(Step.TCP, timeout_s=10)
    story = story + failed(Step.TCP, FailureKind.REFUSED, "Connection refused", errno=111) + over()
    async with staged(story) as stage:
        await stage.press("1")
        await go_to(stage, "TCP FAILED")
        assert "errno      111 ECONNREFUSED" in details(stage)
        assert "of 10 s that it had" in details(stage)


async def test_a_click_shows_the_moment_and_leaves_the_focus() -> None:
    async with staged(BAD_GATEWAY, size=(80, 24)) as stage:
        await stage.press("1")
        rows = stage.app.inspector.rows_of("timeline")
        line = rows.line_of(next(at for at, one in enumerate(rows.rows) if "answer 502" in one.plain))
        assert line is not None
        await stage.pilot.click("#timeline-rows", offset=(20, line))
        await stage.settle()
        assert "bytes received" in details(stage)
        assert stage.app.focused is rows


async def test_moving_over_a_moment_shows_the_frame_of_that_time() -> None:
    async with staged(ENDED) as stage:
        frames = stage.app.inspector.frames.frame_list
        await stage.press("1")
        await go_to(stage, "OPEN the handshake")
        assert frames.cursor == 0
        await go_to(stage, "Close received 1011")
        assert frames.cursor == 2
        assert "close received frame 3" in details(stage)
        assert "boom" in details(stage)
        assert stage.app.focused is stage.app.inspector.rows_of("timeline")


async def test_moving_in_the_frames_shows_where_on_the_timeline_that_is() -> None:
    async with staged(ENDED) as stage:
        rows = stage.app.inspector.rows_of("timeline")
        await stage.press("3", "home", "down")
        assert rows.pointed
        assert "OPEN" in rows.rows[rows.cursor].plain
        await stage.press("down")
        assert "Close received" in rows.rows[rows.cursor].plain
        assert stage.app.focused is stage.app.inspector.frames.frame_list


async def test_enter_on_an_event_goes_to_the_handshake() -> None:
    async with staged(BAD_GATEWAY) as stage:
        await stage.press("1")
        await go_to(stage, "answer 502")
        await stage.press("enter")
        assert stage.app.focused is stage.app.inspector.rows_of("handshake")


def many(count: int) -> Story:
    story = BAD_GATEWAY
    for _ in range(count - 2):
        story = story + idle(s=1.5) + again(reason=AttemptReason.RECONNECT)
        story = story + failed(Step.RESOLVE, FailureKind.NAME_NOT_FOUND, "no such name") + over()
    return story + again() + reached() + answered(REFUSAL, "x") + over()


async def test_older_attempts_are_folded_and_each_can_be_shown() -> None:
    async with staged(many(30)) as stage:
        await stage.press("1", "home", "down")
        assert "▸ 25 earlier ones  24 failed at Resolve, 1 failed at Upgrade" in timeline(stage)
        assert "→ 30 ✓✓✓✗· failed at Upgrade" in timeline(stage)
        assert "later, reconnect" not in timeline(stage)
        await stage.press("z")
        assert "1.5 s later, reconnect" in timeline(stage)
        await stage.press("z")
        await stage.press("enter")
        assert "▾ 25 earlier ones" in timeline(stage)
        await stage.press("down", "enter")
        shown = stage.app.inspector.shown
        assert shown is not None
        assert shown.number == 1
        assert stage.app.focused is stage.app.inspector.rows_of("timeline")
        await stage.press("up", "enter")
        assert "→  1 ✓✓✓✗· failed at Upgrade" in timeline(stage)
        assert "   2 " not in timeline(stage)


async def test_a_step_of_half_a_minute_beside_steps_of_a_millisecond() -> None:
    story = started() + resolved("192.0.2.1") + begun(Step.TCP, timeout_s=30) + idle(s=30)
    record = (story + failed(Step.TCP, FailureKind.TIMED_OUT, "no answer") + over()).record()
    for width in (40, 78, 140):
        rows = plain_text(timeline_rows(record, record.attempts[0], record.last_ns, width)).splitlines()
        bars = [row.count("━") for row in rows[:3]]
        cells = [row.count("━") + row.count("·") for row in rows[1:3]]
        assert bars[0] == bars[1] == 1
        assert bars[2] >= cells[1] - 2
        assert "99 % of 30.0 s went into TCP" in "\n".join(rows)
        assert "never reached" in rows[4]


async def test_round_trips_have_their_figures_and_a_picture() -> None:
    story = opened()
    for number, wait_s in enumerate((0.010, 0.030, 0.020)):
        story = story + sent_ping(b"%d" % number) + idle(s=wait_s) + pong(b"%d" % number)
    record = story.record()
    shown = plain_text(timeline_rows(record, record.attempts[0], record.last_ns, 78))
    assert "RTT last 21.0 ms  min 11.0 ms  median 21.0 ms  max 31.0 ms" in shown
    assert "\n▃█▆ █ 31.0 ms\n" in shown


def test_a_sleep_of_this_machine_stands_where_it_was_noticed() -> None:
    record = (opened() + text("hi") + idle(s=2) + sent_text("a") + asleep(s=3725, awake_s=1) + fin()).record()
    lines = plain_text(timeline_rows(record, record.attempts[0], record.last_ns, 78)).splitlines()
    at = next(number for number, line in enumerate(lines) if "slept" in line)
    assert lines[at].split("! ")[1] == "This machine slept for 1:02:05, after 2.019"
    assert lines[at].startswith("3728.0")
    assert "FIN" in lines[at + 1]


async def test_the_servers_log_stands_among_our_events_and_is_marked() -> None:
    async with staged(BAD_GATEWAY) as stage:
        record = stage.app.session.record
        request = record.attempts[0].handshake.request_ns
        assert request is not None
        record.tell_of_log("error.log", "")
        said = "2024/05/01 12:00:00 [error] connect() \x1b[31mfailed[b]"
        log(stage, said, wall_time_ns=request + 1 - record.attempts[0].started.at_ns, precision_ns=1000)
        log(stage, "  at upstream", continues=True)
        await stage.settle()
        lines = timeline(stage).splitlines()
        at = next(number for number, line in enumerate(lines) if "[error]" in line)
        assert lines[at].startswith(f"   {request / 1e9:.3f} ≡ log [error] connect() ␛[31mfailed[b]")
        assert "↑ request" in lines[at - 1]
        assert lines[at + 1] == "         ≡ log   at upstream"
        assert "↓ answer 502" in lines[at + 2]
        assert "Server log  error.log" in lines
        assert "2 lines read" in timeline(stage)
        await stage.press("1")
        await go_to(stage, "[error]")
        assert "server log line 1" in details(stage)
        assert "2024/05/01 12:00:00 [error] connect() ␛[31mfailed[b]" in details(stage)


async def test_a_secret_in_the_log_is_masked_though_the_line_is_cut() -> None:
    story = asked(url="ws://echo.example/?token=abcdefghijklmnopqrstuvwxyz") + answered(REFUSAL, "x") + over()
    for filler in range(60, 240, 7):
        record = story.record()
        secret = "abcdefghijklmnopqrstuvwxyz"
        record.append(ServerLogged(seq=0, at_ns=record.last_ns, attempt=0, text=f"{'x' * filler} {secret}"))
        redact = Redactor.for_session(record)
        attempt = record.attempts[0]
        rows = timeline_rows(record, attempt, record.last_ns, 78, (), redact)
        assert "abcd" not in "".join(row.plain for row in rows if isinstance(row.place, LogPlace))
        assert "abcd" not in plain_text(detail_rows(record, attempt, LogPlace(1), redact))
        assert attempt.handshake.request_seq
        place = EventPlace(attempt.handshake.request_seq)
        assert "abcd" not in plain_text(detail_rows(record, attempt, place, redact))


async def test_doubts_about_a_lines_time_are_signs() -> None:
    async with staged(BAD_GATEWAY, size=(200, 50)) as stage:
        last_ns = stage.app.session.record.last_ns
        log(stage, "no time at all")
        log(stage, "12:00:00 to the second", wall_time_ns=last_ns - 5, precision_ns=10**9, shifted_s=7200)
        await stage.settle()
        shown = timeline(stage)
        assert "?≡ log no time at all" in shown
        assert "~≡ log 12:00:00 to the second" in shown
        assert "~ states its time to the second" in shown
        assert "name no zone and are 2:00:00 behind" in shown


async def test_many_lines_of_a_log_are_counted_not_listed() -> None:
    async with staged(BAD_GATEWAY) as stage:
        for number in range(500):
            log(stage, f"line {number}", at_ns=stage.app.session.record.last_ns + number)
        await stage.settle()
        assert timeline(stage).count("≡ log line") == 200
        assert "300 lines of the log later" in timeline(stage)


async def test_what_comes_before_the_cursors_row_does_not_move_it() -> None:
    async with staged(BAD_GATEWAY) as stage:
        await stage.press("1")
        await go_to(stage, "answer 502")
        rows = stage.app.inspector.rows_of("timeline")
        top = round(rows.scroll_y)
        log(stage, "started", wall_time_ns=-5)
        await stage.settle()
        assert "answer 502" in rows.rows[rows.cursor].plain
        assert round(rows.scroll_y) == top + 1


async def test_the_copied_timeline_has_bars_and_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []

    async def keep(copy: str, *_: object) -> str:
        copied.append(copy)
        return "nowhere"

    monkeypatch.setattr(clipboard, "copy", keep)
    async with staged(BAD_GATEWAY, size=(80, 24)) as stage:
        log(stage, "upstream is down")
        await stage.press("1", "y")
        assert "━" in copied[0]
        assert "≡ log upstream is down" in copied[0]


async def test_tls_facts_are_in_the_details() -> None:
    story = asked(url="wss://echo.example/") + answered(REFUSAL, "x") + over()
    async with staged(story) as stage:
        if "TLS TLSv1.3" not in timeline(stage):
            pytest.fail(timeline(stage))
        await stage.press("1")
        await go_to(stage, "TLS TLSv1.3")
        assert "cipher" in details(stage)
        assert "alpn" in details(stage)


def test_a_fold_is_a_place_of_the_timeline_alone() -> None:
    record = many(10).record()
    rows = timeline_rows(record, record.attempts[-1], record.last_ns, 78)
    assert [row.place for row in rows if isinstance(row.place, FoldPlace)] == [FoldPlace("attempts")]


def test_every_event_has_details() -> None:
    broken = opened() + reset() + over()
    tls = asked(url="wss://echo.example/") + answered(REFUSAL, "x") + fin() + over()
    for story in (ENDED, broken, tls, many(3)):
        record = story.record()
        for event in record.events:
            rows = detail_rows(record, record.attempts[-1], EventPlace(event.seq), Redactor())
            assert f"event {event.seq}  " in rows[0].plain
    words = [row.plain for row in detail_rows(*_ending_of(broken), Redactor())]
    assert words[0].startswith("stream reset event")
    assert any(line.startswith("errno      104 ECONNRESET") for line in words)


def _ending_of(story: Story) -> tuple[SessionRecord, Attempt, EventPlace]:
    record = story.record()
    ended = record.attempts[-1].closure.stream_end
    assert ended is not None
    return record, record.attempts[-1], EventPlace(ended.seq)


async def test_a_narrow_timeline_has_a_line_for_each_attempt_and_room_for_the_ladder() -> None:
    async with staged(many(30)) as stage:
        view = stage.app.inspector.rows_of("timeline")
        heading = next(at for at, one in enumerate(view.rows) if one.plain.startswith("✓ URL"))
        width = view.scrollable_content_region.width
        assert width < 48
        assert all(len(one.plain) <= width for one in view.rows[:heading] if "earlier" not in one.plain)


async def test_what_is_still_to_come_is_not_called_never() -> None:
    async with staged(started() + resolved("192.0.2.1") + begun(Step.TCP)) as stage:
        assert "not yet" in timeline(stage)
        assert "never reached" not in timeline(stage)


async def test_a_refused_address_is_not_cut_apart_in_a_narrow_timeline() -> None:
    story = started() + resolved("127.0.0.1") + begun(Step.TCP)
    story = story + happened(AddressAttempted, address=Address("ipv4", "127.0.0.1", 18765)) + idle(s=0.3145)
    story = story + happened(
        AddressFailed,
        address=Address("ipv4", "127.0.0.1", 18765),
        kind=FailureKind.REFUSED,
        message="Connection refused",
    )
    async with staged(story + failed(Step.TCP, FailureKind.REFUSED, "Connection refused") + over()) as stage:
        assert "IPv4   316 ms refused" in stage.screen_text()
        assert "127.0.0.1:18765" in stage.screen_text().split("IPv4")[1]
