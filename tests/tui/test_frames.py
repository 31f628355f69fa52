"""The frames by pilot: every key of the list, the pane, the bar and the details does what it says."""

from __future__ import annotations

import json

import pytest
from textual import events

from tests.diagnosis.story import Story, close, fin, opened, ping, pong, received, sent_text, text
from tests.tui.stage import Stage, staged, told
from wsinspect.lab import frames
from wsinspect.session.query import asking
from wsinspect.tui import clipboard
from wsinspect.tui.panes import frames_listed
from wsinspect.tui.panes.frame_line import Columns, Times
from wsinspect.tui.panes.frame_list import FrameList
from wsinspect.tui.panes.frames_pane import FramesPane
from wsinspect.tui.screens.compare import CompareScreen
from wsinspect.tui.screens.pick import PickScreen

TALK = (
    opened()
    + text('{"type": "tick", "n": 1}')  # 0
    + ping(b"beat")  # 1
    + pong(b"beat")  # 2
    + sent_text("hello there")  # 3
    + received(frames.text("one ", fin=False))  # 4
    + received(frames.frame(frames.CONTINUATION, b"two ", fin=False))  # 5
    + received(frames.frame(frames.CONTINUATION, b"three"))  # 6
    + text('{"type": "tick", "n": 2}')  # 7
    + received(frames.frame(frames.BINARY, bytes(range(32))))  # 8
    + received(frames.frame(frames.TEXT, b"bad \xff text"))  # 9
)


def pane(stage: Stage) -> FramesPane:
    return stage.app.inspector.frames


def shown(stage: Stage) -> list[int]:
    """The numbers of the frames that are listed."""
    listing = pane(stage).listing
    return list(listing.numbers)


def listed(stage: Stage) -> FrameList:
    return pane(stage).frame_list


def typing(stage: Stage) -> bool:
    """Whether the bar has the focus."""
    return stage.app.focused is pane(stage).bar.field


async def filtered(stage: Stage, typed: str) -> None:
    await stage.press("3", "f")
    await stage.type(typed)
    await stage.press("enter")


async def grown(stage: Stage, more: Story, count: int) -> None:
    """Let more frames arrive."""
    for event in told(more)[-count:]:
        stage.app.session.record.append(event)
    await stage.settle()


async def test_a_filter_is_explained_while_it_is_typed_and_lists_what_passes() -> None:
    async with staged(TALK) as stage:
        await stage.press("3", "f")
        assert "such as: received" in pane(stage).bar.told
        await stage.type("received text")
        assert "frames that were received and are text frames" in stage.screen_text()
        await stage.press("enter")
        assert shown(stage) == [0, 4, 7, 9]
        assert stage.app.focused is listed(stage)
        assert "filter received text  4 of 10" in stage.screen_text()
        await stage.press("F")
        assert shown(stage) == list(range(10))
        assert "filter received text" not in stage.screen_text()
        await stage.press("F")
        assert "no filter is on; f sets one" in stage.told()


async def test_frames_that_have_just_come_are_no_work_to_be_stopped() -> None:
    async with staged(TALK) as stage:
        await filtered(stage, "text")
        for event in told(TALK + text("more"))[-1:]:
            stage.app.session.record.append(event)
        assert not pane(stage).listing.done
        assert not listed(stage).busy()
        await stage.press("escape")
        assert "stopped at" not in stage.screen_text()


async def test_a_list_that_a_choice_leaves_empty_says_so() -> None:
    async with staged(opened() + ping(b"1")) as stage:
        await filtered(stage, "sent")
        assert "no frame passes the filter; F takes it off" in stage.screen_text()
        await stage.press("F", "H")
        assert "nothing but pings and pongs; H shows them" in stage.screen_text()


async def test_a_wrong_filter_is_pointed_at_and_stays() -> None:
    async with staged(TALK) as stage:
        await stage.press("3", "f")
        await stage.type("text size>x")
        caret, said = pane(stage).bar.told.split("\n")[:2]
        assert caret.index("^") == len("filter › ") + len("text size>")
        assert "column 11" in said
        await stage.press("enter")
        assert typing(stage)
        assert pane(stage).bar.field.text == "text size>x"
        await stage.press("escape")
        assert stage.app.focused is listed(stage)
        assert shown(stage) == list(range(10))


async def test_tab_completes_words_and_json_paths_one_after_the_other() -> None:
    async with staged(TALK) as stage:
        await stage.press("3", "f")
        await stage.type("rec")
        assert "Tab received" in stage.screen_text()
        await stage.press("tab")
        assert pane(stage).bar.field.text == "received"
        await stage.type(" $")
        await stage.press("tab")
        assert pane(stage).bar.field.text == "received $.type"
        await stage.press("tab")
        assert pane(stage).bar.field.text == "received $.n"
        await stage.press("enter")
        assert shown(stage) == [0, 7]


async def test_earlier_filters_come_back_and_the_draft_is_kept() -> None:
    async with staged(TALK) as stage:
        await filtered(stage, "ping")
        await stage.press("f")
        await stage.type("bin")
        await stage.press("up")
        assert pane(stage).bar.field.text == "ping"
        await stage.press("down")
        assert pane(stage).bar.field.text == "bin"


async def test_what_is_typed_into_the_bar_moves_and_starts_nothing() -> None:
    async with staged(TALK) as stage:
        await stage.press("3", "f")
        await stage.type("nNmtwHuvdxr/q")
        assert pane(stage).bar.field.text == "nNmtwHuvdxr/q"
        assert stage.connection.calls == []
        assert not listed(stage).wrap


async def test_new_frames_pass_the_filter_too() -> None:
    async with staged(TALK) as stage:
        await filtered(stage, "tick")
        assert shown(stage) == [0, 7]
        await grown(stage, TALK + text("tick") + text("tock"), 2)
        assert shown(stage) == [0, 7, 10]


async def test_heartbeats_are_hidden_and_shown() -> None:
    async with staged(TALK) as stage:
        await stage.press("3", "H")
        assert shown(stage) == [0, 3, 4, 5, 6, 7, 8, 9]
        assert "no pings, no pongs" in stage.screen_text()
        await stage.press("H")
        assert len(shown(stage)) == 10


async def test_fragments_become_one_message_with_its_whole_payload() -> None:
    async with staged(TALK) as stage:
        await stage.press("3", "u")
        assert shown(stage) == [0, 1, 2, 3, 4, 7, 8, 9]
        line = next(line for line in stage.screen_text().splitlines() if "one two three" in line)
        assert "×3" in line
        assert " 13 " in line
        listed(stage).select(4)
        await stage.press("enter")
        details = pane(stage).detail.as_text()
        assert "fragment 1 of 3" in details
        assert "one two three" in details
        await stage.press("u")
        assert len(shown(stage)) == 10


async def test_a_message_that_grows_is_seen_growing() -> None:
    begun = opened() + received(frames.text("begun ", fin=False))
    async with staged(begun) as stage:
        await stage.press("3", "u")
        assert "unfinished" in stage.screen_text()
        await grown(stage, begun + received(frames.frame(frames.CONTINUATION, b"and done")), 1)
        assert shown(stage) == [0]
        assert "begun and done" in stage.screen_text()
        assert "unfinished" not in stage.screen_text()


async def test_a_filter_finds_a_message_by_any_of_its_fragments() -> None:
    async with staged(TALK) as stage:
        await filtered(stage, "three")
        assert shown(stage) == [6]
        await stage.press("u")
        assert shown(stage) == [4]


async def test_search_goes_on_and_back_and_round_the_end() -> None:
    async with staged(TALK) as stage:
        await stage.press("3", "home", "slash")
        await stage.type("tick")
        assert "upper or lower case" in stage.screen_text() or '"tick"i' in stage.screen_text()
        await stage.press("enter")
        assert listed(stage).cursor == 7
        await stage.press("n")
        assert listed(stage).cursor == 0
        assert "round the end" in stage.screen_text()
        await stage.press("N")
        assert listed(stage).cursor == 7
        await stage.press("slash")
        await stage.type("/b.d/")
        await stage.press("enter")
        assert listed(stage).cursor == 9
        await stage.press("slash")
        await stage.type("zebra")
        await stage.press("enter")
        assert "not found" in stage.screen_text()
        assert listed(stage).cursor == 9


async def test_a_wrong_search_is_said_in_place() -> None:
    async with staged(TALK) as stage:
        await stage.press("3", "slash")
        await stage.type("/(/")
        assert "unterminated" in pane(stage).bar.told or "missing )" in pane(stage).bar.told
        await stage.press("enter")
        assert typing(stage)


async def test_search_stays_within_the_filter() -> None:
    async with staged(TALK) as stage:
        await filtered(stage, "sent")
        await stage.press("slash")
        await stage.type("tick")
        await stage.press("enter")
        assert "not found" in stage.screen_text()


async def test_n_without_a_search_asks_for_one() -> None:
    async with staged(TALK) as stage:
        await stage.press("3", "n")
        assert typing(stage)


async def test_marks_are_set_found_again_and_taken_away() -> None:
    async with staged(TALK) as stage:
        await stage.press("3", "apostrophe")
        assert "nothing is marked" in stage.screen_text()
        await stage.press("home", "m", "down", "down", "m")
        assert "◆" in stage.screen_text()
        assert "2 marked" in stage.screen_text()
        await stage.press("end", "apostrophe")
        assert listed(stage).cursor == 0
        await stage.press("quotation_mark")
        assert listed(stage).cursor == 2
        await stage.press("m")
        assert listed(stage).picks.marked == [0]


async def test_several_are_selected_with_space_shift_and_all() -> None:
    async with staged(TALK) as stage:
        await stage.press("3", "home", "space", "down", "space")
        assert listed(stage).picks.selected == [0, 2]
        assert "2 selected" in stage.screen_text()
        await stage.press("escape")
        assert listed(stage).picks.selected == []
        await stage.press("home", "shift+down", "shift+down", "J")
        assert listed(stage).picks.selected == [0, 1, 2, 3]
        await stage.press("shift+up", "K")
        assert listed(stage).picks.selected == [0, 1]
        await stage.press("A")
        assert len(listed(stage).picks) == 10


async def test_clicks_select_a_range_and_single_frames() -> None:
    async with staged(TALK, size=(160, 44)) as stage:
        await stage.press("3", "z", "home")
        await stage.pilot.click("#frame-list", offset=(20, 1), control=True)
        await stage.settle()
        assert listed(stage).picks.selected == [1]
        await stage.pilot.click("#frame-list", offset=(20, 4), shift=True)
        await stage.settle()
        assert listed(stage).picks.selected == [1, 2, 3, 4]


async def test_times_columns_and_wrapping_change_the_lines() -> None:
    long = opened() + text("begin " + "x" * 300 + " the end") + text("second")
    async with staged(long) as stage:
        await stage.press("3", "z")
        assert "the end" not in stage.screen_text()
        await stage.press("w")
        screen = stage.screen_text()
        assert "the end" in screen
        assert screen.index("the end") < screen.index("second")
        await stage.press("w", "t")
        assert listed(stage).look.times is Times.CLOCK
        await stage.press("t")
        assert listed(stage).look.times is Times.DELTA
        assert "+0.0" in stage.screen_text()
        await stage.press("t", "c")
        assert listed(stage).look.columns is Columns.FEW
        assert "F123M" not in stage.screen_text()
        await stage.press("c")
        assert "ratio" in stage.screen_text()


async def test_wrapped_lines_scroll_by_frames_and_follow() -> None:
    long = opened()
    for number in range(60):
        long = long + text(f"frame {number} " + "y" * 200)
    async with staged(long) as stage:
        await stage.press("3", "z", "w")
        assert "frame 59 " in stage.screen_text()
        await stage.press("home")
        assert "frame 0 " in stage.screen_text()
        for _ in range(30):
            await stage.pilot.press("down")
        await stage.settle()
        assert "frame 30 " in stage.screen_text()
        await stage.press("end")
        await grown(stage, long + text("the newest"), 1)
        assert "the newest" in stage.screen_text()


async def test_the_badge_counts_what_came_since_following_ended() -> None:
    async with staged(TALK) as stage:
        await stage.press("3", "home")
        assert "not following (End)" in stage.screen_text()
        await grown(stage, TALK + text("a") + text("b"), 2)
        assert listed(stage).cursor == 0
        assert "+2 new" in stage.screen_text()
        await stage.press("end")
        assert "new" not in str(pane(stage).border_subtitle)


async def test_a_paused_list_stays_while_a_filter_is_changed() -> None:
    async with staged(TALK) as stage:
        await stage.press("3", "p")
        await grown(stage, TALK + text("tick late"), 1)
        assert "PAUSED, +1 new" in stage.screen_text()
        await stage.press("p")
        assert len(shown(stage)) == 11


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    taken: list[str] = []

    async def take(text: str, *_: object) -> str:
        taken.append(text)
        return "the test"

    monkeypatch.setattr(clipboard, "copy", take)
    return taken


async def copy_as(stage: Stage, way: str) -> None:
    await stage.press("Y")
    assert isinstance(stage.app.screen, PickScreen)
    await stage.type(way)
    await stage.press("enter")
    await stage.app.workers.wait_for_complete()
    await stage.settle()


async def test_y_copies_the_payloads_of_the_selected_frames(copied: list[str]) -> None:
    async with staged(TALK) as stage:
        await stage.press("3", "home", "y")
        await stage.app.workers.wait_for_complete()
        await stage.press("space", "down", "down", "space", "y")
        await stage.app.workers.wait_for_complete()
    assert copied == ['{"type": "tick", "n": 1}', '{"type": "tick", "n": 1}\nhello there']


async def test_frames_are_copied_as_hex_base64_json_and_wscat_lines(copied: list[str]) -> None:
    async with staged(TALK) as stage:
        await stage.press("3", "home", "space", "down", "down", "space")
        await copy_as(stage, "hex")
        await copy_as(stage, "base64")
        await copy_as(stage, "JSON")
        await copy_as(stage, "wscat")
        assert "2 frames as wscat copied to the test" in stage.told()
    assert copied[0].split("\n")[1] == b"hello there".hex()
    assert copied[1].split("\n")[1] == "aGVsbG8gdGhlcmU="
    both = json.loads(copied[2])
    assert [one["direction"] for one in both] == ["received", "sent"]
    assert both[1]["text"] == "hello there"
    assert copied[3].split("\n")[1].endswith("--execute 'hello there'")
    assert copied[3].startswith("wscat --connect ws://echo.example/")


async def test_a_united_message_is_copied_whole(copied: list[str]) -> None:
    async with staged(TALK) as stage:
        await stage.press("3", "u")
        listed(stage).select(4)
        await stage.press("y")
        await stage.app.workers.wait_for_complete()
    assert copied == ["one two three"]


async def test_the_cursor_stays_in_view_when_the_details_take_half_of_the_room() -> None:
    async with staged(TALK, size=(80, 24)) as stage:
        await stage.press("3")
        listed(stage).select(8)
        await stage.press("enter")
        top = listed(stage).scroll_offset.y
        assert top <= 8 < top + listed(stage).size.height
        assert listed(stage).size.height < 9


async def test_in_one_pane_the_badge_stands_above_the_list() -> None:
    async with staged(TALK, size=(80, 24)) as stage:
        await stage.press("3", "home", "space")
        await grown(stage, TALK + text("a"), 1)
        assert "1 selected  +1 new, not following (End)" in stage.screen_text()


async def test_two_frames_are_compared() -> None:
    async with staged(TALK) as stage:
        await stage.press("3", "home", "d")
        assert "to compare, mark a frame" in stage.told()
        listed(stage).select(0)
        await stage.press("m")
        listed(stage).select(7)
        await stage.press("d")
        assert isinstance(stage.app.screen, CompareScreen)
        screen = stage.screen_text()
        assert "Frames 1 and 8" in screen
        assert '-   "n": 1' in screen
        assert '+   "n": 2' in screen
        assert "≠ time" in screen
        await stage.press("escape")
        assert not isinstance(stage.app.screen, CompareScreen)


async def test_the_header_opens_into_its_bits() -> None:
    async with staged(TALK) as stage:
        await stage.press("3", "z", "home", "enter", "tab")
        detail = pane(stage).detail
        at = next(at for at, one in enumerate(detail.rows) if one.body.plain.startswith("Header"))
        detail.reveal(at)
        await stage.press("enter")
        rows = detail.as_text()
        assert "1... ....  FIN    1" in rows
        assert "0001  opcode 0x1   text: UTF-8 text" in rows
        assert "MASK   0" in rows
        await stage.press("enter")
        assert "1... ...." not in detail.as_text()


async def test_json_folds_and_unfolds() -> None:
    async with staged(opened() + text('{"a": {"b": [1, 2, 3]}, "c": 1.50}')) as stage:
        await stage.press("3", "z", "enter", "tab")
        detail = pane(stage).detail
        assert '"c": 1.50' in detail.as_text()
        await stage.press("minus")
        assert '"a": { 1 member }' in detail.as_text()
        assert '"b"' not in detail.as_text()
        at = next(at for at, one in enumerate(detail.rows) if '"a"' in one.plain)
        detail.reveal(at)
        await stage.press("enter")
        assert '"b": [ 3 items ]' in detail.as_text()
        await stage.press("plus")
        assert "2," in detail.as_text()


async def test_views_change_from_the_list_too() -> None:
    async with staged(TALK) as stage:
        await stage.press("3")
        listed(stage).select(3)
        await stage.press("v")
        detail = pane(stage).detail
        assert detail.display
        assert "Payload  text" in detail.as_text()
        await stage.press("v")
        assert "which is no JSON" in detail.as_text()
        await stage.press("v")
        assert "hex, unmasked, 11 B" in detail.as_text()
        assert "│hello th" in detail.as_text()
        await stage.press("v")
        assert "as it crossed the wire" in detail.as_text()


async def test_a_violation_is_shown_at_its_byte() -> None:
    async with staged(TALK) as stage:
        await stage.press("3", "z", "end", "enter")
        rows = pane(stage).detail.as_text().split("\n")
        at = next(at for at, line in enumerate(rows) if "^^ byte 6" in line)
        assert rows[at - 1][rows[at].index("^^") :].startswith("ff")


async def test_a_close_is_decoded() -> None:
    async with staged(TALK + close(1011, "boom") + fin()) as stage:
        await stage.press("3", "z")
        listed(stage).select(10)
        await stage.press("enter")
        assert "1011" in pane(stage).detail.as_text()
        assert "boom" in pane(stage).detail.as_text()


async def test_fragments_lead_to_each_other() -> None:
    async with staged(TALK) as stage:
        await stage.press("3", "z")
        listed(stage).select(5)
        await stage.press("enter", "tab")
        detail = pane(stage).detail
        at = next(at for at, one in enumerate(detail.rows) if one.plain.startswith("›   3 frame 7"))
        detail.reveal(at)
        await stage.press("enter")
        assert listed(stage).cursor == 6


async def test_evidence_that_a_filter_hides_takes_the_filter_off() -> None:
    async with staged(TALK) as stage:
        await filtered(stage, "ping")
        pane(stage).show_frame(9, (6, 7))
        await stage.settle()
        assert listed(stage).cursor == 9
        assert len(shown(stage)) == 10


TOO_LONG = "the expression takes too much time; write it with fewer * + {}, above all in each other"
MANY = opened() + received(b"".join(frames.text(f"frame {number} zebra") for number in range(12_000)))


@pytest.fixture
def slow_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A filter takes the smallest steps, and the test says when."""
    monkeypatch.setattr(frames_listed, "_STEP_S", 0.0)
    monkeypatch.setattr(frames_listed, "_PERIOD_S", 3600.0)


@pytest.mark.usefixtures("slow_steps")
async def test_a_filter_shows_what_it_has_found_and_how_far_it_is_and_can_be_stopped() -> None:
    async with staged(MANY) as stage:
        await stage.press("3", "z", "f")
        await stage.type("zebra")
        await stage.pilot.press("enter")
        await stage.pilot.pause()
        found = len(shown(stage))
        assert 0 < found < 12_000
        assert "▰" in stage.screen_text()
        assert "Esc stops" in stage.screen_text()
        pane(stage)._work()
        await stage.pilot.pause()
        assert found < len(shown(stage)) < 12_000
        await stage.pilot.press("escape")
        await stage.pilot.pause()
        assert "stopped at" in stage.screen_text()
        found = len(shown(stage))
        pane(stage)._work()
        assert len(shown(stage)) == found
        # The same filter again goes through everything.
        await stage.press("f")
        await stage.pilot.press("enter")
        while not pane(stage).listing.done:
            pane(stage)._work()
        assert len(shown(stage)) == 12_000


async def test_an_expression_that_takes_too_long_is_said_once_and_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking, "MANY_S", 3600.0)
    monkeypatch.setattr(frames_listed, "_PERIOD_S", 3600.0)
    trap = text("a" * 60 + "b")
    async with staged(opened() + text("aaa") + trap + text("zz") + trap + trap + text("aa")) as stage:
        await stage.press("3", "z", "f")
        await stage.type("/(a+)+$/")
        await stage.pilot.press("enter")
        await stage.pilot.pause()
        # It is being worked out, and meanwhile there is room for keys.
        assert not pane(stage).listing.done
        assert "Esc stops" in stage.screen_text()
        await stage.pilot.press("escape")
        for name in ("MANY_S", "ONE_S", "SHOWN_S"):
            monkeypatch.setattr(asking, name, 0.02)
        await stage.press("f")
        await stage.pilot.press("enter")
        while not pane(stage).listing.done:
            pane(stage)._work()
        pane(stage)._work()
        await stage.pilot.pause()
        assert list(shown(stage)) == [0]
        assert "✗ 3 frames left out  stopped at 83 %" in stage.screen_text()
        said = [line for line in stage.told().splitlines() if line.startswith("filter: ")]
        assert said == [
            f"filter: frame 2 left out: {TOO_LONG}",
            f"filter: stopped: frames 2, 4 and 5 left out: {TOO_LONG}",
        ]
        await stage.press("F", "end", "slash")
        await stage.type("/(a+)+$|x/")
        await stage.pilot.press("enter")
        while pane(stage)._search.running is not None:
            pane(stage)._work()
        await stage.pilot.pause()
        assert pane(stage).frame_list.cursor == 0


@pytest.mark.usefixtures("slow_steps")
async def test_a_search_can_be_stopped() -> None:
    async with staged(MANY) as stage:
        await stage.press("3", "z", "home", "slash")
        await stage.type("nowhere")
        await stage.pilot.press("enter")
        await stage.pilot.pause()
        assert "search nowhere  ▱" in stage.screen_text()
        await stage.pilot.press("escape")
        await stage.pilot.pause()
        assert "stopped" in stage.screen_text()
        assert listed(stage).cursor == 0


async def test_a_frame_stays_while_its_details_are_read() -> None:
    one = opened() + text("first")
    async with staged(one) as stage:
        await stage.press("3", "enter", "tab")
        assert stage.app.focused is pane(stage).detail
        await grown(stage, one + text("second"), 1)
        assert listed(stage).cursor == 0
        assert "first" in pane(stage).detail.as_text()
        await stage.press("i")
        await grown(stage, one + text("third"), 1)
        assert listed(stage).cursor == 2


async def test_back_in_the_list_the_frame_that_was_read_is_under_the_cursor() -> None:
    one = opened() + text("first")
    async with staged(one) as stage:
        await stage.press("3", "enter", "tab")
        await grown(stage, one + text("second"), 1)
        await stage.press("escape")
        assert listed(stage).cursor == 0
        assert "+1 new" in stage.screen_text()


async def test_a_mistake_that_does_not_fit_below_the_filter_ends_in_an_ellipsis() -> None:
    async with staged(opened(), size=(80, 24)) as stage:
        await stage.press("3", "f")
        pane(stage).bar.field.insert("payload ~ /(/")
        await stage.settle()
        told = stage.screen_text().splitlines()[4:7]
        assert told[0].strip() == "^"
        assert "column 9" in told[1]
        assert told[2].rstrip().endswith("…")


async def test_enter_takes_what_the_words_before_it_narrowed_the_list_to(copied: list[str]) -> None:
    async with staged(opened() + text("one")) as stage:
        await stage.press("3", "Y")
        for key in ("b", "a", "s", "e", "enter"):
            # As a terminal hands over what was typed ahead: all at once.
            stage.app.post_message(events.Key(key, key if len(key) == 1 else "\r"))
        await stage.settle()
        await stage.app.workers.wait_for_complete()
        await stage.settle()
        assert copied == ["b25l"]
