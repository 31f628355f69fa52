"""Where a chosen place leads: to an event, a frame, a finding, another attempt, or two attempts compared."""

from __future__ import annotations

from bisect import bisect_left

from textual import on

from wsinspect.events import BytesReceived, BytesSent
from wsinspect.tui.key_hints import hint
from wsinspect.tui.masked import masked_rows
from wsinspect.tui.panes.frames_pane import FramesPane
from wsinspect.tui.panes.rows_view import RowsView
from wsinspect.tui.panes.timeline_pane import TimelineRows
from wsinspect.tui.rows import AttemptPlace, EventPlace, FindingPlace, FoldPlace, FramePlace, Place
from wsinspect.tui.screens.showing import ShowingScreen


class LeadingScreen(ShowingScreen):
    """Moves what is shown to where somebody wants to look."""

    @on(RowsView.Chosen)
    def _chosen_row(self, event: RowsView.Chosen) -> None:
        self.go_to(event.place, event.view)

    def go_to(self, place: Place, origin: RowsView | None = None) -> None:
        """Show an event, a frame or a finding."""
        match place:
            case FramePlace(number, byte_range):
                self._chosen = True
                self._show_pane("frames")
                self.frames.show_frame(number, byte_range)
            case FindingPlace(index):
                self._finding_shown = index
                self._seen = ()
                self.look()
            case EventPlace(seq, byte_range):
                self._go_to_event(seq, byte_range, self._panes_of(seq, origin))
            case AttemptPlace(number):
                numbers = [one.number for one in self._session.record.attempts]
                self.show_attempt(numbers.index(number))
            case FoldPlace(key) if origin is self.rows_of("timeline"):
                self.timeline.toggle(key)
                self.look()

    def _panes_of(self, seq: int, origin: RowsView | None) -> tuple[str, ...]:
        """Return the panes that may tell of an event, the one to go to first."""
        if origin is self.rows_of("timeline"):
            return ("handshake",)
        crossed = isinstance(self._session.record.event(seq), BytesSent | BytesReceived)
        return ("handshake", "timeline") if crossed else ("timeline", "handshake")

    def _go_to_event(self, seq: int, byte_range: tuple[int, int] | None, panes: tuple[str, ...]) -> None:
        found = False
        for pane in reversed(panes):
            # Every pane that tells of it moves there; the first of `panes` gets the focus.
            if self.rows_of(pane).reveal_event(seq, byte_range):
                self._chosen = True
                self._show_pane(pane)
                found = True
        if not found:
            self.post_message(self.Notice(f"event {seq} has no row of its own"))

    # Moments

    @on(TimelineRows.Moved)
    def _moved_in_timeline(self, event: TimelineRows.Moved) -> None:
        """Show the moment, and move the other panes to it; the focus stays."""
        self._chosen = True
        self.show_moment()
        place, at_ns = event.row.place, event.row.at_ns
        if isinstance(place, EventPlace):
            self.rows_of("handshake").point_at_event(place.seq)
        if isinstance(place, EventPlace | FramePlace):
            self._point_at_evidence(place)
        number = place.number if isinstance(place, FramePlace) else self._frame_at(at_ns)
        if number is not None:
            self.frames.frame_list.select(number)

    def _point_at_evidence(self, place: EventPlace | FramePlace) -> None:
        diagnosis = self.rows_of("diagnosis")
        for position, one in enumerate(diagnosis.rows):
            match place, one.place:
                case (EventPlace(seq=mine), EventPlace(seq=theirs)) if mine == theirs:
                    diagnosis.point_at(position)
                    return
                case (FramePlace(number=mine), FramePlace(number=theirs)) if mine == theirs:
                    diagnosis.point_at(position)
                    return
                case _:
                    pass

    def _frame_at(self, at_ns: int | None) -> int | None:
        """Return the first frame of the attempt that is not before a moment, else its last one."""
        attempt = self.shown
        if at_ns is None or attempt is None or not attempt.frame_count:
            return None
        times = self._session.record.frames.columns.at_ns
        return min(bisect_left(times, at_ns, attempt.first_frame, attempt.end_frame), attempt.end_frame - 1)

    @on(FramesPane.Moved)
    def _moved_in_frames(self, event: FramesPane.Moved) -> None:
        """Show where on the timeline the frame stands."""
        record = self._session.record
        if event.number < record.frame_count:
            self.timeline.timeline.show_moment(record.frames.at_ns(event.number))
            self.show_moment()

    # Attempts

    def action_attempt(self, by: int) -> None:
        """Show an earlier or later attempt."""
        attempts = self._session.record.attempts
        if not attempts:
            return
        present = len(attempts) - 1 if self._attempt_shown is None else self._attempt_shown
        wanted = max(0, min(present + by, len(attempts) - 1))
        if wanted == present:
            side = "before" if by < 0 else "after"
            self.post_message(self.Notice(f"there is no attempt {side} this one"))
        self.show_attempt(wanted)

    def show_attempt(self, position: int) -> None:
        """Show the attempt at a position; the newest one stays the newest when others follow."""
        newest = position == len(self._session.record.attempts) - 1
        self._attempt_shown = None if newest else position
        self._finding_shown = 0
        self.forget_what_is_read()
        self.look()

    def action_compare_handshakes(self) -> None:
        """Compare this attempt's opening handshake with another one's."""
        from wsinspect.tui.panes.handshake_compare import choices_beside
        from wsinspect.tui.screens.pick import PickScreen

        shown = self.shown
        choices = choices_beside(shown, self._session.record.attempts) if shown is not None else []
        if shown is None or not choices:
            told = "there is no other attempt to compare with" + hint("; {reconnect} makes one")
            self.post_message(self.Notice(told, bad=True))
        elif len(choices) == 1:
            self._compare(choices[0].id)
        else:
            self.app.push_screen(PickScreen(f"Compare attempt {shown.number} with", choices), self._compare)

    def _compare(self, number: str | None) -> None:
        from wsinspect.tui.panes.handshake_compare import handshake_compare_rows
        from wsinspect.tui.screens.compare import CompareScreen

        record, shown = self._session.record, self.shown
        other = next((one for one in record.attempts if str(one.number) == number), None)
        if other is None or shown is None:
            return
        first, second = sorted((other, shown), key=lambda one: one.number)
        rows = masked_rows(handshake_compare_rows(first, second), self._mask.of(record))
        self.app.push_screen(
            CompareScreen(f"Handshakes of attempts {first.number} and {second.number}", rows)
        )
