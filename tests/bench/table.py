"""How results are taken and shown."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROUNDS = 3


class Row(NamedTuple):
    """One figure of ours beside a peer's of the same run."""

    what: str
    ours: float
    unit: str
    peer: str = ""
    theirs: float | None = None
    lower: bool = False
    """Whether less is better: then the ratio says how many times less, as it otherwise says how many times more."""

    def __str__(self) -> str:
        theirs = ratio = ""
        if self.theirs is not None:
            times = self.theirs / self.ours if self.lower else self.ours / self.theirs
            theirs, ratio = f"{_figure(self.theirs)} ({self.peer})", f"{times:.2f}"
        return f"| {self.what} | {_figure(self.ours)} {self.unit} | {theirs} | {ratio} | {os.getloadavg()[0]:.1f} |"


HEADING = "| what | wsinspect | beside it, in the same run | times better | load |\n| --- | ---: | ---: | ---: | ---: |"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def best(measure: Callable[[], float], *, smallest: bool = False) -> float:
    """Return the best of `ROUNDS` results: the largest, or the smallest where less is better."""
    results = [measure() for _ in range(ROUNDS)]
    return min(results) if smallest else max(results)


def wsinspect() -> list[str]:
    """Return the command that starts the installed program of this Python."""
    return [str(Path(sys.executable).parent / "wsinspect")]
