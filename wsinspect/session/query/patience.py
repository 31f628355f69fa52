"""For how long a scan or search goes on asking about an expression that takes too long, and how much at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wsinspect.session.query.asking import Asked, StillMatchingError
from wsinspect.session.query.block import Block
from wsinspect.session.query.expression_process import ExpressionError
from wsinspect.session.query.predicates import Predicate

_GIVES_UP_AT = 3
"""Frames that were left out."""
_PARTS = 16
"""What a block is divided into to find the frame that takes too long."""


class Patience:
    """Looks at blocks of frames. A frame against which an expression cannot be matched in time is left out."""

    def __init__(self) -> None:
        self.asked = Asked()
        self.left_out: list[int] = []
        """Frames of which nothing is known."""
        self.why = ""
        """What was the matter with the last of them, and what to do."""
        self.waiting = False
        """Whether the same block is to be looked at again, for an answer that was not there."""
        self._remaining_s: Callable[[], float] = float
        self._most = 1 << 30

    @property
    def spent(self) -> bool:
        """Whether it makes no sense to go on."""
        return len(self.left_out) >= _GIVES_UP_AT

    def most(self, frames: int) -> int:
        """Return how many frames may be looked at in one go, of so many at most."""
        return min(frames, self._most)

    def wait(self, remaining_s: Callable[[], float]) -> None:
        """Take what this returns, later on, as the seconds to wait for an answer."""
        self._remaining_s = remaining_s

    def look(self, predicate: Predicate, block: Block, wanted: bytes) -> bytes | None:
        """Return the set of frames for which the predicate holds.

        None where that is not known: then look at the same block again if `waiting`, else at a smaller one there.
        """
        self.waiting = False
        self.asked.again(self._remaining_s)
        try:
            marks = predicate.marks(block, wanted)
        except StillMatchingError:
            self.waiting = True
            return None
        except ExpressionError as error:
            self.asked.forget()
            if len(block) > 1:
                self._most = max(1, len(block) // _PARTS)
                return None
            self.left_out.append(block.start)
            self.why = str(error)
            return block.none
        self.asked.forget()
        self._most = min(self._most * 2, 1 << 30)
        return marks


class Patient:
    """Goes through frames with patience, and tells of which ones it found out nothing."""

    def __init__(self) -> None:
        self._patience = Patience()

    @property
    def left_out(self) -> Sequence[int]:
        """Frames that were left out as an expression took too long for them; `why_left_out` says so in words."""
        return self._patience.left_out

    @property
    def why_left_out(self) -> str:
        """What was the matter with the last one, and what to do."""
        return self._patience.why
