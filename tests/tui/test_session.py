"""Sessions with the real connection on loopback: opened, used, left, recorded, read again; nothing is left behind."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve

from tests.diagnosis.story import fin, opened, text
from wsinspect.connection.recorder import Recorder
from wsinspect.errors import UsageError
from wsinspect.events import Event, LocalEnd, ReadyState, ServerLogged
from wsinspect.events.codec import encode_event
from wsinspect.export.har import har
from wsinspect.export.redact import Redactor
from wsinspect.lab.registry import scenario
from wsinspect.lab.scenario import LabSettings
from wsinspect.options import ConnectOptions
from wsinspect.session.as_events import RecordAsEvents
from wsinspect.session.attempt import Attempt
from wsinspect.tui.session import Clock, Session
from wsinspect.tui.sessions import Sessions
from wsinspect.tui.typed import parse_typed
from wsinspect.wire.opcode import Direction


@asynccontextmanager
async def echo() -> AsyncIterator[str]:
    async def handler(connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    async with serve(handler, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"ws://127.0.0.1:{port}/"


def recorded_story(folder: Path) -> Path:
    """Save a short session that ended."""
    recorder = Recorder(folder / "story.jsonl")
    recorder.extend(list(RecordAsEvents((opened() + text("a") + fin()).record())))
    recorder.close()
    return recorder.path


class Watched(Session):
    """A session that can be waited for."""

    def __init__(self, clock: Clock = time.monotonic_ns, server_log: Path | None = None) -> None:
        super().__init__(clock=clock, server_log=server_log)
        self._happened = asyncio.Event()

    def _sink(self, event: Event) -> None:
        super()._sink(event)
        self._happened.set()

    async def until(self, test: Callable[[Attempt], object]) -> None:
        """Wait until `test` is true of the newest attempt."""
        async with asyncio.timeout(60):
            while self.record.current is None or not test(self.record.current):
                self._happened.clear()
                await self._happened.wait()

    async def reading_done(self) -> None:
        """Wait for a recording to be read."""
        await asyncio.wait(self._tasks, timeout=60)


def is_in(state: ReadyState) -> Callable[[Attempt], bool]:
    return lambda attempt: attempt.ready_state is state


OPEN, CLOSED = is_in(ReadyState.OPEN), is_in(ReadyState.CLOSED)


def asked(attempt: Attempt) -> bool:
    """The request is on its way."""
    return bool(attempt.handshake.request)


def options(url: str) -> ConnectOptions:
    return ConnectOptions(url=url, proxy="")


async def test_everything_that_is_typed_is_sent() -> None:
    async with echo() as url:
        session = Watched()
        session.connect(options(url))
        await session.until(OPEN)
        for typed in ("hello", "/hex 00ff", "/ping p", "/pong q", "/close 1000 bye"):
            session.send(parse_typed(typed))
        await session.until(CLOSED)
        sent = [
            session.record.frames.opcode(n) for n in session.record.frames.numbers(direction=Direction.SENT)
        ]
        assert sent[:5] == [1, 2, 9, 10, 8]
        current = session.record.current
        assert current is not None
        assert current.closure.clean
        await session.aclose()


async def test_nothing_is_sent_where_nothing_is_open() -> None:
    session = Watched()
    with pytest.raises(UsageError, match="nothing is connected"):
        session.send(parse_typed("x"))
    with pytest.raises(UsageError, match="nothing to connect to"):
        session.reconnect()
    assert session.disconnect() == "nothing is connected"
    await session.aclose()


async def test_reconnecting_keeps_the_attempts_and_their_order() -> None:
    async with echo() as url:
        session = Watched()
        session.connect(options(url))
        await session.until(OPEN)
        session.reconnect()
        await session.until(lambda attempt: attempt.number == 2 and OPEN(attempt))
        numbers = [event.seq for event in session.record.events]
        assert numbers == sorted(set(numbers))
        await session.aclose()


async def test_leaving_says_goodbye_and_leaves_no_task() -> None:
    async with echo() as url:
        session = Watched()
        session.connect(options(url))
        await session.until(OPEN)
        before = asyncio.all_tasks()
        await session.aclose()
        current = session.record.current
        assert current is not None
        assert current.closure.close_sent is not None
        assert current.closure.close_sent.payload.code == 1001
        assert current.ended
        assert len(asyncio.all_tasks()) < len(before)


async def test_leaving_while_connecting_is_our_own_doing() -> None:
    silent = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    async with silent:
        port = silent.sockets[0].getsockname()[1]
        session = Watched()
        session.connect(options(f"ws://127.0.0.1:{port}/"))
        await session.until(asked)
        await session.aclose()
        current = session.record.current
        assert current is not None
        assert current.closure.locally_ended is not None
        assert current.closure.locally_ended.why is LocalEnd.CANCELLED


async def test_the_time_goes_on_while_nothing_happens() -> None:
    now = 5_000
    silent = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    async with silent:
        port = silent.sockets[0].getsockname()[1]
        session = Watched(clock=lambda: now)
        session.connect(options(f"ws://127.0.0.1:{port}/"))
        await session.until(asked)
        first = session.now_ns()
        now += 7_000_000_000
        assert session.now_ns() >= first + 6_900_000_000
        await session.aclose()


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("1970-01-01T00:00:00.004Z it came\n  at app()\n1970-01-01T02:00:00Z later\n", ""),
        ("no time\n", "app.log is not woven in: no line of it states a time"),
    ],
)
async def test_a_log_is_woven_into_a_recording(log: str, said: str, tmp_path: Path) -> None:
    path, file = recorded_story(tmp_path), tmp_path / "app.log"
    file.write_text(log)
    session, problems = Watched(server_log=file), list[str]()
    session.on_problem = problems.append
    session.replay(path)
    await session.reading_done()
    texts = [line.event.text for line in session.record.server_log.lines]
    assert texts == ([] if said else ["1970-01-01T00:00:00.004Z it came", "  at app()"])
    assert session.record.server_log.source == "app.log"
    assert [problem for problem in problems if "app.log" in problem and problem.startswith(said)] == (
        problems if said else []
    )
    await session.aclose()


async def test_a_recording_that_holds_a_log_gets_no_other(tmp_path: Path) -> None:
    path, log = recorded_story(tmp_path), tmp_path / "app.log"
    log.write_text("1970-01-01T00:00:00.004Z it came\n")
    with path.open("ab") as file:
        file.write(encode_event(ServerLogged(seq=0, at_ns=1, attempt=0, text="its own")))
    session, problems = Watched(server_log=log), list[str]()
    session.on_problem = problems.append
    session.replay(path)
    await session.reading_done()
    assert [line.event.text for line in session.record.server_log.lines] == ["its own"]
    assert problems == ["app.log is not woven in: the recording holds lines of a log already"]
    await session.aclose()


async def test_the_servers_log_is_followed_recorded_and_let_go(tmp_path: Path) -> None:
    log, path = tmp_path / "server.log", tmp_path / "one.jsonl"
    log.write_text("stood there before\n")
    async with echo() as url:
        session = Watched(server_log=log)
        session.recorder = recorder = Recorder(path)
        session.connect(options(url))
        await session.until(lambda _: session.record.server_log.lines)
        with log.open("a") as file:
            file.write("a client came\nit wen")
        await session.until(lambda _: session.record.server_log.seen == 2)
        with log.open("a") as file:
            file.write("t away")
        session.reconnect()
        await session.aclose()
        recorder.close()
    said = [line.event.text for line in session.record.server_log.lines]
    assert said == ["stood there before", "a client came", "it went away"]
    assert session.record.server_log.source == "server.log"
    read = Watched()
    read.replay(path)
    await read.reading_done()
    assert [line.event.text for line in read.record.server_log.lines] == said
    await read.aclose()


async def test_what_is_recorded_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    async with echo() as url:
        recorder = Recorder(path)
        session = Watched()
        session.recorder = recorder
        session.connect(options(url))
        await session.until(OPEN)
        session.send(parse_typed("hello"))
        session.send(parse_typed("/close"))
        await session.until(CLOSED)
        await session.aclose()
        recorder.close()
    read = Watched()
    read.replay(path)
    await read.reading_done()
    assert len(read.record.frames) == len(session.record.frames)
    assert read.now_ns() == read.record.last_ns
    assert not read.live
    assert read.options is not None
    assert read.options.url == url
    await read.aclose()


async def test_a_recording_that_breaks_off_is_said(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"wsinspect":"recording","version":1}\nnot an event\n')
    said: list[str] = []
    session = Watched()
    session.on_problem = said.append
    session.replay(path)
    await session.reading_done()
    assert "line 2" in said[0]
    await session.aclose()


async def test_a_lab_scenario_is_served_and_ends_with_the_session() -> None:
    session = Watched()
    session.serve_lab(scenario("http-401-json"), LabSettings(time_scale=0.2))
    await session.until(CLOSED)
    current = session.record.current
    assert current is not None
    assert current.handshake.head is not None
    assert current.handshake.head.status_code == 401
    await session.aclose()


class Saved:
    """A recorder that keeps the numbers of what it is given."""

    problem: str | None = None
    dropped_events = 0

    def __init__(self) -> None:
        self.seqs: list[int] = []

    def __call__(self, event: Event) -> None:
        self.seqs.append(event.seq)


async def test_a_recording_goes_on_with_the_next_target_in_the_same_session() -> None:
    async with echo() as url, echo() as other:
        saved = Saved()
        sessions = Sessions(Watched, saved)
        first = sessions.to_connect()
        assert isinstance(first, Watched)
        first.connect(options(url))
        await first.until(OPEN)
        second = sessions.to_connect()
        assert second is first
        first.connect(options(other))
        await first.until(lambda attempt: attempt.number == 2 and OPEN(attempt))
        await sessions.aclose()
        assert saved.seqs == sorted(set(saved.seqs))


async def test_reading_a_recording_leaves_the_live_session() -> None:
    async with echo() as url:
        sessions = Sessions(Watched)
        live = sessions.to_connect()
        assert isinstance(live, Watched)
        live.connect(options(url))
        await live.until(OPEN)
        assert sessions.to_read() is not live
        await sessions.end_left()
        assert live.record.current is not None
        assert live.record.current.ended
        await sessions.aclose()


async def test_a_large_har_is_read_beside_everything_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wsinspect.connection.recording._LARGE_HAR", 10)
    path = tmp_path / "large.har"
    record = (opened() + text("hello")).record()
    path.write_bytes(b"".join(har(record, Redactor(show=True))))
    session = Watched()
    session.replay(path)
    assert not session.record.attempts
    await session.reading_done()
    while session._tasks:
        await session.reading_done()
    assert session.record.frames.preview(0) == b"hello"
    assert not session.converting
    said: list[str] = []
    session.on_problem = said.append
    path.write_text('{"log": {"entries": 5}}')
    session.replay(path)
    while session._tasks:
        await session.reading_done()
    assert "large.har" in said[0]
    await session.aclose()
