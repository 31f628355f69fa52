"""Secrets on the screen: masked until somebody confirms, and said while they are shown."""

from __future__ import annotations

import pytest

from tests.diagnosis.story import opened
from tests.tui.stage import staged
from wsinspect.export.redact import mask
from wsinspect.tui import clipboard

TOKEN = "correct-horse-battery-staple"
_FIELDS = (("Authorization", f"Bearer {TOKEN}"),)


async def test_they_are_shown_after_a_yes_and_masked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []

    async def take(text: str, *_: object) -> str:
        taken.append(text)
        return "the test"

    monkeypatch.setattr(clipboard, "copy", take)
    async with staged(opened(headers=_FIELDS)) as stage:
        pane = stage.app.inspector.rows_of("handshake")
        await stage.press("S")
        assert "Whoever sees this screen" in stage.screen_text()
        await stage.press("n")
        assert TOKEN not in pane.as_text()
        await stage.press("S", "y")
        assert TOKEN in pane.as_text()
        assert "SECRETS SHOWN" in stage.screen_text().splitlines()[0]
        await stage.press("2", "y")
        await stage.app.workers.wait_for_complete()
        assert TOKEN in taken[0]
        assert "the handshake copied to the test; its secrets are in it" in stage.told()
        await stage.press("S")
        assert TOKEN not in pane.as_text()
        assert mask(TOKEN) in pane.as_text()
        assert "SECRETS SHOWN" not in stage.screen_text()
        await stage.press("y")
        await stage.app.workers.wait_for_complete()
        assert TOKEN not in taken[1]
        assert "its secrets are masked, S shows them" in stage.told()
