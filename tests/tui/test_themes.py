"""Themes: read at every contrast that they promise, chosen with a preview, remembered, and told without colour."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color

from tests.diagnosis.story import Story, opened, sent_text, text
from tests.faults.program import Terminal
from tests.tui.stage import Stage, over, staged
from tests.tui.test_inspector import CHATTY, FORBIDDEN, REFUSED
from wsinspect.errors import UsageError
from wsinspect.profiles.locations import theme_file
from wsinspect.tui.colours import SixteenColours, WithoutColour
from wsinspect.tui.preferences import Preferences, load_preferences
from wsinspect.tui.screens.themes import ThemesScreen
from wsinspect.tui.theme_memory import remember_theme, remembered_theme
from wsinspect.tui.themes import DEFAULT, PLAIN, THEMES, full_name, known_themes

MEASURED = [theme for theme in THEMES if not theme.ansi]
NEEDED = {"wsinspect-high-contrast": 7.0}
"""WCAG 2.1, 1.4.6 (AAA); 1.4.3 (AA) asks the others for 4.5."""


def luminance(colour: Color) -> float:
    def channel(value: float) -> float:
        part = value / 255
        return part / 12.92 if part <= 0.03928 else float(((part + 0.055) / 1.055) ** 2.4)

    return 0.2126 * channel(colour.r) + 0.7152 * channel(colour.g) + 0.0722 * channel(colour.b)


def contrast(one: Color, other: Color) -> float:
    """Return the ratio of WCAG 2.1: from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_is_the_one_of_wcag() -> None:
    assert contrast(Color.parse("#000"), Color.parse("#fff")) == pytest.approx(21)
    assert contrast(Color.parse("#777"), Color.parse("#fff")) == pytest.approx(4.48, abs=0.01)


def _texts(stage: Stage) -> Iterator[tuple[str, Color, Color]]:
    """Yield the words on the screen with their colour and what is behind them; lines and blocks are no words."""
    for strip in stage.app.screen._compositor.render_strips():
        for segment in strip:
            style = segment.style
            if (
                style is None
                or style.color is None
                or style.bgcolor is None
                or not re.search(r"\w", segment.text)
            ):
                continue
            front, back = (Color.from_rich_color(one) for one in (style.color, style.bgcolor))
            yield segment.text, *((back, front) if style.reverse else (front, back))


WAYS = {
    CHATTY: (
        (),
        ("3", "end", "space", "m", "enter"),
        ("i", "h", "i"),
        ("escape", "e"),
        ("escape", "question_mark"),
    ),
    FORBIDDEN: ((), ("2", "down", "down"), ("4", "down"), ("s",), ("escape", "o")),
    REFUSED: ((),),
}
"""Keys that lead from screen to screen, each shown in every theme."""


@pytest.mark.parametrize("story", WAYS, ids=["open", "refused-upgrade", "refused-port"])
async def test_every_word_on_the_screen_can_be_read(story: Story) -> None:
    poor, words_seen = set(), 0
    async with staged(story) as stage:
        for way in WAYS[story]:
            await stage.press(*way)
            for theme in MEASURED:
                stage.app.theme = theme.name
                await stage.pilot.pause()
                for words, front, back in _texts(stage):
                    ratio = contrast(front, back)
                    words_seen += 1
                    if ratio < NEEDED.get(theme.name, 4.5):
                        poor.add((theme.name, words.strip()[:30], front.hex, back.hex, round(ratio, 2)))
    assert words_seen > 50
    assert poor == set()


def test_a_short_name_is_enough() -> None:
    assert full_name("light") == "wsinspect-light"
    assert full_name("wsinspect-light") == "wsinspect-light"
    assert full_name("nord") == "nord"
    assert full_name("plain") is None
    assert full_name("") is None
    assert known_themes()[:4] == ("dark", "light", "high-contrast", "ansi")


async def test_the_highlighted_theme_is_seen_at_once_and_escape_brings_the_old_one_back() -> None:
    async with staged(CHATTY) as stage:
        await stage.press("t")
        assert isinstance(stage.app.screen, ThemesScreen)
        assert stage.app.theme == DEFAULT
        await stage.press("down")
        assert stage.app.theme == "wsinspect-light"
        await stage.press("escape")
        assert stage.app.theme == DEFAULT
        assert not theme_file().exists()


async def test_a_theme_that_was_chosen_is_there_in_the_next_run() -> None:
    async with staged(CHATTY) as stage:
        await stage.press("t")
        await stage.type("high")
        await stage.press("enter")
        await stage.app.workers.wait_for_complete()
        assert stage.app.theme == "wsinspect-high-contrast"
    assert theme_file().read_text() == "wsinspect-high-contrast\n"
    assert theme_file().stat().st_mode & 0o777 == 0o600
    assert load_preferences(None, {}).theme == "wsinspect-high-contrast"


async def test_a_theme_that_can_not_be_remembered_is_told() -> None:
    theme_file().parent.mkdir(parents=True)
    theme_file().mkdir()
    async with staged(CHATTY) as stage:
        await stage.press("t", "down", "enter")
        await stage.app.workers.wait_for_complete()
        await stage.settle()
        assert "theme: " in stage.told()
        assert "can't be written" in stage.told()


def test_the_command_line_comes_before_the_environment_and_that_before_the_last_run() -> None:
    remember_theme(theme_file(), "wsinspect-ansi")
    assert load_preferences(None, {}).theme == "wsinspect-ansi"
    assert load_preferences(None, {"TEXTUAL_THEME": "nord"}).theme == "nord"
    assert load_preferences("light", {"TEXTUAL_THEME": "nord"}).theme == "wsinspect-light"


@pytest.mark.parametrize("content", [b"", b"gone-theme\n", b"\xff\xfe", b"x" * 5000])
def test_a_memory_that_is_no_theme_is_passed_over(content: bytes) -> None:
    theme_file().parent.mkdir(parents=True)
    theme_file().write_bytes(content)
    assert load_preferences(None, {}).theme == DEFAULT
    assert remembered_theme(Path("/nowhere/at/all")) == ""


def test_a_theme_that_there_is_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(
        UsageError,
        match=r"--theme: there is no theme 'lihgt'; allowed: dark, light, .*did you mean 'light'\?",
    ):
        load_preferences("lihgt", {})
    with pytest.raises(UsageError, match=r"TEXTUAL_THEME: there is no theme 'plain'"):
        load_preferences(None, {"TEXTUAL_THEME": "plain"})


async def test_every_theme_has_what_the_screens_ask_for() -> None:
    """A variable that is missing ends the program when the theme is chosen."""
    async with staged(opened()) as stage:
        for theme in THEMES:
            stage.app.theme = theme.name
            await stage.settle()
            assert stage.app.crash is None


# Without colours


def test_colours_are_taken_away_and_nothing_else() -> None:
    from rich.segment import Segment

    style = Style(color="red", bgcolor="#102030", bold=True, reverse=True, underline=True)
    [segment] = WithoutColour().apply([Segment("x", style)], Color.parse("#000"))
    assert segment.style is not None
    assert (segment.style.color, segment.style.bgcolor) == (None, None)
    assert segment.style.bold
    assert segment.style.reverse
    assert segment.style.underline


def test_a_mixture_becomes_one_of_sixteen() -> None:
    from rich.segment import Segment

    style = Style(color="#fe0102", bgcolor=RichColor.default(), bold=True)
    [segment, plain] = SixteenColours().apply([Segment("x", style), Segment("y")], Color.parse("#000"))
    assert segment.style is not None
    assert segment.style.color is not None
    assert segment.style.color.number in range(16)
    assert segment.style.bgcolor == RichColor.default()
    assert plain.style is None


async def test_without_colours_the_cursor_and_the_focus_are_still_seen() -> None:
    async with staged(
        FORBIDDEN, environ={"NO_COLOR": "1"}, preferences=Preferences(theme="wsinspect-light")
    ) as stage:
        assert stage.app.theme == PLAIN
        await stage.press("4", "down")
        strips = stage.app.screen._compositor.render_strips()
        styles = [segment.style for strip in strips for segment in strip if segment.style is not None]
        assert any(style.reverse for style in styles)
        assert "┏━ 4 Diagnosis" in stage.screen_text()
        await stage.press("t")
        assert "NO_COLOR is set" in stage.told()


async def test_an_empty_no_color_is_none() -> None:
    async with staged(CHATTY, environ={"NO_COLOR": ""}) as stage:
        assert stage.app.theme == DEFAULT


@pytest.mark.parametrize("key", ["1", "2", "3", "4"])
async def test_what_colours_tell_is_told_in_words_and_signs_too(key: str) -> None:
    """Two rows of a pane that differ in colour differ in their text as well."""
    failing = opened() + text("hello") + sent_text("there") + over()
    async with staged(failing) as stage:
        await stage.press(key)
        seen: dict[str, set[str]] = {}
        for view in stage.app.inspector.query("RowsView"):
            for one in getattr(view, "rows", ()):
                seen.setdefault(one.plain, set()).add(str(one.gutter.spans) + str(one.body.spans))
        doubled = {words: styles for words, styles in seen.items() if words and len(styles) > 1}
        assert doubled == {}


COLOUR = re.compile(rb"\x1b\[(?:[0-9;:]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:[;:][0-9;:]*)?m")
BEYOND_SIXTEEN = re.compile(rb"\x1b\[(?:[0-9;:]*[;:])?[34]8[;:][0-9;:]*m")


def _look_around(terminal: Terminal) -> None:
    """Go through the panes and help, and leave."""
    terminal.until(lambda: b"Timeline" in terminal.seen and b"refused" in terminal.seen)
    terminal.press(b"2")
    terminal.press(b"?")
    terminal.until(b"Signs")
    terminal.press(b"\x11")
    assert terminal.end() == 0


def test_with_no_color_no_sequence_of_colour_reaches_the_terminal(start: Callable[..., Terminal]) -> None:
    terminal = start("ws://127.0.0.1:1/", NO_COLOR="1", COLORTERM="truecolor")
    _look_around(terminal)
    assert COLOUR.findall(terminal.seen) == []


def test_the_ansi_theme_uses_the_sixteen_colours_of_the_terminal(start: Callable[..., Terminal]) -> None:
    terminal = start("ws://127.0.0.1:1/", "--theme", "ansi", COLORTERM="truecolor")
    _look_around(terminal)
    assert COLOUR.findall(terminal.seen)
    assert BEYOND_SIXTEEN.findall(terminal.seen) == []


def test_the_patterns_find_colours() -> None:
    assert COLOUR.search(b"\x1b[1;31m")
    assert COLOUR.search(b"\x1b[38;2;1;2;3m")
    assert not COLOUR.search(b"\x1b[1;7m\x1b[0m\x1b[4m")
    assert BEYOND_SIXTEEN.search(b"\x1b[1;48;5;3m")
    assert not BEYOND_SIXTEEN.search(b"\x1b[1;94m")


def test_a_dumb_terminal_is_refused_in_one_line(start: Callable[..., Terminal]) -> None:
    terminal = start("ws://127.0.0.1:1/", TERM="dumb")
    assert terminal.end() == 2
    [line] = terminal.seen.decode().strip().splitlines()
    assert line.startswith(
        "wsinspect: the terminal UI moves the cursor, and TERM says that this terminal can't; set TERM"
    )
    assert "\x1b" not in line
