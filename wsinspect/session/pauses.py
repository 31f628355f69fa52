"""Times in which this side could notice nothing: the machine slept, or this program stood still."""

from __future__ import annotations

from wsinspect.events import MachineSlept, ProgramStoodStill

Pause = MachineSlept | ProgramStoodStill


def lasted_ns(pause: Pause) -> int:
    """Return how long it lasted, at least, in nanoseconds."""
    return pause.asleep_ns if isinstance(pause, MachineSlept) else pause.still_ns


def pause_told(pause: Pause) -> str:
    """Return what is to be said of it, for the middle of a sentence."""
    what = "this machine slept" if isinstance(pause, MachineSlept) else "wsinspect itself stood still"
    between = f"between {pause.after_ns / 1e9:.1f} s and {pause.at_ns / 1e9:.1f} s of the session"
    return f"{what} for {long_words(lasted_ns(pause))}, {between}"


def long_words(ns: int) -> str:
    """Return nanoseconds as `12 s`, `5 min` or `8 h 3 min`."""
    seconds = ns // 1_000_000_000
    if seconds < 120:
        return f"{seconds} s"
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
