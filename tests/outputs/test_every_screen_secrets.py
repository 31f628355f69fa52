"""No secret stands on any screen of the UI, in a file that it leaves behind, or in what it says of its own mistakes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.diagnosis.story import close, fin, opened
from tests.outputs.every_screen import WAYS, plant_files, shown
from tests.outputs.test_secrets import OPTIONS, PLAIN_URL, SET, URL, check
from tests.tui.conftest import own_folders, quick_pilot
from tests.tui.stage import over
from wsinspect.options import ConnectOptions

__all__ = ["own_folders", "quick_pilot"]

ASKED = ConnectOptions(url=URL, **OPTIONS)
TABLE: dict[str, Any] = {
    "url": URL,
    "headers": dict(OPTIONS["headers"]),
    "cookies": list(OPTIONS["cookies"]),
    "basic_auth": OPTIONS["basic_auth"],
    "subprotocols": list(OPTIONS["subprotocols"]),
    "proxy": OPTIONS["proxy"],
}


@pytest.mark.parametrize("name", WAYS)
async def test_no_canary_is_on_any_screen(name: str) -> None:
    plant_files("p", TABLE)
    story = opened(PLAIN_URL, answer=(SET,), **OPTIONS) + close(1008, "no") + fin()
    said = await shown(name, story + over(), "p", ASKED)
    check(said, where=name)
    assert "message pump" in said, "what tasks are called was looked at, too"
