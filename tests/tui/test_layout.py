"""The panes: how they share the screen, how borders are moved and kept, where the focus is, and that nothing takes it away."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.events import MouseScrollDown
from textual.geometry import Offset, Region

from tests.diagnosis.story import (
    Move,
    Story,
    again,
    close,
    fin,
    opened,
    text,
)
from tests.tui.stage import Stage, over, staged, told
from wsinspect.events import AttemptReason
from wsinspect.profiles.layout import PaneSizes, load_sizes, save_sizes
from wsinspect.profiles.locations import layout_file, profiles_file
from wsinspect.profiles.store import load_profile
from wsinspect.tui.opening import Opening
from wsinspect.tui.panes.frame_bar import BarField

PANES = ("timeline", "handshake", "diagnosis", "frames")
CHATTY = opened() + text("hello") + text('{"a": [1, 2]}') + text("third")
FLOOD = opened()
for _number in range(60):
    FLOOD = FLOOD + text(f"message {_number}")


def _region(stage: Stage, name: str) -> Region:
    return stage.app.inspector.query_one(f"#{name}").region


def _focused(stage: Stage) -> str:
    return str(stage.app.focused.id) if stage.app.focused is not None else ""


async def _drag(stage: Stage, start: Offset, to: Offset) -> None:
    await stage.pilot.mouse_down(offset=start)
    await stage.pilot.hover(offset=to)
    await stage.pilot.mouse_up(offset=to)
    await stage.settle()


def _pointer(stage: Stage) -> str:
    return stage.app.inspector.styles.pointer


def _happens(stage: Stage, before: Story, *more: Move) -> None:
    """More happens on the connection, after what has happened before."""
    for event in told(before + Story(more))[len(told(before)) :]:
        stage.connection.sink(event)


def _place(stage: Stage, name: str, right: int = 0, down: int = 0) -> Offset:
    """Return a place in a pane, from its top left corner."""
    region = _region(stage, name)
    return Offset(region.x + right, region.y + down)


# Sizes


async def test_the_border_between_the_columns_is_dragged() -> None:
    async with staged(CHATTY) as stage:
        edge = _region(stage, "right").x
        await _drag(stage, Offset(edge, 10), Offset(edge + 13, 12))
        assert _region(stage, "right").x == edge + 13
        assert _region(stage, "left").width == edge + 13
        await _drag(stage, Offset(edge + 12, 10), Offset(edge - 3, 10))
        assert _region(stage, "right").x == edge - 2  # it was held at the left pane's side of it


@pytest.mark.parametrize(("upper", "lower"), [("timeline", "handshake"), ("diagnosis", "frames")])
async def test_the_border_between_two_panes_of_a_column_is_dragged(upper: str, lower: str) -> None:
    async with staged(CHATTY) as stage:
        place = _region(stage, lower)
        await _drag(stage, _place(stage, lower, 5), _place(stage, lower, 5, 4))
        assert _region(stage, lower).y == place.y + 4
        assert _region(stage, upper).bottom == place.y + 4
        assert _region(stage, lower).bottom == place.bottom


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
async def test_the_border_of_the_details_is_dragged(size: tuple[int, int]) -> None:
    async with staged(CHATTY, size=size) as stage:
        await stage.press("3", "enter")
        place = _region(stage, "frame-detail")
        to = _place(stage, "frame-detail", 6 if size[0] == 200 else 0, 0 if size[0] == 200 else -2)
        await _drag(stage, place.offset, to)
        assert _region(stage, "frame-detail").offset == to
        assert _region(stage, "frame-detail").bottom_right == place.bottom_right


async def test_no_pane_can_be_dragged_away() -> None:
    async with staged(CHATTY) as stage:
        edge = _region(stage, "right").x
        await _drag(stage, Offset(edge, 10), Offset(119, 10))
        assert _region(stage, "right").width >= 24
        await _drag(stage, Offset(_region(stage, "right").x, 10), Offset(0, 10))
        assert _region(stage, "left").width >= 24
        await _drag(stage, _place(stage, "handshake", 3), Offset(3, 35))
        assert _region(stage, "handshake").height >= 3


async def test_dragging_takes_neither_focus_nor_selects_text() -> None:
    async with staged(CHATTY) as stage:
        await stage.press("i")
        edge = _region(stage, "right").x
        await _drag(stage, Offset(edge, 5), Offset(edge + 9, 9))
        assert _focused(stage) == "composer-input"
        assert not stage.app.inspector.get_selected_text()
        assert stage.app.mouse_captured is None


async def test_a_border_that_can_be_dragged_shows_it() -> None:
    async with staged(CHATTY) as stage:
        edge = _region(stage, "right").x
        await stage.pilot.hover(offset=Offset(edge, 5))
        assert _pointer(stage) == "ew-resize"
        line = stage.screen_text().splitlines()[5]
        assert line[edge - 1 : edge + 1] == "┃┃"
        await stage.pilot.hover(offset=Offset(edge + 9, 5))
        assert _pointer(stage) == "default"
        assert stage.screen_text().splitlines()[5][edge - 1] == "│"


async def test_a_double_click_gives_a_border_back() -> None:
    async with staged(CHATTY) as stage:
        edge = _region(stage, "right").x
        await _drag(stage, Offset(edge, 5), Offset(edge + 20, 5))
        await stage.pilot.click(offset=Offset(edge + 20, 5), times=2)
        await stage.settle()
        assert _region(stage, "right").x == edge
        assert stage.app.inspector.sizes == PaneSizes()


@pytest.mark.parametrize(
    ("pane", "key", "other", "grows"),
    [
        ("1", "right_parenthesis", "left_parenthesis", "timeline"),
        ("4", "alt+right", "alt+left", "diagnosis"),
        ("1", "plus", "minus", "timeline"),
        ("2", "alt+down", "alt+up", "handshake"),
        ("3", "plus", "minus", "frames"),
    ],
)
async def test_keys_give_the_focused_pane_more_and_less(pane: str, key: str, other: str, grows: str) -> None:
    async with staged(CHATTY) as stage:
        await stage.press(pane)
        side = 0 if key in ("right_parenthesis", "alt+right") else 1
        before = _region(stage, grows).size
        await stage.press(key)
        assert _region(stage, grows).size[side] > before[side]
        for _ in range(2):
            await stage.press(other)
        assert _region(stage, grows).size[side] < before[side]
        await stage.press("0")
        assert _region(stage, grows).size == before


async def test_keys_give_the_details_more_and_less() -> None:
    async with staged(CHATTY, size=(200, 50)) as stage:
        await stage.press("3", "enter", "tab")
        assert _focused(stage) == "frame-detail"
        before = _region(stage, "frame-detail").width
        await stage.press("right_parenthesis")
        assert _region(stage, "frame-detail").width == before + 2


async def test_sizes_are_kept_for_the_next_run() -> None:
    async with staged(CHATTY) as stage:
        edge = _region(stage, "right").x
        await _drag(stage, Offset(edge, 5), Offset(edge + 10, 5))
        await stage.app.workers.wait_for_complete()
        kept = load_sizes()
        assert kept == stage.app.inspector.sizes != PaneSizes()
    assert layout_file().stat().st_mode & 0o777 == 0o600
    async with staged(CHATTY) as stage:
        assert _region(stage, "right").x == edge + 10
        await stage.press("0")
        await stage.app.workers.wait_for_complete()
    assert load_sizes() == PaneSizes()


@pytest.mark.parametrize(
    "content", ["", "[]", '{"left_width": "wide"}', '{"left_width": 1e9}', '{"lefts": 3}']
)
async def test_a_broken_file_of_sizes_is_like_none(content: str) -> None:
    layout_file().parent.mkdir(parents=True)
    layout_file().write_text(content)
    async with staged(CHATTY) as stage:
        assert stage.app.inspector.sizes == PaneSizes()


async def test_that_sizes_cannot_be_kept_is_said_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    async with staged(CHATTY) as stage:
        for _ in range(2):
            await stage.press("plus")
            await stage.app.workers.wait_for_complete()
            await stage.settle()
        assert stage.told().count("sizes of the panes") == 1


_PROFILES = """\
# mine
[dev]
url = "ws://dev.example/"  # local

[dev.layout]
left_width = 50.0

[other]
url = "ws://other.example/"
"""


async def test_a_profile_has_sizes_of_its_own() -> None:
    profiles_file().parent.mkdir(parents=True)
    profiles_file().write_text(_PROFILES)
    save_sizes(PaneSizes(left_width=30.0))
    dev = Opening(options=load_profile("dev").options({}), profile="dev")
    async with staged(CHATTY, opening=dev) as stage:
        assert _region(stage, "left").width == 60
        await stage.press("1", "plus")
        await stage.app.workers.wait_for_complete()
        chosen = stage.app.inspector.sizes
    assert load_sizes() == PaneSizes(left_width=30.0)
    assert load_profile("dev").sizes == chosen
    text = profiles_file().read_text()
    assert text.startswith('# mine\n[dev]\nurl = "ws://dev.example/"  # local\n')
    assert text.endswith('\n[other]\nurl = "ws://other.example/"\n')
    other = Opening(options=load_profile("other").options({}), profile="other")
    async with staged(CHATTY, opening=other) as stage:
        assert _region(stage, "left").width == 36


async def test_a_terminal_that_shrinks_and_grows_again_changes_nothing() -> None:
    async with staged(FLOOD) as stage:
        await stage.press("3", "plus", "home", "enter", "tab", "down", "down")
        stage.now_ns += 1_000_000_000
        await stage.settle()
        before, sizes, focused = stage.screen_text(), stage.app.inspector.sizes, _focused(stage)
        for size in ((20, 5), (1, 1), (80, 24), (200, 50), (20, 5), (120, 36)):
            await stage.pilot.resize_terminal(*size)
            await stage.settle()
            stage.screen_text()
        assert stage.screen_text() == before
        assert stage.app.inspector.sizes == sizes
        assert _focused(stage) == focused


async def test_a_tiny_terminal_still_shows_the_answer_and_takes_a_message() -> None:
    async with staged(CHATTY, size=(20, 5)) as stage:
        assert "OPEN" in stage.screen_text()
        assert "▸3 Frames" in stage.screen_text()
        await stage.press("i")
        await stage.type("hey")
        assert "hey" in stage.screen_text()
        await stage.press("enter")
        assert stage.connection.calls == [("text", "hey")]


# Focus


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
async def test_the_focus_is_told_by_a_sign(size: tuple[int, int]) -> None:
    async with staged(CHATTY, size=size) as stage:
        for key, title in (
            ("1", "1 Timeline"),
            ("2", "2 Handshake"),
            ("3", "3 Frames"),
            ("4", "4 Diagnosis"),
        ):
            await stage.press(key)
            shown = stage.screen_text()
            sign = f"▸{title}" if size[0] < 100 else f"┏━ {title} ━"
            assert sign in shown
            assert shown.count("▸" if size[0] < 100 else "┏") == 1
        await stage.press("5")
        shown = stage.screen_text()
        assert "┏━ 5 Compose ━" in shown
        assert "▸" not in shown


async def test_list_and_details_of_frames_are_told_apart() -> None:
    async with staged(CHATTY) as stage:
        await stage.press("3", "enter")
        at = _region(stage, "frame-detail").y
        assert "━━━━" not in stage.screen_text().splitlines()[at]
        await stage.press("tab")
        assert "━━━━" in stage.screen_text().splitlines()[at]


@pytest.mark.parametrize(
    ("size", "order"),
    [
        (
            (120, 36),
            ("diagnosis", "frame-list", "frame-detail", "composer-input", "timeline-rows", "handshake"),
        ),
        (
            (80, 24),
            ("frame-list", "frame-detail", "diagnosis", "composer-input", "timeline-rows", "handshake"),
        ),
    ],
)
async def test_tab_goes_round(size: tuple[int, int], order: tuple[str, ...]) -> None:
    async with staged(CHATTY, size=size) as stage:
        await stage.press("3", "enter", *(["shift+tab"] if order[0] == "diagnosis" else []))
        seen = [_focused(stage)]
        for _ in order[1:]:
            await stage.press("tab")
            seen.append(_focused(stage))
        assert tuple(seen) == order
        await stage.press("tab")
        assert _focused(stage) == order[0]
        await stage.press("shift+tab", "shift+tab")
        assert _focused(stage) == order[-2]


async def test_keys_lead_to_the_pane_beside() -> None:
    async with staged(CHATTY, size=(200, 50)) as stage:
        await stage.press("3", "enter")
        for key, wanted in (
            ("l", "frame-detail"),
            ("right", "frame-detail"),
            ("h", "frame-list"),
            ("left", "handshake"),
            ("l", "frame-list"),
            ("4", "diagnosis"),
            ("h", "timeline-rows"),
            ("right", "diagnosis"),
        ):
            await stage.press(key)
            assert _focused(stage) == wanted, key


async def test_in_one_pane_keys_lead_to_the_tab_beside() -> None:
    async with staged(CHATTY, size=(80, 24)) as stage:
        await stage.press("1", "h")
        assert _focused(stage) == "diagnosis"
        await stage.press("left")
        assert _focused(stage) == "frame-list"
        await stage.press("l", "right", "l")
        assert _focused(stage) == "handshake"


async def test_a_click_on_a_border_or_a_heading_focuses_its_pane() -> None:
    async with staged(CHATTY) as stage:
        for pane, wanted in (
            ("frames", "frame-list"),
            ("handshake", "handshake"),
            ("timeline", "timeline-rows"),
        ):
            await stage.pilot.click(offset=_place(stage, pane, 4))
            await stage.settle()
            assert _focused(stage) == wanted
        await stage.pilot.click("#frames .columns")
        await stage.settle()
        assert _focused(stage) == "frame-list"


async def test_the_wheel_scrolls_what_is_below_it_and_takes_no_focus() -> None:
    async with staged(CHATTY) as stage:
        await stage.press("i")
        handshake = stage.app.inspector.rows_of("handshake")
        assert handshake.max_scroll_y > 0
        handshake.scroll_to(y=0, animate=False, immediate=True)
        await stage.pilot._post_mouse_events([MouseScrollDown], handshake, offset=(5, 3))
        await stage.settle()
        assert handshake.scroll_y > 0
        assert _focused(stage) == "composer-input"


# Nothing takes it away


async def test_new_frames_leave_focus_and_scroll_alone() -> None:
    async with staged(FLOOD) as stage:
        frames = stage.app.inspector.frames.frame_list
        await stage.press("3", "home", "down")
        await stage.press("2")
        top = frames.scroll_y
        _happens(stage, FLOOD, text("new"))
        await stage.settle()
        assert frames.count == 61
        assert (frames.scroll_y, frames.cursor, _focused(stage)) == (top, 1, "handshake")


async def test_a_new_finding_leaves_alone_what_is_read() -> None:
    async with staged(CHATTY) as stage:
        diagnosis = stage.app.inspector.rows_of("diagnosis")
        await stage.press("4", "down", "down")
        cursor = diagnosis.rows[diagnosis.cursor].plain
        before = list(diagnosis.rows)
        _happens(stage, CHATTY, close(1011, "boom"), fin())
        await stage.settle()
        assert list(diagnosis.rows) != before
        assert diagnosis.moved
        assert diagnosis.scroll_y == 0
        assert cursor


async def test_a_new_finding_points_at_its_evidence_where_nothing_is_read() -> None:
    async with staged(CHATTY) as stage:
        diagnosis = stage.app.inspector.rows_of("diagnosis")
        _happens(stage, CHATTY, close(1011, "boom"), fin())
        await stage.settle()
        assert diagnosis.rows[diagnosis.cursor].place is not None


async def test_in_one_pane_a_finding_does_not_take_the_place_of_what_is_read() -> None:
    async with staged(FLOOD, size=(80, 24)) as stage:
        await stage.press("up", "up")
        _happens(stage, FLOOD, close(1011, "boom"), fin())
        await stage.settle()
        assert _focused(stage) == "frame-list"
        assert "▸3 Frames" in stage.screen_text()
        assert "1011" in stage.screen_text()


async def test_in_one_pane_a_finding_takes_no_key_from_a_filter_that_is_typed() -> None:
    async with staged(FLOOD, size=(80, 24)) as stage:
        await stage.press("f")
        await stage.type("text")
        _happens(stage, FLOOD, close(1011, "boom"), fin())
        await stage.settle()
        await stage.type("x")
        field = stage.app.focused
        assert isinstance(field, BarField)
        assert field.text == "textx"


async def test_an_attempt_that_begins_by_itself_leaves_alone_what_is_read() -> None:
    ended = opened() + close(1011, "boom") + fin() + over()
    async with staged(ended) as stage:
        handshake = stage.app.inspector.rows_of("handshake")
        await stage.press("2", "down", "down")
        _happens(stage, ended, again(reason=AttemptReason.RECONNECT))
        await stage.settle()
        assert "101 Switching" in handshake.as_text()
        assert "attempt 2 begins; ] shows it" in stage.told()
        await stage.press("right_square_bracket")
        assert "101 Switching" not in handshake.as_text()


async def test_an_attempt_that_begins_by_itself_is_shown_where_nothing_is_read() -> None:
    ended = opened() + close(1011, "boom") + fin() + over()
    async with staged(ended) as stage:
        _happens(stage, ended, again(reason=AttemptReason.RECONNECT))
        await stage.settle()
        assert "101 Switching" not in stage.app.inspector.rows_of("handshake").as_text()


async def test_a_dialog_gives_the_focus_back() -> None:
    async with staged(FLOOD) as stage:
        await stage.press("3", "home", "down", "question_mark")
        _happens(stage, FLOOD, text("new"))
        await stage.settle()
        await stage.press("escape")
        frames = stage.app.inspector.frames.frame_list
        assert (_focused(stage), frames.cursor, frames.scroll_y) == ("frame-list", 1, 0)


async def test_rows_that_come_above_do_not_move_what_is_read() -> None:
    async with staged(CHATTY) as stage:
        handshake = stage.app.inspector.rows_of("handshake")
        rows = list(handshake.rows)
        await stage.press("2", "end")
        cursor, line = handshake.rows[handshake.cursor], handshake._lines[round(handshake.scroll_y)][1].plain
        handshake.show([rows[0], rows[0], *rows])
        assert handshake.rows[handshake.cursor] == cursor
        assert handshake._lines[round(handshake.scroll_y)][1].plain == line


async def test_a_pane_that_was_out_of_sight_shows_the_answer_once_it_is_seen() -> None:
    async with staged(CHATTY, size=(80, 16)) as stage:
        await stage.press("2")
        shown = stage.screen_text()
        assert "Sec-WebSocket-Accept" in shown
        assert "GET /" not in shown
