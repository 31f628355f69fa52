"""The terminal fails, shrinks or goes away: its modes are put back, and one line says what happened."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from tests.check.serving import serving
from tests.faults.program import Terminal
from tests.faults.test_machine import ASCII
from wsinspect.connection.replay import read_recording, replay
from wsinspect.session.record import SessionRecord

ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"
UNDONE = {
    "alternate screen": b"\x1b[?1049l",
    "mouse": b"\x1b[?1000l",
    "paste": b"\x1b[?2004l",
    "cursor": b"\x1b[?25h",
}


async def flood(connection: ServerConnection) -> None:
    """Send numbered messages for as long as somebody listens."""
    with suppress(ConnectionClosed):
        for number in count():
            await connection.send(f"message {number} {{}}")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(flood, compression=None) as port:
        yield f"ws://127.0.0.1:{port}/"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Start the program on a terminal; what is left of it at the end is killed by its own id."""
    terminals: list[Terminal] = []

    def begin(*arguments: str | Path, **settings: object) -> Terminal:
        terminals.append(Terminal(*arguments, home=tmp_path, **settings))  # type: ignore[arg-type]
        return terminals[-1]

    yield begin
    for terminal in terminals:
        terminal.kill()


def put_back(terminal: Terminal) -> None:
    """Check that the terminal is as it was."""
    assert terminal.modes() == terminal.modes_before
    last = terminal.seen.rfind(ENTER)
    for what, sequence in UNDONE.items():
        assert terminal.seen.rfind(sequence) > last, what
    assert b"Traceback" not in terminal.seen


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_the_recording_is_whole(
    number: signal.Signals, url: str, start: Callable[..., Terminal], tmp_path: Path
) -> None:
    path = tmp_path / "a.jsonl"
    terminal = start(url, "-o", path)
    terminal.until(b"OPEN")
    terminal.signal(number)
    assert terminal.end() == 128 + number
    put_back(terminal)
    record = SessionRecord()
    reading = read_recording(path)
    replay(reading, record.append)
    assert not reading.truncated
    assert record.current is not None
    assert record.current.ended
    record.close()


def test_stopped_and_continued(url: str, start: Callable[..., Terminal]) -> None:
    terminal = start(url)
    terminal.until(b"OPEN")
    terminal.signal(signal.SIGTSTP)
    terminal.until(terminal.stopped)
    terminal.drain()
    assert terminal.modes() == terminal.modes_before
    assert terminal.seen.rfind(LEAVE) > terminal.seen.rfind(ENTER)
    before = len(terminal.seen)
    terminal.signal(signal.SIGCONT)
    terminal.until(lambda: b"OPEN" in terminal.seen[before:])
    assert terminal.modes() != terminal.modes_before
    terminal.press(b"\x11")
    assert terminal.end() == 0
    put_back(terminal)


def until_more_is_painted(terminal: Terminal) -> None:
    before = len(terminal.seen)
    terminal.until(lambda: len(terminal.seen) > before)


def test_small_while_flooding(url: str, start: Callable[..., Terminal]) -> None:
    terminal = start(url)
    terminal.until(b"OPEN")
    for size in ((20, 5), (1, 1), (300, 100), (20, 5), (120, 36)):
        terminal.resize(*size)
        until_more_is_painted(terminal)
    before = len(terminal.seen)
    terminal.until(lambda: b"message" in terminal.seen[before:])
    terminal.press(b"\x11")
    assert terminal.end() == 0
    put_back(terminal)


def test_a_terminal_that_can_not_move_its_cursor_is_refused(start: Callable[..., Terminal]) -> None:
    terminal = start("ws://127.0.0.1:1/", TERM="dumb")
    assert terminal.end() == 2
    assert re.fullmatch(
        rb"wsinspect: the terminal UI moves the cursor, .*`wsinspect check URL`\r\n", terminal.seen
    )
    assert terminal.modes() == terminal.modes_before


@pytest.mark.parametrize(
    "changes", [{"LANG": "C", "LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, ASCII], ids=["C", "ascii", "all"]
)
def test_without_a_utf_8_locale_it_runs(changes: dict[str, str], start: Callable[..., Terminal]) -> None:
    terminal = start("ws://127.0.0.1:1/ünï", **changes)
    terminal.until(b"refused")
    terminal.press(b"\x11")
    assert terminal.end() == 0
    put_back(terminal)


def test_a_disk_that_fills_up_is_told_when_it_ends(
    url: str, start: Callable[..., Terminal], tmp_path: Path
) -> None:
    terminal = start(url, "-o", tmp_path / "a.jsonl", limits={"FSIZE": 20_000})
    terminal.until(b"REC STOPPED")
    terminal.press(b"\x11")
    assert terminal.end() == 0
    put_back(terminal)
    after = terminal.seen[terminal.seen.rfind(LEAVE) :]
    assert re.search(rb"the recording ends here: File too large; \d+ later events are not in it\r\n", after)


def test_no_clipboard_and_no_home_are_no_obstacle(start: Callable[..., Terminal], tmp_path: Path) -> None:
    terminal = start(
        "ws://127.0.0.1:1/", PATH="/nowhere", TERM="linux", HOME="/proc/1/nothing", TMPDIR=str(tmp_path)
    )
    terminal.until(b"refused")
    terminal.press(b"y")
    # The file's name follows, on as many lines as the folder's takes.
    terminal.until(b"copied to the file")
    assert len(list(tmp_path.glob("wsinspect-copy-*.txt"))) == 1
    terminal.press(b"\x11")
    assert terminal.end() == 0
    put_back(terminal)


def test_the_terminal_goes_away(url: str, start: Callable[..., Terminal], tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    terminal = start(url, "-o", path)
    terminal.until(b"OPEN")
    terminal.close()
    assert terminal.wait() != 0
    assert list(read_recording(path))[-1] is not None
