"""Help: it explains what has the focus wherever that is, and every sign that stands there."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import wsinspect.tui
from tests.diagnosis.story import opened, text
from tests.tui.stage import Stage, staged
from tests.tui.test_inspector import CHATTY, FORBIDDEN
from wsinspect.options import ConnectOptions
from wsinspect.profiles.store import save_profile
from wsinspect.tui import wording
from wsinspect.tui.help_topics import TOPICS, Topic
from wsinspect.tui.key_hints import sentences
from wsinspect.tui.opening import Opening
from wsinspect.tui.screens.help import HelpScreen

FOLDER = Path(wsinspect.tui.__file__).parent
DRAWN_BY = {
    "timeline": ("panes/timeline_rows", "panes/ladder_rows", "panes/attempt_rows", "panes/event_rows"),
    "handshake": ("panes/handshake_rows", "panes/tls_rows", "panes/check_signs"),
    "diagnosis": ("panes/diagnosis_rows",),
    "frames": ("panes/frame_line", "panes/frame_state"),
    "FrameDetail": ("panes/frame_rows", "panes/frame_header", "panes/frame_hex", "panes/frame_json"),
    "FrameBar": ("panes/frame_bar",),
    "composer": ("panes/composer", "panes/text_field"),
    "CompareScreen": ("panes/frame_compare", "panes/handshake_compare", "explained_rows"),
    "InspectorScreen": ("panes/status_line", "panes/playback_state", "screens/showing", "screens/panes"),
    "ConnectScreen": ("screens/connect",),
    "OptionsForm": ("screens/options_form",),
    "PickScreen": ("screens/pick",),
    "SaveProfileScreen": ("screens/save_profile",),
    "ConfirmScreen": ("screens/composing",),
}
"""Which modules make what stands in a place."""
NO_PLACE = {
    "wording": "signs for all of them",
    "key_names": "keys, not signs",
    "layout_actions": "keys, not signs",
    "help_topics": "help itself",
    "screens/help": "help itself",
    "raw_frame": "a list of words",
    "panes/frame_forms": "what is copied",
    "panes/row_lines": "cuts a row that is too long",
}


def _signs(module: str) -> set[str]:
    """Return every sign in the string literals of a module, and in what it takes from `wording`."""
    tree = ast.parse((FOLDER / f"{module}.py").read_text("utf-8"))
    docstrings = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
    texts = [
        one.value
        for one in ast.walk(tree)
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in docstrings
    ]
    for one in ast.walk(tree):
        if isinstance(one, ast.ImportFrom) and one.module == "wsinspect.tui.wording":
            for name in one.names:
                found = getattr(wording, name.name)
                texts.append(found if isinstance(found, str) else "")
                if found is wording.sparkline:
                    texts.append(wording._BLOCKS)
    return {sign for sign in "".join(texts) if ord(sign) > 0x7F and not sign.isalpha() and not sign.isspace()}


def test_every_sign_that_a_place_draws_is_explained_there() -> None:
    missing = {}
    for place, modules in DRAWN_BY.items():
        explained = "".join(signs for signs, _ in TOPICS[place].signs)
        drawn = set().union(*map(_signs, modules))
        if drawn - set(explained):
            missing[place] = drawn - set(explained)
    assert missing == {}


def test_every_module_that_draws_signs_has_its_place() -> None:
    known = {module for modules in DRAWN_BY.values() for module in modules} | set(NO_PLACE)
    drawing = {
        str(path.relative_to(FOLDER).with_suffix(""))
        for path in FOLDER.rglob("*.py")
        if _signs(str(path.relative_to(FOLDER).with_suffix("")))
    }
    assert drawing - known == set()


def test_the_signs_of_the_frames_are_the_ones_of_the_list() -> None:
    line = importlib.import_module("wsinspect.tui.panes.frame_line")
    explained = "".join(signs for signs, _ in TOPICS["frames"].signs)
    assert all(sign in explained for sign in (line.MARKED, line.SELECTED, line.BOTH))
    assert "".join(letter for letter, _ in line._FLAGS) in explained


@pytest.mark.parametrize("name", TOPICS)
def test_a_topic_is_a_sentence_and_explains_each_sign_once(name: str) -> None:
    topic = TOPICS[name]
    assert topic.title[0].isupper()
    assert topic.about.endswith(".")
    assert all(meaning and signs for signs, meaning in topic.signs)
    assert len({signs for signs, _ in topic.signs}) == len(topic.signs)


def _told(stage: Stage) -> str:
    screen = stage.app.screen
    assert isinstance(screen, HelpScreen), screen
    return "\n".join(one.plain for one in screen.rows)


def _places() -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Where help is asked for: the keys that lead there, and what must be told."""
    yield "timeline", ("1",), "never reached"
    yield "handshake", ("2",), "as RFC 6455 demands"
    yield "diagnosis", ("4",), "tcp-refused"
    yield "frames", ("3",), "Keys in the frames"
    yield "FrameDetail", ("3", "enter", "tab"), "Keys in a frame's details"
    yield "FrameBar", ("3", "f"), "violation:invalid-utf8"
    yield "composer", ("i",), "/repeat 5 2s TEXT"
    yield "OptionsForm", ("e",), "permessage-deflate is offered"
    yield "ProfilesScreen", ("P",), "Save a copy under another name"
    yield "PickScreen", ("B",), "Take what is highlighted"
    yield "ThemesScreen", ("T",), "the highlighted theme is seen at once"
    yield "ConnectScreen", ("o",), "a line of a browser's console"
    yield "SaveProfileScreen", ("s",), "letters, digits"
    yield (
        "ConfirmScreen",
        ("i", "slash", "r", "a", "w", "space", "r", "s", "v", "2", "enter"),
        "Enter is not yes",
    )


async def test_f1_explains_every_place_and_closes_again() -> None:
    save_profile("one", ConnectOptions(url="ws://one.example/"))
    asked = set()
    async with staged(CHATTY + text("more")) as stage:
        for place, keys, said in _places():
            await stage.press(*keys)
            before = (stage.app.screen, stage.app.focused)
            await stage.press("f1")
            told = _told(stage)
            assert told.startswith(TOPICS[place].title), place
            assert said.lower() in told.lower(), place
            assert all(sentences(meaning) in told for _, meaning in TOPICS[place].signs)
            assert "Keys in a dialog" in told or "Keys everywhere" in told
            await stage.press("f1")
            assert (stage.app.screen, stage.app.focused) == before, place
            asked.add(place)
            while stage.app.screen is not stage.app.inspector:
                await stage.press("escape")
            await stage.press("escape", "escape")
    assert asked >= set(DRAWN_BY) - {"InspectorScreen", "CompareScreen"}


async def test_comparing_and_help_itself_are_explained() -> None:
    async with staged(CHATTY) as stage:
        await stage.press("3", "g", "space", "space", "d", "question_mark")
        assert _told(stage).startswith(TOPICS["CompareScreen"].title)
        await stage.press("escape")
        assert "Compare" in type(stage.app.screen).__name__


async def test_f1_works_where_there_is_nothing_but_the_connect_screen() -> None:
    async with staged(None, opening=Opening()) as stage:
        await stage.type("ws?")
        await stage.press("f1")
        assert _told(stage).startswith("Connect")
        await stage.press("escape")
        assert "ws?" in stage.screen_text()


async def test_the_line_at_the_top_is_explained_on_the_inspector() -> None:
    async with staged(FORBIDDEN) as stage:
        await stage.press("1", "question_mark")
        assert "a recording is shown, played, halted" in _told(stage)


async def test_help_for_a_place_that_nobody_wrote_about_still_tells_its_keys() -> None:
    async with staged(opened()) as stage:
        stage.app.screen.set_focus(None)
        await stage.press("f1")
        assert "Keys on this screen" in _told(stage)


def test_a_topic_without_anything_more_says_nothing_more() -> None:
    assert Topic("A", "B.").more() == ""
