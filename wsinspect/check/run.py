"""The headless run: one target, the same engine, no screen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from msgspec import Struct

from wsinspect.check.output import complain
from wsinspect.connection.manager import ConnectionManager
from wsinspect.events import Event, LocalEnd, ReadyState
from wsinspect.options import ConnectOptions
from wsinspect.session.record import SessionRecord
from wsinspect.wire.opcode import Opcode

if TYPE_CHECKING:
    from pathlib import Path


class CheckPlan(Struct, frozen=True, kw_only=True):
    """What `check` does once the connection is open."""

    hold_s: float | None = 2.0
    """How long it stays open before we close it with 1000; None leaves that to the peer."""
    send: tuple[str, ...] = ()
    echo: bool = False
    """Answer every message with itself until the peer closes."""
    output: Path | None = None
    """Where the recording goes."""
    server_log: Path | None = None
    """A log of the server that is followed meanwhile."""
    abort_after_s: float | None = None
    """Abort as a person would, even while connecting; for the lab's stories."""


async def run_check(
    options: ConnectOptions,
    plan: CheckPlan,
    record: SessionRecord,
    note: Callable[[str], None] = lambda _: None,
) -> None:
    """Connect, send, hold, close; everything that happens ends in `record`.

    `note` takes one line for people about what is going on. A cancellation is recorded as our own doing.

    Raises:
        UsageError: an option that can't be used, or a recording that can't be written.
    """
    sinks: list[Callable[[Event], None]] = [record.append]
    recorder = None
    if plan.output is not None:
        from wsinspect.connection.recorder import Recorder
        from wsinspect.connection.url import parse_url

        # A URL with a typing error is no session that anybody wants to keep.
        parse_url(options.url)
        recorder = Recorder(plan.output)
        sinks.insert(0, recorder)

    def sink(event: Event) -> None:
        for take in sinks:
            take(event)

    try:
        async with _server_log(plan.server_log, record, sink) as saw:
            sinks.append(saw)
            await _connect(options, plan, sink, note)
    finally:
        if recorder is not None:
            recorder.close()
            if recorder.problem:
                # Something is lost: whoever reads stderr is told, a script's log too.
                complain(f"recording: {recorder.told}")


@asynccontextmanager
async def _server_log(
    path: Path | None, record: SessionRecord, sink: Callable[[Event], None]
) -> AsyncIterator[Callable[[Event], None]]:
    """Follow a log for as long as the block lasts, and a moment longer: the server may write last."""
    if path is None:
        yield lambda _: None
        return
    from wsinspect.server_log.weave import LATE_S, LogWeaver

    weaver = LogWeaver(path, sink, changed=lambda trouble: record.tell_of_log(path.name, trouble))
    record.tell_of_log(path.name, "")
    following = asyncio.ensure_future(weaver.run())
    try:
        yield weaver.saw
        await asyncio.sleep(LATE_S)
    finally:
        weaver.stop()
        await following


async def _connect(
    options: ConnectOptions,
    plan: CheckPlan,
    sink: Callable[[Event], None],
    note: Callable[[str], None],
) -> None:
    manager: ConnectionManager

    def echo(opcode: int, payload: bytes) -> None:
        if manager.ready_state is not ReadyState.OPEN:
            return
        if opcode == Opcode.TEXT:
            manager.send_text(payload.decode("utf-8", "replace"))
        else:
            manager.send_binary(payload)

    manager = ConnectionManager(options, sink, on_message=echo if plan.echo else None)
    abort = None
    if plan.abort_after_s is not None:
        abort = asyncio.get_running_loop().call_later(plan.abort_after_s, manager.abort)
    try:
        opened = await manager.open()
        if opened:
            await _use(manager, plan, note)
        await manager.wait_closed()
    finally:
        if abort is not None:
            abort.cancel()
        await manager.shutdown()


async def _use(manager: ConnectionManager, plan: CheckPlan, note: Callable[[str], None]) -> None:
    for text in plan.send:
        if manager.ready_state is ReadyState.OPEN:
            manager.send_text(text)
    doing = "echoing" if plan.echo else "holding"
    if plan.hold_s is None:
        note(f"open; {doing} until the peer closes")
        return
    note(f"open; {doing} for {plan.hold_s:g} s")
    closed = asyncio.ensure_future(manager.wait_closed())
    try:
        await asyncio.wait({closed}, timeout=plan.hold_s)
    finally:
        closed.cancel()
    if manager.ready_state is ReadyState.OPEN:
        manager.close(1000, why=LocalEnd.HOLD_OVER)
