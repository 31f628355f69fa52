"""The command line as a person uses it: one process a story, real servers, every exit code."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection

from tests.check.serving import serving, wait

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """An echo server."""
    with serving() as port:
        yield port


def environment(home: Path | None = None, **changes: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if "proxy" not in name.lower() and name != "NO_COLOR"
    }
    home = home or ROOT / "nowhere"
    return (
        kept
        | {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_STATE_HOME": str(home), "COLUMNS": "100"}
        | changes
    )


def run(
    *arguments: str | bytes, stdin: bytes = b"", cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "wsinspect", *arguments],
        input=stdin,
        capture_output=True,
        check=False,
        timeout=60,
        cwd=cwd or ROOT,
        env=env or environment(),
    )


def one_line(done: subprocess.CompletedProcess[bytes], code: int = 2) -> str:
    """Return the one line on stderr, which is all that a mistake prints."""
    text = done.stderr.decode()
    assert done.returncode == code, text
    assert text.startswith("wsinspect: ")
    assert text.count("\n") == 1
    assert "Traceback" not in text
    return text


def refused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number: int = taken.getsockname()[1]
    return number


def test_opened_and_ended_as_asked_is_0(port: int) -> None:
    done = run("check", f"ws://127.0.0.1:{port}/", "--send", "hé", "--hold", "100ms")
    assert done.returncode == 0
    assert b"Nothing is wrong" in done.stdout
    assert done.stderr == b""
    assert b"\x1b" not in done.stdout


def test_ended_early_is_1() -> None:
    async def leave(connection: ServerConnection) -> None:
        connection.transport.abort()

    with serving(leave) as port:
        done = run("check", f"ws://127.0.0.1:{port}/", "--hold", "5")
    assert done.returncode == 1
    assert b"close with code 1006" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check"], "check: TARGET is missing; `wsinspect check --help` says what it may be"),
        (["check", ""], "the target is empty; allowed: ws://"),
        (["check", "ftp://x/"], "URL: the scheme 'ftp' is not known; allowed: ws, wss"),
        (["check", "ws://h:99999/"], "URL: the port '99999' is not a port; allowed: 1 to 65535"),
        (["check", "nope"], "'nope' is neither a URL, a saved profile nor a file"),
        (["check", "./gone.jsonl"], "./gone.jsonl: there is no such file"),
        (["check", "ws://h/", "--ping-interval", "soon"], "--ping-interval: 'soon' is not a time; allowed: seconds"),
        (["check", "ws://h/", "--hold", "-1"], "--hold: '-1' is not a time"),
        (["check", "ws://h/", "--hold"], "option '--hold' requires an argument"),
        (["check", "ws://h/", "-H", "x"], "--header: header 'x' has no colon; allowed: 'Name: value'"),
        (["check", "ws://h/", "--bearer", ""], "--bearer: the value is empty; leave the option out"),
        (["check", "ws://h/", "--origin", "a\nb"], "--origin: the value holds the control character U+000A"),
        (["check", "ws://h/", "-s", "a b"], "subprotocol: subprotocol 'a b' is not a token"),
        (["check", "ws://h/", "-x", "foo://h"], "-x: the proxy's scheme 'foo' is not known"),
        (["check", "ws://h/", "--resolve", "x"], "--resolve: 'x' is not of the form that it must have; allowed: HOST:PORT:ADDRESS"),
        (["check", "ws://h/", "--connect-to", "x"], "--connect-to: 'x' is not of the form"),
        (["check", "ws://h/", "-4", "-6"], "-4 and -6 exclude each other"),
        (["check", "wss://h/", "--cacert", "gone.pem"], "the CA file gone.pem cannot be read: No such file or directory"),
        (["check", "wss://h/", "--cert", "pyproject.toml"], "client certificate pyproject.toml: not a PEM file"),
        (["check", "wss://h/", "--key", "k.pem"], "a client key needs its certificate too"),
        (["check", "ws://h/", "-o", "."], ".: can't be written: Is a directory"),
        (["check", "ws://h/", "-o", ""], "--output: is empty; allowed: the name of a file"),
        (["check", "ws://h/", "--bearrer", "x"], "there is no option --bearrer; did you mean --bearer?"),
        (["check", "ws://h/", "--zzzz"], "there is no option --zzzz; `wsinspect check --help` lists them"),
        (["check", "ws://h/", "ws://i/"], "unexpected extra argument (ws://i/)"),
        (["chek", "ws://h/"], "there is no command 'chek'; did you mean 'check'?"),
        (["explain", "tcp-refusd"], "explain: nothing is known of 'tcp-refusd'; allowed: .*did you mean 'tcp-refused'?"),
        (["explain", "--list", "zzz"], "explain --list: no cause has 'zzz'"),
        (["lab", "nope"], "unknown lab scenario 'nope'"),
        (["lab", "helthy"], "did you mean 'healthy'?"),
        (["lab", "--json"], "--json: goes with --check; add --check"),
        (["lab", "healthy", "--serve", "--check"], "--serve: only serves; leave out --check"),
        (["lab", "--time-scale", "0"], "--time-scale: '0' is out of range; allowed: 0.01 to 100"),
        (["lab", "--time-scale", "nan"], "--time-scale: 'nan' is out of range; allowed: 0.01 to 100"),
        (["lab", "--time-scale", "slow"], "--time-scale: 'slow' is not a number; allowed: 0.01 to 100"),
        (["serve", "--port", "http"], "--port: 'http' is not a whole number; allowed: whole numbers from 0 to 65535"),
        (["serve", "--port", "65536"], "--port: '65536' is out of range; allowed: whole numbers from 0 to 65535"),
        (["export", "x", "--to", "raw", "--frame", "0"], "--frame: '0' is out of range; allowed: whole numbers from 1"),
        (["lab", "healthy"], "the terminal UI needs a terminal, and this is none; `wsinspect lab healthy --check` does the same"),
        (["profiles", "show"], "profiles show: which profile?"),
        (["profiles", "show", "x"], "no profile is called 'x'; allowed: none yet"),
        (["profiles", "path", "x"], "profiles path: 'x' is one word too many"),
        (["profiles", "zzz"], "profiles: 'zzz' is not one of 'list', 'show', 'path'"),
        (["profiles", "list", "--show-secrets"], "--show-secrets: goes with `profiles show NAME`; leave it out"),
        (["lab", "--check"], "--check: goes with a SCENARIO; `wsinspect lab --list` names them"),
        (["lab", "--list", "-o", "x"], "--output: goes with a SCENARIO; `wsinspect lab --list` names them"),
        (["lab", "healthy", "--list"], "lab: 'healthy' is one word too many; leave out --list and --stage, or it"),
        ([], "the terminal UI needs a terminal, and this is none; `wsinspect check URL` does the same without one"),
        (["ws://h/"], "the terminal UI needs a terminal"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)  # fmt: skip
def test_every_mistake_is_2_and_one_clear_line(
    arguments: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """In this process, for speed; that a process of its own says the same is tried below."""
    import re

    from wsinspect.cli import main

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("platformdirs.user_config_path", lambda _: tmp_path)
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    out, err = capsys.readouterr()
    assert stopped.value.code == 2
    assert re.search(re.escape(said).replace(r"\.\*", ".*"), err), err
    assert err.startswith("wsinspect: ")
    assert err.count("\n") == 1
    assert out == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([b"check", b"ws://127.0.0.1:9/\xff"], "URL: character 18 is not UTF-8"),
        ([b"check", b"\xff\xfe"], "is neither a URL"),
        ([b"check", b"ws://h/", b"--bearer", b"a\xff"], "--bearer: the value holds the byte 0xff at character 2, which is not UTF-8"),
        ([b"check", b"ws://h/", b"--send", b"\xff"], "--send: the value holds the byte 0xff"),
        ([b"check", b"b" * 5000], "is neither a URL"),
        ([b"check", b"ws://h/" + b"a" * 70_000], "URL: the URL has 70007 characters; allowed: at most 65536"),
    ],
)  # fmt: skip
def test_bytes_that_are_no_text(arguments: list[bytes], said: str) -> None:
    assert said in one_line(run(*arguments))


def test_never_reached_http_is_3() -> None:
    done = run("check", f"ws://127.0.0.1:{refused_port()}/", "--json")
    assert done.returncode == 3
    found = json.loads(done.stdout)
    assert (found["failed_step"], found["findings"][0]["cause"]) == ("tcp", "tcp-refused")


def test_a_refused_upgrade_is_4(port: int) -> None:
    done = run("check", f"http://127.0.0.1:{port}/", "-H", "Upgrade: nothing", "--json")
    assert done.returncode == 4
    assert json.loads(done.stdout)["failed_step"] == "upgrade"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_is_130_and_still_reports(number: signal.Signals, tmp_path: Path) -> None:
    path = tmp_path / "cut.jsonl"
    with serving(wait) as port:
        command = [
            sys.executable,
            "-m",
            "wsinspect",
            "check",
            f"ws://127.0.0.1:{port}/",
            "--hold",
            "60",
            "--json",
            "-o",
            str(path),
        ]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), cwd=ROOT
        ) as process:
            wait_for_frames(path, process)
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == b""
    found = json.loads(out)
    assert found["interrupted"] is True
    assert b"ready-state-changed" in path.read_bytes()


def wait_for_frames(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until the recording says that the connection is open."""
    while b'"new":"OPEN"' not in (path.read_bytes() if path.exists() else b""):
        assert process.poll() is None
        os.sched_yield()


def test_send_and_echo() -> None:
    got: list[str | bytes] = []

    async def talk(connection: ServerConnection) -> None:
        got.append(await connection.recv())
        await connection.send("back")
        got.append(await connection.recv())

    with serving(talk) as port:
        done = run("check", f"ws://127.0.0.1:{port}/", "--send", "first", "--echo")
    assert done.returncode == 0, done.stdout
    assert got == ["first", "back"]


def test_a_recording_is_diagnosed_again_from_a_file_and_from_standard_input(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    live = run("check", f"ws://127.0.0.1:{refused_port()}/", "-o", str(path))
    assert live.returncode == 3
    assert path.stat().st_mode & 0o777 == 0o600
    again = run("check", str(path))
    piped = run("check", "-", stdin=path.read_bytes())
    assert (again.returncode, piped.returncode) == (3, 3)
    assert live.stdout == again.stdout == piped.stdout
    log = tmp_path / "app.log"
    log.write_text(f"{datetime.now(tz=UTC).isoformat()} bind: address in use\n")
    woven = run("check", str(path), "--server-log", str(log)).stdout
    assert b"Server log app.log" in woven
    assert b"bind: address in use" in woven
    log.write_text("no time\n")
    assert b"no line of it states a time" in run("check", str(path), "--server-log", str(log)).stdout
    said = one_line(run("check", str(path), "--hold", "3"))
    assert "--hold: has no effect on a recording, which is shown as it was made; leave it out" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "r.jsonl: line 1: not a wsinspect recording; allowed: a first line"),
        (bytes(range(256)) * 20, "r.jsonl: line 1: not a wsinspect recording"),
        (b'{"wsinspect":"recording","version":99}\n', "r.jsonl: line 1: recording version 99; allowed: version 1; a newer wsinspect reads it"),
        (b'{"wsinspect":"recording","version":1}\n', "r.jsonl: the recording holds no attempt"),
        (b'{"wsinspect":"recording","version":1}\n{"event":"nope"}\n', "r.jsonl: line 2: not an event: "),
    ],
)  # fmt: skip
def test_files_that_are_no_recordings(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_bytes(content)
    assert said in one_line(run("check", "r.jsonl", cwd=tmp_path, env=environment(PYTHONPATH=str(ROOT))))


def test_secrets_are_masked_unless_they_are_asked_for(port: int) -> None:
    arguments = [
        "check",
        f"ws://127.0.0.1:{port}/ws?token=canary-in-query",
        "--bearer",
        "canary-bearer",
        "-b",
        "sid=canary-cookie",
        "--hold",
        "0",
        "-H",
        "Upgrade: x",
    ]
    for extra in ([], ["--json"]):
        masked = run(*arguments, *extra).stdout
        assert b"canary" not in masked
        assert b"***" in masked
        shown = run(*arguments, *extra, "--show-secrets").stdout
        assert b"canary-bearer" in shown
        assert b"canary-in-query" in shown


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["check", "--help"], ["explain", "-h"], ["lab", "-h"], ["profiles", "-h"], ["-V"]],
)
def test_help_and_version_are_0(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 0
    assert done.stderr == b""
    if arguments[-1] != "-V":
        text = done.stdout.decode()
        assert text.startswith("Usage: wsinspect")
        assert max(map(len, text.splitlines())) <= 110


def test_help_groups_every_option_and_tells_the_exit_codes() -> None:
    text = run("check", "--help").stdout.decode()
    for heading in ("Request:", "Where to connect:", "TLS:", "Time:", "Once open:", "Output:"):
        assert f"\n{heading}\n" in text
    for option in ("--header", "--cookie", "--insecure", "--proxy", "--subprotocol", "--origin", "--cacert", "--cert", "--key", "--resolve", "--connect-to", "-4", "-6", "--connect-timeout", "--no-compression", "--ping-interval", "--ping-timeout", "--output", "--hold", "--send", "--echo", "--json", "--show-secrets"):  # fmt: skip
        assert option in text
    assert "130 interrupted" in text


def test_a_reader_that_goes_away_is_no_mistake() -> None:
    for arguments in (["explain", "--list"], ["--help"], ["check", f"ws://127.0.0.1:{refused_port()}/"]):
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(
            [sys.executable, "-m", "wsinspect", *arguments], stdout=writing, stderr=subprocess.PIPE, env=environment(), cwd=ROOT, check=False, timeout=60
        )  # fmt: skip
        os.close(writing)
        assert done.stderr == b""
        if arguments[0] == "check":
            assert done.returncode == 3


def test_a_full_disk_is_one_line() -> None:
    for arguments in (["explain", "1006"], ["--help"], ["check", f"ws://127.0.0.1:{refused_port()}/"]):
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [sys.executable, "-m", "wsinspect", *arguments], stdout=full, stderr=subprocess.PIPE, env=environment(), cwd=ROOT, check=False, timeout=60
            )  # fmt: skip
        assert done.returncode == 2
        assert done.stderr == b"wsinspect: standard output: can't be written: No space left on device\n"


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_streams_change_nothing_but_what_they_carry(closed: str) -> None:
    port = refused_port()
    command = f'"{sys.executable}" -m wsinspect check ws://127.0.0.1:{port}/ {closed}'
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, env=environment(), cwd=ROOT, check=False, timeout=60
    )
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr + done.stdout


def test_an_ascii_terminal_gets_escapes_and_no_error() -> None:
    done = run("explain", "1006", env=environment(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0"))
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert done.stdout.startswith(b"Close code 1006: abnormal closure")


def test_standard_input_may_be_a_url_a_curl_command_or_a_line() -> None:
    port = refused_port()
    for text in (f"ws://127.0.0.1:{port}/", f"curl 'ws://127.0.0.1:{port}/' \\\n -H 'Origin: https://a'"):
        assert run("check", "-", stdin=text.encode()).returncode == 3
    done = run("explain", "-", stdin=b"WebSocket is closed before the connection is established.\n")
    assert done.returncode == 0
    assert b"client-closed-while-connecting" in done.stdout
    assert "standard input is empty" in one_line(run("check", "-"))


def test_a_profile_is_opened_and_its_mistakes_are_told_with_their_line(tmp_path: Path) -> None:
    folder = tmp_path / "wsinspect"
    folder.mkdir()
    file = folder / "profiles.toml"
    env = environment(tmp_path, LAB_TOKEN="canary-of-the-environment")
    file.write_text(
        f'[dev]\nurl = "ws://127.0.0.1:{refused_port()}/"\nbearer = "${{LAB_TOKEN}}"\n\n[bad]\nurl = "ws://h/"\nping_intervall_s = 3\n',
        "utf-8",
    )
    assert run("check", "dev", env=env).returncode == 3
    said = one_line(run("check", "bad", env=env))
    assert (
        "profiles.toml: line 7: profile 'bad': unknown key 'ping_intervall_s'; did you mean 'ping_interval_s'?"
        in said
    )
    assert "did you mean 'dev'" in one_line(run("check", "dve", env=env))
    assert run("profiles", env=env).stdout.decode().splitlines()[0].startswith("dev  ws://127.0.0.1:")
    assert 'bearer = "${LAB_TOKEN}"' in run("profiles", "show", "dev", env=env).stdout.decode()
    assert run("profiles", "path", env=env).stdout.decode().strip() == str(file)
    del env["LAB_TOKEN"]
    assert "bearer refers to ${LAB_TOKEN}, and no such environment variable is set" in one_line(
        run("check", "dev", env=env)
    )
