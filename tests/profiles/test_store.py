"""Profiles on disk: nothing that was saved is lost."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
import tomllib
from pathlib import Path

import pytest

from wsinspect.atomic_file import write_atomically
from wsinspect.errors import UsageError
from wsinspect.options import ConnectOptions
from wsinspect.profiles.store import (
    delete_profile,
    load_profile,
    load_profiles,
    recent_targets,
    remember_target,
    save_profile,
)

OPTIONS = ConnectOptions(url="wss://h/", origin="https://a")
FILE = """# mine
[prod]
url = "wss://prod/"

[staging]
url = "wss://staging/"
ping_intervall = 5

["quoted.name"]
url = 5

[nested]
url = "ws://n/"
[nested.limits]
body_bytes = "x"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "profiles.toml"
    path.write_text(FILE, "utf-8")
    return path


def test_saved_and_loaded_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "profiles.toml"
    assert save_profile("dev", OPTIONS, path) == path
    assert load_profile("dev", path).options() == OPTIONS
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    save_profile("dev2", OPTIONS, path)
    assert list(load_profiles(path)) == ["dev", "dev2"]


def test_no_file_is_no_profile(tmp_path: Path) -> None:
    assert load_profiles(tmp_path / "none.toml") == {}
    with pytest.raises(UsageError, match="no profile is called 'x'; allowed: none yet"):
        load_profile("x", tmp_path / "none.toml")


def test_the_nearest_name_is_told(file: Path) -> None:
    with pytest.raises(
        UsageError, match=r"no profile is called 'prdo'; allowed: prod, staging, .*did you mean 'prod'"
    ):
        load_profile("prdo", file)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("staging", "profiles.toml: line 7: profile 'staging': unknown key 'ping_intervall'; did you mean 'ping_interval_s'?"),
        ("quoted.name", "profiles.toml: line 10: profile 'quoted.name': the key 'url' is missing or empty; allowed: a ws:// or wss:// URL as a string"),
        ("nested", "profiles.toml: line 14: profile 'nested': limits.body_bytes: expected int, got str"),
    ],
)  # fmt: skip
def test_a_mistake_names_file_and_line(file: Path, name: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_profile(name, file)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[a\nurl = 1", "is not TOML: "),
        (b"url = 'x'", "'url' stands outside a profile; allowed: tables such as [staging] with a url"),
        (b"\xff\xfe", "is not UTF-8 at byte 0; allowed: TOML 1.0 in UTF-8"),
        (b"[a]\nurl = 'x'\nurl = 'y'", "is not TOML: "),
    ],
)
def test_files_that_are_no_profiles(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "profiles.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        load_profiles(path)
    assert said in str(caught.value)
    assert "profiles.toml" in str(caught.value)
    with pytest.raises(UsageError):
        save_profile("b", OPTIONS, path)
    assert path.read_bytes() == content


def test_a_folder_in_the_files_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read: Is a directory"):
        load_profiles(tmp_path)


def test_saving_keeps_the_others_and_the_file_as_it_was_beside_it(file: Path) -> None:
    save_profile("prod", OPTIONS, file)
    tables = tomllib.loads(file.read_text("utf-8"))
    assert tables["prod"] == {"url": "wss://h/", "origin": "https://a"}
    assert tables["staging"] == {"url": "wss://staging/", "ping_intervall": 5}
    assert (file.parent / "profiles.toml~").read_text("utf-8") == FILE


def test_a_name_that_is_taken_is_replaced_only_where_asked(file: Path) -> None:
    with pytest.raises(UsageError, match="called 'prod' already; choose another name"):
        save_profile("prod", OPTIONS, file, replace=False)
    assert file.read_text("utf-8") == FILE


@pytest.mark.parametrize("bad", ["a b", "", "../x"])
def test_a_bad_name_writes_nothing(file: Path, bad: str) -> None:
    with pytest.raises(UsageError, match="can't be a profile's name"):
        save_profile(bad, OPTIONS, file)
    assert file.read_text("utf-8") == FILE


def test_a_table_with_a_mistake_is_not_saved(file: Path) -> None:
    with pytest.raises(UsageError, match="unknown key 'nope'"):
        save_profile("x", {"url": "ws://h/", "nope": 1}, file)
    assert file.read_text("utf-8") == FILE


def test_deleted_and_brought_back(file: Path) -> None:
    gone = delete_profile("prod", file)
    assert "prod" not in load_profiles(file)
    save_profile(gone.name, dict(gone.table), file)
    assert load_profile("prod", file).options().url == "wss://prod/"
    with pytest.raises(UsageError, match="no profile is called 'nobody'"):
        delete_profile("nobody", file)


@pytest.mark.parametrize(("place", "names"), [(0, "cab"), (1, "acb"), (9, "abc"), (None, "abc")])
def test_a_new_one_has_so_many_others_before_it(place: int | None, names: str, tmp_path: Path) -> None:
    file = tmp_path / "profiles.toml"
    for name in "ab":
        save_profile(name, OPTIONS, file)
    save_profile("c", OPTIONS, file, place=place)
    assert list(load_profiles(file)) == list(names)


def test_a_full_disk_loses_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="can't be written: No space left on device"):
        save_profile("prod", OPTIONS, file)
    assert file.read_text("utf-8") == FILE
    assert [path.name for path in file.parent.iterdir()] == ["profiles.toml"]


def test_a_rename_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "taken"
    (folder / "inside").mkdir(parents=True)
    with pytest.raises(UsageError, match="can't be written"):
        write_atomically(folder, b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_folder_that_may_not_be_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    # Root may write into any folder but those of a file system that is read-only.
    monkeypatch.setattr(tempfile, "mkstemp", read_only)
    with pytest.raises(UsageError, match="can't be written: Read-only file system"):
        save_profile("prod", OPTIONS, file)
    assert file.read_text("utf-8") == FILE


def test_a_file_where_the_folder_belongs(tmp_path: Path) -> None:
    (tmp_path / "wsinspect").write_text("in the way", "utf-8")
    with pytest.raises(UsageError, match=r"profiles.toml: can't be (?:read|written): Not a directory"):
        save_profile("prod", OPTIONS, tmp_path / "wsinspect" / "profiles.toml")


def test_recent_targets_are_few_and_the_newest_first(tmp_path: Path) -> None:
    path = tmp_path / "recent.json"
    assert recent_targets(path) == []
    for number in range(25):
        remember_target(f"ws://h/{number}", path)
    remember_target("ws://h/10", path)
    kept = recent_targets(path)
    assert kept[:2] == ["ws://h/10", "ws://h/24"]
    assert len(kept) == len(set(kept)) == 20


@pytest.mark.parametrize("content", ["", "no json", "{}", '[1, "ws://h/", null]', "\udcff"])
def test_a_damaged_list_is_an_empty_one(tmp_path: Path, content: str) -> None:
    path = tmp_path / "recent.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    assert recent_targets(path) in ([], ["ws://h/"])
    remember_target("ws://new/", path)
    assert recent_targets(path)[0] == "ws://new/"
