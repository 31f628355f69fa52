"""The signs beside what was checked, and rows that stand for events."""

from __future__ import annotations

from wsinspect.tui.rows import BAD, GOOD, WARNING, EventPlace, Row, text
from wsinspect.tui.wording import FAILED_SIGN, OK_SIGN

OK = text((f"{OK_SIGN} ok      ", GOOD))
FAILED = text((f"{FAILED_SIGN} FAILED  ", f"bold {BAD}"))
NOTE = text(("! note    ", WARNING))
BESIDE = text("          ")


def at_event(one: Row, seq: int) -> Row:
    """Return the row as one that stands for an event; 0 for none."""
    return Row(one.gutter, one.body, EventPlace(seq) if seq else None, (seq,) if seq else ())
