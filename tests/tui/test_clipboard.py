"""Copying: the nearest clipboard first, the next one when it fails, a file in the end, and the words say which."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests.diagnosis.story import opened, text
from tests.tui.stage import staged
from wsinspect.options import ConnectOptions
from wsinspect.tui import clipboard
from wsinspect.tui.clipboard import CopyFailedError, copy
from wsinspect.tui.opening import Opening

XTERM = {"TERM": "xterm-256color"}
SSH = {**XTERM, "SSH_CONNECTION": "192.0.2.1 5 192.0.2.2 22"}


class Ways:
    """Every way of copying, each working or not."""

    def __init__(self, *, system: bool = True, tmux: bool = True) -> None:
        self.working = {"system": system, "tmux": tmux}
        self.used: list[str] = []

    def way(self, name: str) -> clipboard.Way:
        async def write(_text: str) -> None:
            if not self.working.get(name, True):
                raise CopyFailedError(name)
            self.used.append(name)

        return write

    def terminal(self, written: str) -> None:
        self.used.append("terminal")
        self.written = written

    async def copy(self, text: str, environ: dict[str, str], *, terminal: bool = True) -> str:
        return await copy(
            text,
            self.terminal if terminal else None,
            environ,
            system=self.way("system"),
            tmux=self.way("tmux"),
            file=lambda _: Path("/somewhere/copy.txt"),
        )


async def test_the_systems_clipboard_comes_first() -> None:
    ways = Ways()
    assert await ways.copy("x", XTERM) == "the clipboard"
    assert ways.used == ["system"]


async def test_over_ssh_the_terminal_comes_first() -> None:
    ways = Ways()
    assert "OSC 52" in await ways.copy("x", SSH)
    assert ways.used == ["terminal"]


async def test_in_tmux_its_buffer_is_used() -> None:
    ways = Ways(system=False)
    assert "tmux" in await ways.copy("x", {**XTERM, "TMUX": "/tmp/tmux-0/default,1,0"})
    assert ways.used == ["tmux"]


async def test_a_failing_clipboard_gives_way_to_the_terminal() -> None:
    ways = Ways(system=False)
    assert "OSC 52" in await ways.copy("x", XTERM)


@pytest.mark.parametrize("environ", [{"TERM": "linux"}, {}])
async def test_a_terminal_that_knows_no_clipboard_gets_a_file(environ: dict[str, str]) -> None:
    ways = Ways(system=False)
    assert "/somewhere/copy.txt" in await ways.copy("x", environ)
    assert ways.used == []


async def test_what_is_too_long_for_the_terminal_gets_a_file_and_that_is_said() -> None:
    ways = Ways(system=False, tmux=False)
    for environ in (XTERM, {**XTERM, "TMUX": "there"}):
        where = await ways.copy("x" * 100_000, environ)
        assert where == (
            "the file /somewhere/copy.txt: 100000 bytes are too many for the terminal's clipboard (OSC 52)"
        )
    assert ways.used == []
    where = await Ways(system=False).copy("x" * 100_000, {**XTERM, "TMUX": "there"})
    assert where == "tmux's buffer; 100000 bytes are too many for the terminal's clipboard (OSC 52)"


_PLAIN = "\x1b]52;c;eMOp\x07"
_THROUGH_TMUX = "\x1bPtmux;\x1b\x1b]52;c;eMOp\x07\x1b\\"


@pytest.mark.parametrize(
    ("environ", "written"),
    [
        ({"TERM": "xterm-256color"}, _PLAIN),
        ({"TERM": "screen-256color", "TMUX": "there"}, _PLAIN + _THROUGH_TMUX),
        ({"TERM": "tmux-256color", "SSH_TTY": "/dev/pts/1"}, _PLAIN + _THROUGH_TMUX),
        ({"TERM": "screen", "STY": "1.pts"}, _PLAIN + f"\x1bP{_PLAIN}\x1b\\"),
    ],
)
async def test_what_lies_before_the_terminal_hands_it_on(environ: dict[str, str], written: str) -> None:
    ways = Ways(system=False, tmux=False)
    assert await ways.copy("x\u00e9", environ) == "the terminal's clipboard (OSC 52)"
    assert ways.written == written


def test_gnu_screen_gets_short_strings() -> None:
    said = clipboard.osc52("x" * 3000, {"STY": "1.pts"})
    plain, *parts = said.split("\x1bP")
    assert [len(part) < 768 and part.endswith("\x1b\\") for part in parts] == [True] * 6
    assert "".join(part.removesuffix("\x1b\\") for part in parts) == plain


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs that stand in for the system's, and the only one on the path."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("DISPLAY", ":9")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    return folder


def program(path: Path, script: str) -> None:
    path.write_text("#!/bin/sh\nPATH=/usr/bin:/bin\n" + script)
    path.chmod(0o700)


async def test_the_systems_clipboard_is_reached(programs: Path) -> None:
    kept = programs / "kept"
    program(programs / "xclip", f'case "$*" in *-o*) cat {kept};; *) cat > {kept};; esac')
    await clipboard.to_system("x \u2603\n")
    assert kept.read_text() == "x \u2603\n"


async def test_a_clipboard_that_swallows_what_it_gets_is_not_believed(programs: Path) -> None:
    program(programs / "xclip", "exit 1")
    with pytest.raises(CopyFailedError):
        await clipboard.to_system("x")


async def test_a_clipboard_that_hangs_is_ended(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alive = programs / "alive"
    os.mkfifo(alive)
    program(programs / "xclip", f"exec > {alive}; echo hanging; exec sleep 600")
    communicate = asyncio.subprocess.Process.communicate
    heard = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)
    hangs = asyncio.Event()
    asyncio.get_running_loop().add_reader(heard, hangs.set)

    async def until_it_hangs(self: asyncio.subprocess.Process, data: bytes) -> None:
        running = asyncio.ensure_future(communicate(self, data))
        await hangs.wait()
        running.cancel()
        raise TimeoutError

    monkeypatch.setattr(asyncio.subprocess.Process, "communicate", until_it_hangs)
    try:
        with pytest.raises(CopyFailedError, match="too long"):
            await clipboard.to_system("x")
        asyncio.get_running_loop().remove_reader(heard)
        os.set_blocking(heard, True)
        # The end of the stream comes only once nobody holds it open.
        assert os.read(heard, 100) + os.read(heard, 100) == b"hanging\n"
    finally:
        os.close(heard)


async def test_without_a_desktop_nothing_is_started(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WSL_DISTRO_NAME", raising=False)
    program(programs / "xclip", f"touch {programs}/started")
    with pytest.raises(CopyFailedError):
        await clipboard.to_system("x")
    assert not (programs / "started").exists()


def test_the_file_is_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = clipboard.to_file("secret \x1b")
    assert path.read_text() == "secret \x1b"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("key", "what", "copied"),
    [
        ("1", "the timeline", "✓ Upgrade"),
        ("2", "the handshake", "> GET / HTTP/1.1"),
        ("3", "frame 1 as text", "hello"),
        ("4", "the diagnosis", "nothing is wrong"),
    ],
)
async def test_what_has_the_focus_is_copied(
    key: str, what: str, copied: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []

    async def take(text: str, *_: object) -> str:
        taken.append(text)
        return "the test"

    monkeypatch.setattr(clipboard, "copy", take)
    async with staged(opened() + text("hello")) as stage:
        await stage.press(key, "y")
        await stage.app.workers.wait_for_complete()
        await stage.settle()
        assert copied in taken[0]
        assert f"{what} copied to the test" in " ".join(stage.screen_text().split())


async def test_secrets_leave_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []

    async def take(text: str, *_: object) -> str:
        taken.append(text)
        return "the test"

    monkeypatch.setattr(clipboard, "copy", take)
    options = ConnectOptions(url="ws://echo.example/", headers=(("Authorization", "Bearer s3cr3t-t0k3n"),))
    story = opened(headers=options.headers)
    async with staged(story, opening=Opening(options=options)) as stage:
        assert "s3cr3t-t0k3n" in str(stage.app.session.record.attempts[0].handshake.request)
        assert "s3cr3t-t0k3n" not in stage.app.inspector.rows_of("handshake").as_text()
        await stage.press("2", "y")
        await stage.app.workers.wait_for_complete()
    assert "Authorization: Bearer" in taken[0]
    assert "s3cr3t-t0k3n" not in taken[0]
