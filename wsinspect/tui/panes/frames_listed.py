"""The frames as they are chosen: bar, state, column names and the list; filters and searches that go on in short steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import monotonic

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from wsinspect.session.query import Search
from wsinspect.session.record import SessionRecord
from wsinspect.tui.key_hints import hint
from wsinspect.tui.panes.frame_bar import FrameBar, Purpose
from wsinspect.tui.panes.frame_line import NUMBER_WIDTH, column_names
from wsinspect.tui.panes.frame_list import FrameList
from wsinspect.tui.panes.frame_listing import Choice, Listing
from wsinspect.tui.panes.frame_paths import json_paths
from wsinspect.tui.panes.frame_search import FrameSearch
from wsinspect.tui.panes.frame_state import FrameState, left_out_words, none_told, state_content, subtitle
from wsinspect.tui.rows import MUTED

_STEP_S = 0.012
"""How long a filter or search may keep everything else waiting."""
_PERIOD_S = 0.016
_TELL_S = 0.1
"""How often the progress of such work is painted: that takes as long as a step."""


class FramesListed(Container):
    """Lists the frames of a record; `pull` is called on a timer."""

    class Said(Message):
        """Something to tell the person."""

        def __init__(self, text: str, *, bad: bool = False) -> None:
            super().__init__()
            self.text = text
            self.bad = bad

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._record: SessionRecord | None = None
        self._choice = Choice()
        self._frozen_at: int | None = None
        """Frames that there were when the list was paused."""
        self._search = FrameSearch()
        self._columns = ""
        self._told_s = 0.0
        self._left_out_told: tuple[Listing | None, int] = (None, 0)
        """Of which listing how many frames that it left out were told."""
        self._none_yet = ""
        self._behind = False
        """Whether the last step left frames to look at."""

    def compose(self) -> ComposeResult:
        """The list with what stands above it."""
        with Vertical(id="frames-list-side"):
            yield FrameBar()
            yield Static("", classes="state", markup=False)
            yield Static("", classes="columns", markup=False)
            yield FrameList(id="frame-list")

    def on_mount(self) -> None:
        """Name the columns, and make ready for work that takes several steps."""
        self._worker = self.set_interval(_PERIOD_S, self._work, pause=True)
        self._bar = self.query_one(FrameBar)
        self._bar.paths = self._paths
        self._list = self.query_one(FrameList)
        self._list.attempt_of = self._attempt_of
        # Frames that have just come are not work under way: Escape must not end a filter that has caught up.
        self._list.busy = lambda: not self._idle and (self._search.running is not None or self._behind)
        self._title()

    @property
    def frame_list(self) -> FrameList:
        """The list."""
        return self.query_one(FrameList)

    @property
    def bar(self) -> FrameBar:
        """Where filters and searches are typed."""
        return self.query_one(FrameBar)

    @property
    def listing(self) -> Listing:
        """What is listed."""
        return self.frame_list.listing

    def tell_empty(self, none_yet: str) -> None:
        """Say why the list is empty, should it be: `none_yet` where no frame is there that could be listed."""
        self._none_yet = none_yet
        self._title()

    # Work

    def pull(self, record: SessionRecord) -> None:
        """Take what is new."""
        if record is not self._record:
            self._record, self._frozen_at = record, None
            self._search.forget()
            self._relist()
        self._go_on()
        if not self._idle:
            self._worker.resume()

    def _relist(self) -> None:
        """Begin a new listing of the frames that are chosen now."""
        if self._record is None:
            return
        frames = self._record.frames
        self._list.show(frames, Listing(frames, self._choice, self._record.attempts))
        if self._list.paused:
            self._frozen_at = len(frames)
        self._restyle()

    @property
    def _idle(self) -> bool:
        return (self.listing.done or not self._may_step) and self._search.running is None

    @property
    def _may_step(self) -> bool:
        return self._frozen_at is None or self.listing.progress.scanned < self._frozen_at

    def _go_on(self) -> None:
        """Look at more frames, for a few milliseconds, and say how far that went."""
        self._look_at_more()
        self._title()

    def _look_at_more(self) -> None:
        shown = self._list
        if self._may_step:
            behind = self.listing.behind
            if self.listing.step(_STEP_S):
                shown.grow()
            elif behind and self._choice.whole:
                shown.restyle()  # Another fragment of a message that is listed already.
            self._behind = not self.listing.done
            self._tell_left_out()

    def _tell_left_out(self) -> None:
        """Say once why the first frame was left out, and that no more are looked at."""
        listing = self.listing
        told = self._left_out_told[1] if self._left_out_told[0] is listing else 0
        if len(listing.left_out) > told and (not told or listing.gave_up):
            self._left_out_told = (listing, len(listing.left_out))
            words = left_out_words(listing.left_out, listing.why_left_out, gave_up=listing.gave_up)
            self.post_message(self.Said(f"filter: {words}", bad=True))

    def _work(self) -> None:
        if not self.listing.done and self._may_step:
            self._look_at_more()
        ended = self._search.step(_STEP_S)
        if ended is not None:
            self._searched(ended)
        if self._idle:
            self._worker.pause()
        now_s = monotonic()
        if self._idle or now_s >= self._told_s + _TELL_S:
            self._told_s = now_s
            self._title()

    def _attempt_of(self, number: int) -> int:
        attempt = self._record.attempt_of_frame(number) if self._record is not None else None
        return attempt.number if attempt is not None else 0

    def _title(self) -> None:
        """Say what is listed, and how far work has come."""
        shown, record = self._list, self._record
        width = max(NUMBER_WIDTH, len(str(len(record.frames) if record is not None else 0)))
        if width != shown.look.number_width:
            shown.look = replace(shown.look, number_width=width)
            shown.restyle()
        names = column_names(shown.look)
        if names != self._columns:
            self._columns = names
            self.query_one(".columns", Static).update(Content.styled(names, MUTED))
        if record is None:
            return
        shown.tell_empty(none_told(self.listing, self._none_yet))
        state = FrameState(
            listing=self.listing,
            picked=len(shown.picks),
            marked=len(shown.picks.marked),
            search=self._search,
            unseen=shown.unseen if shown.paused else 0,
            below=shown.below,
            paused=shown.paused,
            following=shown.following,
            violations=record.frames.violation_count,
        )
        notes = subtitle(state)
        told = state_content(state)
        if self.screen.has_class("-one-pane"):
            # The pane has no border then, on which it could stand.
            told, notes = Content("  ").join([one for one in (told, notes) if one.plain]), Content()
        line = self.query_one(".state", Static)
        if told != line.content:
            line.update(told)
            line.set_class(bool(told.plain), "-told")
        self.border_subtitle = notes if notes.plain else None

    def refresh_badge(self) -> None:
        """Show how many frames wait outside a paused list."""
        if self.frame_list.paused:
            self._title()

    def _restyle(self) -> None:
        started = (
            self._record.attempts[0].started if self._record is not None and self._record.attempts else None
        )
        self._list.look = replace(
            self._list.look,
            patterns=self.listing.filter.patterns + self._search.patterns,
            whole=self._choice.whole,
            wall_ns=started.wall_time_ns - started.at_ns if started is not None else 0,
        )
        self._list.restyle()
        self._title()

    # Choosing what is listed

    def _choose(self, **changes: str | bool) -> None:
        choice = replace(self._choice, **changes)  # type: ignore[arg-type]  # named by the dataclass's own fields
        if choice == self._choice and not self.listing.stopped:
            return
        self._choice = choice
        self._relist()
        self._go_on()
        self._worker.resume()

    def action_open_bar(self, purpose: str) -> None:
        """Ask for a filter or a search."""
        wanted = Purpose(purpose)
        self._bar.open(wanted, self._choice.text if wanted is Purpose.FILTER else self._search.looked_for)

    @on(FrameBar.Left)
    def _bar_left(self, event: FrameBar.Left) -> None:
        event.stop()
        self._bar.close()
        self._list.focus()

    @on(FrameBar.Applied)
    def _bar_applied(self, event: FrameBar.Applied) -> None:
        event.stop()
        self._bar.close()
        self._list.focus()
        if event.purpose is Purpose.FILTER:
            self._choose(text=event.text.strip())
            return
        self._search.look_for(event.text)
        self._restyle()
        if event.text:
            self.action_search(1)

    def action_filter_off(self) -> None:
        """List everything again."""
        if self._choice.text:
            self._choose(text="")
        else:
            self.post_message(self.Said("no filter is on" + hint("; {filter} sets one")))

    def action_heartbeats(self) -> None:
        """Hide pings and pongs, or show them."""
        self._choose(heartbeats=not self._choice.heartbeats)

    def action_whole_messages(self) -> None:
        """A message is one row, or its frames are."""
        self._choose(whole=not self._choice.whole)

    @on(FrameList.StopWanted)
    def _stop(self, event: FrameList.StopWanted) -> None:
        event.stop()
        if self._search.running is not None:
            self._search.stop()
        else:
            self.listing.stopped = True
        self._title()

    def _paths(self) -> Sequence[str]:
        return json_paths(self._record.frames, self._list.cursor) if self._record is not None else ()

    # Searching

    def action_search(self, direction: int) -> None:
        """To the next (1) or previous (-1) frame that is looked for."""
        if self._record is None:
            return
        if not self._search.looked_for:
            self.action_open_bar(Purpose.SEARCH)
            return
        self._search.begin(self._record, self.listing, self._list.cursor, backwards=direction < 0)
        self._work()
        if not self._idle:
            self._worker.resume()

    def _searched(self, search: Search) -> None:
        if search.left_out:
            words = left_out_words(search.left_out, search.why_left_out, gave_up=search.gave_up)
            self.post_message(self.Said(f"search: {words}", bad=True))
        if search.found is not None:
            self._list.select(search.found)
