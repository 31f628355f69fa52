"""How long after the last byte of a refusal its answer stands on the screen of the terminal UI."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.table import ROUNDS, Row
from tests.peers.certificates import Certificates
from wsinspect.diagnosis.cause import Certainty
from wsinspect.lab.registry import scenario
from wsinspect.lab.scenario import LabSettings
from wsinspect.tui.app import WsinspectApp
from wsinspect.tui.opening import Opening
from wsinspect.tui.panes.rows_view import RowsView

ALLOWED_MS = 100.0
SCENARIOS = ("http-404", "tls-expired", "close-1011")


def rows(_: Certificates, __: Path) -> Iterator[Row]:
    """Yield a row a scenario: the median of some runs, beside what is allowed."""
    for scenario_id in SCENARIOS:
        took = statistics.median(asyncio.run(_answered_ms(scenario_id)) for _ in range(ROUNDS))
        yield Row(
            f"answer on the screen after the last byte, {scenario_id}",
            took,
            "ms",
            "allowed",
            ALLOWED_MS,
            lower=True,
        )


async def _answered_ms(scenario_id: str) -> float:
    """Return the milliseconds from the event that settles it to the first screen that has the answer."""
    app = WsinspectApp(Opening(lab=scenario(scenario_id), lab_settings=LabSettings()))
    settled_s = None
    async with app.run_test(size=(120, 36)):
        while True:
            attempt = app.session.record.current
            if attempt is not None and (attempt.failure or attempt.closure.close_received):
                settled_s = settled_s or time.perf_counter()
            shown = any(
                str(Certainty.CERTAIN).upper() in view.as_text() for view in app.screen.query(RowsView)
            )
            if settled_s is not None and shown:
                return (time.perf_counter() - settled_s) * 1e3
            await asyncio.sleep(0.001)
