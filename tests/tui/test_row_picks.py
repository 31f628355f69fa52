"""Rows selected with keys, in every pane and dialog, and copied."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.diagnosis.story import again, fin, opened, reached, text
from tests.tui.stage import Stage, staged
from wsinspect.options import ConnectOptions
from wsinspect.profiles.store import save_profile
from wsinspect.tui import clipboard
from wsinspect.tui.panes.row_picks import RowPicks
from wsinspect.tui.panes.rows_view import RowsView
from wsinspect.tui.screens.inspector import InspectorScreen


@pytest.fixture(autouse=True)
def copied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    taken: list[str] = []

    async def take(text: str, *_: object) -> str:
        taken.append(text)
        return "the test"

    monkeypatch.setattr(clipboard, "copy", take)
    return taken


async def press(stage: Stage, *keys: str) -> None:
    await stage.press(*keys)
    await stage.app.workers.wait_for_complete()


@pytest.mark.parametrize("pane", ["timeline", "handshake", "diagnosis", "frames"])
@pytest.mark.parametrize(
    "ways", [("V", "down", "j"), ("J", "shift+down"), ("V", "end", "home", "down", "down")]
)
async def test_rows_of_every_pane_are_selected_and_copied(
    pane: str, ways: tuple[str, ...], copied: list[str]
) -> None:
    async with staged(opened() + text("hello") + text("you")) as stage:
        if pane == "frames":
            await stage.press("3", "enter")
            view: RowsView = stage.app.inspector.frames.detail
        else:
            view = stage.app.inspector.rows_of(pane)
        view.focus()
        await stage.press("home")
        await press(stage, *ways, "y")
        (taken,) = copied
        count = taken.count("\n")
        assert count >= 3
        assert taken == "".join(one.plain + "\n" for one in view.rows[:count])
        assert f"{count} selected rows copied to the test" in stage.told()
        await press(stage, "escape")
        assert view.has_focus
        assert not view.picked_count


async def test_a_move_ends_the_selection_and_all_can_be_selected(copied: list[str]) -> None:
    async with staged(opened() + text("hello")) as stage:
        view = stage.app.inspector.rows_of("handshake")
        await stage.press("2", "home", "J", "down")
        assert not view.picked_count
        await press(stage, "A", "ctrl+c")
        assert copied == [view.as_text()]
        await stage.press("V", "down", "V")
        assert not view.picked_count


async def test_the_selection_is_seen_without_colour() -> None:
    async with staged(opened() + text("hello")) as stage:
        view = stage.app.inspector.rows_of("handshake")
        await stage.press("2", "home")
        plain = view.render_line(0)
        await stage.press("J", "J")
        assert any(part.style and part.style.reverse for part in view.render_line(0))
        assert not any(part.style and part.style.reverse for part in plain)


async def test_rows_are_selected_with_the_mouse() -> None:
    async with staged(opened() + text("hello")) as stage:
        view = stage.app.inspector.rows_of("handshake")
        await stage.press("2", "home")
        await stage.pilot.click(view, offset=(5, 2))
        await stage.pilot.click(view, offset=(5, 4), shift=True)
        await stage.settle()
        assert view.picked_count == 3


async def test_help_is_copied(copied: list[str]) -> None:
    async with staged(opened()) as stage:
        await press(stage, "question_mark", "y")
        assert "everywhere" in copied[0]
        await press(stage, "home", "J", "y")
        assert copied[1].count("\n") == 2
        await press(stage, "escape")
        assert not stage.app.screen.query(RowsView)[0].picked_count


async def test_a_comparison_is_copied(copied: list[str]) -> None:
    async with staged(opened() + fin() + again() + reached()) as stage:
        await press(stage, "C", "y")
        assert "Host" in copied[0]


async def test_a_question_and_a_list_are_copied_with_ctrl_c(copied: list[str], tmp_path: Path) -> None:
    save_profile("a", ConnectOptions(url="ws://a.example/"))
    async with staged(opened()) as stage:
        await press(stage, "S", "ctrl+c")
        assert "Whoever sees this screen" in copied[0]
        await press(stage, "n", "P", "ctrl+c")
        assert copied[1] == "a  ws://a.example/  (profiles.toml)\n"
        await press(stage, "escape")
        assert isinstance(stage.app.screen, InspectorScreen)


def test_a_range_is_from_where_it_began_to_the_cursor() -> None:
    picks = RowPicks()
    assert list(picks.rows(3, 9)) == []
    picks.begin(5)
    assert list(picks.rows(3, 9)) == [3, 4, 5]
    assert list(picks.rows(7, 9)) == [5, 6, 7]
    assert list(picks.rows(1, 2)) == [1]
    picks.moved()
    assert list(picks.rows(3, 9)) == []
    picks.begin(1, held=True)
    picks.moved()
    assert list(picks.rows(2, 9)) == [1, 2]
    picks.take_all(3)
    assert list(picks.rows(2, 3)) == [0, 1, 2]
    assert picks.drop()
    assert not picks.drop()
