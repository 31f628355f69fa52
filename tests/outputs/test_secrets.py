"""Canaries in every field that may hold a secret, sought in everything that leaves the program."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import threading
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from websockets.asyncio.server import ServerConnection

from tests.check.serving import serving, wait
from tests.connection.peer import close_frame, peer
from tests.connection.peer import opened as accepting
from tests.diagnosis.story import Story, asked, close, failed, fin, opened, raw_answer, started
from tests.faults.program import ROOT, command, environment, run
from tests.outputs.planted import recording
from tests.tui.stage import over
from wsinspect.check.crash import tell_crash
from wsinspect.check.report import report, report_text
from wsinspect.check.text import text_report
from wsinspect.connection.manager import ConnectionManager
from wsinspect.diagnosis.engine import diagnose
from wsinspect.events import Event, FailureKind, Step
from wsinspect.export.commands import commands
from wsinspect.export.formats import FORMATS, export_session
from wsinspect.export.redact import Redactor
from wsinspect.options import ConnectOptions
from wsinspect.session.record import SessionRecord

CANARIES = {
    name: f"canary-{name}-7f3K9q2LmX8vR4tYw61Z"
    for name in (
        "basic",
        "bearer",
        "apikey",
        "cookie",
        "setcookie",
        "proxy",
        "userinfo",
        "query",
        "subprotocol",
        "path",
        "env",
    )
}
URL = f"ws://me:{CANARIES['userinfo']}@echo.example/{CANARIES['path']}?access_token={CANARIES['query']}"
PLAIN_URL = URL.replace(f"me:{CANARIES['userinfo']}@", "")
OPTIONS: dict[str, Any] = {
    "headers": (("Authorization", f"Bearer {CANARIES['bearer']}"), ("X-Api-Key", CANARIES["apikey"])),
    "cookies": (f"sid={CANARIES['cookie']}",),
    "basic_auth": f"me:{CANARIES['basic']}",
    "subprotocols": ("bearer", CANARIES["subprotocol"]),
    "proxy": f"http://me:{CANARIES['proxy']}@127.0.0.1:1",
}
SET = f"Set-Cookie: sid={CANARIES['setcookie']}; Path=/"
SENT = " ".join(CANARIES[name] for name in CANARIES if name not in ("env", "setcookie", "userinfo"))
"""What a request of `OPTIONS` holds."""
ECHOED = f"{SENT} {CANARIES['setcookie']} {CANARIES['userinfo']}"


def told_back() -> Story:
    """A server that answers with every secret it was given, in its head and body."""
    page = f"<pre>{ECHOED}</pre>".encode()
    head = f"HTTP/1.1 403 no {ECHOED}\r\n{SET}\r\nLocation: {URL}\r\nX-Echo: {ECHOED}\r\nContent-Length: {len(page)}\r\n\r\n"
    return asked(PLAIN_URL, **OPTIONS) + raw_answer(head.encode() + page) + fin() + over()


STORIES = {
    "refused": told_back(),
    "opened": opened(PLAIN_URL, answer=(SET,), **OPTIONS)
    + close(1008, f"no {CANARIES['bearer']}")
    + fin()
    + over(),
    "failed": started(PLAIN_URL, **OPTIONS)
    + failed(Step.RESOLVE, FailureKind.OS_ERROR, f"{PLAIN_URL}: {SENT}")
    + over(),
}


def check(text: str | bytes, *, where: str) -> None:
    """Fail if a canary, plain or in base64, is in `text`."""
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    for name, canary in CANARIES.items():
        # Its beginning is enough: what was cut to fit gives away the rest of it, too.
        for form in (
            canary[: len(name) + 11].encode(),
            b64encode(f"me:{canary}".encode()),
            canary.encode("utf-16-le"),
        ):
            assert form not in data, f"{name} in {where}"


def told_by(record: SessionRecord, *, show: bool = False) -> dict[str, str | bytes]:
    """Return everything that can be said of a session, by where it is said."""
    found, redact = diagnose(record), Redactor.for_session(record, show=show)
    said: dict[str, str | bytes] = {
        "text": text_report(record, found, redact, width=300),
        "json": report_text(report(record, found, redact)),
    }
    said |= {
        to: b"".join(export_session(record, to, show_secrets=show))
        for to in FORMATS
        if to != "raw"  # the payload that was asked for, and nothing else
    }
    assert record.current is not None
    said |= {f"command {one.tool}": one.text for one in commands(record.current.options, redact)}
    return said


@pytest.mark.parametrize("name", STORIES)
def test_no_output_holds_a_canary(name: str) -> None:
    record = STORIES[name].record()
    for where, said in told_by(record).items():
        check(said, where=where)
    record.close()


def test_asked_for_they_are_shown() -> None:
    record = STORIES["refused"].record()
    said = told_by(record, show=True)
    for where in ("text", "json", "markdown", "har"):
        assert CANARIES["bearer"] in str(said[where]), where
    record.close()


def test_the_same_secret_has_the_same_mask() -> None:
    record = STORIES["refused"].record()
    redact = Redactor.for_session(record)
    assert redact(CANARIES["bearer"]) in str(told_by(record)["text"])
    assert len({redact(canary) for name, canary in CANARIES.items() if name != "env"}) == len(CANARIES) - 1
    record.close()


def test_processes_say_none(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "wsinspect"
    folder.mkdir(parents=True)
    (folder / "profiles.toml").write_text(
        f'[p]\nurl = "{URL.replace("echo.example", "127.0.0.1:1")}"\nbearer = "${{CANARY}}"\n'
        f'cookies = ["sid={CANARIES["cookie"]}"]\nproxy = ""\n[bad]\nurl = "{URL}"\nbearer = 7\n'
    )
    path = recording(STORIES["refused"], tmp_path / "a.jsonl")
    env = environment(tmp_path, CANARY=CANARIES["env"], http_proxy=OPTIONS["proxy"])
    for arguments in (
        ("profiles", "list"),
        ("profiles", "show", "p"),
        ("check", "p"),
        ("check", "p", "--json"),
        ("check", "bad"),
        ("check", path),
        ("check", URL.replace("echo.example", "127.0.0.1:99999")),
        ("check", f"ws://127.0.0.1:1/?token={CANARIES['query']}#x"),
        ("check", "ws://127.0.0.1:1/", "-x", OPTIONS["proxy"]),
        ("check", "ws://127.0.0.1:1/", "-x", f"ftp://me:{CANARIES['proxy']}@h:1"),
        ("check", "ws://127.0.0.1:1/", "-H", f"Authorization: Bearer {CANARIES['bearer']}\x01"),
        ("check", "ws://127.0.0.1:1/", "-H", f"Authorization Bearer {CANARIES['bearer']}"),
        ("check", "ws://127.0.0.1:1/", "--bearer", f"{CANARIES['bearer']}\n"),
        ("check", "ws://127.0.0.1:1/", "-u", f"me:{CANARIES['basic']}\x01"),
        ("check", "ws://127.0.0.1:1/", "-b", f"sid={CANARIES['cookie']}\x01"),
        ("check", f"curl 'ws://127.0.0.1:1/' -H 'Cookie: sid={CANARIES['cookie']}' --nonsense"),
        ("explain", f"WebSocket connection to '{URL}' failed"),
        ("lab", "http-401-json", "--check"),
    ):
        done = run(*arguments, home=tmp_path, env=env)
        assert done.stdout or done.stderr
        check(done.stdout, where=f"stdout of {arguments}")
        check(done.stderr, where=f"stderr of {arguments}")


def test_no_process_or_thread_is_called_by_a_secret(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "wsinspect"
    folder.mkdir(parents=True)
    reached = threading.Event()

    async def hold(connection: ServerConnection) -> None:
        reached.set()
        await wait(connection)

    with serving(hold, select_subprotocol=lambda _connection, offered: offered[0]) as port:
        table = OPTIONS | {"url": PLAIN_URL.replace("echo.example", f"127.0.0.1:{port}"), "proxy": ""}
        (folder / "profiles.toml").write_text(
            tomli_w.dumps({"p": table | {"headers": dict(table["headers"])}})
        )
        line = command("check", "p", "--hold", "60")
        with subprocess.Popen(
            line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(tmp_path), cwd=ROOT
        ) as process:
            assert reached.wait(60)
            there = Path(f"/proc/{process.pid}")
            called = {str(path): path.read_bytes() for path in there.glob("task/*/comm")}
            called[str(there)] = (there / "cmdline").read_bytes()
            children = [path.read_text().split() for path in there.glob("task/*/children")]
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=60)
    assert b"101" in said
    assert called[str(there)].split(b"\0")[:-1] == [part.encode() for part in line]
    assert not any(children), "nothing is started whose arguments anybody could read"
    for where, name in called.items():
        check(name, where=where)


async def test_no_task_of_a_connection_is_called_by_a_secret() -> None:
    names: set[str] = set()

    def sink(_: Event) -> None:
        names.update(task.get_name() for task in asyncio.all_tasks())
        names.update(thread.name for thread in threading.enumerate())

    settings = OPTIONS | {"proxy": "", "ping_interval_s": 0.01}
    async with peer(accepting(close_frame(), then="fin")) as port:
        url = PLAIN_URL.replace("echo.example", f"localhost:{port}")
        await ConnectionManager(ConnectOptions(url=url, **settings), sink, environ={}).run()
    assert len(names) > 3
    check(" ".join(names), where="the names of tasks and threads")


def test_a_crash_says_one_line_and_keeps_the_secrets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def deep(options: ConnectOptions) -> None:
        raise RuntimeError(f"{options} {ECHOED} {CANARIES['env']}")

    arguments = ["check", URL, "-u", OPTIONS["basic_auth"], "-b", f"sid={CANARIES['cookie']}"]
    with pytest.raises(RuntimeError) as caught:
        deep(ConnectOptions(url=URL, **OPTIONS))
    assert tell_crash(caught.value, arguments) == 70
    said = capsys.readouterr().err
    assert said.startswith("wsinspect: this is a mistake of wsinspect's own (RuntimeError)")
    assert said.count("\n") == 1
    (file,) = tmp_path.glob("wsinspect-crash-*.txt")
    assert str(file) in said
    assert file.stat().st_mode & 0o777 == 0o600
    details = file.read_text("utf-8")
    assert "in deep" in details
    check(said + details, where="the crash")


def test_a_crash_of_the_command_line_is_70(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import wsinspect.check.explain as e\ndef explain(*a, **k): raise ZeroDivisionError('x')\ne.explain = explain\n"
    )
    env = environment(tmp_path, PYTHONPATH=f"{tmp_path}:{ROOT}", TMPDIR=str(tmp_path))
    done = run("explain", "1006", home=tmp_path, env=env)
    assert done.returncode == 70
    assert done.stderr.decode().count("\n") == 1
    assert b"Traceback" not in done.stderr
    asked_for = run("explain", "1006", home=tmp_path, env=env | {"WSINSPECT_TRACEBACK": "1"})
    assert b"Traceback" in asked_for.stderr
