"""Hints name the keys that are in effect: the usual ones, or those of a keymap, and no key where there is none."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

import wsinspect.tui
from tests.diagnosis.story import fin, opened, text
from tests.tui.stage import staged
from wsinspect.options import ConnectOptions
from wsinspect.tui.actions import BY_ID
from wsinspect.tui.key_hints import hint, key_of, sentences, title_key, use_keymap
from wsinspect.tui.keymap import Keymap
from wsinspect.tui.preferences import Preferences
from wsinspect.tui.screens.compare import CompareScreen
from wsinspect.tui.screens.confirm import ConfirmScreen
from wsinspect.tui.screens.help import HelpScreen
from wsinspect.tui.screens.options_form import OptionsForm
from wsinspect.tui.screens.save_profile import SaveProfileScreen

STORY = opened() + text("one") + text("two") + text("one") + text("four")
OTHER = Preferences(
    keymap={
        "compose": ("ctrl+w",),
        "disconnect": ("f7",),
        "reconnect": (),
        "show-frames": ("f3",),
        "search-next": ("f9",),
        "frame-last": ("f8",),
    }
)


@pytest.fixture
def other_keys() -> None:
    use_keymap(OTHER.keymap)


def test_a_key_is_the_first_of_its_action() -> None:
    assert hint("Press {compose} to send") == "Press i to send"
    assert hint("{frame-last} and {mark-next}", "{undo-remove}") == "End and ', ^u"
    assert title_key("compose") == "5"


@pytest.mark.usefixtures("other_keys")
def test_a_keymap_changes_it() -> None:
    assert hint("{compose} writes", "{pause} pauses") == "^w writes, p pauses"
    assert (title_key("compose"), title_key("show-frames"), key_of("reconnect")) == ("^w", "F3", "")


@pytest.mark.usefixtures("other_keys")
def test_where_there_is_no_key_none_is_named() -> None:
    assert hint("{reconnect} connects again", "{disconnect} closes") == "F7 closes"
    assert hint("; {reconnect} makes one") == ""
    assert sentences("Press {reconnect}.") == "Press the action 'Reconnect'."


def test_what_is_in_other_braces_stays() -> None:
    assert sentences("saved as ${name}, {NAME}") == "saved as ${name}, {NAME}"


async def test_panes_titles_and_borders_name_the_keys_of_a_keymap() -> None:
    async with staged(STORY, preferences=OTHER) as stage:
        await stage.press("f3", "g", "slash", *"one", "enter")
        shown = stage.screen_text()
        assert "Press ^w to send something, F7 to close with 1000." in shown
        assert "F3 Frames" in shown
        assert "^w Compose" in shown
        assert "F9 next  N previous" in shown
        assert "not following (F8)" in shown
    async with staged(opened() + fin(), preferences=OTHER) as stage:
        assert "connect again" not in stage.screen_text()
        await stage.press("C")
        assert "there is no other attempt to compare with" in stage.told()
        assert "makes one" not in stage.told()


DIALOGS: dict[str, tuple[Callable[[], Screen[Any]], str]] = {
    "compare": (lambda: CompareScreen("Two", []), "y copies   F12 closes"),
    "help": (lambda: HelpScreen([]), "y copies   F12 closes"),
    "confirm": (
        lambda: ConfirmScreen("Leave", [], "Leave?"),
        "Leave?   F7 agrees   n refuses   F12 closes",
    ),
    "save": (lambda: SaveProfileScreen(str, "a"), "Enter saves   F12 closes"),
    "form": (
        lambda: OptionsForm("A", ConnectOptions(url="ws://h/"), "saves"),
        "^s saves   Tab goes on   → completes   F12 closes",
    ),
}


async def test_every_dialog_words_its_keys_alike() -> None:
    keys: Keymap = {"dismiss": ("f12",), "accept": ("ctrl+s",), "confirm": ("f7",)}
    said = {}
    async with staged(STORY, preferences=Preferences(keymap=keys)) as stage:
        for name, (make, _) in DIALOGS.items():
            screen = make()
            await stage.app.push_screen(screen)
            said[name] = [str(one.border_subtitle) for one in screen.query("*") if one.border_subtitle]
            screen.dismiss(None)
            await stage.settle()
    assert said == {name: [expected] for name, (_, expected) in DIALOGS.items()}


@cache
def _words() -> list[tuple[str, str]]:
    """Return every text of the UI that is no docstring and stands in no table of keys, and what the actions do, with its place."""
    words = [(action.id, action.tooltip) for action in BY_ID.values()]
    tables = re.compile(r"(actions|key_names|key_list|keymap)\.py$")
    for path in sorted(Path(wsinspect.tui.__path__[0]).rglob("*.py")):
        if tables.search(path.name):
            continue
        tree = ast.parse(path.read_text("utf-8"))
        said = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        words += [
            (f"{path.name}:{node.lineno}", node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said
        ]
    return words


NAMED = re.compile(
    r"\bEsc\b|\bEscape\b|\b[Pp]ress [^{]|\bwith [b-z]\b|\^[abd-z]\b"
    r"|(?:^|[ ;,(])[b-zB-Z\]\[}^-] (?:aborts|closes|copies|makes|marks|masks|next|previous|reads|records|saves|shows|stops|undoes)\b"
)
"""A key by itself, as only the tables may name it. Enter, the arrow keys and ^c are also those of fields, which no keymap moves."""


@pytest.mark.parametrize(
    "said",
    ["  Esc stops", "Press x to abort.", "until ^g", "n next  N previous", "; } reads the rest", "- closes objects", "a frame with m"],
)  # fmt: skip
def test_a_key_by_itself_is_found(said: str) -> None:
    assert NAMED.search(said)


def test_no_text_names_a_key_by_itself() -> None:
    assert [f"{place}: {said}" for place, said in _words() if NAMED.search(said)] == []


def test_every_hint_names_an_action() -> None:
    named = {name for _, said in _words() for name in re.findall(r"(?<!\$)\{([a-z][a-z-]*)\}", said)}
    assert named >= {"compose", "disconnect", "stop-work", "row-choose"}
    assert named - set(BY_ID) == set()
