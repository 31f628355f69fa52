"""Which lines of the server's log belong to an attempt."""

from __future__ import annotations

from bisect import bisect_right

from wsinspect.session.attempt import Attempt
from wsinspect.session.record import SessionRecord
from wsinspect.session.server_log import PlacedLine

BEFORE_NS = 2_000_000_000
"""What a server wrote shortly before an attempt may say why it could not work."""
AFTER_NS = 10_000_000_000
"""How long after its end a server writes of a connection."""


def lines_of(record: SessionRecord, attempt: Attempt) -> list[PlacedLine]:
    """Return the lines around an attempt: from a little before it, to a little after its end or to the next one.

    A line between two attempts belongs to the earlier one.
    """
    attempts = record.attempts
    at = attempts.index(attempt)
    begin = attempt.started.at_ns - BEFORE_NS
    if at > 0:
        before = attempts[at - 1]
        begin = max(begin, before.started.at_ns if before.ended_ns is None else _end(before, attempt))
    following = attempts[at + 1] if at + 1 < len(attempts) else None
    return record.server_log.between(begin, _end(attempt, following))


def _end(attempt: Attempt, following: Attempt | None) -> int:
    """Return when lines stop being those of `attempt`."""
    if attempt.ended_ns is None:
        return following.started.at_ns if following is not None else 1 << 62
    late = attempt.ended_ns + AFTER_NS
    return late if following is None else min(late, following.started.at_ns)


def nearest(lines: list[PlacedLine], at_ns: int, count: int) -> tuple[list[PlacedLine], int, int]:
    """Return at most `count` of `lines` around a moment, and how many earlier and later ones are left out."""
    middle = bisect_right(lines, at_ns, key=lambda line: line.at_ns)
    begin = max(0, min(middle - count * 2 // 3, len(lines) - count))
    shown = lines[begin : begin + count]
    return shown, begin, len(lines) - begin - len(shown)


def turning_point(attempt: Attempt) -> int | None:
    """Return the moment that the lines are read for: the failure, or else the end; None while there is neither."""
    failure = attempt.failure
    return failure.at_ns if failure is not None else attempt.ended_ns
