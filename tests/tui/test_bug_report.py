"""The bug report on the screen: masks are seen before it leaves, parts are chosen, and it is copied or saved as shown."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.diagnosis.story import (
    Story,
    again,
    answered,
    asked,
    begun,
    opened,
    reached,
    started,
    text,
    timed_out,
)
from tests.tui.stage import Stage, over, staged
from wsinspect.events import Step
from wsinspect.export.bug_report import Part
from wsinspect.export.redact import mask
from wsinspect.tui import clipboard
from wsinspect.tui.actions_now import possible
from wsinspect.tui.panes.rows_view import RowsView
from wsinspect.tui.screens.bug_report import BugReportScreen

TOKEN = "correct-horse-battery-staple"
MASK = mask(TOKEN)


@pytest.fixture(autouse=True)
def copied(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What was copied; and files are saved in a folder of the test."""
    taken: list[str] = []

    async def take(text: str, *_: object) -> str:
        taken.append(text)
        return "the test"

    monkeypatch.setattr(clipboard, "copy", take)
    monkeypatch.chdir(tmp_path)
    return taken


def refused() -> Story:
    return (
        asked("ws://echo.example/?token=" + TOKEN)
        + answered("HTTP/1.1 403 Forbidden\nContent-Length: {length}", f"{TOKEN} is no member")
        + over()
    )


async def reported(stage: Stage) -> BugReportScreen:
    await stage.press("b")
    screen = stage.app.screen
    assert isinstance(screen, BugReportScreen)
    return screen


def view(screen: BugReportScreen, name: str) -> RowsView:
    return screen.query_one(f"#report-{name}", RowsView)


def lines(screen: BugReportScreen, name: str) -> list[str]:
    return [one.plain for one in view(screen, name).rows]


def folder(path: Path) -> list[Path]:
    return [*path.glob("*.md*"), *path.glob(".*.md*")]


def saved(path: Path) -> Path:
    (only,) = folder(path)
    return only


async def press_on(stage: Stage, name: str, start: str) -> None:
    """Put the cursor on the row that begins so, and press Enter."""
    assert isinstance(stage.app.screen, BugReportScreen)
    pane = view(stage.app.screen, name)
    pane.focus()
    pane.reveal(next(at for at, one in enumerate(pane.rows) if one.plain.startswith(start)))
    await stage.press("enter")


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_masks_are_listed_and_marked(size: tuple[int, int]) -> None:
    async with staged(refused(), size=size) as stage:
        screen = await reported(stage)
        shown = stage.screen_text()
        assert TOKEN not in shown
        assert "1 secret masked" in shown
        (line,) = [one for one in lines(screen, "parts") if one.startswith(MASK)]
        places = "value of token, the same secret again"
        assert re.fullmatch(rf"{re.escape(MASK)}  {places}  \d+ times; in URL, response body", line)
        marked = [
            row.body.plain[span.start : span.end].replace("\\", "")
            for row in view(screen, "preview").rows
            for span in row.body.spans
            if "reverse" in str(span.style)
        ]
        assert set(marked) == {MASK}
        assert len(marked) == int(re.findall(r"(\d+) times", line)[0])


async def test_a_mask_leads_to_its_places() -> None:
    async with staged(refused()) as stage:
        screen = await reported(stage)
        preview = view(screen, "preview")
        seen = []
        for _ in range(20):
            await press_on(stage, "parts", MASK)
            assert MASK in preview.rows[preview.cursor].plain.replace("\\", "")
            seen.append(preview.cursor)
        assert seen[0] in seen[1:]
        assert len(set(seen)) > 3


async def test_parts_are_left_out_and_taken_in() -> None:
    async with staged(refused()) as stage:
        screen = await reported(stage)
        assert "## Opening handshake" in lines(screen, "preview")
        assert f"[x] {Part.FRAMES}" not in lines(screen, "parts")
        await press_on(stage, "parts", "[x] Opening")
        assert "## Opening handshake" not in lines(screen, "preview")
        assert "Left out by who made this report: Opening handshake." in lines(screen, "preview")
        await press_on(stage, "parts", "[ ] Opening")
        assert "## Opening handshake" in lines(screen, "preview")


async def test_more_can_be_masked_and_taken_back() -> None:
    async with staged(refused()) as stage:
        screen = await reported(stage)
        await stage.press("m")
        assert stage.app.screen.query_one(Input).placeholder == "text"
        await stage.type("nothing like this")
        await stage.press("enter")
        assert "the report holds no such text" in stage.screen_text()
        await stage.press("ctrl+u")
        await stage.type("echo.example")
        await stage.press("enter")
        assert stage.app.screen is screen
        assert "echo.example" not in "\n".join(lines(screen, "preview"))
        assert any(one.startswith(f"{mask('echo.example')}  added by you") for one in lines(screen, "parts"))
        await stage.press("u")
        assert "echo.example" in "\n".join(lines(screen, "preview"))
        await stage.press("u")
        assert "nothing was masked by hand" in stage.told()


async def test_what_can_not_be_masked_is_said() -> None:
    async with staged(refused()) as stage:
        await reported(stage)
        await stage.press("m")
        await stage.type("Steps")
        await stage.press("enter")
        assert "'Steps' still stands 1 time in words of the report's own" in stage.told()


async def test_it_is_copied_as_it_is_shown(copied: list[str]) -> None:
    async with staged(refused()) as stage:
        screen = await reported(stage)
        await press_on(stage, "parts", "[x] Environment")
        await stage.press("y")
        await stage.app.workers.wait_for_complete()
        assert copied == ["\n".join(lines(screen, "preview")) + "\n"]
        assert "the bug report copied to the test; its secrets are masked" in stage.told()
        await stage.press("tab")
        await stage.press("home", "V", "down", "down", "y")
        await stage.app.workers.wait_for_complete()
        assert copied[1].split("\n")[:3] == lines(screen, "preview")[:3]


async def test_it_is_saved_under_the_name_that_is_proposed(tmp_path: Path) -> None:
    async with staged(refused()) as stage:
        screen = await reported(stage)
        await stage.press("s", "enter")
        path = saved(tmp_path)
        assert re.fullmatch(r"echo\.example-\d{8}-\d{6}\.md", path.name)
        assert path.read_text() == "\n".join(lines(screen, "preview")) + "\n"
        assert path.stat().st_mode & 0o777 == 0o600
        assert f"the bug report is saved in {path}" in stage.told()
        assert stage.app.screen is screen


async def test_nothing_is_written_over_unasked(tmp_path: Path) -> None:
    path = tmp_path / "there.md"
    path.write_text("mine")
    async with staged(refused()) as stage:
        await reported(stage)
        await stage.press("s", "ctrl+u")
        await stage.type("there.md")
        await stage.press("enter")
        assert "there.md: exists already; Enter again replaces it" in stage.screen_text()
        assert path.read_text() == "mine"
        await stage.press("enter")
        assert path.read_text().startswith("# ")


@pytest.mark.parametrize(
    ("typed", "said"),
    [("", "a file needs a name"), (".", "is a folder"), ("no/where.md", "there is no such folder")],
)
async def test_a_path_that_can_not_be_is_refused_in_place(typed: str, said: str) -> None:
    async with staged(refused()) as stage:
        await reported(stage)
        await stage.press("s", "ctrl+u")
        await stage.type(typed)
        await stage.press("enter")
        assert said in stage.screen_text()


async def test_an_open_attempt_and_the_one_that_is_shown_are_reported() -> None:
    async with staged(opened() + text("hello")) as stage:
        screen = await reported(stage)
        assert "# A WebSocket session without a fault" in lines(screen, "preview")
        assert "0 secrets masked" in stage.screen_text()
        await stage.press("escape")
        assert not isinstance(stage.app.screen, BugReportScreen)
    story = started() + begun(Step.TCP) + timed_out(Step.TCP, s=10) + again() + reached()
    async with staged(story) as stage:
        await stage.press("left_square_bracket")
        screen = await reported(stage)
        assert "attempt 1 of 2" in stage.screen_text()
        assert "| attempt | 1 of 2 |" in lines(screen, "preview")


async def test_with_secrets_shown_it_says_so() -> None:
    async with staged(refused()) as stage:
        await stage.press("S", "y")
        screen = await reported(stage)
        assert "SECRETS ARE IN IT" in stage.screen_text()
        assert TOKEN in "\n".join(lines(screen, "preview"))


async def test_its_keys_are_explained_and_in_the_palette() -> None:
    async with staged(refused()) as stage:
        screen = await reported(stage)
        offered = {one.action.id for one in possible(screen)}
        assert {"report-copy", "report-save", "report-mask"} <= offered
        await stage.press("question_mark")
        assert "Keys in the bug report" in "\n".join(
            one.plain for one in stage.app.screen.query_one(RowsView).rows
        )


async def test_before_anything_happened_there_is_nothing_to_report() -> None:
    from wsinspect.tui.opening import Opening

    async with staged(None, opening=Opening()) as stage:
        stage.app.inspector.action_bug_report()
        await stage.settle()
        assert "nothing to report on yet" in stage.told()


async def test_a_disk_that_turns_out_full_is_said_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async with staged(refused()) as stage:
        await reported(stage)
        await stage.press("s")
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            await stage.press("enter")
        assert "No space left" in " ".join(stage.screen_text().replace("│", " ").split())
        assert "saved" not in stage.told()
    assert folder(tmp_path) == []


async def test_in_a_narrow_terminal_the_footer_names_the_way_back() -> None:
    async with staged(refused(), size=(80, 24)) as stage:
        await reported(stage)
        assert "Esc back" in stage.screen_text()
        await stage.press("V")
        assert stage.app.screen.active_bindings["escape"].binding.id == "rows-drop"
        await stage.press("escape", "escape")
        assert stage.app.screen is stage.app.inspector
