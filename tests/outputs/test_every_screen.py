"""Nothing that anybody planted acts on the terminal, on any screen; and a new screen can't be forgotten here."""

from __future__ import annotations

import pytest

from tests.outputs.every_screen import WAYS, driven, plant_files, screens, shown
from tests.outputs.planted import refused, talking
from tests.outputs.test_terminal_safety import EVIL, check
from tests.tui.conftest import own_folders, quick_pilot
from wsinspect.options import ConnectOptions

__all__ = ["own_folders", "quick_pilot"]

OPTIONS = ConnectOptions(
    url=f"ws://h/{EVIL}",
    headers=((f"X-{EVIL}", EVIL), ("Authorization", f"Bearer {EVIL}")),
    cookies=(f"a={EVIL}",),
    subprotocols=(EVIL,),
    origin=EVIL,
    user_agent=EVIL,
)
TABLE = {"url": f"ws://h/{EVIL}", "origin": EVIL, "headers": {f"X-{EVIL}": EVIL}, "templates": {EVIL: EVIL}}


def test_no_screen_is_forgotten() -> None:
    forgotten = {one.__name__ for one in screens()} - driven()
    assert not forgotten, f"say in tests/outputs/every_screen.py how a person gets to {sorted(forgotten)}"


@pytest.mark.parametrize("name", WAYS)
async def test_nothing_acts_on_the_terminal(name: str) -> None:
    plant_files(EVIL, TABLE)
    check(await shown(name, talking(EVIL), EVIL, OPTIONS))


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_nothing_acts_on_the_terminal_in_any_size(size: tuple[int, int]) -> None:
    check(await shown("panes", refused(EVIL), EVIL, OPTIONS, size=size))
