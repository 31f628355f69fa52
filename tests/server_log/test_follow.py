"""A log is followed through everything that happens to log files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wsinspect.errors import UsageError
from wsinspect.server_log.follow import MAX_BYTES_A_POLL, TAIL_BYTES, LogFollower, check_log


class Log:
    """A follower, and what it has read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.follower = LogFollower(path, lambda: 7)

    def new(self) -> list[str]:
        return [line.text for line in self.follower.poll()]

    def append(self, text: str) -> None:
        with self.path.open("a") as file:
            file.write(text)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "error.log")


def test_what_is_appended_is_read_once(log: Log) -> None:
    log.append("old\n")
    assert log.new() == ["old"]
    log.append("a\nb")
    assert log.new() == ["a"]
    log.append("c\n")
    assert log.new() == ["bc"]
    assert log.new() == []
    log.follower.close()


def test_a_file_may_come_later(log: Log) -> None:
    assert log.new() == []
    assert log.follower.note == "is not there yet"
    log.append("first\n")
    assert log.new() == ["first"]
    assert log.follower.note == ""
    log.follower.close()


def test_rotation_loses_no_line(log: Log) -> None:
    log.append("1\n")
    assert log.new() == ["1"]
    log.append("2\nhal")
    old = log.path.rename(log.path.with_suffix(".1"))
    with old.open("a") as file:
        file.write("f\n3")
    assert log.new() == ["2", "half"]
    log.append("4\n")
    assert log.new() == ["3", "4"]
    log.follower.close()


def test_a_file_cut_back_in_place_is_read_from_its_beginning(log: Log) -> None:
    log.append("a long line\nhalf")
    assert log.new() == ["a long line"]
    log.path.write_text("")
    assert log.new() == []
    log.append("b\n")
    assert log.new() == ["b"]
    log.follower.close()


def test_of_a_huge_file_the_end_is_read(log: Log) -> None:
    with log.path.open("wb") as file:
        file.truncate(10 * 1024**3)
        file.seek(0, os.SEEK_END)
        file.write(b"\ncut" + b"x" * TAIL_BYTES + b"\nlast\n")
    assert log.new() == ["last"]
    log.follower.close()


def test_a_flood_is_skipped_and_counted(log: Log) -> None:
    log.append("a\n")
    assert log.new() == ["a"]
    log.append("0123456\n" * (MAX_BYTES_A_POLL // 8 + 1000))
    assert len(log.new()) == MAX_BYTES_A_POLL // 8
    assert log.follower.skipped_bytes == 8000
    log.follower.close()


def test_a_binary_file_is_told_of_and_left_out(log: Log) -> None:
    log.path.write_bytes(b"\x7fELF\1\0\0\n" * 3 + b"text\n")
    assert log.new() == ["text"]
    assert "3 lines hold NUL bytes" in log.follower.note
    log.follower.close()


def test_a_file_that_turns_into_a_folder_is_told_of(log: Log) -> None:
    log.path.mkdir()
    assert log.new() == []
    assert "directory" in log.follower.note
    log.follower.close()


def test_a_pipe_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    log = Log(path)
    assert log.new() == []
    writer = os.open(path, os.O_WRONLY)
    os.write(writer, b"from far\nhal")
    assert log.new() == ["from far"]
    os.write(writer, b"f")
    os.close(writer)
    assert [line.text for line in log.follower.finish()] == ["half"]
    assert log.new() == []


def test_times_of_reading_are_the_sessions(log: Log) -> None:
    log.append("x\n")
    assert [line.at_ns for line in log.follower.poll()] == [7]
    log.follower.close()


def test_a_log_that_can_never_be_read_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        check_log(tmp_path)
    with pytest.raises(UsageError, match="there is no folder"):
        check_log(tmp_path / "nowhere" / "error.log")
    file = tmp_path / "secret.log"
    file.write_text("x")
    check_log(file)
    check_log(tmp_path / "later.log")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UsageError, match="can't be read"):
        check_log(file)
