"""How long a recording of a million frames takes to open: read by the program's own code, and until all stand on the screen."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import termios
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from tests.bench.table import Row, best, wsinspect
from tests.diagnosis.story import MASK, opened
from tests.peers.certificates import Certificates
from wsinspect.connection.recorder import Recorder
from wsinspect.connection.replay import read_recording, restored
from wsinspect.events import BytesReceived, BytesSent, Layer
from wsinspect.lab.frames import TEXT, frame
from wsinspect.session.as_events import RecordAsEvents
from wsinspect.session.record import SessionRecord

FRAMES = 1_000_000
_PAYLOAD = 98
_HEADER = bytes((0x81, _PAYLOAD))
_FLOOD, _EACH = 650, 1
"""Frames a chunk: as a flood brings them in 64 KiB, and where the server is never in a hurry."""
_ROWS, _COLUMNS = 36, 120
_LIMIT_S = 60
_SHOWN = b"1.00 M"
"""How the status line tells of a million frames."""


def make_recording(path: Path, frames: int, frames_a_chunk: int) -> Path:
    """Write a recording of numbered text frames of 100 bytes, in chunks of so many, a microsecond a frame."""
    told = list(RecordAsEvents(opened().record()))
    recorder = Recorder(path)
    recorder.extend(told)
    seq, at_ns, attempt = told[-1].seq, told[-1].at_ns, told[-1].attempt
    for first in range(0, frames, frames_a_chunk):
        numbers = range(first, min(frames, first + frames_a_chunk))
        data = b"".join(_HEADER + (b'{"n":%d}' % number).ljust(_PAYLOAD) for number in numbers)
        seq, at_ns = seq + 1, at_ns + 1000 * len(numbers)
        recorder(BytesReceived(seq=seq, at_ns=at_ns, attempt=attempt, layer=Layer.WEBSOCKET, data=data))
    recorder.close()
    return path


def make_exchange(path: Path, frames: int) -> Path:
    """Write a recording in which questions and answers of 100 bytes take turns, each in a chunk of its own."""
    told = list(RecordAsEvents(opened().record()))
    recorder = Recorder(path)
    recorder.extend(told)
    seq, at_ns, attempt = told[-1].seq, told[-1].at_ns, told[-1].attempt
    for number in range(frames // 2):
        payload = (b'{"n":%d}' % number).ljust(_PAYLOAD)
        question = frame(TEXT, payload, mask=MASK)
        seq, at_ns = seq + 2, at_ns + 2000
        recorder(BytesSent(seq=seq, at_ns=at_ns, attempt=attempt, layer=Layer.WEBSOCKET, data=question))
        recorder(
            BytesReceived(
                seq=seq + 1,
                at_ns=at_ns + 1000,
                attempt=attempt,
                layer=Layer.WEBSOCKET,
                data=_HEADER + payload,
            )
        )
    recorder.close()
    return path


def read_s(path: Path, frames: int) -> float:
    """Read a recording into a record; return seconds."""
    began = time.perf_counter()
    record = SessionRecord()
    for event in restored(read_recording(path)):
        record.append(event)
    took = time.perf_counter() - began
    assert len(record.frames) == frames
    record.close()
    return took


def shown_s(path: Path) -> float:
    """Start the UI on a recording, and return seconds until all its frames are counted on the screen."""
    began = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execv(wsinspect()[0], [*wsinspect(), str(path)])
    try:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
        painted = b""
        while _SHOWN not in painted:
            if not select.select([terminal], [], [], _LIMIT_S)[0]:
                raise TimeoutError(f"nothing more was painted after {len(painted)} bytes")
            painted = painted[-100:] + os.read(terminal, 65536)
        return time.perf_counter() - began
    finally:
        os.kill(child, signal.SIGTERM)
        with suppress(OSError):
            while os.read(terminal, 65536):
                pass
        os.close(terminal)
        os.waitpid(child, 0)


def rows(certificates: Certificates, folder: Path) -> Iterator[Row]:
    """Measure both kinds of recording, headless and in the UI from the start of the program on."""
    kinds = {
        "in chunks of 64 KiB": partial(make_recording, frames=FRAMES, frames_a_chunk=_FLOOD),
        "each in its own chunk": partial(make_recording, frames=FRAMES, frames_a_chunk=_EACH),
        "questions and answers in turns": partial(make_exchange, frames=FRAMES),
    }
    for what, make in kinds.items():
        path = make(folder / "opened.jsonl")
        read = best(partial(read_s, path, FRAMES), smallest=True)
        yield Row(f"open a recording of a million frames, {what}", read, "s")
        shown = statistics.median(shown_s(path) for _ in range(3))
        yield Row(
            "the same in the terminal UI, from the start of the program to all on the screen", shown, "s"
        )
        path.unlink()
