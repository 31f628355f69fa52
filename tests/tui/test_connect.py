"""The connect screen: everything that is pasted is understood or refused with a reason, in place."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events

from tests.diagnosis.story import opened
from tests.tui.stage import Stage, staged
from wsinspect.options import ConnectOptions
from wsinspect.profiles.locations import recent_file
from wsinspect.profiles.store import load_profile, recent_targets, remember_target, save_profile
from wsinspect.tui.opening import Opening
from wsinspect.tui.screens.connect import ConnectField, ConnectList, ConnectScreen
from wsinspect.tui.screens.save_profile import SaveProfileScreen


def _field(stage: Stage) -> ConnectField:
    assert isinstance(stage.app.screen, ConnectScreen)
    return stage.app.screen.query_one(ConnectField)


def _saving(stage: Stage) -> bool:
    return isinstance(stage.app.screen, SaveProfileScreen)


async def test_without_an_argument_it_asks() -> None:
    async with staged(opened(), opening=Opening()) as stage:
        assert stage.app.focused is _field(stage)
        assert "w s i n s p e c t" in stage.screen_text()


async def test_a_url_connects() -> None:
    async with staged(opened(), opening=Opening(changes={"insecure": True})) as stage:
        await stage.type("ws://echo.example/chat")
        await stage.press("enter")
        assert stage.connection.options == ConnectOptions(url="ws://echo.example/chat", insecure=True)
        assert "OPEN" in stage.screen_text()


async def test_a_pasted_curl_command_of_several_lines_connects() -> None:
    async with staged(opened(), opening=Opening()) as stage:
        stage.app.post_message(
            events.Paste(
                "curl 'wss://echo.example/chat' \\\n  -H 'Origin: https://app.example' \\\n  --insecure"
            )
        )
        await stage.settle()
        await stage.press("enter")
        options = stage.connection.options
        assert (options.url, options.origin, options.insecure) == (
            "wss://echo.example/chat",
            "https://app.example",
            True,
        )


async def test_what_is_not_understood_is_refused_in_place_and_kept() -> None:
    async with staged(opened(), opening=Opening()) as stage:
        await stage.type("what is this")
        await stage.press("enter")
        assert "neither a URL, a saved profile nor a file" in stage.screen_text()
        assert _field(stage).text == "what is this"
        assert not stage.connections


async def test_nothing_typed_is_refused() -> None:
    async with staged(opened(), opening=Opening()) as stage:
        await stage.press("enter")
        assert "nothing is typed" in stage.screen_text()


async def test_profiles_and_recent_targets_are_listed_and_opened() -> None:
    save_profile("staging", ConnectOptions(url="wss://staging.example/ws", origin="https://a.example"))
    remember_target("ws://recent.example/")
    async with staged(opened(), opening=Opening()) as stage:
        shown = stage.screen_text()
        assert "staging" in shown
        assert "ws://recent.example/" in shown
        await stage.press("down", "enter")
        assert stage.connection.options.origin == "https://a.example"
        assert "staging" in stage.screen_text()


async def test_opening_another_target_ends_the_session_before() -> None:
    async with staged(opened()) as stage:
        first = stage.connection
        await stage.press("o")
        await stage.type("ws://other.example/")
        await stage.press("enter")
        await stage.settle()
        await stage.app.workers.wait_for_complete()
        assert stage.connection is not first
        assert ("shutdown",) in first.calls


async def test_going_back_leaves_the_session_alone() -> None:
    async with staged(opened()) as stage:
        await stage.press("o", "escape")
        assert not isinstance(stage.app.screen, ConnectScreen)
        assert stage.connection.calls == []


async def test_targets_are_remembered() -> None:
    async with staged(opened()) as stage:
        await stage.app.workers.wait_for_complete()
        assert recent_targets() == ["ws://echo.example/"]


_SECRET = "correct-horse-battery-staple"
_WITH_SECRETS = f"ws://bob:{_SECRET}@echo.example/?token={_SECRET}&room=1"


async def test_the_secrets_of_a_target_are_not_written_down() -> None:
    remember_target(f"ws://older.example/?token={_SECRET}")
    async with staged(opened(), opening=Opening(options=ConnectOptions(url=_WITH_SECRETS))) as stage:
        await stage.app.workers.wait_for_complete()
        assert _SECRET not in recent_file().read_text()
        assert recent_file().stat().st_mode & 0o777 == 0o600
        assert "room=1" in recent_targets()[0]
        # This run still knows them.
        await stage.press("o")
        assert _SECRET not in stage.screen_text()
        await stage.press("down", "enter")
        assert stage.connection.options.url == _WITH_SECRETS


async def test_a_secret_that_was_not_kept_is_asked_for() -> None:
    url = f"ws://echo.example/?token={_SECRET}&room=1"
    async with staged(opened(url), opening=Opening(options=ConnectOptions(url=url))) as stage:
        await stage.app.workers.wait_for_complete()
    async with staged(opened(), opening=Opening()) as stage:
        await stage.press("down", "enter")
        assert not stage.connections
        assert "it was not written down, so type it again" in " ".join(stage.screen_text().split())
        await stage.type("other")
        await stage.press("enter")
        assert stage.connection.options.url == "ws://echo.example/?token=other&room=1"


async def test_the_urls_of_profiles_are_masked_in_the_list() -> None:
    save_profile("staging", ConnectOptions(url=_WITH_SECRETS))
    async with staged(opened(), opening=Opening()) as stage:
        assert "echo.example" in stage.screen_text()
        assert _SECRET not in stage.screen_text()
        await stage.press("down", "enter")
        assert stage.connection.options.url == _WITH_SECRETS


@pytest.mark.parametrize(
    ("bearer", "said"), [("${TOKEN_OF_MINE}", False), (_SECRET, True)], ids=["reference", "as it is"]
)
async def test_saving_secrets_as_they_are_is_said(bearer: str, said: bool) -> None:
    options = ConnectOptions(url="ws://echo.example/", bearer=bearer)
    async with staged(opened(), opening=Opening(options=options)) as stage:
        await stage.press("s", "ctrl+u")
        await stage.type("mine")
        await stage.press("enter")
        assert "saved in" in stage.told()
        assert ("secrets stand in it as they are" in stage.told()) is said


async def test_a_profile_is_saved_and_a_taken_name_is_refused_in_place() -> None:
    save_profile("taken", ConnectOptions(url="ws://a.example/"))
    async with staged(opened()) as stage:
        await stage.press("s")
        assert _saving(stage)
        await stage.press("ctrl+u")
        await stage.type("taken")
        await stage.press("enter")
        assert "'taken' already" in stage.screen_text()
        await stage.press("ctrl+u")
        await stage.type("mine")
        await stage.press("enter")
        assert not _saving(stage)
    assert load_profile("mine").options().url == "ws://echo.example/"


async def test_a_broken_profiles_file_is_said_and_connecting_still_works(own_folders: Path) -> None:
    from wsinspect.profiles.locations import profiles_file

    profiles_file().parent.mkdir(parents=True, exist_ok=True)
    profiles_file().write_text("this is [ not toml")
    async with staged(opened(), opening=Opening()) as stage:
        assert "is not TOML" in stage.screen_text()
        await stage.type("ws://echo.example/")
        await stage.press("enter")
        assert stage.connection.options.url == "ws://echo.example/"


async def test_a_recording_is_opened_and_connected_anew() -> None:
    recordings = Path(__file__).parents[2] / "screenshots" / "recordings"
    path = recordings / "nginx-upgrade-headers-missing.jsonl"
    async with staged(opened(), opening=Opening(recording=path)) as stage:
        await stage.settle()
        shown = stage.screen_text()
        assert "REPLAY nginx-upgrade-headers" in shown
        assert "426 Upgrade Required" in shown
        assert not stage.connections
        await stage.press("r")
        await stage.settle()
        assert stage.connection.options.url.startswith("ws://127.0.0.1")
        assert "REPLAY" not in stage.screen_text()
        assert f"{path.name} is left for a new connection; o opens it again" in stage.told()


async def test_what_is_no_recording_is_said(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_text("hello\n")
    async with staged(opened(), opening=Opening(recording=path)) as stage:
        assert isinstance(stage.app.screen, ConnectScreen)
        assert "notes.jsonl" in stage.screen_text()


async def test_a_console_line_is_explained_and_its_url_connected_to() -> None:
    line = "WebSocket connection to 'wss://echo.example/ws' failed: Error during WebSocket handshake: Unexpected response code: 403"
    async with staged(opened(), opening=Opening()) as stage:
        stage.app.post_message(events.Paste(line))
        await stage.settle()
        await stage.press("enter")
        assert "Unexpected response code: 403" in stage.screen_text()
        assert "http-403" in stage.screen_text()
        await stage.press("escape")
        assert _field(stage).text == line
        await stage.press("enter")
        assert stage.connection.options.url == "wss://echo.example/ws"


async def test_the_first_screen_does_not_offer_a_way_back() -> None:
    async with staged(opened(), opening=Opening()) as stage:
        assert "Enter connect" in stage.screen_text()
        assert "Esc back" not in stage.screen_text()
    async with staged(opened()) as stage:
        await stage.press("o")
        assert "Esc back" in stage.screen_text()


async def test_escape_and_up_lead_from_the_list_back_to_the_field() -> None:
    remember_target("ws://first.example/")
    async with staged(opened(), opening=Opening()) as stage:
        for key in ("escape", "up"):
            await stage.press("down")
            assert isinstance(stage.app.focused, ConnectList)
            assert "Esc back" in stage.screen_text()
            await stage.press(key)
            assert _field(stage).has_focus
