"""The headless run on real servers: what is sent, how long it is held, what is recorded."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from tests.check.serving import Handler, echo, wait
from wsinspect.check.outcome import ExitCode, Outcome, exit_code, outcome
from wsinspect.check.report import report
from wsinspect.check.run import CheckPlan, run_check
from wsinspect.check.text import text_report
from wsinspect.connection.replay import read_recording, replay
from wsinspect.diagnosis.engine import diagnose
from wsinspect.errors import UsageError
from wsinspect.events import Direction, LocalEnd
from wsinspect.export.redact import Redactor
from wsinspect.options import ConnectOptions
from wsinspect.session.record import SessionRecord
from wsinspect.wire.opcode import Opcode


async def checked(handler: Handler, plan: CheckPlan, **options: Any) -> SessionRecord:
    record = SessionRecord()
    async with serve(handler, "127.0.0.1", 0, compression=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        made = ConnectOptions(url=f"ws://127.0.0.1:{port}/", proxy="", **options)
        async with asyncio.timeout(20):
            await run_check(made, plan, record)
    return record


def texts(record: SessionRecord, direction: Direction) -> list[bytes]:
    frames = record.frames
    return [
        frames.preview(number)
        for number in range(len(frames))
        if frames.direction(number) is direction and frames.opcode(number) == Opcode.TEXT
    ]


def why(record: SessionRecord) -> LocalEnd | None:
    attempt = record.current
    assert attempt is not None
    ended = attempt.closure.locally_ended
    return ended.why if ended is not None else None


async def test_it_sends_holds_and_closes_with_1000() -> None:
    record = await checked(echo, CheckPlan(hold_s=0.1, send=("one", "two")))
    assert texts(record, Direction.SENT) == [b"one", b"two"]
    assert texts(record, Direction.RECEIVED) == [b"one", b"two"]
    assert why(record) is LocalEnd.HOLD_OVER
    attempt = record.current
    assert attempt is not None
    assert attempt.closure.clean
    assert exit_code(attempt) is ExitCode.AS_ASKED
    assert outcome(attempt) is Outcome.OPEN


async def test_it_holds_as_long_as_it_was_asked_to() -> None:
    record = await checked(wait, CheckPlan(hold_s=0.3))
    attempt = record.current
    assert attempt is not None
    assert attempt.opened_ns is not None
    ended = attempt.closure.locally_ended
    assert ended is not None
    assert ended.at_ns - attempt.opened_ns >= 300_000_000


async def test_it_does_not_wait_for_a_server_that_has_gone() -> None:
    async def leave(connection: ServerConnection) -> None:
        await connection.close(4001, "go away")

    record = await checked(leave, CheckPlan(hold_s=60))
    attempt = record.current
    assert attempt is not None
    assert attempt.closure.close_received is not None
    assert attempt.closure.close_received.payload.code == 4001
    assert exit_code(attempt) is ExitCode.ENDED_EARLY
    assert exit_code(attempt, until_peer_closes=True) is ExitCode.AS_ASKED


async def test_echo_answers_text_and_binary_until_the_server_closes() -> None:
    got: list[str | bytes] = []

    async def talk(connection: ServerConnection) -> None:
        for message in ("grün", b"\x00\xff"):
            await connection.send(message)
            got.append(await connection.recv())

    record = await checked(talk, CheckPlan(hold_s=None, echo=True))
    assert got == ["grün", b"\x00\xff"]
    attempt = record.current
    assert attempt is not None
    assert exit_code(attempt, until_peer_closes=True) is ExitCode.AS_ASKED
    assert exit_code(attempt) is ExitCode.ENDED_EARLY


async def test_echo_may_have_an_end_of_its_own() -> None:
    record = await checked(wait, CheckPlan(hold_s=0.1, echo=True))
    assert why(record) is LocalEnd.HOLD_OVER


async def test_a_story_may_abort_while_connecting() -> None:
    record = SessionRecord()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"ws://127.0.0.1:{silent.getsockname()[1]}/"
        await run_check(ConnectOptions(url=url, proxy=""), CheckPlan(abort_after_s=0.1), record)
    answer = diagnose(record).answer
    assert answer is not None
    assert answer.cause == "client-closed-while-connecting"
    assert "WebSocket is closed before the connection is established" in answer.explanation


async def test_notes_say_what_goes_on() -> None:
    notes: list[str] = []
    async with serve(echo, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/"
        await run_check(ConnectOptions(url=url, proxy=""), CheckPlan(hold_s=0), SessionRecord(), notes.append)
    assert notes == ["open; holding for 0 s"]


async def test_a_recording_gives_the_same_report(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    live = await checked(echo, CheckPlan(hold_s=0.05, send=("hi",), output=path), subprotocols=("chat",))
    again = SessionRecord()
    replay(read_recording(path), again.append)
    reports = []
    for record in (live, again):
        redact = Redactor.for_session(record)
        diagnosis = diagnose(record)
        reports.append((report(record, diagnosis, redact), text_report(record, diagnosis, redact)))
    assert reports[0] == reports[1]
    assert [finding["cause"] for finding in reports[0][0]["findings"]] == ["subproto-none-returned"]


async def test_a_url_with_a_mistake_does_not_cost_the_recording_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text("precious", "utf-8")
    with pytest.raises(UsageError, match="URL: "):
        await run_check(ConnectOptions(url="ftp://h/"), CheckPlan(output=path), SessionRecord())
    assert path.read_text("utf-8") == "precious"


async def test_a_recording_that_can_not_be_written_stops_before_anything_is_sent(tmp_path: Path) -> None:
    record = SessionRecord()
    with pytest.raises(UsageError, match="can't be written"):
        await run_check(ConnectOptions(url="ws://127.0.0.1:9/"), CheckPlan(output=tmp_path), record)
    assert record.current is None


async def test_a_cancelled_run_is_our_own_doing() -> None:
    record = SessionRecord()
    opened = asyncio.Event()

    async def hold(connection: ServerConnection) -> None:
        opened.set()
        await connection.wait_closed()

    async with serve(hold, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/"
        task = asyncio.ensure_future(
            run_check(ConnectOptions(url=url, proxy=""), CheckPlan(hold_s=60), record)
        )
        await opened.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert why(record) is LocalEnd.CANCELLED
    attempt = record.current
    assert attempt is not None
    assert attempt.ended
