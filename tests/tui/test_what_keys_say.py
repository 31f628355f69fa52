"""What keys say where they change nothing, and where the footer leaves them out; and suspending."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.drivers.headless_driver import HeadlessDriver

from tests.diagnosis.story import Story, fin, opened, text
from tests.tui.stage import Stage, over, staged
from tests.tui.test_playback import saved
from wsinspect.options import ConnectOptions
from wsinspect.tui.app import WsinspectApp
from wsinspect.tui.idle_actions import idle_actions
from wsinspect.tui.opening import Opening
from wsinspect.tui.panes.key_footer import KeyFooter
from wsinspect.tui.screens import showing
from wsinspect.tui.screens.connect import ConnectField
from wsinspect.tui.session import Session

OPEN = opened() + text("one")


def shown(stage: Stage) -> list[str]:
    return [key.id for key in stage.app.screen.query_one(KeyFooter).keys]


@pytest.mark.parametrize(("story", "is_shown"), [(OPEN, True), (OPEN + fin() + over(), False)])
async def test_closing_is_on_the_footer_while_there_is_something_to_close(
    story: Story, is_shown: bool
) -> None:
    async with staged(story) as stage:
        assert ("disconnect" in shown(stage)) is is_shown
        assert "play-faster" not in shown(stage)
        stage.connection.scheduled = True
        await stage.settle()
        assert "disconnect" in shown(stage)


async def test_a_recording_that_is_read_is_played_rather_than_closed_or_written_to(tmp_path: Path) -> None:
    opening = Opening(recording=saved(OPEN, tmp_path / "a.jsonl"))
    async with staged(opening=opening) as stage:
        await stage.press("1")
        assert {"reconnect", "play-faster", "play-step"} <= set(shown(stage))
        assert not {"compose", "disconnect", "pause"} & set(shown(stage))
        await stage.press("full_stop")
        assert "pause" in shown(stage)


async def test_zoom_says_that_one_pane_has_everything_already() -> None:
    async with staged(OPEN, size=(80, 24)) as stage:
        assert "maximise" not in shown(stage)
        await stage.press("z")
        assert "whole screen already" in stage.told()
        await stage.pilot.resize_terminal(120, 36)
        await stage.settle()
        assert not stage.app.inspector.one_pane
        assert "maximise" in shown(stage)


def test_there_is_nothing_to_save_or_to_make_again_before_anything_was_connected_to() -> None:
    session = Session()
    assert {"reconnect", "save-profile"} <= idle_actions(session, paused=False, zooms=True)
    session.options = ConnectOptions(url="ws://echo.example/")
    assert not {"reconnect", "save-profile"} & idle_actions(session, paused=False, zooms=True)


async def test_keys_that_size_panes_say_why_nothing_moves() -> None:
    async with staged(OPEN, size=(80, 24)) as stage:
        await stage.press("right_parenthesis")
        assert "whole screen already: four need 100 columns and 30 rows" in stage.told()
        await stage.pilot.resize_terminal(120, 36)
        await stage.press("z", "plus")
        assert "z puts it back" in stage.told()
        await stage.press("z", "0")
        assert "sizes that suit" in stage.told()


async def test_pausing_out_of_sight_of_the_frames_is_told() -> None:
    async with staged(OPEN, size=(80, 24)) as stage:
        await stage.press("1", "p")
        assert "the frames stand still; p lets them go on" in stage.told()
        await stage.press("p")
        assert "the frames go on" in stage.told()
        told = stage.told()
        await stage.press("3", "p")
        assert stage.app.inspector.frames.frame_list.paused
        assert stage.told() == told


async def test_a_recording_that_is_read_can_not_be_paused(tmp_path: Path) -> None:
    async with staged(opening=Opening(recording=saved(OPEN, tmp_path / "a.jsonl"))) as stage:
        await stage.press("p")
        assert not stage.app.inspector.frames.frame_list.paused
        assert "> plays it again" in stage.told()


async def test_what_is_said_again_takes_the_place_of_what_was_said_before() -> None:
    async with staged(OPEN, size=(80, 24)) as stage:
        await stage.press("z", "greater_than_sign", "z", "z")
        assert [said.split()[0] for said in stage.told().splitlines()] == ["this", "a"]
        assert stage.screen_text().count("whole screen already") == 1


@pytest.mark.parametrize(
    ("can", "session", "told"),
    [(False, 1, "only a program in a terminal"), (True, 7, "no shell with job control"), (True, 1, "")],
)
async def test_the_program_is_suspended_where_a_shell_can_wake_it(
    can: bool, session: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    suspended = []

    def suspend(app: WsinspectApp) -> None:
        suspended.append(app)

    monkeypatch.setattr(WsinspectApp, "action_suspend_process", suspend)
    monkeypatch.setattr(HeadlessDriver, "can_suspend", can)
    monkeypatch.setattr("os.getpgrp", lambda: 7)
    monkeypatch.setattr("os.getsid", lambda _: session)
    async with staged(OPEN) as stage:
        await stage.press("ctrl+z")
        assert bool(suspended) is not bool(told)
        assert told in stage.told()
        await stage.press("i", "a", "ctrl+z")
        assert stage.app.inspector.composer.field.text == ""
        assert len(suspended) <= 1


async def test_the_answer_says_where_it_is_cut() -> None:
    async with staged(opened("ws://echo.example/") + text("a") + fin(), size=(60, 24)) as stage:
        await stage.press("1")
        answer = stage.screen_text().splitlines()[1].rstrip()
        assert answer.endswith("…")


async def test_a_pane_is_drawn_to_its_width_when_it_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    # Nobody looks again by and by.
    monkeypatch.setattr(showing, "_TICK_S", 3600.0)
    async with staged(OPEN, size=(80, 24)) as stage:
        await stage.press("3")
        await stage.pilot.press("1")

        def upgrade() -> str:
            return next((line for line in stage.screen_text().splitlines() if "✓ Upgrade" in line), "")

        for _ in range(20):
            await stage.pilot.pause()
            if "━" in upgrade():
                break
        assert "━" in upgrade()


async def test_everything_is_painted_again_when_the_terminal_is_ours_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    painted: list[bool] = []
    async with staged(OPEN) as stage:

        def refresh(*, repaint: bool = True, layout: bool = False) -> None:
            painted.append(layout)

        with monkeypatch.context() as patch:
            patch.setattr(stage.app, "refresh", refresh)
            stage.app.app_resume_signal.publish(stage.app)
            await stage.pilot.pause()
    assert True in painted


async def test_where_there_is_no_other_attempt_it_is_said() -> None:
    async with staged(OPEN) as stage:
        await stage.press("left_square_bracket")
        assert "no attempt before this one" in stage.told()
        await stage.press("right_square_bracket")
        assert "no attempt after this one" in stage.told()


async def test_a_recording_that_is_read_has_no_rest(tmp_path: Path) -> None:
    async with staged(opening=Opening(recording=saved(OPEN, tmp_path / "a.jsonl"))) as stage:
        await stage.press("right_curly_bracket")
        assert "nothing more comes" in stage.told()


@pytest.mark.parametrize("target", ["wss://other.example/", "curl -H 'A: b' \\\n  wss://other.example/"])
async def test_a_target_that_is_pasted_beside_the_fields_is_offered(target: str) -> None:
    async with staged(OPEN) as stage:
        stage.app.inspector.frames.frame_list.post_message(events.Paste(f"{target}\n"))
        await stage.settle()
        assert stage.app.screen.query_one(ConnectField).text == target


async def test_other_text_that_is_pasted_beside_the_fields_is_not_lost_without_a_word() -> None:
    async with staged(OPEN) as stage:
        stage.app.inspector.frames.frame_list.post_message(events.Paste("hello"))
        await stage.settle()
        assert "i writes, o connects" in stage.told()
