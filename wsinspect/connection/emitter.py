"""Where events get their number and their time on the way to the sink."""

from __future__ import annotations

from collections.abc import Callable

from wsinspect.clock import elapsed_ns
from wsinspect.events import Event

Sink = Callable[[Event], None]
Clock = Callable[[], int]


class Emitter:
    """Numbers and times the events of one session and hands them to its sink, in order.

    Usage: `emit(StepStarted(*emit.stamp(), step=Step.TCP))`.
    """

    def __init__(self, sink: Sink, clock: Clock = elapsed_ns) -> None:
        self._sink = sink
        self._clock = clock
        self._began_ns = clock()
        self._seq = 0
        self.attempt = 0
        """The attempt that new stamps belong to."""

    def now_ns(self) -> int:
        """Nanoseconds since the session began, on the clock that stamps use."""
        return self._clock() - self._began_ns

    def stamp(self) -> tuple[int, int, int]:
        """Return the next event's `seq, at_ns, attempt`."""
        self._seq += 1
        return self._seq, self._clock() - self._began_ns, self.attempt

    def __call__(self, event: Event) -> None:
        """Hand one event to the sink."""
        self._sink(event)
