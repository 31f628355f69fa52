"""Regular expressions are matched by a process of their own, so that one that takes too long hangs nothing."""

from __future__ import annotations

import atexit
import marshal
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic

from wsinspect.session.query.expression_worker import LENGTH_SIZE, TOO_MUCH_MEMORY, Head

_PROGRAM = Path(__file__).with_name("expression_worker.py")
_READ_BYTES = 1 << 20
_IDLE_KEPT = 2
_TOO_MUCH = "the expression takes too much {}; write it with fewer * + {{}}, above all in each other"


class ExpressionError(Exception):
    """An expression was not matched; it says why, and what to do."""


class ExpressionProcess:
    """Answers one question at a time. It is started with the first one, and again where it has ended."""

    def __init__(self) -> None:
        self.busy = False
        """Whether a question was asked that has no answer yet."""
        self._process: subprocess.Popen[bytes] | None = None
        self._arrived = bytearray()

    def ask(self, head: Head, data: bytes) -> None:
        """Send a question. Raises ExpressionError where no process can be started."""
        assert not self.busy
        packed = marshal.dumps(head)
        question = len(packed).to_bytes(LENGTH_SIZE, "little") + packed
        try:
            try:
                self._send(question, data)
            except BrokenPipeError:
                # Somebody ended it while it had nothing to do.
                self.close()
                self._send(question, data)
        except OSError as error:
            self.close()
            raise ExpressionError(f"no process to match the expression: {error.strerror or error}") from error
        self.busy = True

    def _send(self, question: bytes, data: bytes) -> None:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-W", "ignore", str(_PROGRAM)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
        assert self._process.stdin is not None
        for part in (question, data):
            view = memoryview(part)
            while view:
                view = view[os.write(self._process.stdin.fileno(), view) :]

    def answer(self, wait_s: float) -> bytes | None:
        """Return the answer, None where it did not come within so many seconds.

        Raises ExpressionError where it will not come: the process has used up its time or memory, or was ended.
        """
        assert self._process is not None
        assert self._process.stdout is not None
        fd = self._process.stdout.fileno()
        ready = select.poll()
        ready.register(fd, select.POLLIN)
        deadline_s = monotonic() + wait_s
        while True:
            if not ready.poll(max(0.0, deadline_s - monotonic()) * 1000):
                return None
            arrived = os.read(fd, _READ_BYTES)
            if not arrived:
                raise ExpressionError(self._why_ended())
            self._arrived += arrived
            if len(self._arrived) < LENGTH_SIZE:
                continue
            size = int.from_bytes(self._arrived[:LENGTH_SIZE], "little")
            if size == TOO_MUCH_MEMORY:
                self.close()
                raise ExpressionError(_TOO_MUCH.format("memory"))
            if len(self._arrived) == LENGTH_SIZE + size:
                found = bytes(self._arrived[LENGTH_SIZE:])
                self._arrived.clear()
                self.busy = False
                return found

    def _why_ended(self) -> str:
        assert self._process is not None
        code = self._process.wait()
        self.close()
        if code == -signal.SIGPROF:
            return _TOO_MUCH.format("time")
        return f"the process that matches the expression ended with {code}; apply it again"

    def close(self) -> None:
        """End the process, whatever it is doing."""
        process, self._process, self.busy = self._process, None, False
        self._arrived.clear()
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


_idle: list[ExpressionProcess] = []


def take() -> ExpressionProcess:
    """Return a process that has nothing to do."""
    return _idle.pop() if _idle else ExpressionProcess()


def give_back(process: ExpressionProcess) -> None:
    """Keep the process for whoever takes one next; one with something to do is ended."""
    if process.busy or len(_idle) >= _IDLE_KEPT:
        process.close()
    else:
        _idle.append(process)


@atexit.register
def end_idle() -> None:
    """End the processes that have nothing to do."""
    while _idle:
        _idle.pop().close()
