"""No secret stands on the screen, unless somebody asked for it."""

from __future__ import annotations

import pytest

from tests.diagnosis.story import Story, close, fin, opened
from tests.outputs.test_secrets import CANARIES, OPTIONS, PLAIN_URL, SET, STORIES, check
from tests.tui.conftest import own_folders, quick_pilot
from tests.tui.stage import Stage, over, staged
from wsinspect.tui.masked import masked_content
from wsinspect.tui.rows import text

__all__ = ["own_folders", "quick_pilot"]


async def everything(stage: Stage) -> str:
    """Return what every pane shows, from its beginning to its end."""
    seen = [stage.screen_text()]
    for key in ("1", "2", "4"):
        await stage.press(key)
        for scroll in ("home", "pagedown", "pagedown", "end"):
            await stage.press(scroll)
            seen.append(stage.screen_text())
    stage.app.tell(f"told of {PLAIN_URL}", bad=True)
    await stage.settle()
    return "\n".join([*seen, stage.screen_text(), stage.app.title, stage.app.sub_title])


SHOWN = STORIES | {"opened": opened(PLAIN_URL, answer=(SET,), **OPTIONS) + close(1008, "no") + fin() + over()}
"""The frames pane shows payloads as they are: they are what the person came to see."""


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_no_pane_shows_a_canary(name: str, size: tuple[int, int]) -> None:
    story: Story = SHOWN[name]
    async with staged(story, size=size) as stage:
        seen = await everything(stage)
        check(seen, where=f"the screen of {name}")
        # A line that wraps would hide it from the search.
        for row in (
            row
            for pane in ("timeline", "handshake", "diagnosis")
            for row in stage.app.inspector.rows_of(pane).rows
        ):
            check(row.plain, where="a row")
        assert "***" in seen


def test_a_mask_keeps_the_styles_around_it() -> None:
    from wsinspect.export.redact import Redactor

    secret = CANARIES["bearer"]
    line = text(("Authorization: ", "bold"), f"Bearer {secret}", (" end", "red"))
    shown = masked_content(line, Redactor([secret]))
    assert shown.plain == f"Authorization: Bearer {Redactor([secret])(secret)} end"
    styles = {str(span.style): shown.plain[span.start : span.end] for span in shown.spans}
    assert styles == {"bold": "Authorization: ", "red": " end"}
    assert masked_content(line, Redactor([secret], show=True)) is line
