"""Copying that always works: the system's clipboard, tmux, the terminal's OSC 52, and a file as the last resort."""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

_LIMIT_S = 3.0
_OSC52_BYTES = 74_000
"""Terminals that take OSC 52 take about 100,000 characters of base64; more is cut off or ignored."""

Write = Callable[[str], None]


class CopyFailedError(Exception):
    """One way of copying does not work here."""


def to_system(text: str) -> None:
    """Hand `text` to the system's clipboard. Blocks. Raises CopyFailedError."""
    import pyperclip

    try:
        pyperclip.copy(text)
    except (pyperclip.PyperclipException, OSError, subprocess.SubprocessError) as error:
        raise CopyFailedError(str(error)) from error


def to_tmux(text: str) -> None:
    """Hand `text` to tmux, which also sets the clipboard of the terminal around it. Blocks. Raises CopyFailedError."""
    try:
        subprocess.run(
            ["tmux", "load-buffer", "-w", "-"],
            input=text.encode(),
            check=True,
            timeout=_LIMIT_S,
            capture_output=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise CopyFailedError(str(error)) from error


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
    system: Write = to_system,
    tmux: Write = to_tmux,
    file: Callable[[str], Path] = to_file,
) -> str:
    """Copy `text` and say where it went, in words. Never blocks the event loop.

    `terminal` writes OSC 52, None where there is no terminal that could take it. Over SSH the system's clipboard is the
    wrong machine's, so tmux and the terminal come first.
    """
    remote = "SSH_CONNECTION" in environ or "SSH_TTY" in environ
    fits = len(text.encode("utf-8", "backslashreplace")) <= _OSC52_BYTES
    if not remote and await _tried(system, text):
        return "the clipboard"
    if environ.get("TMUX") and await _tried(tmux, text):
        return "tmux's buffer and the terminal's clipboard (OSC 52)"
    if terminal is not None and fits and environ.get("TERM", "") not in ("", "dumb", "linux"):
        terminal(text)
        return "the terminal's clipboard (OSC 52)"
    if remote and await _tried(system, text):
        return "the clipboard of this machine"
    try:
        return f"the file {await asyncio.to_thread(file, text)}: no clipboard could be reached"
    except OSError as error:
        return f"nowhere: no clipboard could be reached, and no file written ({error.strerror})"


async def _tried(way: Write, text: str) -> bool:
    try:
        async with asyncio.timeout(_LIMIT_S):
            await asyncio.to_thread(way, text)
    except (CopyFailedError, TimeoutError):
        return False
    return True
