"""Every scenario of the lab is told by its first finding, headless, over real sockets; healthy ones blame nobody."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Iterable

import msgspec
import pytest

from tests.lab import jumping_loop
from wsinspect.check.lab import run_scenario
from wsinspect.diagnosis.engine import diagnose
from wsinspect.events import Event
from wsinspect.lab.registry import scenarios
from wsinspect.lab.scenario import LabSettings, Scenario
from wsinspect.session.record import SessionRecord

QUICK = 0.15
"""Long enough for a loaded machine; the causes that don't measure time hold at any scale."""
AT_ONCE = 12
"""How many scenarios run at the same time; more would be late because of each other."""

CHANGES_THE_PROCESS = frozenset(
    {"docker-compose-name-from-browser", "tcp-localhost-ipv6-mismatch", "proxy-env-applied-to-localhost"}
)
MEASURED = [each for each in scenarios() if each.stage == "idle" or each.takes_s is not None]
"""These tell by seconds, so they run at full length, by a clock that jumps over the waiting."""
ANY_SCALE = [each for each in scenarios() if each not in MEASURED and each.stage != "hostile"]
"""The hostile ones are told in `tests.hostile`, where their memory is looked at too."""
ONE_BY_ONE = [each for each in ANY_SCALE if each.stage == "dns" or each.id in CHANGES_THE_PROCESS]
"""These replace something of the whole process while they are served."""


class RecordOfTheLoop(SessionRecord):
    """A record whose events are timed by the clock of the event loop."""

    def append(self, event: Event) -> None:
        now_ns = round(asyncio.get_running_loop().time() * 1e9)
        super().append(msgspec.structs.replace(event, at_ns=now_ns))


async def told(entry: Scenario, scale: float, record: SessionRecord) -> list[str]:
    """Run the check on a scenario; returns the causes of the findings, the answer first."""
    try:
        async with asyncio.timeout(60 + 2 * (entry.takes_s or 0)):
            await run_scenario(entry, LabSettings(time_scale=scale), record)
        return [finding.cause for finding in diagnose(record).findings]
    finally:
        record.close()


async def mismatches(
    entries: Iterable[Scenario],
    tell: Callable[[Scenario], Awaitable[list[str]]],
    *,
    at_once: int = AT_ONCE,
) -> list[str]:
    """Tell the scenarios, some at a time; returns a line for each whose findings are not as it says."""
    free = asyncio.Semaphore(at_once)

    async def one(entry: Scenario) -> str | None:
        async with free:
            found = await tell(entry)
        if entry.cause is None:
            return f"{entry.id}: nobody is to blame, found {', '.join(found)}" if found else None
        if found[:1] == [entry.answer] and entry.cause in found:
            return None
        return f"{entry.id}: wants {entry.answer} and {entry.cause}, found {', '.join(found) or 'nothing'}"

    return [line for line in await asyncio.gather(*map(one, entries)) if line]


async def quickly(entry: Scenario) -> list[str]:
    return await told(entry, QUICK, SessionRecord())


async def by_the_loops_clock(entry: Scenario) -> list[str]:
    return await told(entry, 1.0, RecordOfTheLoop())


@pytest.mark.parametrize("stage", sorted({each.stage for each in ANY_SCALE} - {"dns"}))
async def test_the_first_finding_is_the_cause(stage: str) -> None:
    entries = [each for each in ANY_SCALE if each.stage == stage and each not in ONE_BY_ONE]
    wrong = await mismatches(entries, quickly)
    assert not wrong, "\n".join(wrong)


async def test_the_first_finding_is_the_cause_where_the_process_has_one_resolver() -> None:
    wrong = [line for each in ONE_BY_ONE for line in await mismatches([each], quickly)]
    assert not wrong, "\n".join(wrong)


def test_the_first_finding_is_the_cause_where_seconds_tell() -> None:
    # One at a time: what one is late by would be silence in another.
    wrong = jumping_loop.run(mismatches(MEASURED, by_the_loops_clock, at_once=1))
    assert not wrong, "\n".join(wrong)


async def test_a_wrong_first_finding_is_seen() -> None:
    refused = next(each for each in scenarios() if each.id == "tcp-refused")
    other = dataclasses.replace(refused, cause="tcp-unreachable")
    assert await mismatches([refused, other], quickly) == [
        "tcp-refused: wants tcp-unreachable and tcp-unreachable, found tcp-refused"
    ]
