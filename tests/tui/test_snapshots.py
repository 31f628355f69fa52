"""Every screen at every size, as it was when somebody last looked at it."""

from __future__ import annotations

import pytest

from tests.tui.snapshots.compared import KEPT, Pictures
from tests.tui.snapshots.scenes import SCENES, Scene, named, pictured


@pytest.mark.parametrize("scene", SCENES, ids=[scene.name for scene in SCENES])
async def test_a_screen_looks_as_it_did(scene: Scene) -> None:
    pictures = await pictured(scene)
    differences = [Pictures.difference(name, picture) for name, picture in pictures.items()]
    if any(differences):
        pytest.fail("\n".join(filter(None, [*differences, Pictures.what_next(scene.name)])), pytrace=False)


def test_no_picture_is_of_a_screen_that_is_no_more() -> None:
    assert {path.stem for path in KEPT.glob("*.txt")} == {name for scene in SCENES for name in named(scene)}
