"""The ready state of an attempt: every move is one of the table's, and is recorded with its reason."""

from __future__ import annotations

from wsinspect.connection.emitter import Emitter
from wsinspect.events import TRANSITIONS, ReadyState, ReadyStateChanged


class ReadyStates:
    """Holds the ready state of one attempt, from CONNECTING on."""

    def __init__(self, emit: Emitter) -> None:
        self._emit = emit
        self.current = ReadyState.CONNECTING

    def move(self, new: ReadyState, reason: str) -> None:
        """Record the transition to `new`. A move that the table lacks is a defect of ours: AssertionError."""
        if new not in TRANSITIONS[self.current]:
            raise AssertionError(f"no transition from {self.current} to {new}")
        old, self.current = self.current, new
        self._emit(ReadyStateChanged(*self._emit.stamp(), old=old, new=new, reason=reason))
