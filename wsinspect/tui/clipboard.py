"""Copying that always works: the system's clipboard, tmux, the terminal's OSC 52, and a file as the last resort."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

_LIMIT_S = 3.0
_OSC52_BYTES = 74_000
"""Terminals that take OSC 52 take about 100,000 characters of base64; more is cut off or ignored."""
_SCREEN_STRING = 700
"""Characters of a string that GNU screen hands on; 768 is its limit."""
_NO_OSC52 = ("", "dumb", "linux")
_PYPERCLIP = """
import sys, pyperclip
text = sys.stdin.buffer.read().decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode()
pyperclip.copy(text)
sys.exit("".join(pyperclip.paste().split()) != "".join(text.split()))
"""
"""Some of the programs that it calls fail without a word, so what was copied is read back."""

Write = Callable[[str], None]
Way = Callable[[str], Awaitable[None]]


class CopyFailedError(Exception):
    """One way of copying does not work here."""


async def to_system(text: str) -> None:
    """Hand `text` to the system's clipboard.

    In a process of its own: what serves the clipboard may hang, and a thread could not be ended.

    Raises:
        CopyFailedError: there is no clipboard, or it does not answer in time.
    """
    if sys.platform == "linux" and not _desktop(os.environ):
        raise CopyFailedError("no desktop is known")
    await _run([sys.executable, "-P", "-c", _PYPERCLIP], text)


def _desktop(environ: Mapping[str, str]) -> bool:
    return any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"))


async def to_tmux(text: str) -> None:
    """Hand `text` to tmux, which also sets the clipboard of the terminal around it. Raises CopyFailedError."""
    await _run(["tmux", "load-buffer", "-w", "-"], text)


async def _run(command: Sequence[str], text: str) -> None:
    """Run a command with `text` as its input; it and what it started are ended when it takes too long."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            # A program that stays to serve the clipboard would keep a pipe open.
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise CopyFailedError(str(error)) from error
    try:
        async with asyncio.timeout(_LIMIT_S):
            await process.communicate(text.encode("utf-8", "replace"))
    except (TimeoutError, OSError) as error:
        raise CopyFailedError(f"{command[0]} takes too long") from error
    finally:
        if process.returncode is None:
            _kill(process)
            await process.wait()
    if process.returncode != 0:
        raise CopyFailedError(f"{command[0]} ended with {process.returncode}")


def _kill(process: asyncio.subprocess.Process) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)


def osc52(text: str, environ: Mapping[str, str]) -> str:
    """Return what sets the clipboard of the terminal, wrapped so that what lies in between hands it on.

    tmux takes it itself (with `set-clipboard on`) or hands it on (with `allow-passthrough on`), so both are said. GNU
    screen hands on strings of limited length. Over SSH, TERM alone tells of either.
    """
    plain = f"\x1b]52;c;{b64encode(text.encode('utf-8', 'replace')).decode()}\x07"
    term = environ.get("TERM", "")
    if environ.get("TMUX") or term.startswith("tmux"):
        return plain + "\x1bPtmux;" + plain.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if environ.get("STY") or term.startswith("screen"):
        parts = (plain[at : at + _SCREEN_STRING] for at in range(0, len(plain), _SCREEN_STRING))
        return plain + "".join(f"\x1bP{part}\x1b\\" for part in parts)
    return plain


def to_file(text: str) -> Path:
    """Write `text` to a new file that only its owner can read, and return its path. Raises OSError."""
    handle, name = tempfile.mkstemp(prefix="wsinspect-copy-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    return Path(name)


async def copy(
    text: str,
    terminal: Write | None,
    environ: Mapping[str, str],
    *,
    system: Way = to_system,
    tmux: Way = to_tmux,
    file: Callable[[str], Path] = to_file,
) -> str:
    """Copy `text` and say where it went, in words. Never blocks the event loop.

    `terminal` writes to the terminal, None where there is none that could take it. Over SSH the system's clipboard is the
    wrong machine's, so tmux and the terminal come first.
    """
    remote = "SSH_CONNECTION" in environ or "SSH_TTY" in environ
    size = len(text.encode("utf-8", "replace"))
    too_large = size > _OSC52_BYTES
    why = "no clipboard could be reached"
    if not remote and await _tried(system, text):
        return "the clipboard"
    if environ.get("TMUX") and await _tried(tmux, text):
        if too_large:
            return f"tmux's buffer; {size} bytes are too many for the terminal's clipboard (OSC 52)"
        return "tmux's buffer and the terminal's clipboard (OSC 52)"
    if terminal is not None and environ.get("TERM", "") not in _NO_OSC52:
        if not too_large:
            terminal(osc52(text, environ))
            return "the terminal's clipboard (OSC 52)"
        why = f"{size} bytes are too many for the terminal's clipboard (OSC 52)"
    if remote and await _tried(system, text):
        return "the clipboard of this machine"
    try:
        return f"the file {await asyncio.to_thread(file, text)}: {why}"
    except OSError as error:
        return f"nowhere: {why}, and no file written ({error.strerror})"


async def _tried(way: Way, text: str) -> bool:
    try:
        await way(text)
    except CopyFailedError:
        return False
    return True
