"""Keep the pictures as they are now: `python -m tests.tui.snapshots [NAME…]`, all of them or those whose names begin so."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.tui.snapshots.compared import KEPT, Pictures
from tests.tui.snapshots.scenes import SCENES, named

TESTS = Path(__file__).parents[1] / "test_snapshots.py"


def main(names: list[str]) -> int:
    """Keep what the tests see; the pictures of screens that are no more go."""
    Pictures.rewrites = True
    wanted = [scene.name for scene in SCENES if not names or scene.name.startswith(tuple(names))]
    if not wanted:
        sys.stderr.write(f"no screen is called so; there are {', '.join(scene.name for scene in SCENES)}\n")
        return 2
    for path in {*KEPT.glob("*.txt")} - {KEPT / f"{name}.txt" for scene in SCENES for name in named(scene)}:
        path.unlink()
    tests = [f"{TESTS}::test_a_screen_looks_as_it_did[{name}]" for name in wanted]
    return int(pytest.main(["-q", "-p", "no:cacheprovider", *tests]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
