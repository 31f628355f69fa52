"""Frames that a person picked out: marked, to be found again, and selected, to be copied together."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable

MOST_SELECTED = 100_000
"""More are never copied by hand."""


class Picks:
    """Marks and selection, by frame number."""

    def __init__(self) -> None:
        self._marked: list[int] = []
        self._selected: set[int] = set()
        self.last_marked: int | None = None
        """The mark that was set last and still stands."""

    @property
    def marked(self) -> list[int]:
        """Marked frames, ascending."""
        return self._marked

    @property
    def selected(self) -> list[int]:
        """Selected frames, ascending."""
        return sorted(self._selected)

    def __len__(self) -> int:
        """How many are selected."""
        return len(self._selected)

    def __contains__(self, number: int) -> bool:
        """Whether a frame is selected."""
        return number in self._selected

    def is_marked(self, number: int) -> bool:
        """Whether a frame is marked."""
        place = bisect_left(self._marked, number)
        return place < len(self._marked) and self._marked[place] == number

    def mark(self, number: int) -> bool:
        """Set or take away a mark; say whether it stands now."""
        if self.is_marked(number):
            self._marked.remove(number)
            if self.last_marked == number:
                self.last_marked = self._marked[-1] if self._marked else None
            return False
        insort(self._marked, number)
        self.last_marked = number
        return True

    def mark_beside(self, number: int, *, backwards: bool = False) -> int | None:
        """Return the next mark after a frame, or the one before it, round the end; None without marks."""
        if not self._marked:
            return None
        if backwards:
            return self._marked[bisect_left(self._marked, number) - 1]
        return self._marked[bisect_right(self._marked, number) % len(self._marked)]

    def select(self, number: int) -> bool:
        """Select a frame, or no longer; say whether it is selected now. Beyond `MOST_SELECTED`, nothing is added."""
        if number in self._selected:
            self._selected.remove(number)
            return False
        return self.add((number,)) == 1

    def add(self, numbers: Iterable[int]) -> int:
        """Select frames; return how many were, as far as there was room."""
        added = 0
        for number in numbers:
            if len(self._selected) >= MOST_SELECTED:
                break
            self._selected.add(number)
            added += 1
        return added

    def drop(self, numbers: Iterable[int]) -> None:
        """Frames are no longer selected."""
        self._selected.difference_update(numbers)

    def clear(self) -> None:
        """Nothing is selected any more; marks stay."""
        self._selected.clear()
