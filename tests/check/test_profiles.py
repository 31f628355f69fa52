"""Profiles as text: listed, shown, masked."""

from __future__ import annotations

from pathlib import Path

import pytest

from wsinspect.check.profiles import profile_list, profile_text
from wsinspect.errors import UsageError
from wsinspect.profiles import store


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "profiles.toml"
    monkeypatch.setattr(store, "profiles_file", lambda: path)
    monkeypatch.setattr("wsinspect.check.profiles.profiles_file", lambda: path)
    return path


def test_none_yet_names_the_file(file: Path) -> None:
    assert profile_list() == f"no profiles yet; they are kept in {file}\n"


def test_names_and_masked_urls_in_columns(file: Path) -> None:
    file.write_text('[a]\nurl = "wss://h/?token=canary-token"\n[longer]\nurl = "ws://i/"\n[empty]\n', "utf-8")
    lines = profile_list().splitlines()
    assert [line[:8] for line in lines] == ["a       ", "longer  ", "empty"]
    assert lines[0].startswith("a       wss://h/?token=***")
    assert "canary" not in profile_list()


def test_a_profile_is_shown_as_toml_with_references_as_written(file: Path) -> None:
    file.write_text(
        '[a]\nurl = "wss://h/?token=${TOKEN}"\nbearer = "${TOKEN}"\ncookies = ["sid=canary-${SID}"]\n'
        '[a.headers]\nX-Api-Key = "canary-key"\nX-Plain = "seen"\n',
        "utf-8",
    )
    shown = profile_text("a")
    assert 'bearer = "${TOKEN}"' in shown
    assert "token=${TOKEN}" in shown
    assert "canary" not in shown
    assert "${SID}" in shown
    assert 'X-Plain = "seen"' in shown
    assert "canary-key" in profile_text("a", show_secrets=True)


def test_what_a_file_holds_can_not_reach_the_terminal(file: Path) -> None:
    file.write_text('[a]\nurl = "ws://h/\\u001b[31m"\n["\\u001b]0;x"]\nurl = "ws://h/"\n', "utf-8")
    assert "\x1b" not in profile_list() + profile_text("a")


def test_an_unknown_name_is_told_with_the_nearest(file: Path) -> None:
    file.write_text('[staging]\nurl = "ws://h/"\n', "utf-8")
    with pytest.raises(UsageError, match="did you mean 'staging'"):
        profile_text("stagin")
