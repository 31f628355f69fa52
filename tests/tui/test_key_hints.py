"""Hints name the keys that are in effect: the usual ones, or those of a keymap, and no key where there is none."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import wsinspect.tui
from tests.diagnosis.story import fin, opened, text
from tests.tui.stage import staged
from wsinspect.tui.actions import BY_ID
from wsinspect.tui.key_hints import hint, key_of, sentences, title_key, use_keymap
from wsinspect.tui.preferences import Preferences

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


def _words() -> Iterator[tuple[str, str]]:
    """Yield every text of the UI that is no docstring and stands in no table of keys, with its place."""
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
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
                yield f"{path.name}:{node.lineno}", node.value


def test_every_hint_names_an_action() -> None:
    named = {name for _, said in _words() for name in re.findall(r"(?<!\$)\{([a-z][a-z-]*)\}", said)}
    assert named >= {"compose", "disconnect", "stop-work", "row-choose"}
    assert named - set(BY_ID) == set()
