"""A filter over a frame log, in steps that are short enough for a program that has other things to do."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from itertools import compress
from time import perf_counter

from msgspec import Struct

from wsinspect.session.frame_log import FrameLog
from wsinspect.session.query.block import PAYLOAD_BYTES, AttemptRange, Block, next_block, places
from wsinspect.session.query.language import Filter
from wsinspect.session.query.patience import Patient

_SPARSE = 16


class Progress(Struct, frozen=True):
    """How far the work has come."""

    scanned: int
    """Frames that were looked at."""
    total: int
    """Frames that there are to look at."""
    found: int
    """Frames that passed."""

    gave_up: bool = False
    """Whether the rest is not looked at, as an expression took too long for too many frames."""

    @property
    def done(self) -> bool:
        """Whether nothing is left to look at, for now."""
        return self.gave_up or self.scanned >= self.total

    @property
    def fraction(self) -> float:
        """From 0.0 to 1.0."""
        return self.scanned / self.total if self.total else 1.0


class FilterScan(Patient):
    """The frames of a log that pass a filter; it goes on as the log grows. To cancel it, take no further step."""

    def __init__(
        self, log: FrameLog, wanted: Filter, *, attempts: Sequence[AttemptRange] = (), start: int = 0
    ) -> None:
        """`attempts` are the record's, which may grow too: `attempt:2` asks them. Frames before `start` are left out."""
        super().__init__()
        self.filter = wanted
        self.numbers = array("I")
        """The frames that passed so far, ascending."""
        self.shortened = 0
        """Frames of which only the first `PAYLOAD_BYTES` were looked into."""
        self._log = log
        self._attempts = attempts
        self._start = start
        self._scanned = start
        self._begun: tuple[int, int] | None = None
        """Frames about which something was asked that has no answer yet."""

    @property
    def progress(self) -> Progress:
        """How far the scan has come."""
        total = len(self._log)
        return Progress(
            min(self._scanned, total) - min(self._start, total),
            total - min(self._start, total),
            len(self.numbers),
            self._patience.spent,
        )

    def step(self, budget_s: float, *, clock: Callable[[], float] = perf_counter) -> Progress:
        """Look at more frames for about this many seconds, at least at some; return how far the scan has come."""
        deadline = clock() + budget_s
        self._patience.wait(lambda: deadline - clock())
        while self._scanned < len(self._log) and not self._patience.spent:
            if not self._block() or clock() >= deadline:
                break
        return self.progress

    def _block(self) -> bool:
        """Look at some frames; return whether there is more to do now."""
        predicate = self.filter.predicate
        reads = self.filter.reads_payloads
        start, stop = self._begun or next_block(
            self._log,
            self._scanned,
            len(self._log),
            frames=self._patience.most(self.filter.frames_at_once),
            payloads=reads,
        )
        if predicate is None:
            self._scanned = stop
            self.numbers.extend(range(start, stop))
            return True
        block = Block(self._log, start, stop, self._attempts, self._patience.asked)
        marks = self._patience.look(predicate, block, block.all)
        self._begun = (start, stop) if self._patience.waiting else None
        if marks is None:
            return not self._patience.waiting
        self._scanned = stop
        if reads and stop - start == 1:
            self.shortened += is_shortened(self._log, start)
        found = marks.count(1)
        if found * _SPARSE < len(marks):
            self.numbers.extend([start + place for place in places(marks)])
        elif found == len(marks):
            self.numbers.extend(range(start, stop))
        else:
            self.numbers.extend(compress(range(start, stop), marks))
        return True


def is_shortened(log: FrameLog, number: int) -> bool:
    """Return whether a frame has more application data than is looked into."""
    inflated = log.inflated_length(number)
    return (log.length(number) if inflated is None else inflated) > PAYLOAD_BYTES
