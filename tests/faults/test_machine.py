"""The machine that we run on fails: one clear line says so, the check goes on, and nothing recorded is lost."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request

from tests.check.serving import serving
from tests.connection.peer import close_frame, manager_for, opened, peer
from tests.diagnosis.story import Story, fin, idle, reset, sent_text, text
from tests.diagnosis.story import opened as story_opened
from tests.faults.program import PATIENCE_S, ROOT, command, environment, run
from wsinspect.clock import elapsed_ns
from wsinspect.connection.replay import read_recording, replay
from wsinspect.diagnosis.engine import diagnose
from wsinspect.session.record import SessionRecord
from wsinspect.session.spool import Spool


async def hundred(connection: ServerConnection) -> None:
    """Send a hundred messages, then wait."""
    with suppress(ConnectionClosed):
        for number in range(100):
            await connection.send(f"{number} ".ljust(1000, "x"))
        await connection.wait_closed()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(hundred, compression=None) as port:
        yield f"ws://127.0.0.1:{port}/"


def test_a_disk_that_fills_up_ends_the_recording_alone(url: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    done = run("check", url, "--hold", "0.2", "-o", path, home=tmp_path, FSIZE=20_000)
    assert done.returncode == 0
    assert re.fullmatch(
        r"wsinspect: recording: \S+: the recording ends here: File too large; \d+ later events are not in it\n",
        done.stderr.decode(),
    )
    reading = read_recording(path)
    record = SessionRecord()
    replay(reading, record.append)
    assert not reading.truncated
    assert path.stat().st_size <= 20_000
    assert [int(record.frames.preview(n).split()[0]) for n in range(len(record.frames))] == list(
        range(len(record.frames))
    )
    record.close()


def test_a_disk_that_is_full_leaves_the_older_recording(url: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    run("check", url, "--hold", "0", "-o", path, home=tmp_path)
    older = path.read_bytes()
    done = run("check", url, "--hold", "0", "-o", path, home=tmp_path, FSIZE=10)
    assert done.returncode == 0
    assert done.stderr.decode().count("\n") == 1
    assert (tmp_path / "a.jsonl~").read_bytes() == older


def test_a_spool_on_a_full_disk_says_how_much_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(memory_bytes=1 << 20, file_bytes=1 << 30, folder=Path("/nowhere/at/all"))
    for _ in range(40):
        spool.append(b"x" * 100_000)
    assert (
        spool.problem
        == "the spool file cannot be written (No such file or directory); older payloads are dropped"
    )
    assert spool.dropped_bytes > 0
    assert spool.read(spool.size - 10, 10) == b"x" * 10
    spool.close()


def test_a_home_that_can_not_be_written_is_no_obstacle(url: str, tmp_path: Path) -> None:
    home = Path("/proc/1/nothing")
    assert run("check", url, "--hold", "0", home=home, env=environment(home)).returncode == 0
    done = run("profiles", "list", home=home)
    assert done.returncode == 0
    assert done.stdout.startswith(b"no profiles yet")


@pytest.mark.parametrize("scheme", ["ws", "wss"])
@pytest.mark.parametrize("files", [6, 7, 8])
def test_without_descriptors_the_machine_is_named_and_nobody_else(
    url: str, files: int, scheme: str, tmp_path: Path
) -> None:
    wanted = url.replace("ws://127.0.0.1", f"{scheme}://localhost")
    done = run("check", wanted, "--hold", "0", "--json", home=tmp_path, NOFILE=files)
    assert b"Traceback" not in done.stderr
    if not done.stdout:
        assert re.fullmatch(r"wsinspect: Too many open files: .*`ulimit -n`.*\n", done.stderr.decode())
        assert done.returncode == 2
        return
    report = json.loads(done.stdout)
    if files == 6:
        assert "Too many open files" in json.dumps(report["steps"])
    for finding in report["findings"]:
        assert finding["cause"] not in ("dns-nxdomain", "tcp-refused")


@pytest.mark.parametrize(
    "changes",
    [
        {"LANG": "C", "LC_ALL": "C"},
        {"LANG": "POSIX", "PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "en_XX.nonsense"},
        {"TERM": "dumb"},
        {"COLUMNS": "1"},
    ],
)
def test_any_locale_and_terminal_gets_the_report(url: str, changes: dict[str, str], tmp_path: Path) -> None:
    env = environment(tmp_path, **changes)
    for arguments in (
        ("check", f"{url}ünïcode", "--hold", "0", "--send", "žluť"),
        ("explain", "1006"),
        ("lab", "--list"),
    ):
        done = run(*arguments, home=tmp_path, env=env)
        assert done.returncode == 0, done.stderr
        assert done.stderr == b""
        if "PYTHONIOENCODING" in changes:
            assert done.stdout.isascii()


ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
"""A locale in which Python itself knows ASCII and nothing else."""


def test_in_an_ascii_locale_what_is_typed_is_read_as_utf_8(url: str, tmp_path: Path) -> None:
    env = environment(tmp_path, **ASCII)
    path = tmp_path / "žluť.jsonl"
    done = run(
        "check", f"{url}ünïcode", "--send", "žluť", "--hold", "0.1", "-o", path, home=tmp_path, env=env
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert "/%C3%BCn%C3%AFcode" in done.stdout.decode()
    assert [one.name for one in tmp_path.iterdir()] == ["žluť.jsonl"]
    again = run("check", path, home=tmp_path, env=env)
    assert again.returncode == 0
    refused = run(
        "check", b"ws://127.0.0.1:1/\xfc".decode("utf-8", "surrogateescape"), home=tmp_path, env=env
    )
    assert refused.returncode == 2
    assert re.fullmatch(rb"wsinspect: URL: character 18 is not UTF-8; .*\n", refused.stderr)


def test_interrupted_while_it_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt\n")
    done = run("check", "ws://h/", home=tmp_path, env=environment(tmp_path, PYTHONPATH=str(tmp_path)))
    assert (done.returncode, done.stderr) == (130, b"")


class Clock:
    """Monotonic and wall time that a test moves."""

    def __init__(self) -> None:
        self.monotonic_ns = 1_000_000_000
        self.wall_ns = 1_700_000_000_000_000_000


async def recorded(clock: Clock, jump: str) -> SessionRecord:
    """Connect while a clock jumps."""
    record = SessionRecord()
    async with peer(opened(close_frame(), then="fin")) as port:
        manager = manager_for(port, record.append)
        manager._emit._clock = lambda: clock.monotonic_ns
        manager._wall_clock = lambda: clock.wall_ns
        await manager.open()
        if jump == "wall":
            clock.wall_ns -= 86_400 * 10**9
        else:
            clock.monotonic_ns += 8 * 3600 * 10**9
        await manager.wait_closed()
        manager.reconnect()
        await manager.wait_closed()
    return record


@pytest.mark.parametrize("jump", ["wall", "sleep"])
async def test_clocks_that_jump_keep_the_order_of_things(jump: str) -> None:
    record = await recorded(Clock(), jump)
    times = [event.at_ns for event in record.events]
    assert times == sorted(times)
    assert len(record.attempts) == 2
    for attempt in record.attempts:
        assert attempt.ended
        assert attempt.closure.clean
        assert all((rung.duration_ns() or 0) >= 0 for rung in attempt.rungs())
        diagnose(record, attempt)
    record.close()


@pytest.mark.parametrize(
    "end", [Story((fin(),)), Story((reset(),)), Story((sent_text("b"), reset()))], ids=["fin", "rst", "sent"]
)
@pytest.mark.parametrize("asleep_s", [45, 3600, 8 * 3600])
def test_after_a_long_sleep_no_timeout_is_certain(end: Story, asleep_s: int) -> None:
    for finding in (story_opened() + text("a") + idle(s=asleep_s) + end).diagnose().findings:
        assert finding.certainty != "certain", finding


def test_an_answer_that_comes_while_we_are_stopped_is_read_later_and_the_standstill_is_told(
    tmp_path: Path,
) -> None:
    asked, stopped = threading.Event(), threading.Event()

    async def answer_when_stopped(_connection: ServerConnection, _request: Request) -> None:
        asked.set()
        await asyncio.to_thread(stopped.wait, PATIENCE_S)

    with serving(hundred, process_request=answer_when_stopped) as port:
        line = command("check", f"ws://127.0.0.1:{port}/", "--connect-timeout", "1", "--hold", "0.1")
        with subprocess.Popen(line, stdout=subprocess.PIPE, cwd=ROOT, env=environment(tmp_path)) as program:
            assert asked.wait(PATIENCE_S)
            program.send_signal(signal.SIGSTOP)
            stopped.set()
            time.sleep(4)
            program.send_signal(signal.SIGCONT)
            said, _ = program.communicate(timeout=PATIENCE_S)
    assert program.returncode == 0
    assert b"Nothing is wrong" in said
    assert re.search(
        rb"Note: wsinspect itself stood still for \d+ s, between \d+\.\d s and \d+\.\d s of the\s+session",
        said,
    )


def test_the_clock_goes_on_while_the_machine_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def gettime(clock: int) -> int:
        asked.append(clock)
        return 8 * 3600 * 10**9

    monkeypatch.setattr(time, "clock_gettime_ns", gettime)
    assert elapsed_ns() == 8 * 3600 * 10**9
    assert asked == [time.CLOCK_BOOTTIME]
    monkeypatch.undo()
    before = elapsed_ns()
    assert before <= elapsed_ns()


WITHOUT_IPV6 = """
import socket
class WithoutSix(socket.socket):
    def __init__(self, family=-1, *rest, **named):
        if family == socket.AF_INET6:
            raise OSError(97, "Address family not supported by protocol")
        super().__init__(family, *rest, **named)
socket.socket = WithoutSix
"""


def test_without_ipv6_the_other_address_is_taken(url: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_IPV6)
    env = environment(tmp_path, PYTHONPATH=f"{tmp_path}:{ROOT}")
    port = url.rsplit(":", 1)[1].strip("/")
    both = (
        f"ws://two.test:{port}/",
        "--resolve",
        f"two.test:{port}:[::1],127.0.0.1",
        "--hold",
        "0",
        "--json",
    )
    done = run("check", *both, home=tmp_path, env=env)
    assert done.returncode == 0
    steps = json.dumps(json.loads(done.stdout)["steps"])
    assert "Address family not supported" in steps
    alone = run("check", f"ws://[::1]:{port}/", home=tmp_path, env=env)
    assert alone.returncode == 3
    assert b"Address family not supported by protocol" in alone.stdout
    assert alone.stderr == b""
