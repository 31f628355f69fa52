"""Work that takes longer than a blink: done in short steps beside everything else, with its progress, and to be stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from time import monotonic

STEP_S = 0.008
"""How long work may keep everything else waiting."""
_REST_S = 0.004


class Work:
    """One piece of work, as it is told of on the status line."""

    def __init__(self, title: str, fraction: Callable[[], float] | None = None) -> None:
        """`fraction` says how far it has come, from 0.0 to 1.0, if that is known."""
        self.title = title
        self.fraction = fraction
        self.stopped = False

    def stop(self) -> None:
        """Take no further step."""
        self.stopped = True

    async def run(self, steps: Iterable[Callable[[], object] | None]) -> bool:
        """Take one step after the other, each of which should be short; say whether it came to the end.

        What a step yields that is not None waits for something: it is called in another thread.
        """
        until = monotonic() + STEP_S
        for wait in steps:
            if wait is not None:
                await asyncio.to_thread(wait)
            if monotonic() > until:
                await asyncio.sleep(_REST_S)
                until = monotonic() + STEP_S
            if self.stopped:
                return False
        return True
