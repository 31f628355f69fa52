"""The footer: what is most important fits, help and palette are always there, and a click presses the key."""

from __future__ import annotations

import pytest

from tests.tui.stage import staged
from tests.tui.test_inspector import CHATTY
from wsinspect.tui.panes.key_footer import KeyFooter, ShownKey, fitting
from wsinspect.tui.screens.help import HelpScreen
from wsinspect.tui.work import Work


def _key(name: str, width: int = 8) -> ShownKey:
    return ShownKey("k", name, "k", "x" * (width - 2), "")


def test_what_comes_last_gives_way_first_but_never_help_and_palette() -> None:
    keys = [_key("one"), _key("help"), _key("two"), _key("palette"), _key("three")]
    assert [key.id for key in fitting(keys, 100)] == ["one", "two", "three", "help", "palette"]
    assert [key.id for key in fitting(keys, 36)] == ["one", "two", "help", "palette"]
    assert [key.id for key in fitting(keys, 10)] == ["help", "palette"]


def test_a_gap_of_two_cells_becomes_one_before_a_key_is_left_out() -> None:
    keys = [_key("one"), _key("help")]
    assert [key.start for key in fitting(keys, 18)] == [0, 10]
    assert [key.start for key in fitting(keys, 17)] == [0, 9]


@pytest.mark.parametrize("width", [80, 120])
async def test_help_is_on_the_footer_of_every_screen(width: int) -> None:
    async with staged(CHATTY, size=(width, 30)) as stage:
        for keys in ((), ("i",), ("escape", "e"), ("escape", "P"), ("escape", "3", "f"), ("escape", "o")):
            await stage.press(*keys)
            footer = stage.app.screen.query_one(KeyFooter)
            assert "help" in [key.id for key in footer.keys], keys
            assert footer.keys[-1].start + footer.keys[-1].width < width
            assert all(key.title in stage.screen_text().splitlines()[-1] for key in footer.keys)


async def test_a_footer_is_filled_even_while_the_terminal_is_in_the_background() -> None:
    async with staged(CHATTY) as stage:
        stage.app.app_focus = False
        await stage.press("e")
        assert stage.app.screen.query_one(KeyFooter).keys


async def test_a_click_on_a_key_presses_it() -> None:
    async with staged(CHATTY) as stage:
        footer = stage.app.screen.query_one(KeyFooter)
        key = next(key for key in footer.keys if key.id == "help")
        await stage.pilot.click(footer, offset=(key.start + 1, 0))
        await stage.settle()
        assert isinstance(stage.app.screen, HelpScreen)


async def test_what_is_near_the_focus_comes_first_also_while_work_can_be_stopped() -> None:
    async with staged(CHATTY) as stage:
        await stage.press("3")
        footer = stage.app.screen.query_one(KeyFooter)
        before = [key.id for key in footer.keys]
        stage.app.inspector.work = Work("SAVING")
        stage.app.screen.refresh_bindings()
        await stage.settle()
        assert [key.id for key in footer.keys] == before
        stage.app.inspector.work = None
