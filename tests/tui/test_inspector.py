"""The inspector by pilot: what stands on the screen, and what every key does."""

from __future__ import annotations

import pytest

from tests.diagnosis.story import (
    again,
    answered,
    asked,
    begun,
    close,
    connected,
    done,
    failed,
    fin,
    happened,
    idle,
    opened,
    reached,
    resolved,
    sent_ping,
    started,
    switched,
    text,
)
from tests.tui.stage import URL, Stage, over, staged, told
from wsinspect.events import Address, AddressAttempted, AddressFailed, Event, FailureKind, Step
from wsinspect.options import ConnectOptions
from wsinspect.tui import clipboard
from wsinspect.tui.screens.help import HelpScreen

SIZES = [(80, 24), (120, 36), (200, 50)]
PEER = Address("ipv4", "192.0.2.1", 80)
REFUSED = (
    started()
    + resolved("192.0.2.1")
    + begun(Step.TCP, timeout_s=10)
    + happened(AddressAttempted, address=PEER)
    + happened(AddressFailed, address=PEER, kind=FailureKind.REFUSED, message="Connection refused", errno=111)
    + failed(Step.TCP, FailureKind.REFUSED, "192.0.2.1:80: Connection refused", errno=111)
    + over()
)
FORBIDDEN = asked() + answered(
    "HTTP/1.1 403 Forbidden\nServer: nginx/1.25.3\nContent-Length: {length}", "not here\n"
)
CHATTY = opened() + text("hello") + text('{"a": [1, 2]}') + text("third")


@pytest.mark.parametrize("size", SIZES)
async def test_a_refused_port_is_named(size: tuple[int, int]) -> None:
    async with staged(REFUSED, size=size) as stage:
        shown = stage.screen_text()
        assert "refused" in shown
        assert "CERTAIN" in shown


@pytest.mark.parametrize("size", SIZES)
async def test_an_open_connection_shows_its_state_and_its_101(size: tuple[int, int]) -> None:
    async with staged(CHATTY, size=size) as stage:
        shown = stage.screen_text()
        assert "● OPEN" in shown
        assert "101" in shown
        assert "hello" in shown
        assert "nothing is wrong" in shown


async def test_what_is_waited_for_is_said_and_grows_with_time() -> None:
    async with staged(asked(), waits_s=1.2) as stage:
        assert "request sent 1.2 s ago, no byte back" in stage.screen_text()
        stage.now_ns += 5_000_000_000
        await stage.settle()
        shown = stage.screen_text()
        assert "request sent 6.2 s ago" in shown
        assert "longer than a healthy peer takes" in shown
        assert "CONNECTING" in shown


async def test_rungs_that_were_not_reached_say_so() -> None:
    async with staged(REFUSED) as stage:
        ladder = stage.app.inspector.rows_of("timeline").as_text()
        assert "✗ TCP" in ladder
        assert "FAILED" in ladder
        assert ladder.count("never reached") == 2


async def test_the_answer_of_a_refusal_is_shown_with_its_body() -> None:
    async with staged(FORBIDDEN) as stage:
        told = stage.app.inspector.rows_of("handshake").as_text()
        assert "GET / HTTP/1.1" in told
        assert "✗ FAILED  HTTP/1.1 403 Forbidden" in told
        assert "not here" in told


async def test_evidence_leads_to_the_line_of_the_answer() -> None:
    async with staged(FORBIDDEN) as stage:
        diagnosis = stage.app.inspector.rows_of("diagnosis")
        assert stage.app.focused is diagnosis
        assert diagnosis.rows[diagnosis.cursor].place is not None
        await stage.press("enter")
        handshake = stage.app.inspector.rows_of("handshake")
        assert stage.app.focused is handshake
        assert "HTTP/1.1 403" in handshake.rows[handshake.cursor].plain


async def test_evidence_leads_to_the_frame() -> None:
    async with staged(CHATTY + close(1011, "boom") + fin()) as stage:
        diagnosis = stage.app.inspector.rows_of("diagnosis")
        rows = [at for at, one in enumerate(diagnosis.rows) if "frame" in one.gutter.plain]
        diagnosis.reveal(rows[0])
        await stage.press("enter")
        assert stage.app.focused is stage.app.inspector.frames.frame_list
        assert stage.app.inspector.frames.frame_list.cursor == 3
        assert "1011" in stage.app.inspector.frames.detail.as_text()


async def test_number_keys_go_to_the_panes() -> None:
    async with staged(CHATTY) as stage:
        for key, wanted in (
            ("1", "timeline-rows"),
            ("2", "handshake"),
            ("3", "frame-list"),
            ("4", "diagnosis"),
            ("5", "composer-input"),
        ):
            await stage.press(key)
            assert _focused(stage) == wanted
        await stage.press("escape")
        assert _focused(stage) == "diagnosis"


async def test_in_one_pane_the_telling_one_is_shown_until_another_is_chosen() -> None:
    async with staged(CHATTY, size=(80, 24)) as stage:
        assert "hello" in stage.screen_text()
        await stage.press("2")
        assert "Sec-WebSocket-Accept" in stage.screen_text()
        stage.now_ns += 2_000_000_000
        await stage.settle()
        assert "Sec-WebSocket-Accept" in stage.screen_text()


async def test_tabs_can_be_clicked() -> None:
    async with staged(CHATTY, size=(80, 24)) as stage:
        await stage.pilot.click("#tab-timeline")
        await stage.settle()
        assert "CONNECTING attempt 1, first" in stage.screen_text()


async def test_zoom_gives_one_pane_everything_and_back() -> None:
    async with staged(CHATTY) as stage:
        await stage.press("1", "z")
        assert stage.app.inspector.rows_of("timeline").size.width > 100
        assert not stage.app.inspector.rows_of("diagnosis").display
        await stage.press("escape")
        assert stage.app.inspector.rows_of("diagnosis").display
        await stage.press("z", "z")
        assert stage.app.inspector.rows_of("diagnosis").display


async def test_reconnect_asks_the_connection() -> None:
    async with staged(REFUSED) as stage:
        await stage.press("r")
        assert ("reconnect", ConnectOptions(url=URL)) in stage.connection.calls


async def test_disconnect_closes_what_is_open_and_aborts_what_is_not() -> None:
    async with staged(CHATTY) as stage:
        await stage.press("x")
        assert stage.connection.calls == [("close", 1000, "")]
    async with staged(asked()) as stage:
        await stage.press("x")
        assert stage.connection.calls == [("abort",)]


async def test_attempts_are_kept_and_can_be_looked_at() -> None:
    story = FORBIDDEN + again() + reached() + switched()
    async with staged(story) as stage:
        assert "  1 ✓✓✓✗· failed at Upgrade" in stage.screen_text()
        assert "nothing is wrong" in stage.screen_text()
        await stage.press("left_square_bracket")
        assert "403" in stage.app.inspector.rows_of("handshake").as_text()
        await stage.press("right_square_bracket")
        assert "nothing is wrong" in stage.screen_text()


async def test_pausing_freezes_the_list_and_counts_what_waits() -> None:
    story = CHATTY
    async with staged(story) as stage:
        await stage.press("3", "p")
        for event in _more(4):
            stage.app.session.record.append(event)
        await stage.settle()
        assert stage.app.inspector.frames.frame_list.unseen == 4
        assert "PAUSED, +4 new" in stage.screen_text()
        await stage.press("p")
        assert stage.app.inspector.frames.frame_list.unseen == 0
        assert "more 3" in stage.screen_text()


def _focused(stage: Stage) -> str | None:
    return stage.app.focused.id if stage.app.focused is not None else None


def _more(count: int) -> list[Event]:
    story = CHATTY
    for number in range(count):
        story = story + text(f"more {number}")
    return told(story)[-count:]


async def test_looking_back_is_not_disturbed_by_new_frames() -> None:
    story = opened()
    for number in range(100):
        story = story + text(f"frame {number}")
    async with staged(story) as stage:
        await stage.press("3", "home")
        frames = stage.app.inspector.frames.frame_list
        assert (frames.cursor, frames.following) == (0, False)
        await stage.press("down", "down", "pagedown", "up")
        await stage.press("end")
        assert (frames.cursor, frames.following) == (99, True)


async def test_details_open_close_and_change_their_view() -> None:
    async with staged(CHATTY) as stage:
        await stage.press("3", "home", "down", "enter")
        detail = stage.app.inspector.frames.detail
        assert '"a": [' in detail.as_text()
        await stage.press("tab")
        assert stage.app.focused is detail
        await stage.press("v", "v", "v")
        assert "81 0d" in detail.as_text()
        await stage.press("escape")
        assert not detail.display


async def test_keepalive_shows_pings_and_what_waits() -> None:
    async with staged(opened(ping_interval_s=20.0) + sent_ping(b"1"), waits_s=3) as stage:
        timeline = stage.app.inspector.rows_of("timeline").as_text()
        assert "a ping every 20 s" in timeline
        assert "one waits for 3.0 s" in timeline


async def test_the_end_is_told_with_what_a_browser_would_report() -> None:
    async with staged(CHATTY + idle(s=60) + fin()) as stage:
        timeline = stage.app.inspector.rows_of("timeline").as_text()
        assert "FIN the peer will send nothing more" in timeline
        assert "1006 (abnormal closure), not clean" in timeline


async def test_help_opens_on_what_has_the_focus_and_closes() -> None:
    async with staged(CHATTY) as stage:
        await stage.press("3", "question_mark")
        assert isinstance(stage.app.screen, HelpScreen)
        assert "Keys in the frames" in stage.screen_text()
        await stage.press("escape")
        assert not isinstance(stage.app.screen, HelpScreen)


async def test_a_step_that_we_stopped_is_no_failure() -> None:
    story = started() + begun(Step.RESOLVE) + failed(Step.RESOLVE, FailureKind.CANCELLED, "stopped")
    async with staged(story) as stage:
        assert "Resolve STOPPED by our own side" in stage.app.inspector.rows_of("timeline").as_text()


async def test_several_addresses_stand_under_tcp() -> None:
    story = started() + resolved("2001:db8::1", "192.0.2.1") + connected("192.0.2.1") + done(Step.TCP)
    async with staged(story) as stage:
        assert "192.0.2.1" in stage.app.inspector.rows_of("timeline").as_text()


async def test_quit_ends_the_session() -> None:
    async with staged(CHATTY) as stage:
        await stage.press("q")
        connection = stage.connection
    assert connection.calls[0] == ("close", 1001, "")
    assert connection.calls[-1] == ("shutdown",)


async def test_the_layout_follows_the_terminal() -> None:
    async with staged(CHATTY) as stage:
        inspector = stage.app.inspector
        assert inspector.rows_of("timeline").display
        assert inspector.rows_of("diagnosis").display
        await stage.pilot.resize_terminal(80, 24)
        await stage.settle()
        shown = [
            pane
            for pane in ("timeline", "handshake", "frames", "diagnosis")
            if inspector.query_one(f"#{pane}").display
        ]
        assert len(shown) == 1
        await stage.pilot.resize_terminal(200, 50)
        await stage.settle()
        assert inspector.rows_of("timeline").display
        assert "━" in inspector.rows_of("timeline").as_text()


async def test_a_click_on_evidence_shows_it() -> None:
    async with staged(FORBIDDEN) as stage:
        lines = stage.screen_text().splitlines()
        y = next(at for at, line in enumerate(lines) if "› event" in line)
        await stage.pilot.click(offset=(lines[y].index("› event") + 2, y))
        await stage.settle()
        assert _focused(stage) == "handshake"


async def test_clicks_select_a_frame_and_two_show_its_details() -> None:
    async with staged(CHATTY) as stage:
        await stage.pilot.click("#frame-list", offset=(20, 1))
        await stage.settle()
        assert stage.app.inspector.frames.frame_list.cursor == 1
        await stage.pilot.click("#frame-list", offset=(20, 1), times=2)
        await stage.settle()
        assert stage.app.inspector.frames.detail.display


async def test_text_is_selected_with_the_mouse_and_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []

    async def take(text: str, *_: object) -> str:
        taken.append(text)
        return "the test"

    monkeypatch.setattr(clipboard, "copy", take)
    async with staged(CHATTY) as stage:
        await stage.pilot.mouse_down("#handshake", offset=(2, 2))
        await stage.pilot.hover("#handshake", offset=(20, 2))
        await stage.pilot.mouse_up("#handshake", offset=(20, 2))
        await stage.settle()
        await stage.press("y")
        await stage.app.workers.wait_for_complete()
        handshake = stage.app.inspector.rows_of("handshake").as_text()
    assert len(taken[0].strip()) > 8
    assert taken[0].strip() in handshake


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_notifications_keep_off_what_is_being_written(size: tuple[int, int]) -> None:
    async with staged(opened(), size=size) as stage:
        await stage.press("i", "h", "i", "ctrl+n", "ctrl+n")
        stage.app.tell("saved in a folder with a rather long name, as folders are called " * 2)
        await stage.settle()
        toast, composer = stage.app.screen.query_one("Toast").region, stage.app.inspector.composer.region
        assert toast.height > 0
        assert not toast.overlaps(composer)
        assert toast.bottom == composer.y - 1


async def test_what_never_came_to_be_sent_is_not_called_not_yet() -> None:
    async with staged(REFUSED) as stage:
        handshake = stage.app.inspector.rows_of("handshake")
        assert handshake.as_text() == "Nothing was sent: the attempt ended before.\n"
