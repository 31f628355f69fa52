"""History gives back what was sent, and never loses what is being typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from wsinspect.errors import UsageError
from wsinspect.tui.history import History, append_history, read_history


def test_back_and_on_again_returns_to_the_draft() -> None:
    history = History()
    history.add("one")
    history.add("two")
    assert history.back("draft") == "two"
    assert history.back("two") == "one"
    assert history.back("one") is None
    assert history.on() == "two"
    assert history.on() == "draft"
    assert history.on() is None


def test_the_same_thing_twice_is_kept_once() -> None:
    history = History()
    history.add("one")
    history.add("one")
    assert history.back("") == "one"
    assert history.back("") is None


def test_nothing_is_kept_of_nothing() -> None:
    history = History()
    history.add("")
    assert history.back("draft") is None


def test_what_earlier_runs_sent_comes_before_everything() -> None:
    history = History()
    history.add("new")
    assert history.back("draft") == "new"
    history.load(["old"])
    assert history.back("new") == "old"
    assert history.on() == "new"
    assert history.newest_first() == ["new", "old"]


def test_the_file_is_its_owners_and_a_torn_line_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "state" / "history.jsonl"
    append_history(file, "one\ntwo \x1b[31m")
    append_history(file, "three")
    assert file.stat().st_mode & 0o777 == 0o600
    assert read_history(file) == ["one\ntwo \x1b[31m", "three"]
    file.write_bytes(file.read_bytes() + b'"fo')
    assert read_history(file) == ["one\ntwo \x1b[31m", "three"]


def test_the_file_is_shortened(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    file.write_text("".join(f'"{number}"\n' for number in range(1000)))
    append_history(file, "last")
    kept = read_history(file)
    assert (len(kept), kept[-1]) == (500, "last")
    assert len(file.read_text().splitlines()) == 500


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="can't be written"):
        append_history(tmp_path / "file" / "history.jsonl", "one")
