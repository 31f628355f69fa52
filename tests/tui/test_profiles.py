"""Profiles in the UI: saved with templates, edited, duplicated, deleted and brought back; secrets stay references."""

from __future__ import annotations

from pathlib import Path

import pytest
import tomli_w

from tests.diagnosis.story import opened
from tests.tui.stage import Stage, staged
from wsinspect.options import ConnectOptions
from wsinspect.profiles.locations import profiles_file
from wsinspect.profiles.store import load_profile, load_profiles, save_profile
from wsinspect.tui.notebook import Profiles, Templates
from wsinspect.tui.opening import Opening
from wsinspect.tui.panes.key_footer import KeyFooter
from wsinspect.tui.screens.options_form import FieldInput, OptionsForm
from wsinspect.tui.screens.profiles import ProfilesScreen

_DEV = {
    "url": "ws://dev.example/",
    "bearer": "${DEV_TOKEN}",
    "templates": {"greet": "hi ${USER_NAME} ${counter}"},
    "variables": {"USER_NAME": "bob"},
}


def _opened_dev() -> Opening:
    save_profile("dev", dict(_DEV))
    return Opening(options=load_profile("dev").options({"DEV_TOKEN": "s3cret-token"}), profile="dev")


async def _list(stage: Stage) -> ProfilesScreen:
    await stage.press("P")
    screen = stage.app.screen
    assert isinstance(screen, ProfilesScreen)
    return screen


async def test_one_is_opened() -> None:
    save_profile("a", ConnectOptions(url="ws://a.example/"))
    save_profile("b", ConnectOptions(url="ws://b.example/"))
    async with staged(opened()) as stage:
        await _list(stage)
        assert "ws://a.example/  (profiles.toml)" in stage.screen_text()
        await stage.type("b.exa")
        await stage.press("enter")
        assert stage.connection.options.url == "ws://b.example/"
        assert stage.app.inspector.about.profile == "b"


async def test_deleting_can_be_undone() -> None:
    save_profile("a", dict(_DEV))
    async with staged(opened()) as stage:
        await _list(stage)
        await stage.press("ctrl+d")
        assert load_profiles() == {}
        assert "removed a; ^u undoes" in stage.screen_text()
        await stage.press("ctrl+u")
        assert dict(load_profile("a").table) == _DEV


async def test_undo_is_offered_only_where_there_is_something_to_undo() -> None:
    save_profile("a", dict(_DEV))
    async with staged(opened()) as stage:
        await _list(stage)
        footer = stage.app.screen.query_one(KeyFooter)

        def offered() -> bool:
            return "undo-remove" in [one.id for one in footer.keys]

        before = offered()
        await stage.press("ctrl+d")
        after = offered()
        await stage.press("ctrl+u")
        assert (before, after, offered()) == (False, True, False)


async def test_what_needs_a_profile_is_offered_where_one_is_highlighted() -> None:
    save_profile("a", dict(_DEV))
    async with staged(opened()) as stage:
        await _list(stage)
        footer = stage.app.screen.query_one(KeyFooter)
        asked = {"take", "remove", "edit-profile", "duplicate-profile"}
        assert asked <= {one.id for one in footer.keys}
        await stage.type("z")
        assert not asked & {one.id for one in footer.keys}
        await stage.press("backspace")
        assert asked <= {one.id for one in footer.keys}


def test_what_was_deleted_comes_back_to_its_place() -> None:
    for name in ("a", "b", "c"):
        save_profile(name, dict(_DEV))
    profiles = Profiles()
    profiles.delete("b")
    profiles.delete("a")
    profiles.undo()
    assert [one.id for one in profiles.undo()] == list(load_profiles()) == ["a", "b", "c"]


def test_a_template_that_was_removed_comes_back_to_its_place() -> None:
    templates = Templates()
    for name in ("a", "b", "c"):
        templates.keep(name, name)
    templates.remove("b")
    assert [one.id for one in templates.undo()] == ["a", "b", "c"]


async def test_one_is_edited_and_keeps_its_references_and_templates() -> None:
    save_profile("a", dict(_DEV))
    async with staged(opened()) as stage:
        await _list(stage)
        await stage.press("ctrl+e")
        form = stage.app.screen
        assert isinstance(form, OptionsForm)
        assert "${DEV_TOKEN}" in stage.screen_text()
        next(one for one in form.query(FieldInput) if one.field.key == "origin").value = "https://x"
        await stage.press("enter")
        assert "saved a" in stage.screen_text()
        assert dict(load_profile("a").table) == {**_DEV, "origin": "https://x"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"ping_intervall_s": 3},
            "line 3: profile 'a': unknown key 'ping_intervall_s'; did you mean 'ping_interval_s'?",
        ),
        ({"bearer": "${NOT_SET_HERE}"}, "no such environment variable is set"),
    ],
)
async def test_one_with_a_mistake_is_refused_in_the_list(
    changes: dict[str, object], said: str, own_folders: Path
) -> None:
    profiles_file().parent.mkdir(parents=True)
    profiles_file().write_bytes(tomli_w.dumps({"a": {"url": "ws://a.example/", **changes}}).encode())
    async with staged(opened()) as stage:
        screen = await _list(stage)
        await stage.press("enter")
        assert stage.app.screen is screen
        assert said in " ".join(stage.screen_text().replace("│", " ").split())
        await stage.press("escape")


async def test_everything_of_one_survives_editing_duplicating_deleting_and_undo() -> None:
    full: dict[str, object] = {
        "url": "wss://${HOST_X}.example:8443/chat",
        "headers": {"X-Api-Key": "${KEY}", "X-Two": "b"},
        "cookies": ["sid=${SID}"],
        "subprotocols": ["chat", "v2"],
        "proxy": "http://bob:${PW}@proxy.example:3128",
        "insecure": True,
        "ca_file": "/etc/ca.pem",
        "min_tls": "1.2",
        "ping_interval_s": 20.0,
        "reconnect": {"attempts": 7, "first_delay_s": 2.0, "factor": 2.0, "max_delay_s": 60.0},
        "templates": {"two lines": "a\nb ${counter}"},
        "variables": {"USER_NAME": "bob"},
        "layout": {"left_width": 40},
    }
    save_profile("full", full)
    async with staged(opened()) as stage:
        await _list(stage)
        await stage.press("ctrl+e")
        form = stage.app.screen
        assert isinstance(form, OptionsForm)
        next(one for one in form.query(FieldInput) if one.field.key == "origin").value = "https://x"
        await stage.press("enter")
        await stage.press("ctrl+y", "enter")
        expected = {**full, "origin": "https://x"}
        assert dict(load_profile("full-2").table) == expected
        await stage.press("ctrl+d", "ctrl+d", "ctrl+u", "ctrl+u")
        assert dict(load_profile("full").table) == dict(load_profile("full-2").table) == expected
        await stage.press("escape")


async def test_one_is_duplicated() -> None:
    save_profile("a", dict(_DEV))
    async with staged(opened()) as stage:
        await _list(stage)
        await stage.press("ctrl+y", "enter")
        assert list(load_profiles()) == ["a", "a-2"]
        assert dict(load_profile("a-2").table) == _DEV
        assert "duplicated" in stage.screen_text()


async def test_a_broken_profile_is_named_in_place() -> None:
    save_profile("a", dict(_DEV))
    path = load_profile("a").path
    assert path is not None
    path.write_text('[a]\nurl = "ws://h/"\nping_intervall = 5\n', "utf-8")
    async with staged(opened()) as stage:
        await _list(stage)
        await stage.press("ctrl+e")
        shown = stage.screen_text()
        assert "profiles.toml: line 3: profile 'a': unknown key 'ping_intervall'" in shown


async def test_saving_writes_no_secret_that_was_a_reference() -> None:
    async with staged(opened(), opening=_opened_dev()) as stage:
        stage.app._environ = {"DEV_TOKEN": "s3cret-token"}
        await stage.press("s", "ctrl+u")
        await stage.type("copy")
        await stage.press("enter")
        profile = load_profile("copy")
        assert profile.table["bearer"] == "${DEV_TOKEN}"
        assert profile.templates == {"greet": "hi ${USER_NAME} ${counter}"}
        assert stage.app.inspector.about.profile == "copy"


async def test_a_template_is_taken_filled_in_and_sent() -> None:
    async with staged(opened(), opening=_opened_dev()) as stage:
        await stage.press("i", "ctrl+o")
        assert "Templates of profile 'dev'" in stage.screen_text()
        await stage.press("enter")
        assert stage.app.inspector.composer.typed == "hi ${USER_NAME} ${counter}"
        await stage.press("enter")
        assert stage.connection.calls == [("text", "hi bob 1")]


async def test_what_is_written_is_kept_as_a_template_of_the_profile() -> None:
    async with staged(opened(), opening=_opened_dev()) as stage:
        await stage.press("i")
        await stage.type("/ping now")
        await stage.press("ctrl+o", "end")
        await stage.type("keep")
        await stage.press("ctrl+d")
        assert "this is no template yet" in stage.screen_text()
        await stage.press("enter")
        await stage.type("beat")
        await stage.press("enter")
        assert load_profile("dev").templates["beat"] == "/ping now"
        assert stage.app.inspector.composer.typed == "/ping now"
        await stage.press("ctrl+o")
        await stage.type("beat")
        await stage.press("ctrl+d")
        assert "beat" not in load_profile("dev").templates
        await stage.press("ctrl+u")
        assert load_profile("dev").templates["beat"] == "/ping now"


async def test_without_a_profile_templates_last_until_they_are_saved_with_one() -> None:
    async with staged(opened()) as stage:
        await stage.press("i")
        await stage.type("hello")
        await stage.press("ctrl+o", "enter")
        await stage.type("greet")
        await stage.press("enter")
        assert load_profiles() == {}
        await stage.press("escape", "s", "enter")
        assert load_profile("echo.example").templates == {"greet": "hello"}
