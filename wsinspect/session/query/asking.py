"""What a filter or search asks about regular expressions, in steps that do not wait for long."""

from __future__ import annotations

import weakref
from array import array
from collections.abc import Callable, Sequence
from math import inf
from operator import sub
from time import perf_counter

from wsinspect.session.query.expression import Expression
from wsinspect.session.query.expression_process import ExpressionProcess, give_back, take
from wsinspect.session.query.expression_worker import (
    CROSSING,
    MATCHED,
    SEARCHED,
    SPANS,
    Head,
    Packed,
    answer,
)

MANY_S, ONE_S, SHOWN_S = 0.25, 1.0, 0.05
"""Processor time for a question about several frames, which are then asked about in smaller parts; about one frame; and
about what is to be marked on the screen."""
_LEAST_WAIT_S = 0.002
_FEW_STEPS = 6e7
"""What is certain to take fewer steps of `re` than this is matched here: that is quicker than to have it done."""
_LONG_S = 0.05
"""When it takes longer than this after all, other processes do the rest."""
_LONGEST_WAIT_S = 86400.0
_Key = tuple[int, str, int, int]


class StillMatchingError(Exception):
    """There is no answer yet. Ask the same again later."""


class Asked:
    """Keeps the answers about a block until all are there, so that the block can be gone through again for the next.

    Without a deadline it waits.
    """

    def __init__(self) -> None:
        self._process: ExpressionProcess | None = None
        self._deadline: Callable[[], float] = lambda: inf
        self._answers: list[tuple[_Key, bytes]] = []
        self._next = 0
        self._pending: _Key | None = None
        self._elsewhere = False

    def again(self, remaining_s: Callable[[], float]) -> None:
        """Begin with a block, or again with the same one; `remaining_s` says how long it may wait."""
        self._deadline, self._next = remaining_s, 0

    def forget(self) -> None:
        """Begin with another block."""
        self._answers.clear()
        self._next = 0
        self._pending = None
        if self._process is not None and self._process.busy:
            self._process.close()

    def matches(
        self,
        expression: Expression,
        data: bytes,
        begins: Sequence[int],
        ends: Sequence[int],
        *,
        plain: bool,
        lowered: bool = False,
        separate: bool = False,
    ) -> bytes:
        """Return which pieces of the data match, a byte of zero or one for each.

        `plain` says that they are ASCII, `lowered` that their letters are lowered, `separate` that they lie one
        after the other with something before each that is not ASCII. Raises StillMatchingError, and
        ExpressionError where there will be no answer.
        """
        source: str | bytes
        source, flags = expression.pieces_source, expression.flags
        if lowered:
            assert expression.folded is not None
            source, flags = expression.folded, expression.folded_flags
        allowed_s = ONE_S if len(begins) == 1 else MANY_S
        head = (
            MATCHED,
            source,
            flags,
            expression.how,
            plain,
            allowed_s,
            _packed(begins),
            _packed(ends),
            expression.swept if plain and separate else None,
            len(data),
        )
        return self._answer(expression, head, data, _longest(begins, ends))

    def crosses(self, expression: Expression, before: bytes, data: bytes) -> bool:
        """Return whether there is a match in `before` and `data` together that does not end in `before`. Raises as above."""
        whole = before + data
        begins = array("I", [len(before)]).tobytes()
        head = (
            CROSSING,
            expression.source,
            expression.flags,
            SEARCHED,
            False,
            ONE_S,
            begins,
            begins,
            None,
            len(whole),
        )
        return self._answer(expression, head, whole, len(whole)) == b"\1"

    def spans(self, expression: Expression, text: str) -> list[tuple[int, int]]:
        """Return where matches begin and end in a text. Raises as above."""
        data = text.encode(errors="surrogatepass")
        head = (
            SPANS,
            expression.source,
            expression.flags,
            SEARCHED,
            False,
            SHOWN_S,
            b"",
            b"",
            None,
            len(data),
        )
        places = array("I")
        places.frombytes(self._answer(expression, head, data, len(data)))
        return list(zip(places[::2], places[1::2], strict=True))

    def _answer(self, expression: Expression, head: Head, data: bytes, longest: int) -> bytes:
        if not self._elsewhere and expression.steps(len(data), longest) < _FEW_STEPS:
            began_s = perf_counter()
            found = answer(head, data)
            self._elsewhere = perf_counter() - began_s > _LONG_S
            return found
        key = (head[0], expression.told, len(head[6]), len(data))
        if self._next < len(self._answers):
            known, found = self._answers[self._next]
            if known == key:
                self._next += 1
                return found
            # Bytes were dropped from the log meanwhile.
            self.forget()
            raise StillMatchingError
        if self._pending != key or self._process is None or not self._process.busy:
            self._ask(head, data)
            self._pending = key
        assert self._process is not None
        arrived = self._process.answer(min(max(self._deadline(), _LEAST_WAIT_S), _LONGEST_WAIT_S))
        if arrived is None:
            raise StillMatchingError
        self._pending = None
        self._answers.append((key, arrived))
        self._next += 1
        return arrived

    def _ask(self, head: Head, data: bytes) -> None:
        if self._process is None:
            self._process = take()
            weakref.finalize(self, give_back, self._process)
        if self._process.busy:
            self._process.close()
        self._process.ask(head, data)


def _longest(begins: Sequence[int], ends: Sequence[int]) -> int:
    if isinstance(begins, range) and isinstance(ends, range):
        return ends[0] - begins[0]
    return max(map(sub, ends, begins), default=0)


def _packed(places: Sequence[int]) -> Packed:
    if isinstance(places, range):
        return places.start, places.stop, places.step
    return array("I", places).tobytes()
