"""A session saved while it goes on, exported, and left."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.diagnosis.story import Story, opened, received, sent_text, text
from tests.session.test_as_events import facts, read
from tests.tui.stage import Stage, staged, told
from wsinspect.atomic_file import writing_atomically
from wsinspect.connection.recorder import Recorder
from wsinspect.export.formats import FORMATS
from wsinspect.tui.recording_keeping import MANY_FRAMES
from wsinspect.tui.saving import Saving
from wsinspect.tui.session import Session
from wsinspect.tui.work import Work

STORY = opened("ws://echo.example/?token=s3cret-token") + text("one") + sent_text("two") + text("three")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is written without a folder's name goes into the test's own."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    """Return what is in a folder."""
    return {one.name: one.read_bytes() for one in folder.iterdir()}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def named(stage: Stage, name: str) -> None:
    """Give the file this name."""
    stage.app.screen.query_one(Input).value = name
    await accepted(stage)


async def accepted(stage: Stage) -> None:
    """Accept the name, and wait for what it begins."""
    await stage.press("enter")
    await stage.app.workers.wait_for_complete()
    await stage.settle()


def happen(stage: Stage, story: Story, after: Story) -> None:
    """What comes in `story` after `after`."""
    for event in told(story)[len(told(after)) :]:
        stage.connection.sink(event)


async def test_what_was_and_what_comes_is_saved(own_folder: Path) -> None:
    async with staged(STORY) as stage:
        await stage.press("W")
        suggested = stage.app.screen.query_one(Input).value
        assert suggested.startswith("echo.example-19")
        await accepted(stage)
        path = own_folder / suggested
        assert f"saved in {path}" in stage.told()
        assert "● REC echo.example" in stage.screen_text()
        assert mode(path) == 0o600
        assert facts(read(path.read_bytes(), together=True)) == facts(stage.app.session.record)
        happen(stage, STORY + text("later"), STORY)
        assert len(read(path.read_bytes(), together=True).frames) == 4
        assert facts(read(path.read_bytes(), together=True)) == facts(stage.app.session.record)
        await stage.press("W")
        assert "recorded already" in stage.told()
        for one in stage.app.recorders:
            one.close()


async def test_nothing_is_written_over_unasked(own_folder: Path) -> None:
    Recorder(own_folder / "old.jsonl")(told(STORY)[0])
    older = (own_folder / "old.jsonl").read_bytes()
    (own_folder / "other").write_text("mine")
    async with staged(STORY) as stage:
        await stage.press("W")
        await named(stage, "other")
        assert "exists already" in stage.screen_text()
        await stage.press("enter")
        assert "no recording" in stage.screen_text()
        await named(stage, "")
        assert "a file needs a name" in stage.screen_text()
        await named(stage, str(own_folder))
        assert "is a folder" in stage.screen_text()
        await named(stage, "old.jsonl")
        assert "exists already" in stage.screen_text()
        assert (own_folder / "old.jsonl").read_bytes() == older
        await accepted(stage)
        assert (own_folder / "old.jsonl~").read_bytes() == older
        assert len(read((own_folder / "old.jsonl").read_bytes(), together=True).frames) == 3
        for one in stage.app.recorders:
            one.close()
    assert (own_folder / "other").read_text() == "mine"


async def test_a_full_disk_is_said_and_the_session_goes_on() -> None:
    async with staged(STORY) as stage:
        await stage.press("W")
        await named(stage, "/dev/full")
        await accepted(stage)
        assert "No space left" in stage.told()
        assert stage.app.session.recorder is None
        happen(stage, STORY + text("later"), STORY)
        assert len(stage.app.session.record.frames) == 4
        for one in stage.app.recorders:
            one.close()


async def test_a_recording_that_ends_is_said_and_what_it_lacks_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with staged(STORY) as stage:
        await stage.press("W")
        await named(stage, "a.jsonl")

        def full(_fd: int, _data: object) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("wsinspect.connection.recorder.os.write", full)
        happen(stage, STORY + text("later") + text("and later"), STORY)
        monkeypatch.undo()
        await stage.settle()
        assert "REC STOPPED a.jsonl lacks 2 events" in stage.screen_text()
        assert "No space left on device; W records into another file" in stage.told()
        (recorder,) = stage.app.recorders
        assert recorder.told.endswith("; 2 later events are not in it")
        recorder.close()


@pytest.mark.parametrize("name", FORMATS)
async def test_a_session_is_exported(name: str, own_folder: Path) -> None:
    async with staged(STORY) as stage:
        await stage.press("E")
        await stage.type(name)
        await stage.press("enter")
        suggested = stage.app.screen.query_one(Input).value
        await accepted(stage)
        path = own_folder / suggested
        assert path.name.endswith(f"-export{FORMATS[name].suffix}")
        assert f"exported to {path}" in stage.told()
        assert mode(path) == 0o600
        data = path.read_bytes()
        assert (b"three" if name != "markdown" else b"echo.example") in data
        assert b"s3cret-token" not in data
        assert stage.app.inspector.work is None


async def test_the_selected_frames_alone_are_exported(own_folder: Path) -> None:
    async with staged(STORY) as stage:
        stage.app.inspector.frames.frame_list.focus()
        await stage.press("g", "space", "down", "space", "E")
        assert "of the 2 selected frames" in stage.screen_text()
        await stage.type("selected json")
        await stage.press("enter")
        assert stage.app.screen.query_one(Input).value.endswith("-frames.jsonl")
        await named(stage, "some.jsonl")
    lines = [json.loads(line) for line in (own_folder / "some.jsonl").read_text().splitlines()]
    assert [line.get("text") for line in lines[1:-1]] == ["one", "three"]
    assert lines[-1]["frames"] == 2


async def test_what_takes_long_is_told_of_and_stopped_with_escape() -> None:
    async with staged(STORY) as stage:
        stage.app.inspector.work = under_way = Work("SAVING", lambda: 0.4)
        await stage.settle()
        assert "SAVING ▰▰▰▰▱▱▱▱▱▱ 40 %  Esc stops" in stage.screen_text()
        await stage.press("E")
        assert "wait for what is under way" in stage.told()
        stage.app.inspector.frames.frame_list.focus()
        await stage.press("A", "escape")
        assert stage.app.inspector.frames.frame_list.picks.selected == [0, 1, 2]
        assert under_way.stopped


async def stopped_after_a_step(saving: Saving) -> bool:
    """Save, and stop it after a step; return whether it came to the end."""
    under_way = Work("saving", lambda: saving.fraction)

    def steps() -> Iterator[None]:
        doing = iter(saving)
        yield next(doing)
        under_way.stop()
        yield None

    return await under_way.run(steps())


async def test_what_was_stopped_leaves_no_file_and_gives_an_older_one_its_name_back(own_folder: Path) -> None:
    session = Session()
    for event in told(STORY + text("x" * 300_000) + text("y" * 300_000)):
        session.record.append(event)
    path = own_folder / "a.jsonl"
    for older in (b"", b'{"wsinspect":"recording","version":1}\n'):
        if older:
            path.write_bytes(older)
        saving = Saving(session, path)
        assert not await stopped_after_a_step(saving)
        assert 0 < saving.fraction < 1
        assert len(files(own_folder)["a.jsonl"]) > len(older)
        saving.discard()
        assert files(own_folder) == ({"a.jsonl": older} if older else {})
    pieces = writing_atomically(own_folder / "b", (b"1", b"2"))
    next(pieces)
    pieces.close()
    assert list(files(own_folder)) == ["a.jsonl"]
    session.record.close()


@pytest.mark.parametrize(("frames", "asks"), [(MANY_FRAMES - 1, False), (MANY_FRAMES, True)])
async def test_many_frames_in_no_file_are_asked_about(frames: int, asks: bool) -> None:
    async with staged(opened() + received(b"\x81\x01a" * frames)) as stage:
        await stage.pilot.press("q")
        assert stage.app._exit is not asks
        if asks:
            await stage.settle()
            assert "in no file" in stage.screen_text()
            await stage.press("n")
            assert stage.app.is_running
            await stage.pilot.press("q")
            await stage.pilot.press("y")
            assert stage.app._exit
