"""The program as a process of its own: under limits, on a pseudo-terminal, killed at will."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0


def environment(home: Path, **changes: str) -> dict[str, str]:
    """The environment of a person whose home is `home`: no proxy, no colours chosen, an ordinary terminal."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if "proxy" not in name.lower() and not name.startswith(("LC_", "XDG_", "TMUX", "SSH_"))
    }
    kept.pop("NO_COLOR", None)
    home_is = {"HOME": str(home), "TERM": "xterm-256color", "LANG": "C.UTF-8", "COLUMNS": "100"}
    return kept | home_is | changes


_STARTER = """
import fcntl, os, resource, sys, termios
controls, limits, *line = sys.argv[1:]
if controls == "terminal":
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
for name, value in (one.split("=") for one in limits.split()):
    resource.setrlimit(getattr(resource, "RLIMIT_" + name), (int(value), int(value)))
os.execv(line[0], line)
"""


def started(line: list[str], limits: Mapping[str, int], *, on_terminal: bool = False) -> list[str]:
    """Return the command that becomes `line` under resource limits, such as `FSIZE=1000` or `NOFILE=16`.

    With `on_terminal`, its standard input becomes the terminal that controls it; it must lead a session of its own. Done
    by a process of its own, as a child of this one could not: other threads of ours may hold locks that it needs.
    """
    said = " ".join(f"{name}={value}" for name, value in limits.items())
    python = [sys.executable, "-I", "-S", "-c", _STARTER]
    return [*python, "terminal" if on_terminal else "", said, *line]


def command(*arguments: str | Path) -> list[str]:
    """Return how this program is called with `arguments`."""
    return [sys.executable, "-m", "wsinspect", *map(str, arguments)]


def run(
    *arguments: str | Path, home: Path, env: Mapping[str, str] | None = None, **limits: int
) -> subprocess.CompletedProcess[bytes]:
    """Run the program to its end, under resource limits if any are given."""
    line = command(*arguments)
    return subprocess.run(
        started(line, limits) if limits else line,
        capture_output=True,
        check=False,
        timeout=60,
        cwd=ROOT,
        env=dict(env or environment(home)),
    )


class Terminal:
    """The program on a pseudo-terminal; what it paints is kept in `seen`."""

    def __init__(
        self,
        *arguments: str | Path,
        home: Path,
        size: tuple[int, int] = (120, 36),
        program: list[str] | None = None,
        limits: Mapping[str, int] | None = None,
        **changes: str,
    ) -> None:
        self.seen = b""
        self._closed = False
        env = environment(home, **changes)
        del env["COLUMNS"]
        line = command(*arguments) if program is None else program
        self._main, self._side = pty.openpty()
        self.resize(*size)
        self.modes_before = termios.tcgetattr(self._side)
        self._process = subprocess.Popen(
            started(line, limits or {}, on_terminal=True),
            stdin=self._side,
            stdout=self._side,
            stderr=self._side,
            cwd=ROOT,
            env=env,
            start_new_session=True,
        )
        self.pid = self._process.pid

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size; the program hears of it by SIGWINCH."""
        fcntl.ioctl(self._main, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def modes(self) -> list[Any]:
        """Return the terminal's modes as they are now."""
        return termios.tcgetattr(self._side)

    def read(self, within_s: float) -> bool:
        """Read what is there, waiting at most `within_s`; say whether anything came."""
        if not select.select([self._main], [], [], within_s)[0]:
            return False
        self.seen += os.read(self._main, 65536)
        return True

    def until(self, holds: bytes | Callable[[], bool], within_s: float = PATIENCE_S) -> None:
        """Read until these bytes were painted, or the condition holds."""
        end = time.monotonic() + within_s
        while not (holds in self.seen if isinstance(holds, bytes) else holds()):
            assert time.monotonic() < end, (holds, self.seen[-3000:])
            self.read(0.05)

    def drain(self) -> None:
        """Read what is there now."""
        while self.read(0):
            pass

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._main, keys)

    def end(self) -> int:
        """Read until the program is over and return its exit code."""
        end = time.monotonic() + PATIENCE_S
        while True:
            code = self._process.poll()
            while self.read(0.0 if code is not None else 0.05):
                pass
            if code is not None:
                return code
            assert time.monotonic() < end, self.seen[-3000:]

    def signal(self, number: int) -> None:
        """Send the program a signal."""
        self._process.send_signal(number)

    def stopped(self) -> bool:
        """Say whether the program has stopped (SIGTSTP) since this was last asked."""
        return os.WIFSTOPPED(os.waitpid(self.pid, os.WUNTRACED | os.WNOHANG)[1])

    def wait(self) -> int:
        """Wait for the end without reading, and return the exit code."""
        return self._process.wait(PATIENCE_S)

    def kill(self) -> None:
        """End the program if it still runs, and let go of the terminal."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self.close()

    def close(self) -> None:
        """Let go of the terminal; harmless when repeated."""
        if not self._closed:
            self._closed = True
            os.close(self._main)
            os.close(self._side)
