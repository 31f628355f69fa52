"""`wsinspect lab` without a screen: the list, the check of a scenario, serving one."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from wsinspect.check.main import interruptible, print_report, run_watched
from wsinspect.check.outcome import ExitCode
from wsinspect.check.output import say, write_out
from wsinspect.check.run import CheckPlan, run_check
from wsinspect.errors import UsageError, nearest
from wsinspect.lab.registry import scenarios
from wsinspect.lab.scenario import LabEndpoint, LabSettings, Scenario
from wsinspect.options import ConnectOptions
from wsinspect.session.record import SessionRecord

_LONG_S = 5.0
"""From here on a scenario says how long it takes."""


def scenario_list(stage: str | None = None) -> str:
    """Return all scenarios by stage, or those of one stage, a line each.

    Raises:
        UsageError: no such stage.
    """
    by_stage: dict[str, list[Scenario]] = {}
    for scenario in scenarios():
        by_stage.setdefault(scenario.stage, []).append(scenario)
    if stage is not None and stage not in by_stage:
        raise UsageError(
            f"no scenario is of the stage {stage!r}",
            where="--stage",
            allowed=", ".join(by_stage),
            hint=nearest(stage, by_stage),
        )
    shown = by_stage if stage is None else {stage: by_stage[stage]}
    width = max(len(scenario.id) for found in shown.values() for scenario in found)
    lines: list[str] = []
    for name, found in shown.items():
        lines.append(name)
        lines += [f"  {scenario.id:<{width}}  {scenario.title}{_takes(scenario)}" for scenario in found]
        lines.append("")
    return "\n".join(lines)


def _takes(scenario: Scenario) -> str:
    """Say how long a scenario takes that can't be shown faster."""
    seconds = scenario.takes_s
    return f" (takes {seconds:g} s)" if seconds is not None and seconds > _LONG_S else ""


def endpoint_options(endpoint: LabEndpoint) -> ConnectOptions:
    """Return what to connect to for an endpoint of the lab; the environment's proxies stay out of it."""
    changes: dict[str, Any] = {"proxy": "", **endpoint.overrides}
    return replace(ConnectOptions(url=endpoint.url), **changes)


async def run_scenario(
    scenario: Scenario, settings: LabSettings, record: SessionRecord, output: Path | None = None
) -> None:
    """Serve a scenario and run the check on it; the story ends in `record`."""
    async with scenario.serve(settings) as endpoint:
        plan = CheckPlan(
            hold_s=endpoint.hold_s, send=endpoint.send, output=output, abort_after_s=endpoint.abort_after_s
        )
        await run_check(endpoint_options(endpoint), plan, record, say)


def check_scenario(
    scenario: Scenario, settings: LabSettings, *, as_json: bool = False, output: Path | None = None
) -> ExitCode:
    """Serve a scenario, run the check on it and print its report; a signal ends it with 130."""
    record = SessionRecord()
    try:
        run_watched(lambda: interruptible(run_scenario(scenario, settings, record, output)))
        return print_report(record, as_json=as_json)
    finally:
        record.close()


def serve_scenario(scenario: Scenario, settings: LabSettings) -> int:
    """Serve a scenario until SIGINT, SIGTERM or SIGHUP, and print its URL on stdout."""

    async def serve() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, stop.set)
        async with scenario.serve(settings) as endpoint:
            write_out(f"{endpoint.url}\n")
            await stop.wait()

    run_watched(serve)
    return 0
