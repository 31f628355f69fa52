"""Copying: the nearest clipboard first, the next one when it fails, a file in the end, and the words say which."""

from __future__ import annotations

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

    def way(self, name: str) -> clipboard.Write:
        def write(_text: str) -> None:
            if not self.working.get(name, True):
                raise CopyFailedError(name)
            self.used.append(name)

        return write

    async def copy(self, text: str, environ: dict[str, str], *, terminal: bool = True) -> str:
        return await copy(
            text,
            self.way("terminal") if terminal else None,
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


async def test_what_is_too_long_for_the_terminal_gets_a_file() -> None:
    ways = Ways(system=False)
    assert "/somewhere/copy.txt" in await ways.copy("x" * 100_000, XTERM)


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
