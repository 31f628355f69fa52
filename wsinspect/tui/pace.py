"""How often the screen is filled again while much arrives: seldom enough that keys never wait for it."""

from __future__ import annotations

import gc
import sys
from asyncio import AbstractEventLoop
from collections.abc import Callable
from time import monotonic

_SHARE = 0.35
"""Of the time, at most so much goes into showing what arrives."""
_AFTER_KEY_S = 0.08
"""After a key, what it changed is painted first, and what the next one of somebody who types will change."""
_LONGEST_REST_S = 0.5
"""Somebody who types without a pause sees what arrives no more seldom."""
_TURN_S = 0.001
_STARTED_S = 1.0
_COLLECT_AFTER = 5_000
_OLD_AFTER = 100


class Pace:
    """Told when showing begins, when it is painted and when a key comes; says whether it may begin again."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._began_s: float | None = None
        self._rest_until_s = 0.0
        self._painted_s = clock()

    def key(self) -> None:
        """A key was pressed."""
        wanted_s = min(self._clock() + _AFTER_KEY_S, self._painted_s + _LONGEST_REST_S)
        self._rest_until_s = max(self._rest_until_s, wanted_s)

    def begin(self, *, urgent: bool = False) -> bool:
        """Say whether showing may begin now; if so, it has begun. What is urgent is shown at once."""
        now_s = self._clock()
        painting = self._began_s is not None and now_s < self._began_s + _LONGEST_REST_S
        if not urgent and (painting or now_s < self._rest_until_s):
            return False
        self._began_s = now_s
        return True

    def painted(self) -> None:
        """What was shown stands on the screen."""
        if self._began_s is None:
            return
        now_s = self._clock()
        rest_s = min(_LONGEST_REST_S, (now_s - self._began_s) * (1 - _SHARE) / _SHARE)
        self._rest_until_s = max(self._rest_until_s, now_s + rest_s)
        self._painted_s = now_s
        self._began_s = None


def shorten_pauses(loop: AbstractEventLoop) -> None:
    """Have the interpreter interrupt this process for milliseconds where it would for tenths of a second.

    Called once, by a program that lives on keys and paints.
    """
    # A key is read, and what it changes is written, by threads: with Python's own 5 ms each of them waits that long
    # for its turn while frames are being worked through.
    sys.setswitchinterval(_TURN_S)
    loop.call_later(_STARTED_S, _look_for_garbage_often)


def _look_for_garbage_often() -> None:
    # What was made to start with stays to the end: going through it takes 0.1 s each time.
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, _OLD_AFTER)
