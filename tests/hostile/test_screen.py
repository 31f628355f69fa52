"""The terminal UI under each flood of the lab: every key is answered while it lasts, and what it was is said at its end."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from textual import events

from tests.connection.loopback import until
from tests.tui.stage import screen_text
from wsinspect.diagnosis.engine import diagnose
from wsinspect.lab.registry import scenario
from wsinspect.lab.scenario import LabSettings
from wsinspect.tui.app import WsinspectApp
from wsinspect.tui.opening import Opening
from wsinspect.tui.screens.panes import PANES

FLOODS = [
    "control-frame-flood",
    "control-frame-flood-storm",
    "fragment-flood",
    "proto-length-nonminimal-2-to-the-63",
    "message-inflates-beyond-limit",
    "frames-after-close",
    "frames-after-close-storm",
    "http-head-endless",
    "tls-bytes-invalid-endless",
]
SCALE = 0.1
ANSWER_S = 2.5
"""Processor time from a key to what it does; most is a hundredth of it. A busy machine stretches no such time."""
PATIENCE_S = 120


async def shown(app: WsinspectApp, pane: str) -> float:
    """Press the key of a pane that is not shown and return the processor time that goes by until it is."""
    # A key for the pane that is shown would be waited for by nothing, and reach a program that has left.
    assert app.inspector._pane != pane
    key = str(PANES.index(pane) + 1)
    began = time.process_time()
    app.post_message(events.Key(key, key))
    await until(lambda: app.inspector._pane == pane)
    return time.process_time() - began


def next_pane(app: WsinspectApp) -> str:
    return PANES[(PANES.index(app.inspector._pane) + 1) % len(PANES)]


@pytest.mark.parametrize("scenario_id", FLOODS)
async def test_keys_are_answered_under_a_flood(
    scenario_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    story = scenario(scenario_id)
    app = WsinspectApp(Opening(lab=story, lab_settings=LabSettings(time_scale=SCALE)), settle_s=0, environ={})
    answered: list[float] = []
    async with asyncio.timeout(PATIENCE_S), app.run_test(size=(80, 24)):
        record = app.session.record
        while record.current is None or not record.current.ended:
            answered.append(await shown(app, next_pane(app)))
            record = app.session.record
            await asyncio.sleep(0.005)
        if app.inspector._pane != "diagnosis":
            await shown(app, "diagnosis")
        app.inspector.look()
        found = diagnose(record).answer
        assert found is not None
        assert found.cause == story.cause
        # A pane that was just shown is drawn with the next refresh.
        await until(lambda: found.headline[:30] in screen_text(app))
    await app.aclose()
    assert len(answered) > 1
    assert max(answered) < ANSWER_S
