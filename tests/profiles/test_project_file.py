"""A project's profiles beside the personal ones: found from below, first, saved where they are, told by file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from wsinspect.check.profiles import profile_list
from wsinspect.errors import UsageError
from wsinspect.options import ConnectOptions
from wsinspect.profiles.locations import profiles_file, project_file
from wsinspect.profiles.store import delete_profile, load_profile, load_profiles, save_profile

PROJECT = """[dev]
url = "ws://localhost:8000/"

[both]
url = "ws://project/"
templates = { hello = "hi ${counter}" }
"""
PERSONAL = """[both]
url = "ws://personal/"

[mine]
url = "wss://mine/"
[mine.templates]
ping = "/ping"
[mine.variables]
USER = "me"
[mine.layout]
left_width = 40
"""


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    project = tmp_path / "project"
    (project / "src" / "deep").mkdir(parents=True)
    (project / ".git").mkdir()
    (project / "wsinspect.toml").write_text(PROJECT, "utf-8")
    profiles_file().parent.mkdir(parents=True)
    profiles_file().write_text(PERSONAL, "utf-8")
    monkeypatch.chdir(project / "src" / "deep")
    return project


def test_it_is_found_from_below_and_no_further_than_the_repository(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert project_file() == folders / "wsinspect.toml"
    (folders / "src" / ".git").mkdir()
    assert project_file() is None
    monkeypatch.chdir(folders.parent)
    assert project_file() is None


def test_both_are_listed_and_the_projects_comes_first(folders: Path) -> None:
    assert list(load_profiles()) == ["dev", "both", "mine"]
    assert load_profile("both").options().url == "ws://project/"
    lines = profile_list().splitlines()
    assert lines[0] == f"# {folders / 'wsinspect.toml'}"
    assert lines[2] == "both  ws://project/  (hides the personal one)"
    assert lines[3] == f"# {profiles_file()}"


def test_it_is_saved_and_deleted_where_it_is(folders: Path) -> None:
    assert save_profile("dev", ConnectOptions(url="ws://other/")) == folders / "wsinspect.toml"
    assert save_profile("new", ConnectOptions(url="ws://new/")) == profiles_file()
    assert delete_profile("both").path == folders / "wsinspect.toml"
    assert load_profile("both").options().url == "ws://personal/"


def test_templates_variables_and_layout_are_kept_when_options_are_saved() -> None:
    save_profile("mine", ConnectOptions(url="wss://other/"))
    profile = load_profile("mine")
    assert profile.options().url == "wss://other/"
    assert profile.templates == {"ping": "/ping"}
    assert profile.variables == {"USER": "me"}
    assert profile.table["layout"] == {"left_width": 40}
    save_profile("mine", ConnectOptions(url="wss://other/"), extras={"templates": {"a": "b"}})
    assert load_profile("mine").extras == {"templates": {"a": "b"}}


def test_references_in_templates_are_not_the_options() -> None:
    assert load_profile("both").options({}).url == "ws://project/"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("templats = { a = 'b' }", "unknown key 'templats'; did you mean 'templates'?"),
        ("templates = 'a'", "templates has the wrong form"),
        ("variables = { '1x' = 'b' }", "'1x' can't be a variable's name"),
        ("layout = 3", "layout has the wrong form"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(folders: Path, line: str, said: str) -> None:
    (folders / "wsinspect.toml").write_text(f'[dev]\nurl = "ws://h/"\n{line}\n', "utf-8")
    with pytest.raises(UsageError) as caught:
        load_profile("dev")
    assert str(caught.value).startswith("wsinspect.toml: line 3: profile 'dev': ")
    assert said in str(caught.value)
