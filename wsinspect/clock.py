"""The clock that everything in a session is timed by."""

from __future__ import annotations

import time
from collections.abc import Callable

_BOOT_TIME: int | None = getattr(time, "CLOCK_BOOTTIME", None)


def elapsed_ns() -> int:
    """Return nanoseconds on a clock that is never set, and that goes on while the machine sleeps where it has one.

    A server's timers go on while this machine sleeps. Linux's monotonic clock stands still then, and a connection that was
    cut meanwhile would seem to have ended after the few seconds before and after (clock_gettime(2), CLOCK_BOOTTIME).
    """
    return time.monotonic_ns() if _BOOT_TIME is None else time.clock_gettime_ns(_BOOT_TIME)


awake_ns: Callable[[], int] | None = None if _BOOT_TIME is None else time.monotonic_ns
"""A clock that goes as `elapsed_ns` does but stands still while the machine sleeps; None where there is no such pair.

The wall clock can't stand in for either of them: it jumps whenever somebody sets it.
"""
