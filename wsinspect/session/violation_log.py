"""Violations by frame number, in columns: a peer that breaks a rule in each of a million frames costs little."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from wsinspect.wire.violations import Violation, ViolationKind

_KINDS = tuple(ViolationKind)
_KIND_INDEX = {kind: index for index, kind in enumerate(_KINDS)}
_MAX_TEXTS = 4096
"""Different texts that are kept; those after them are told by their kind alone."""


class ViolationLog:
    """Append-only; numbers ascend."""

    def __init__(self) -> None:
        self._numbers = array("Q")
        """Frames with at least one violation, each once."""
        self._first = array("Q")
        """Where each of these frames' violations begin in the columns below."""
        self._kinds = bytearray()
        self._offsets = array("Q")
        self._text_ids = array("H")
        self._texts: list[str] = [kind.value.replace("-", " ") for kind in _KINDS]
        """The first ones are what is said when the table is full."""
        self._known: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._kinds)

    @property
    def numbers(self) -> Sequence[int]:
        """Frames with at least one violation, ascending."""
        return self._numbers

    def extend(self, base: int, violations: Iterable[tuple[int, Violation]]) -> None:
        """Add violations of the frames `base` + index."""
        for index, violation in violations:
            number = base + index
            if not self._numbers or self._numbers[-1] != number:
                self._numbers.append(number)
                self._first.append(len(self._kinds))
            kind = _KIND_INDEX[violation.kind]
            self._kinds.append(kind)
            self._offsets.append(violation.offset)
            self._text_ids.append(self._text_id(violation.text, kind))

    def of(self, number: int) -> tuple[Violation, ...]:
        """Return the violations of one frame."""
        place = bisect_left(self._numbers, number)
        if place == len(self._numbers) or self._numbers[place] != number:
            return ()
        stop = self._first[place + 1] if place + 1 < len(self._first) else len(self._kinds)
        return tuple(
            Violation(_KINDS[self._kinds[at]], self._offsets[at], self._texts[self._text_ids[at]])
            for at in range(self._first[place], stop)
        )

    def _text_id(self, text: str, kind: int) -> int:
        known = self._known.get(text)
        if known is not None:
            return known
        if len(self._texts) >= _MAX_TEXTS:
            return kind
        self._known[text] = len(self._texts)
        self._texts.append(text)
        return len(self._texts) - 1
