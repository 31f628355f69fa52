"""The client under test: `python -m tests.conformance.echo PORT CLIENT OFFER FIRST STEP COUNT`.

Runs the cases FIRST, FIRST + STEP, ... up to COUNT, some at a time. CLIENT is `manager`, the connection alone, or
`check`, the headless run with its record and its diagnosis; OFFER is the value of Sec-WebSocket-Extensions.
"""

from __future__ import annotations

import asyncio
import sys

from wsinspect.check.run import CheckPlan, run_check
from wsinspect.connection.manager import ConnectionManager
from wsinspect.diagnosis.engine import diagnose
from wsinspect.events import Event, ReadyState
from wsinspect.options import ConnectOptions
from wsinspect.session.record import SessionRecord
from wsinspect.wire.opcode import Opcode

AT_ONCE = 3
AGENT = "wsinspect"


def discard(_: Event) -> None:
    """A sink for whoever needs only the messages."""


async def ask(port: int, path: str) -> str:
    """Return the one message with which the server answers a path such as `/getCaseCount`."""
    messages: list[bytes] = []
    options = ConnectOptions(url=f"ws://127.0.0.1:{port}{path}")
    await ConnectionManager(
        options, discard, environ={}, on_message=lambda _, payload: messages.append(payload)
    ).run()
    return messages[0].decode() if messages else ""


async def echo_by_manager(options: ConnectOptions) -> None:
    """Echo every message until the peer closes."""
    manager: ConnectionManager

    def echo(opcode: int, payload: bytes) -> None:
        if manager.ready_state is not ReadyState.OPEN:
            return
        if opcode == Opcode.TEXT:
            manager.send_text(payload.decode())
        else:
            manager.send_binary(payload)

    manager = ConnectionManager(options, discard, environ={}, on_message=echo)
    await manager.run()


async def echo_by_check(options: ConnectOptions) -> None:
    """Do what `wsinspect check URL --echo` does, and let the engine look at the record."""
    record = SessionRecord()
    try:
        await run_check(options, CheckPlan(echo=True, hold_s=None), record)
        diagnose(record)
    finally:
        record.close()


CLIENTS = {"manager": echo_by_manager, "check": echo_by_check}


async def run_cases(port: int, client: str, offer: str, numbers: range) -> None:
    """Run the cases with these 1-based numbers."""
    free = asyncio.Semaphore(AT_ONCE)

    async def run_case(number: int) -> None:
        async with free:
            url = f"ws://127.0.0.1:{port}/runCase?case={number}&agent={AGENT}"
            await CLIENTS[client](ConnectOptions(url=url, proxy="", compression_offer=offer))

    async with asyncio.TaskGroup() as group:
        for number in numbers:
            group.create_task(run_case(number))


if __name__ == "__main__":
    _, at, who, what, *share = sys.argv
    first, step, count = (int(number) for number in share)
    asyncio.run(run_cases(int(at), who, what, range(first, count + 1, step)))
