"""Lines of the server's own log, woven into a session."""

from __future__ import annotations

from wsinspect.events.stamped import Event


class ServerLogged(Event, frozen=True, kw_only=True, omit_defaults=True, tag="server-logged"):
    """The server's log, which somebody gave us to follow, holds this line.

    It is no event of a connection: `seq` and `attempt` are 0, so that the numbers that findings cite are the same with
    a log and without one. `at_ns` is when it was read, which can't be before it was written.
    """

    text: str
    """One line without its end; a very long one is cut."""
    wall_time_ns: int | None = None
    """Nanoseconds since the Unix epoch that the line itself states; None where it states none."""
    precision_ns: int = 1
    """How exactly that is written: a time to the second stands for all of that second."""
    shifted_s: int = 0
    """What was added because the line names no time zone, and its clock is whole quarters of an hour off."""
    continues: bool = False
    """It belongs to the line before it, as those of a stack trace do."""
