"""Where a chosen place leads: to an event, a frame, a finding, another attempt, or two attempts compared."""

from __future__ import annotations

from textual import on

from wsinspect.tui.masked import masked_rows
from wsinspect.tui.panes.rows_view import RowsView
from wsinspect.tui.rows import EventPlace, FindingPlace, FramePlace, Place
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
                others = (
                    ("handshake", "timeline")
                    if origin is not None and origin.id == "timeline"
                    else ("timeline", "handshake")
                )
                self._go_to_event(seq, byte_range, others)

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

    # Attempts

    def action_attempt(self, by: int) -> None:
        """Show an earlier or later attempt."""
        attempts = self._session.record.attempts
        if not attempts:
            return
        present = len(attempts) - 1 if self._attempt_shown is None else self._attempt_shown
        wanted = max(0, min(present + by, len(attempts) - 1))
        self._attempt_shown = None if wanted == len(attempts) - 1 else wanted
        self._finding_shown = 0
        self.look()

    def action_compare_handshakes(self) -> None:
        """Compare this attempt's opening handshake with another one's."""
        from wsinspect.tui.panes.handshake_compare import choices_beside
        from wsinspect.tui.screens.pick import PickScreen

        shown = self.shown
        choices = choices_beside(shown, self._session.record.attempts) if shown is not None else []
        if shown is None or not choices:
            self.post_message(self.Notice("there is no other attempt to compare with; r makes one", bad=True))
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
