"""What is looked for among the listed frames: the words, the search that goes on, and what came of it."""

from __future__ import annotations

from wsinspect.session.query import Search
from wsinspect.session.query.text_pattern import TextPattern
from wsinspect.session.record import SessionRecord
from wsinspect.tui.panes.frame_bar import search_filter
from wsinspect.tui.panes.frame_listing import Listing
from wsinspect.tui.wording import counted


class FrameSearch:
    """Looks from frame to frame, in steps that somebody else takes."""

    def __init__(self) -> None:
        self.looked_for = ""
        """As it was typed, empty before anything was."""
        self.said = ""
        """What came of it, empty where a frame was found on the way."""
        self.running: Search | None = None
        self._found: int | None = None
        """The frame found last; where whole messages are listed, the cursor is on the first frame of its message."""

    @property
    def patterns(self) -> tuple[TextPattern, ...]:
        """The texts to be marked where they are shown."""
        return search_filter(self.looked_for).patterns if self.looked_for else ()

    def look_for(self, typed: str) -> None:
        """Look for something else from now on."""
        self.looked_for, self._found = typed, None

    def forget(self) -> None:
        """Other frames are listed: what was found is not among them."""
        self.running, self._found = None, None

    def begin(self, record: SessionRecord, listing: Listing, cursor: int, *, backwards: bool) -> None:
        """Look for the frame after `cursor`, or before it; -1 where the cursor is on none."""
        origin = cursor
        if self._found is not None and listing.head_of(self._found) == cursor:
            origin = self._found
        self.running = Search(
            record.frames,
            search_filter(self.looked_for),
            origin=origin if origin >= 0 else None,
            backwards=backwards,
            within=listing.matching,
            attempts=record.attempts,
        )
        self.said = ""

    def stop(self) -> None:
        """Look no further."""
        self.running, self.said = None, "stopped"

    def step(self, budget_s: float) -> Search | None:
        """Look further for about this many seconds; return the search once it has come to its end."""
        search = self.running
        if search is None:
            return None
        search.step(budget_s)
        if not search.done:
            return None
        self.running, self._found = None, search.found
        self.said = _outcome(search)
        return search


def _outcome(search: Search) -> str:
    if search.found is not None:
        return "found round the end" if search.wrapped else ""
    ended = "stopped" if search.gave_up else "not found"
    return f"{ended}, {counted(len(search.left_out), 'frame')} left out" if search.left_out else ended
