"""What the status line says of a recording that is being played."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsinspect.tui.key_hints import hint
from wsinspect.tui.panes.frame_state import progress_bar
from wsinspect.tui.wording import clock, moment

if TYPE_CHECKING:
    from wsinspect.tui.playback import Playback

_SHORT_NS = 60_000_000_000
"""Of a recording that is shorter, milliseconds matter."""


def playback_told(playback: Playback) -> str:
    """Return it; empty where everything has been read."""
    if playback.mode == "reading":
        return f"▷ READING {progress_bar(playback.fraction)}" + hint("  {stop-work} stops")
    if playback.mode == "stopped":
        return f"▷ STOPPED AT {playback.fraction:.0%}".replace("%", " %")
    if playback.over:
        return ""
    length_ns = playback.length_ns
    if length_ns is None:
        position = clock(playback.now_ns())
    elif length_ns < _SHORT_NS:
        position = f"{moment(playback.now_ns())}/{moment(length_ns)} s"
    else:
        position = f"{clock(playback.now_ns())}/{clock(length_ns)}"
    sign = "‖" if playback.mode == "paused" else "▶"
    return f"{sign} {playback.speed:g}x {position}"
