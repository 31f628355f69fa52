"""The size of the terminal as it is, where what was told of it may be late."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from textual.events import Resize
from textual.geometry import Size


def corrected(event: Resize) -> Resize:
    """Return the event with the size that the terminal has now.

    A window that is dragged sends one SIGWINCH after the other. Where the second comes while the first is being handled,
    the driver tells of the sizes in the wrong order, and the first, which is over, would stay.
    """
    if sys.__stdout__ is None or "COLUMNS" in os.environ or "LINES" in os.environ:
        return event
    with suppress(OSError, ValueError):
        now = Size(*os.get_terminal_size(sys.__stdout__.fileno()))
        if now and now != event.size:
            return Resize(now, now)
    return event
