"""Deadlines for the peer: where our own program came late to one, what lies ready is read before it counts.

A timer fires late after the program was stopped (Ctrl+Z, a debugger) or got no time from the machine. The answer may have come
long before, and lies in the socket's buffer; asyncio.timeout would give up on it all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

_LATE_S = 0.1
"""So late does a timer fire only where the event loop did not run when it was due."""
_LEAST_S = 0.25
"""What is read at once may have to be answered, and that answer to arrive."""
_EXTENSIONS = 5
"""A machine on which each timer is late must not make a limit endless."""


class Deadline:
    """Calls `passed` once, when the loop's time is `when` and the loop ran then; `total_s` is what the peer has in all."""

    def __init__(self, when: float, total_s: float, passed: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._total_s = total_s
        self._passed = passed
        self._left = _EXTENSIONS
        self._timer = self._loop.call_at(when, self._due)

    def _due(self) -> None:
        late_s = self._loop.time() - self._timer.when()
        if late_s < _LATE_S or not self._left:
            self._passed()
            return
        self._left -= 1
        # At most so much of the peer's time was lost to us, and never more than all of it.
        again_s = max(_LEAST_S, min(late_s, self._total_s))
        self._timer = self._loop.call_later(again_s, self._due)

    def cancel(self) -> None:
        """Let it never pass."""
        self._timer.cancel()


@asynccontextmanager
async def within(timeout_s: float | None) -> AsyncIterator[None]:
    """Cancel the block after `timeout_s` seconds, None for never.

    Raises:
        TimeoutError: the time is up.
    """
    async with asyncio.timeout(None) as limit:
        if timeout_s is None:
            yield
            return
        loop = asyncio.get_running_loop()
        deadline = Deadline(loop.time() + timeout_s, timeout_s, lambda: limit.reschedule(loop.time()))
        try:
            yield
        finally:
            deadline.cancel()
