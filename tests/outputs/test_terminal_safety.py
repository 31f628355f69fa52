"""What reaches the terminal, read from a pseudo-terminal: nothing that anybody planted acts on it."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import pytest

from tests.faults.program import Terminal, environment
from tests.outputs.planted import recording, stories
from wsinspect.check.report import report, report_text
from wsinspect.check.text import text_report
from wsinspect.diagnosis.engine import diagnose
from wsinspect.export.formats import export_session
from wsinspect.export.redact import Redactor

EVIL = (
    "\x1b]0;HACKED\x07\x1b[31mred\x1b[2J\x9b2J\x90q\x9c \u202eover\u2066\u200b\u200f\ufeff\u2028[/bold][red]markup[/]"
    "\U000e0041\x00\x08\x7f\r\u0085z" + "\u0301" * 50 + "\u4f60\U0001f469\u200d\U0001f469\ufe0f"
)
OURS = re.compile(r"\x1b\[(?:0|1|2|32|1;31|1;33)m")
ACTING = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e0fff]"
)


def check(text: str) -> None:
    """Fail if a terminal would act on anything in `text`."""
    plain = OURS.sub("", text.replace("\r\n", "\n"))
    found = ACTING.search(plain)
    assert found is None, repr(plain[max(0, found.start() - 60) : found.end() + 20])
    run = 0
    for char in plain:
        run = run + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        assert run <= 3
    assert "HACKED" not in plain or "]0;HACKED" in plain


def painted(home: Path, *arguments: str | Path) -> str:
    """Run the program on a terminal and return what reached it."""
    terminal = Terminal(*arguments, home=home)
    terminal.end()
    terminal.close()
    return terminal.seen.decode("utf-8")


@pytest.mark.parametrize("name", stories(EVIL))
def test_reports_and_exports_of_a_peer_that_means_harm(name: str) -> None:
    record = stories(EVIL)[name].record()
    found = diagnose(record)
    redact = Redactor.for_session(record)
    for width in (40, 110):
        check(text_report(record, found, redact, colour=True, width=width))
    made = report(record, found, redact)
    check(report_text(made))
    assert json.loads(report_text(made)) == made
    for to in ("markdown", "har", "jsonl"):
        check(b"".join(export_session(record, to)).decode("utf-8"))
    record.close()


def test_a_recording_with_an_evil_name_on_a_real_terminal(tmp_path: Path) -> None:
    folder = tmp_path / EVIL.replace("\x00", "").replace("/", "")[:40]
    folder.mkdir()
    path = recording(stories(EVIL)["refused"], folder / "a\x1b]0;HACKED\x07\u202e.jsonl")
    seen = painted(tmp_path, "check", path)
    assert "403" in seen
    check(seen)
    path.write_bytes(path.read_bytes()[:-5])
    check(painted(tmp_path, "check", path))
    check(painted(tmp_path, "export", path, "--to", "markdown"))
    path.write_bytes(b"{}")
    seen = painted(tmp_path, "check", path)
    assert "not a wsinspect recording" in seen
    check(seen)


def test_mistakes_are_told_safely(tmp_path: Path) -> None:
    evil = EVIL.replace("\x00", "")
    for arguments in (
        ("check", f"ws://{evil}/"),
        ("check", evil),
        ("check", "ws://h/", "-H", evil),
        ("check", "ws://h/", "--proxy", f"http://{evil}"),
        ("check", "ws://h/", "--resolve", evil),
        ("explain", evil),
        ("lab", evil),
        ("profiles", "show", evil),
        (f"--{evil}",),
        ("lab", "--list"),
    ):
        seen = painted(tmp_path, *arguments)
        assert seen
        check(seen)


def test_profiles_with_evil_names_and_values(tmp_path: Path) -> None:
    quoted = json.dumps(EVIL)
    folder = tmp_path / ".config" / "wsinspect"
    folder.mkdir(parents=True)
    (folder / "profiles.toml").write_text(
        f"[{quoted}]\nurl = {quoted}\n[p]\nurl = 'ws://h/'\norigin = {quoted}\n[p.headers]\n{quoted} = {quoted}\n[q]\n{quoted} = 1\n",
        "utf-8",
        "surrogatepass",
    )
    for arguments in (
        ("profiles", "list"),
        ("profiles", "show", "p"),
        ("profiles", "show", "q"),
        ("check", "q"),
    ):
        seen = painted(tmp_path, *arguments)
        assert seen
        check(seen)
    assert environment(tmp_path)["HOME"] == str(tmp_path)
