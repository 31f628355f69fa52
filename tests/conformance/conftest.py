"""The long parts of the suite begin with the first test of a run, and their own tests come last.

They read what came of the parts, and run those that aren't over with the usual priority: on a busy machine the process
that has the least may have come to nothing.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.conformance.parts import GROUPS, Outcome, run_part

_HERE = Path(__file__).parent
_LONG = ("12.", "13.")
_AHEAD = pytest.StashKey["Ahead"]()


class Ahead:
    """The process that runs long parts while other tests run."""

    def __init__(self, parts: list[str]) -> None:
        self.parts = parts
        self._outcomes: dict[str, Outcome] = {}
        self._process: subprocess.Popen[bytes] | None = None
        if parts:
            command = [sys.executable, "-m", "tests.conformance.ahead", *parts]
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE)

    async def outcome(self, part: str) -> Outcome:
        """Return what came of a part. The first to ask ends the process: nothing is left to run beside it."""
        await asyncio.to_thread(self.close)
        return self._outcomes.get(part) or await run_part(part)

    def close(self) -> None:
        """End the process and those that it started, and keep what came of the parts that are over."""
        if self._process is not None:
            self._process.terminate()
            output, _ = self._process.communicate()
            self._process = None
            outcomes = [msgspec.json.decode(line, type=Outcome) for line in output.splitlines()]
            self._outcomes = {outcome.part: outcome for outcome in outcomes}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the suite behind everything else, in its own order."""
    ours = [item for item in items if _HERE in item.path.parents]
    items[:] = [*(item for item in items if _HERE not in item.path.parents), *ours]


def pytest_runtestloop(session: pytest.Session) -> None:
    """Begin with the long parts that are wanted."""
    wanted = {item.name for item in session.items if _HERE in item.path.parents}
    parts = [
        part for part in GROUPS if part.startswith(_LONG) and any(f"[{part}]" in name for name in wanted)
    ]
    session.config.stash[_AHEAD] = Ahead([] if session.config.option.collectonly else parts)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave nothing running."""
    ahead = session.config.stash.get(_AHEAD, None)
    if ahead is not None:
        ahead.close()


@pytest.fixture
def ahead(pytestconfig: pytest.Config) -> Ahead:
    """The process that runs long parts."""
    return pytestconfig.stash[_AHEAD]
