"""When things happened by the calendar: each attempt says what the wall clock showed when it began."""

from __future__ import annotations

from wsinspect.session.attempt import Attempt


def wall_ns(attempt: Attempt, at_ns: int) -> int:
    """Return nanoseconds since the Unix epoch for a moment of the attempt."""
    return attempt.started.wall_time_ns + at_ns - attempt.started.at_ns
