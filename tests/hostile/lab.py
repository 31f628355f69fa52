"""Every hostile peer of the lab, one after the other, in a process of its own: `python -m tests.hostile.lab`.

Prints a JSON object for each: what was found, what is left behind, and the most memory that was resident meanwhile, server and
client together.
"""

from __future__ import annotations

import asyncio
import json
import traceback
from pathlib import Path

import msgspec

from tests.hostile.measured import peak_mb
from tests.hostile.ordeal import nothing_left
from wsinspect.check.lab import run_scenario
from wsinspect.diagnosis.engine import diagnose
from wsinspect.lab.registry import scenarios
from wsinspect.lab.scenario import LabSettings, Scenario
from wsinspect.session.record import SessionRecord

SCALE = 0.1
PATIENCE_S = 60


class Told(msgspec.Struct):
    """What came of one scenario."""

    scenario: str
    causes: list[str]
    """The answer first."""
    peak_mb: float
    problem: str = ""
    """What was left behind, or any other reason why it is not as it should be."""


def forget_the_peak() -> None:
    """From here on the peak counts anew (proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5")


async def told(entry: Scenario) -> Told:
    """Run the check on a scenario and look at what it leaves."""
    forget_the_peak()
    record, problem = SessionRecord(), ""
    try:
        async with asyncio.timeout(PATIENCE_S), nothing_left():
            await run_scenario(entry, LabSettings(time_scale=SCALE), record)
            causes = [finding.cause for finding in diagnose(record).findings]
            record.close()
    except (AssertionError, TimeoutError):
        problem, causes = traceback.format_exc(), []
    return Told(entry.id, causes, peak_mb(), problem)


async def main() -> None:
    """Tell of each."""
    for entry in scenarios():
        if entry.stage == "hostile":
            print(json.dumps(msgspec.to_builtins(await told(entry))), flush=True)  # noqa: T201 (the pipe is the interface)


if __name__ == "__main__":
    asyncio.run(main())
