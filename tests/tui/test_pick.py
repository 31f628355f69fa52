"""The list to choose from: moving in it, finding in it, taking, copying."""

from __future__ import annotations

from tests.tui.stage import staged
from wsinspect.tui.screens.pick import Choice, PickScreen

CHOICES = [Choice(f"id-{number}", f"choice {number}", "") for number in range(40)]


async def test_pages_go_down_and_up_and_stop_at_the_ends() -> None:
    async with staged() as stage:
        screen = PickScreen("Choose", CHOICES)
        await stage.app.push_screen(screen)
        await stage.press("pagedown")
        assert screen.highlighted is not None
        further = screen.highlighted.id
        assert further != "id-0"
        await stage.press("pageup")
        assert screen.highlighted == CHOICES[0]
        await stage.press("pageup")
        assert screen.highlighted == CHOICES[0]
        await stage.press(*["pagedown"] * 20)
        assert screen.highlighted == CHOICES[-1]


async def test_what_is_typed_leaves_what_matches_and_enter_takes_it() -> None:
    taken: list[str | None] = []
    async with staged() as stage:
        await stage.app.push_screen(PickScreen("Choose", CHOICES), taken.append)
        await stage.type("choice 17")
        await stage.press("enter")
        assert taken == ["id-17"]
        await stage.app.push_screen(PickScreen("Choose", CHOICES), taken.append)
        await stage.press("escape")
        assert taken == ["id-17", None]
