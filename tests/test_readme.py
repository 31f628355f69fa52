"""What the README generates is what the program has."""

from __future__ import annotations

import io
import json
import re
import socket
from datetime import UTC, datetime

import pytest

from tests.diagnosis.story import close, fin, opened, received
from tests.readme import README, with_table
from wsinspect.check.explain import listing
from wsinspect.cli import main
from wsinspect.connection.recording import Recording
from wsinspect.connection.replay import restored
from wsinspect.diagnosis.catalogue import load
from wsinspect.events import ServerLogged
from wsinspect.events.codec import encode_event, encode_header
from wsinspect.export.json_lines import json_lines
from wsinspect.export.redact import Redactor
from wsinspect.session.record import SessionRecord
from wsinspect.tui.screens.help import cause_rows


def test_the_table_of_causes_is_the_catalogue() -> None:
    text = README.read_text("utf-8")
    assert with_table(text) == text, "run python -m tests.readme"


def test_list_and_help_name_every_cause() -> None:
    listed = listing(width=200)
    shown = "\n".join(str(row) for row in cause_rows())
    for cause_id in load():
        assert f"  {cause_id} " in listed
        assert f"{cause_id}" in shown


def blocks(language: str) -> list[str]:
    """Return the README's code of a language."""
    return re.findall(f"```{language}\n(.*?)```", README.read_text("utf-8"), flags=re.DOTALL)


def test_the_example_is_what_check_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    (example,) = blocks("console")
    documented = example.splitlines()
    assert documented[-1] == "…"
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        port = nobody_listens.getsockname()[1]
        with pytest.raises(SystemExit) as done:
            main(["check", f"ws://127.0.0.1:{port}/"])
    assert done.value.code == 3

    def timeless(line: str) -> str:
        return re.sub(r" +[\d.]+ ms", " TIME", line.replace(str(port), "8765"))

    printed = capsys.readouterr().out.splitlines()
    assert [timeless(line) for line in printed[: len(documented) - 2]] == [
        timeless(line) for line in documented[1:-1]
    ]


def test_the_documented_recording_opens() -> None:
    (example,) = [block for block in blocks("json") if '"wsinspect":"recording"' in block]
    recording = Recording(io.BytesIO(example.encode()), "README.md")
    record = SessionRecord()
    for event in restored(recording):
        record.append(event)
    assert not recording.truncated
    (attempt,) = record.attempts
    assert attempt.options.url == "ws://127.0.0.1:8080/"
    assert attempt.handshake.request == b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    again = [encode_header(datetime(2026, 1, 1, tzinfo=UTC)), *map(encode_event, record.events)]
    written = [json.loads(line) for line in again]
    for documented, real in zip(map(json.loads, example.splitlines()), written, strict=True):
        options = documented.pop("options", {})
        assert options.items() <= real.get("options", {}).items()
        assert documented == {name: real[name] for name in documented}


def test_the_documented_json_lines_are_what_is_exported() -> None:
    text = README.read_text("utf-8")
    part = text[text.index("**JSON Lines**, schema 1") :]
    documented = dict(
        re.findall(r"^\| `(session|event|frame|message|log|end)` \| (.*) \|$", part, flags=re.MULTILINE)
    )
    story = (
        opened(answer=("Sec-WebSocket-Extensions: permessage-deflate",))
        + received(b"\x81\x02hi\x01\x01a\x80\x01b\x82\x01\x00\x83\x00")
        + close(1000)
        + fin()
    )
    session = story.record()
    session.append(ServerLogged(seq=0, at_ns=10, attempt=0, text="a line", wall_time_ns=5))
    found: dict[str, set[str]] = {}
    for line in b"".join(json_lines(session, Redactor(show=True))).splitlines():
        item = json.loads(line)
        kind = item.pop("type")
        if kind == "event":
            # An event's own fields are those of a recording.
            item = {name: item[name] for name in ("event", "seq", "attempt", "time", "at_ms")}
        found.setdefault(kind, set()).update(item)
    assert set(found) == set(documented)
    for kind, names in found.items():
        said = set(re.findall(r"`([a-z_0-9]+)`", documented[kind]))
        assert names <= said, kind
        rest = (
            said
            - names
            - {"text", "base64", "missing", "sent", "received", "ping", "code", "reason", "kind", "offset"}
            - {"read", "continues"}
        )
        assert not rest, kind
