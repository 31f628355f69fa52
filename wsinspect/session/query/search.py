"""The next or previous frame that a filter picks out, in steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

from wsinspect.session.frame_log import FrameLog
from wsinspect.session.query.block import AttemptRange, Block, both, next_block
from wsinspect.session.query.engine import Progress
from wsinspect.session.query.language import Filter
from wsinspect.session.query.patience import Patient

_FIRST_BLOCK = 64


class Search(Patient):
    """Looks from a frame onwards, or backwards, and round the end of the log back to that frame itself.

    Frames that arrive after it began are not looked at. To cancel it, take no further step.
    """

    def __init__(
        self,
        log: FrameLog,
        wanted: Filter,
        *,
        origin: int | None = None,
        backwards: bool = False,
        wrap: bool = True,
        within: Sequence[int] | None = None,
        attempts: Sequence[AttemptRange] = (),
    ) -> None:
        """Args:
        origin: the frame to begin after, or before; None begins at the log's start, or end.
        within: ascending numbers of the only frames that count, as a filter's scan has them.
        """
        super().__init__()
        self.filter = wanted
        self.backwards = backwards
        self.found: int | None = None
        """The frame, once there is one."""
        self.wrapped = False
        """Whether the end, or start, of the log was passed."""
        self._log = log
        self._attempts = attempts
        self._within = within
        self._total = len(log)
        self._scanned = 0
        self._frames = _FIRST_BLOCK
        self._begun: tuple[int, int] | None = None
        """Frames about which something was asked that has no answer yet."""
        if origin is None:
            self._ranges = [(0, self._total)]
        elif backwards:
            self._ranges = [(0, min(origin, self._total)), (min(origin, self._total), self._total)]
        else:
            after = min(origin + 1, self._total)
            self._ranges = [(after, self._total), (0, after)]
        if not wrap:
            del self._ranges[1:]
        self._total = sum(stop - start for start, stop in self._ranges)

    @property
    def done(self) -> bool:
        """Whether a frame was found, or there is none, or it makes no sense to go on."""
        return self.found is not None or not self._ranges or self._patience.spent

    @property
    def gave_up(self) -> bool:
        """Whether it ended as an expression took too long for too many frames."""
        return self._patience.spent

    @property
    def progress(self) -> Progress:
        """How far the search has come."""
        scanned = self._total if self.done and not self.gave_up else self._scanned
        return Progress(scanned, self._total, int(self.found is not None), self.gave_up)

    def step(self, budget_s: float, *, clock: Callable[[], float] = perf_counter) -> Progress:
        """Look at more frames for about this many seconds, at least at some; return how far the search has come."""
        deadline = clock() + budget_s
        self._patience.wait(lambda: deadline - clock())
        while not self.done:
            if not self._block() or clock() >= deadline:
                break
        return self.progress

    def _block(self) -> bool:
        """Look at some frames; return whether there is more to do now."""
        first, last = self._ranges[0]
        start, stop = self._begun or next_block(
            self._log,
            first,
            last,
            payloads=self.filter.reads_payloads,
            backwards=self.backwards,
            frames=self._patience.most(min(self._frames, self.filter.frames_at_once)),
        )
        block = Block(self._log, start, stop, self._attempts, self._patience.asked)
        marks = self._marks(block)
        self._begun = (start, stop) if self._patience.waiting else None
        if marks is None:
            return not self._patience.waiting
        # Near matches are found at once, far ones in large blocks.
        self._frames *= 2
        self._scanned += stop - start
        self._ranges[0] = (first, start) if self.backwards else (stop, last)
        place = marks.rfind(1) if self.backwards else marks.find(1)
        self.found = start + place if place >= 0 else None
        if self.found is None and self._ranges[0][0] >= self._ranges[0][1]:
            del self._ranges[0]
            self.wrapped = bool(self._ranges)
        return True

    def _marks(self, block: Block) -> bytes | None:
        wanted = block.all if self._within is None else block.of_numbers(self._within)
        predicate = self.filter.predicate
        if predicate is None or 1 not in wanted:
            return wanted
        marks = self._patience.look(predicate, block, wanted)
        return None if marks is None else both(wanted, marks)
