"""Where one pane ends and the next begins: which border is taken hold of, and what moving it makes of the sizes. No widgets."""

from __future__ import annotations

from dataclasses import dataclass

from textual.geometry import Offset, Region

from wsinspect.profiles.layout import LEAST_PERCENT, MOST_PERCENT

_ROUNDING = 0.2
LEAST_COLUMNS, LEAST_ROWS = 24, 3
"""What a pane keeps however a border is moved."""


@dataclass(frozen=True, slots=True)
class Divider:
    """The border between two panes; the share is that of one of them."""

    name: str
    """The field of `PaneSizes` that it sets."""
    shared: Region
    """What the two share."""
    edge: int
    """The column or row of the screen at which the second pane begins."""
    across: bool
    """Whether it moves left and right, rather than up and down."""
    of_second: bool = False
    """Whether the share is that of the right or lower pane."""
    thick: bool = True
    """Whether both panes have a border there, rather than the second one alone."""

    def holds(self, at: Offset) -> bool:
        """Say whether this is the border at a place of the screen."""
        position = at.x if self.across else at.y
        return self.shared.contains_point(at) and self.edge - self.thick <= position <= self.edge

    @property
    def least_step(self) -> int:
        """Cells by which a key moves it."""
        return 2 if self.across else 1

    def share_at(self, edge: int) -> float:
        """Return the percent that make the second pane begin at this column or row, as near as the panes can get to it."""
        begin = self.shared.x if self.across else self.shared.y
        extent = self.shared.width if self.across else self.shared.height
        least = LEAST_COLUMNS if self.across else LEAST_ROWS
        first = max(least, min(edge - begin, extent - least)) if extent >= 2 * least else extent // 2
        # A bit more, so that rounding down gives these cells.
        share = 100 * (first + _ROUNDING) / max(1, extent)
        share = 100 - share if self.of_second else share
        return round(max(LEAST_PERCENT, min(share, MOST_PERCENT)), 2)


def moved_by_key(dividers: list[Divider], focused: str, across: bool) -> tuple[Divider, int] | None:
    """Return the border that makes the focused part wider (or taller), and in which direction (1 or -1) it then moves."""
    for name, first, second in _BESIDE:
        divider = next((one for one in dividers if one.name == name and one.across is across), None)
        if divider is None:
            continue
        if focused in first:
            return divider, 1
        if focused in second:
            return divider, -1
    return None


_LEFT, _RIGHT = ("timeline", "handshake"), ("diagnosis", "frames", "frame-detail")
_BESIDE = (
    ("detail_width", (), ("frame-detail",)),
    ("detail_height", (), ("frame-detail",)),
    ("left_width", _LEFT, _RIGHT),
    ("timeline_height", ("timeline",), ("handshake",)),
    ("diagnosis_height", ("diagnosis",), ("frames",)),
)
"""The nearest border first: (field, parts before it, parts after it)."""


def shares(percent: float, extent: int, least: int) -> tuple[str, str]:
    """Return two lengths of style that divide `extent` cells so, none of them below `least` cells where there are enough."""
    if extent >= 2 * least:
        percent = max(100 * least / extent, min(percent, 100 - 100 * least / extent))
    # In whole numbers, so that their sum is exact and no cell is lost between them.
    first = round(1000 * percent)
    return f"{first}fr", f"{100_000 - first}fr"
