"""What was recorded before is never lost by a later run, however that ends."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.connection.loopback import open_files
from tests.connection.peer import close_frame, opened, run_against
from wsinspect.connection.recorder import Recorder
from wsinspect.connection.replay import read_recording
from wsinspect.errors import UsageError
from wsinspect.events import Event


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def events() -> list[Event]:
    return list(await run_against(opened(close_frame(), then="fin")))


async def recorded(path: Path) -> bytes:
    """Record a session to `path` and return the file's bytes."""
    return saved(path, await events())


def saved(path: Path, happened: list[Event]) -> bytes:
    recorder = Recorder(path)
    for event in happened:
        recorder(event)
    recorder.close()
    assert recorder.problem is None
    return path.read_bytes()


async def test_a_run_that_records_nothing_leaves_the_older_recording(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    older = await recorded(path)
    Recorder(path).close()
    assert path.read_bytes() == older
    assert names(tmp_path) == ["a.jsonl"]


async def test_a_run_that_records_nothing_leaves_no_empty_file(tmp_path: Path) -> None:
    Recorder(tmp_path / "a.jsonl").close()
    assert names(tmp_path) == []


async def test_the_older_recording_is_kept_beside_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    older = await recorded(path)
    path.chmod(0o644)
    newer = await recorded(path)
    assert names(tmp_path) == ["a.jsonl", "a.jsonl~"]
    assert (tmp_path / "a.jsonl~").read_bytes() == older
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert newer != older
    assert len(list(read_recording(path))) == len(older.splitlines()) - 1


async def test_the_new_one_stands_in_its_place_from_its_first_event_on(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    older = await recorded(path)
    recorder = Recorder(path)
    assert path.read_bytes() == older
    first = (await events())[0]
    recorder(first)
    assert list(read_recording(path)) == [first]
    assert (tmp_path / "a.jsonl~").read_bytes() == older
    recorder.close()


@pytest.mark.parametrize("content", [b"dear diary\n", b'{"log": {}}', b"\x00"])
def test_a_file_that_is_no_recording_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "diary.txt"
    path.write_bytes(content)
    files = open_files()
    with pytest.raises(
        UsageError, match=r"diary\.txt: holds something that is no recording, and stays as it is"
    ):
        Recorder(path)
    assert path.read_bytes() == content
    assert open_files() == files


async def test_when_the_new_file_cannot_be_made_the_older_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    older = await recorded(path)
    recorder = Recorder(path)
    happened = await events()
    real = os.open

    def no_descriptor(name: Path, flags: int, mode: int = 0o777) -> int:
        if Path(name).parent == tmp_path:
            raise OSError(24, "Too many open files")
        return real(name, flags, mode)

    monkeypatch.setattr(os, "open", no_descriptor)
    for event in happened:
        recorder(event)
    monkeypatch.undo()
    recorder.close()
    assert recorder.problem == f"{path}: nothing is recorded: Too many open files"
    assert recorder.dropped_events == len(happened)
    assert path.read_bytes() == older
    assert names(tmp_path) == ["a.jsonl"]


async def test_a_link_keeps_what_it_points_to(tmp_path: Path) -> None:
    target = tmp_path / "target.jsonl"
    older = await recorded(target)
    link = tmp_path / "link.jsonl"
    link.symlink_to(target)
    await recorded(link)
    assert target.read_bytes() == older
    assert not link.is_symlink()
