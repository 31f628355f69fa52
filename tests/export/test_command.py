"""`wsinspect export`: files, standard output, and one clear line for each mistake."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.export.conftest import TOKEN, talk
from wsinspect.cli import main
from wsinspect.connection.recorder import Recorder
from wsinspect.events import BytesReceived, BytesSent, Event, Layer
from wsinspect.export.formats import FORMATS
from wsinspect.session.record import SessionRecord


class Kept(SessionRecord):
    """A record that keeps every event, chunks too."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[Event] = []

    def append(self, event: Event) -> None:
        self.all.append(event)
        super().append(event)


@pytest.fixture
def recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The session of `talk`, recorded."""
    kept = Kept()
    monkeypatch.setattr("tests.diagnosis.story.SessionRecord", lambda: kept)
    talk()
    recorder = Recorder(tmp_path / "session.jsonl")
    for event in kept.all:
        recorder(event)
    recorder.close()
    assert any(isinstance(e, BytesReceived | BytesSent) and e.layer is Layer.WEBSOCKET for e in kept.all)
    return recorder.path


def run(*arguments: str) -> int:
    """Run the command line and return its exit code."""
    try:
        main(["export", *arguments])
    except SystemExit as done:
        return int(done.code or 0)
    return 0


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_written_whole_for_its_owner_alone(name: str, recording: Path, tmp_path: Path) -> None:
    output = tmp_path / f"out{FORMATS[name].suffix}"
    assert run(str(recording), "--to", name, "-o", str(output)) == 0
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    data = output.read_bytes()
    assert len(data) > 100
    assert TOKEN.encode() not in data
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_secrets_are_shown_when_asked_for(
    recording: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run(str(recording), "--to", "har", "--show-secrets") == 0
    entry = json.loads(capsysbinary.readouterr().out)["log"]["entries"][0]
    assert TOKEN in entry["request"]["url"]
    assert len(entry["_webSocketMessages"]) == 12


def test_raw_selects_a_message(recording: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(str(recording), "--to", "raw", "--message", "4") == 0
    assert capsysbinary.readouterr().out == b"one two three"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--to", "har", "--frame", "1"], "--frame: goes with --to raw"),
        (["--to", "raw", "--frame", "1", "--message", "1"], "--frame and --message exclude each other"),
        (["--to", "raw", "--frame", "99"], "there is no frame 99; allowed: 1 to 15"),
        (["--to", "pdf"], "'pdf' is not one of"),
        ([], "export: --to is missing; allowed: har, jsonl, pcapng, markdown, raw; "),
        (
            ["--to", "har", "-o", "missing/out.har"],
            "missing/out.har: can't be written: its folder does not exist",
        ),
    ],
)
def test_mistakes_are_one_line(
    recording: Path, arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(str(recording), *arguments) == 2
    said = capsys.readouterr().err
    assert line in said
    assert said.count("\n") == 1


def test_what_is_no_recording_is_refused_and_leaves_the_output_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "kept.har"
    output.write_text("before")
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text("{}\n")
    assert run(str(wrong), "--to", "har", "-o", str(output)) == 2
    assert run("ws://echo.example/", "--to", "har", "-o", str(output)) == 2
    assert output.read_text() == "before"
    assert "ws://echo.example/: is not a recording" in capsys.readouterr().err
