"""The whole Autobahn suite against our client: each of its 517 cases ends OK or INFORMATIONAL."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict

import pytest

from tests.conformance.conftest import Ahead
from tests.conformance.echo import AGENT, ask
from tests.conformance.parts import GROUPS, PATIENCE_S, failing, port_of, results_of, run_part, running


@pytest.mark.parametrize("part", GROUPS)
async def test_every_case_of_the_suite_passes(part: str, ahead: Ahead) -> None:
    count = GROUPS[part][0]
    outcome = await ahead.outcome(part) if part in ahead.parts else await run_part(part)
    assert outcome.failing == []
    assert (outcome.asked, outcome.ran) == (count, count)


async def test_the_command_line_is_such_a_client_too() -> None:
    async with asyncio.timeout(PATIENCE_S), running("tests.conformance.fuzzing_server", "5.1*") as server:
        port = await port_of(server)
        count = int(await ask(port, "/getCaseCount"))
        outcomes = defaultdict[str, set[int | None]](set)
        for number in range(1, count + 1):
            url = f"ws://127.0.0.1:{port}/runCase?case={number}&agent={AGENT}"
            async with running("wsinspect", "check", url, "--echo", "--json") as process:
                output, _ = await process.communicate()
                outcomes[json.loads(output)["outcome"]].add(process.returncode)
        results = await results_of(server, port)
    assert failing(results) == []
    assert len(results) == count == 11
    # The suite ends some cases with 1000; in the others we have to fail the connection.
    assert outcomes == {"open": {0}, "closed": {1}}
