"""The list of frames: a cursor that follows what is new, and frames that are selected together."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.actions import SkipAction
from textual.binding import BindingType
from textual.message import Message

from wsinspect.session.frame_log import FrameLog
from wsinspect.tui.actions import Scope, bindings
from wsinspect.tui.panes.frame_listing import Listing
from wsinspect.tui.panes.frame_picks import MOST_SELECTED
from wsinspect.tui.panes.frame_view import FrameView


class FrameList(FrameView, can_focus=True):
    """The frames, to be moved in and selected from."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.FRAMES)]

    class DetailsWanted(Message):
        """Somebody wants to see, or no longer see, the details of the frame under the cursor."""

    class StopWanted(Message):
        """What is under way is to stop."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._anchor: int | None = None
        """Row at which a range that is being selected begins."""
        self.busy: Callable[[], bool] = lambda: False
        """Whether a filter or a search is under way."""

    def show(self, frames: FrameLog, listing: Listing) -> None:
        """Show another listing, of the same frames or of others."""
        super().show(frames, listing)
        self._anchor = None

    # Moving

    def select(self, number: int) -> None:
        """Put the cursor on a frame, or the nearest one that is listed."""
        self._move_to(self.listing.row_of(max(0, number)))

    def select_row(self, row: int) -> None:
        """Put the cursor on a row and bring it into view; following ends unless it is the newest."""
        if not self._count:
            return
        row = max(0, min(row, self._count - 1))
        self._follow(row == self._count - 1 and not self.paused)
        self._put_cursor(self.listing.number(row))
        self._reveal(row)
        self.refresh()

    def hold(self, *, held: bool) -> None:
        """Stay at this frame while others arrive; afterwards follow them again."""
        self._follow(not held and not self.paused)

    def pause(self) -> None:
        """Stop taking new frames, or go on."""
        self.paused = not self.paused
        if not self.paused:
            self._follow(True)
        self.post_message(self.Changed())

    def on_mouse_scroll_up(self, _event: events.MouseScrollUp) -> None:
        """Scrolling back ends following."""
        if self._count > self.scrollable_content_region.height:
            self._follow(False)

    def on_click(self, event: events.Click) -> None:
        """Move to the frame that was clicked; a second click shows its details, Shift selects up to it, Ctrl it alone."""
        offset = event.get_content_offset(self)
        if offset is None or (self.text_selection is not None and not event.shift):
            return
        lines = self._visible()
        if offset.y >= len(lines):
            return
        row = lines[offset.y][0]
        if event.shift:
            self._extend_to(row)
            return
        if event.chain == 2:
            self.post_message(self.DetailsWanted())
        self._move_to(row)
        if event.ctrl:
            self._pick(row)
            self._anchor = row

    def _move_to(self, row: int) -> None:
        """Go to a row, from which a range may begin."""
        self._anchor = None
        self.select_row(row)

    def action_frame_up(self) -> None:
        """One frame up."""
        self._move_to(self.row - 1)

    def action_frame_down(self) -> None:
        """One frame down."""
        self._move_to(self.row + 1)

    def action_frames_page(self, direction: int) -> None:
        """One page up (-1) or down (1)."""
        self._move_to(self.row + direction * max(1, self.scrollable_content_region.height - 1))

    def action_first_frame(self) -> None:
        """To the first frame."""
        self._move_to(0)

    def action_last_frame(self) -> None:
        """To the newest frame, following from there."""
        self._move_to(self._count - 1)

    def action_details(self) -> None:
        """Show or hide the details."""
        self.post_message(self.DetailsWanted())

    # Selecting several

    def action_pick(self) -> None:
        """Select the frame, or no longer, and go to the next."""
        if self._count:
            row = self.row
            self._pick(row)
            self._move_to(row + 1)

    def _pick(self, row: int) -> None:
        self.picks.select(self.listing.number(row))
        self._picked()

    def action_extend(self, by: int) -> None:
        """Select from where this began to the row above (-1) or below (1)."""
        if self._count:
            self._extend_to(max(0, min(self.row + by, self._count - 1)))

    def _extend_to(self, row: int) -> None:
        if self._anchor is None:
            self._anchor = max(0, self.row)
        was, anchor = self.row, self._anchor
        numbers = self.listing.numbers
        # At most what one may select, however far apart the ends are.
        low, high = min(anchor, was), max(anchor, was)
        self.picks.drop(numbers[low : min(high + 1, low + MOST_SELECTED)])
        low, high = min(anchor, row), max(anchor, row)
        self.picks.add(numbers[low : min(high + 1, low + MOST_SELECTED)])
        self.select_row(row)
        self._picked()

    def action_pick_all(self) -> None:
        """Select every frame of the list, as far as there is room."""
        self.picks.clear()
        self.picks.add(self.listing.numbers[: min(self._count, MOST_SELECTED)])
        self._picked()

    def action_drop_picks(self) -> None:
        """Select nothing; where nothing is, stop what is under way."""
        if len(self.picks):
            self.picks.clear()
            self._picked()
        elif self.busy():
            self.post_message(self.StopWanted())
        else:
            raise SkipAction

    def _picked(self) -> None:
        self._lines_key = ()
        self.refresh()
        self.post_message(self.Changed())
