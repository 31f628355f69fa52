"""The program in a pseudo-terminal: what it paints first, and that the terminal is put back however it ends."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

import pytest

ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"


class Terminal:
    """A child on a pseudo-terminal of 120x36."""

    def __init__(self, *arguments: str) -> None:
        self.seen = b""
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm-256color"
            os.execv(sys.executable, [sys.executable, "-m", "wsinspect", *arguments])
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))

    def until(self, *wanted: bytes, within_s: float = 20) -> None:
        """Read until all of `wanted` has been painted."""
        end = time.monotonic() + within_s
        while not all(one in self.seen for one in wanted):
            left = end - time.monotonic()
            assert left > 0, self.seen[-2000:]
            if select.select([self._fd], [], [], left)[0]:
                self.seen += os.read(self._fd, 65536)

    def press(self, keys: bytes) -> None:
        os.write(self._fd, keys)

    def end(self) -> int:
        """Read to the end and return the exit code."""
        while True:
            try:
                data = os.read(self._fd, 65536)
            except OSError:
                break
            if not data:
                break
            self.seen += data
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self._fd)
        return code


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
def test_the_terminal_is_put_back(how: signal.Signals | bytes, code: int) -> None:
    terminal = Terminal("ws://127.0.0.1:1/")
    terminal.until(b"Timeline", b"refused")
    if isinstance(how, bytes):
        terminal.press(how)
    else:
        os.kill(terminal.pid, how)
    assert terminal.end() == code
    assert terminal.seen.rfind(LEAVE) > terminal.seen.rfind(ENTER) >= 0
    assert b"Traceback" not in terminal.seen


def test_ending_while_it_connects_is_quick() -> None:
    terminal = Terminal("lab", "upgrade-hang")
    terminal.until(b"CONNECTING")
    began = time.monotonic()
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.end() == 128 + signal.SIGTERM
    assert time.monotonic() - began < 5
    assert b"Traceback" not in terminal.seen
