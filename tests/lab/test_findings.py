"""Every scenario of the lab is told by its first finding, headless, over real sockets; healthy ones blame nobody."""

from __future__ import annotations

import asyncio

import pytest

from wsinspect.check.lab import run_scenario
from wsinspect.diagnosis.engine import diagnose
from wsinspect.lab.registry import scenario, scenarios
from wsinspect.lab.scenario import LabSettings
from wsinspect.session.record import SessionRecord

QUICK = LabSettings(time_scale=0.15)
"""Long enough for a loaded machine; the causes that don't measure time hold at any scale."""

MEASURED = [each.id for each in scenarios() if each.stage == "idle"]
"""These tell by seconds, so they run at full length, all at once."""


async def first_finding(scenario_id: str, settings: LabSettings) -> str | None:
    """Run the check on a scenario; the first finding's cause, or None where there is none."""
    record = SessionRecord()
    try:
        async with asyncio.timeout(60):
            await run_scenario(scenario(scenario_id), settings, record)
        answer = diagnose(record).answer
        return answer.cause if answer is not None else None
    finally:
        record.close()


@pytest.mark.parametrize("scenario_id", [each.id for each in scenarios() if each.id not in MEASURED])
async def test_the_first_finding_is_the_cause(scenario_id: str) -> None:
    assert await first_finding(scenario_id, QUICK) == scenario(scenario_id).cause


async def test_the_first_finding_is_the_cause_where_seconds_tell() -> None:
    found = await asyncio.gather(*(first_finding(each, LabSettings()) for each in MEASURED))
    assert dict(zip(MEASURED, found, strict=True)) == {each: scenario(each).cause for each in MEASURED}
