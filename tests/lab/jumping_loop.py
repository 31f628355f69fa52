"""An event loop whose clock jumps to the next timer when nothing else is left to do, over real sockets.

So a story that takes ten minutes is told at its own pace, to the second, and is over at once. Only for what does nothing in
threads: while one works, the loop would take it for idleness.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

SETTLED_S = 0.02
"""How long no socket has to have anything to say before the clock jumps: what is on the loopback must not be overtaken."""

_T = TypeVar("_T")


class _JumpingSelector(selectors.DefaultSelector):
    jumped_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= SETTLED_S:
            return super().select(timeout)
        ready = super().select(SETTLED_S)
        if not ready:
            self.jumped_s += timeout - SETTLED_S
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """See the module."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return super().time() + self._jumping.jumped_s


def run(story: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine on a loop of its own whose clock jumps."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(story)
