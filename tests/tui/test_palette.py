"""The palette: it holds every action that makes sense now, and does what the key does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.command import CommandPalette

from tests.diagnosis.story import text
from tests.tui.stage import Stage, staged
from tests.tui.test_inspector import CHATTY
from wsinspect.options import ConnectOptions
from wsinspect.profiles.store import save_profile
from wsinspect.tui.actions import ACTIONS
from wsinspect.tui.actions_now import Possible, around_focus, possible
from wsinspect.tui.palette import ActionsProvider

PLACES: tuple[tuple[str, ...], ...] = (
    ("1",),
    ("1", "V"),
    ("1", "z"),
    ("2",),
    ("4",),
    ("3",),
    ("3", "enter", "tab"),
    ("3", "f"),
    ("i",),
    ("e",),
    ("P",),
    ("P", "ctrl+d"),
    ("B",),
    ("T",),
    ("o",),
    ("s",),
    ("b",),
    ("question_mark",),
    ("i", "slash", "r", "a", "w", "space", "r", "s", "v", "2", "enter"),
)
"""Keys that lead to every place that has keys of its own."""


async def _home(stage: Stage) -> None:
    while stage.app.screen is not stage.app.inspector:
        await stage.press("escape")
    await stage.press("escape", "escape", "1")


async def test_what_is_chosen_in_the_palette_is_what_the_key_does() -> None:
    """In every place, the key of an action leads to the same owner and handler as the palette's entry."""
    save_profile("one", ConnectOptions(url="ws://one.example/"))
    reached: set[str] = set()
    async with staged(CHATTY + text("more")) as stage:
        for keys in PLACES:
            await stage.press(*keys)
            screen = stage.app.screen
            active = screen.active_bindings
            offered = {one.action.id: one for one in possible(screen)}
            for one in around_focus(screen):
                if one.action.id == "palette":
                    continue
                assert offered[one.action.id] == one, keys
                taken = [active[key] for key in one.action.keys if key in active]
                if taken and one.owner is not stage.app:
                    mine = [(found.node, found.binding.action) for found in taken]
                    hidden = all(found.binding.id != one.action.id for found in taken)
                    assert hidden or (one.owner, one.handler) in mine, (keys, one.action.id)
            reached |= set(offered)
            await _home(stage)
    assert {action.id for action in ACTIONS} - reached == {"palette"}


async def test_the_frames_actions_are_there_wherever_the_focus_is_and_go_there_first() -> None:
    async with staged(CHATTY, size=(80, 24)) as stage:
        await stage.press("1")
        found = {one.action.id: one for one in possible(stage.app.screen)}
        assert {"filter", "frame-last", "send", "kind", "reconnect", "quit", "row-choose"} <= set(found)
        await found["filter"].run()
        await stage.settle()
        assert "3 Frames" in stage.screen_text()
        assert "filter ›" in stage.screen_text()


async def test_what_makes_no_sense_is_left_out() -> None:
    async with staged(CHATTY) as stage:
        await stage.press("B")
        ids = {one.action.id for one in possible(stage.app.screen)}
        assert "take" in ids
        assert not ids & {"remove", "undo-remove", "reconnect", "filter", "palette"}


async def test_putting_back_is_offered_once_a_pane_is_zoomed() -> None:
    async with staged(CHATTY) as stage:
        assert "unzoom" not in {one.action.id for one in possible(stage.app.screen)}
        await stage.press("z")
        (back,) = [one for one in possible(stage.app.screen) if one.action.id == "unzoom"]
        await back.run()
        await stage.settle()
        assert not stage.app.inspector.has_class("-one-pane")


async def test_an_entry_has_its_key_and_its_sentence() -> None:
    async with staged(CHATTY) as stage:
        provider = ActionsProvider(stage.app.screen)
        hits = {hit.text: hit async for hit in provider.discover()}
        for one in possible(stage.app.screen):
            hit = hits[one.action.name]
            assert str(hit.prompt) == f"{one.action.name}  {stage.app.keys_of(one.action.id)}"
            assert hit.help == one.action.tooltip
        # What merely moves comes last.
        names = list(hits)
        assert names.index("Reconnect") < names.index("Row up")


async def test_words_of_the_sentence_find_an_action_too() -> None:
    async with staged(CHATTY) as stage:
        provider = ActionsProvider(stage.app.screen)
        found = [hit.text async for hit in provider.search("abort")]
        assert found == ["Disconnect"]
        assert [hit.text async for hit in provider.search("xyzzy")] == []


def _is(name: str) -> Callable[[Stage], bool]:
    return lambda stage: type(stage.app.screen).__name__ == name


EFFECTS: dict[str, Callable[[Stage], bool]] = {
    "Reconnect": lambda stage: stage.connection.calls[-1][0] == "reconnect",
    "Disconnect": lambda stage: ("close", 1000, "") in stage.connection.calls,
    "Maximise": lambda stage: stage.app.inspector.has_class("-one-pane"),
    "Show frames": lambda stage: stage.app.focused is stage.app.inspector.frames.frame_list,
    "Compose": lambda stage: stage.app.focused is stage.app.inspector.composer.field,
    # What opens the bar is typed into it now, and on the footer no more.
    "Filter": lambda stage: "filter ›" in stage.screen_text() and "/ search" not in stage.screen_text(),
    "Edit next": _is("OptionsForm"),
    "Break rules": _is("PickScreen"),
    "Theme": _is("ThemesScreen"),
    "Save profile": _is("SaveProfileScreen"),
    "Help": _is("HelpScreen"),
    "Quit always": lambda stage: stage.app._exit,
}


@pytest.mark.parametrize("name", EFFECTS)
@pytest.mark.parametrize("way", ["key", "palette"])
async def test_it_is_done(name: str, way: str) -> None:
    async with staged(CHATTY) as stage:
        one: Possible = next(one for one in possible(stage.app.screen) if one.action.name == name)
        if way == "key":
            await stage.press(*(() if not one.pane else ("3",)), one.action.keys[0])
        else:
            await stage.press("ctrl+p")
            assert isinstance(stage.app.screen, CommandPalette)
            await stage.type(name.lower())
            await stage.app.workers.wait_for_complete()
            await stage.press("enter")
            await stage.settle()
        assert EFFECTS[name](stage)
