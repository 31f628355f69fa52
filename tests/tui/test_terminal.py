"""The program in a pseudo-terminal: what it paints first, and that the terminal is put back however it ends."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import pytest

from tests.faults.program import Terminal

ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"


@pytest.mark.parametrize(
    ("how", "code"),
    [
        (signal.SIGTERM, 128 + signal.SIGTERM),
        (signal.SIGHUP, 128 + signal.SIGHUP),
        (signal.SIGINT, 128 + signal.SIGINT),
        (b"q", 0),
        (b"\x11", 0),
    ],
    ids=["SIGTERM", "SIGHUP", "SIGINT", "q", "ctrl+q"],
)
def test_the_terminal_is_put_back(
    how: signal.Signals | bytes, code: int, start: Callable[..., Terminal]
) -> None:
    terminal = start("ws://127.0.0.1:1/")
    terminal.until(lambda: b"Timeline" in terminal.seen and b"refused" in terminal.seen)
    if isinstance(how, bytes):
        terminal.press(how)
    else:
        terminal.signal(how)
    assert terminal.end() == code
    assert terminal.seen.rfind(LEAVE) > terminal.seen.rfind(ENTER) >= 0
    assert b"Traceback" not in terminal.seen


def test_ending_while_it_connects_is_quick(start: Callable[..., Terminal]) -> None:
    terminal = start("lab", "upgrade-hang")
    terminal.until(b"CONNECTING")
    began = time.monotonic()
    terminal.signal(signal.SIGTERM)
    assert terminal.end() == 128 + signal.SIGTERM
    assert time.monotonic() - began < 5
    assert b"Traceback" not in terminal.seen
