"""What every event carries."""

from __future__ import annotations

from msgspec import Struct


class Event(Struct, frozen=True, tag_field="event"):
    """One fact of a session, never changed once recorded."""

    seq: int
    """Position in the session record, from 1; what a finding cites."""
    at_ns: int
    """Monotonic nanoseconds since the session began."""
    attempt: int
    """Which attempt it belongs to, from 1."""
