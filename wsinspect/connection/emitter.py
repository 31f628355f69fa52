"""Where events get their number and their time on the way to the sink."""

from __future__ import annotations

from collections.abc import Callable

from wsinspect.clock import awake_ns, elapsed_ns
from wsinspect.events import Event, MachineSlept, ProgramStoodStill

Sink = Callable[[Event], None]
Clock = Callable[[], int]

NOTICEABLE_SLEEP_NS = 1_000_000_000
"""A shorter sleep ends no connection."""
BEAT_NS = 500_000_000
NOTICEABLE_STANDSTILL_NS = 3_000_000_000
"""A busy machine may keep a program waiting for a second or two."""


class Emitter:
    """Numbers and times the events of one session and hands them to its sink, in order.

    Usage: `emit(StepStarted(*emit.stamp(), step=Step.TCP))`.

    `awake_clock` stands still while the machine sleeps, and goes as `clock` does otherwise. With each stamp the two are
    compared, and a sleep within an attempt is told before the event that is stamped: no timer has to wait for it.
    Without an `awake_clock` it is the system's beside the system's own clock, and beside another clock there is none.

    From the first `beat` to `rest`, somebody beats twice a second as long as this program runs: a beat that is overdue is told in the
    same way.
    """

    def __init__(self, sink: Sink, clock: Clock = elapsed_ns, awake_clock: Clock | None = None) -> None:
        self._sink = sink
        self._clock = clock
        self._awake_clock = awake_ns if awake_clock is None and clock is elapsed_ns else awake_clock
        self._began_ns = clock()
        self._seq = 0
        self.attempt = 0
        """The attempt that new stamps belong to."""
        self._seq_before = 0
        """The number before the attempt's first event."""
        self._apart_ns = 0
        """How far the clocks are apart, at most, with all sleep that is known."""
        self._last_ns = 0
        """When the machine was last known to be awake."""
        self._beat: tuple[int, int] | None = None
        """The last beat, on both clocks."""
        self._compare()

    def begin_attempt(self) -> None:
        """Let new stamps belong to the next attempt."""
        self.attempt += 1
        self._seq_before = self._seq
        self._compare()

    def now_ns(self) -> int:
        """Nanoseconds since the session began, on the clock that stamps use."""
        return self._clock() - self._began_ns

    def stamp(self) -> tuple[int, int, int]:
        """Return the next event's `seq, at_ns, attempt`."""
        at_ns = self._look()
        self._seq += 1
        return self._seq, at_ns, self.attempt

    def beat(self) -> None:
        """Know that the event loop runs. To be called every half second, from the loop."""
        at_ns = self._look()
        if self._awake_clock is not None:
            self._beat = at_ns, self._awake_clock()

    def rest(self) -> None:
        """No beats are to be expected any more."""
        self._beat = None

    def _look(self) -> int:
        """Return nanoseconds since the session began, after telling how long nothing could be noticed."""
        at_ns = self._clock() - self._began_ns
        # This clock was read before the one that stands still: whatever happens between only makes the difference less.
        if self._awake_clock is not None:
            awake_ns = self._awake_clock()
            asleep_ns = at_ns - awake_ns - self._apart_ns
            if asleep_ns > NOTICEABLE_SLEEP_NS:
                self._slept(at_ns, asleep_ns)
                at_ns = self._clock() - self._began_ns
            if self._beat is not None and awake_ns - self._beat[1] > NOTICEABLE_STANDSTILL_NS:
                self._stood_still(at_ns, awake_ns)
                at_ns = self._clock() - self._began_ns
        self._last_ns = at_ns
        return at_ns

    def __call__(self, event: Event) -> None:
        """Hand one event to the sink."""
        self._sink(event)

    def _slept(self, at_ns: int, asleep_ns: int) -> None:
        """Tell of a sleep that was noticed at `at_ns`, unless the attempt has yet to begin."""
        after_ns, self._last_ns = self._last_ns, at_ns
        self._compare()
        if self._seq == self._seq_before:
            return
        self._seq += 1
        stamp = (self._seq, at_ns, self.attempt)
        self._sink(MachineSlept(*stamp, asleep_ns=asleep_ns, after_ns=after_ns))

    def _stood_still(self, at_ns: int, awake_ns: int) -> None:
        """Tell of beats that were left out, as was noticed at `at_ns`, which is `awake_ns` on the clock of the beats."""
        assert self._beat is not None
        (beat_ns, beat_awake_ns), self._beat = self._beat, (at_ns, awake_ns)
        after_ns = max(beat_ns, self._last_ns)
        self._seq += 1
        stamp = (self._seq, at_ns, self.attempt)
        self._sink(ProgramStoodStill(*stamp, still_ns=awake_ns - beat_awake_ns - BEAT_NS, after_ns=after_ns))

    def _compare(self) -> None:
        """Take the sleep so far for known. The clocks are read in the order that makes their difference more."""
        if self._awake_clock is not None:
            awake = self._awake_clock()
            self._apart_ns = self._clock() - self._began_ns - awake
