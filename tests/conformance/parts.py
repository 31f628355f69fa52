"""The parts of the Autobahn suite, and how one of them is run."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from tests.conformance.echo import AGENT, ask
from wsinspect.options import ConnectOptions

USUAL = ConnectOptions(url="").compression_offer
HINTED = "permessage-deflate; client_no_context_takeover; client_max_window_bits"
"""The suite asks for these two only of clients that say in the offer that they know them."""
GROUPS = {
    "1.*": (16, "check", USUAL),
    "2.*": (11, "check", USUAL),
    "3.*": (7, "check", USUAL),
    "4.*": (10, "check", USUAL),
    "5.*": (20, "check", USUAL),
    "6.*": (145, "check", USUAL),
    "7.*": (37, "check", USUAL),
    "9.*": (54, "check", USUAL),
    "10.*": (1, "check", USUAL),
    **{f"12.{part}.*": (18, "manager", USUAL) for part in range(1, 6)},
    "13.1.*": (18, "manager", HINTED),
    "13.2.*": (18, "manager", f"{HINTED}; server_no_context_takeover"),
    "13.3.*": (18, "manager", f"{HINTED}; server_max_window_bits=9"),
    "13.4.*": (18, "manager", f"{HINTED}; server_max_window_bits=15"),
    "13.5.*": (18, "manager", f"{HINTED}; server_no_context_takeover; server_max_window_bits=9"),
    "13.6.*": (18, "manager", f"{HINTED}; server_no_context_takeover; server_max_window_bits=15"),
    "13.7.*": (
        18,
        "manager",
        f"{HINTED}; server_no_context_takeover; server_max_window_bits=9, "
        f"{HINTED}; server_no_context_takeover, {HINTED}",
    ),
}
"""How many cases each part of the suite has, which client takes them, and the compression that it offers. The parts:
framing, pings, reserved bits, opcodes, fragments, UTF-8, closing, limits, fragmented sending, compression by data, and
by negotiated parameters. The compressed ones move gigabytes, which `check` would record."""
PATIENCE_S = 900
CLIENT_PROCESSES = 2
RUNS_AGAIN = 2
PASSES = {"OK", "INFORMATIONAL"}


@asynccontextmanager
async def running(module: str, *arguments: str) -> AsyncIterator[Process]:
    """Run a module of the tests in a process of its own, gone when the context ends."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, *arguments, stdout=PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def port_of(server: Process) -> int:
    assert server.stdout is not None
    return int(await server.stdout.readline())


async def results_of(server: Process, port: int) -> list[dict[str, Any]]:
    """Ask the server for its reports, with which it ends."""
    await ask(port, f"/updateReports?agent={AGENT}")
    output, _ = await server.communicate()
    return [json.loads(line) for line in output.splitlines()]


def failing(results: list[dict[str, Any]]) -> list[str]:
    return [
        f"{result['case']}: {result['behavior']} ({result['result']}), closing {result['close']} ({result['result_close']})"
        for result in results
        if not {result["behavior"], result["close"]} <= PASSES
    ]


class Outcome(msgspec.Struct):
    """What came of a part."""

    part: str
    asked: int
    """How many cases the server has for it."""
    ran: int
    failing: list[str]
    """A line for each case that is neither OK nor INFORMATIONAL."""


async def run_part(part: str) -> Outcome:
    """Run all the cases of a part; those that the suite's own clock ended are asked again by themselves."""
    outcome, results = await _run(part, part)
    for _ in range(RUNS_AGAIN):
        late = [result["case"] for result in results if _cut_by_the_suite(result)]
        if not late or len(late) < len(outcome.failing):
            break
        again, results = await _run(part, *late)
        outcome.failing = again.failing
    return outcome


def _cut_by_the_suite(result: dict[str, Any]) -> bool:
    """Whether all that was wrong is that the connection did not end cleanly: the suite drops it after a second, however
    busy the machine is. A client that does not close cleanly is found in each further run, too."""
    return result["behavior"] in PASSES and result["close"] == "UNCLEAN"


async def _run(part: str, *patterns: str) -> tuple[Outcome, list[dict[str, Any]]]:
    _, client, offer = GROUPS[part]
    async with asyncio.timeout(PATIENCE_S), running("tests.conformance.fuzzing_server", *patterns) as server:
        port = await port_of(server)
        asked = int(await ask(port, "/getCaseCount"))

        async def some(first: int) -> None:
            share = (str(port), client, offer, str(first), str(CLIENT_PROCESSES), str(asked))
            async with running("tests.conformance.echo", *share) as process:
                assert await process.wait() == 0, f"a client of part {part} failed"

        await asyncio.gather(*(some(first) for first in range(1, CLIENT_PROCESSES + 1)))
        results = await results_of(server, port)
    return Outcome(part=part, asked=asked, ran=len(results), failing=failing(results)), results
