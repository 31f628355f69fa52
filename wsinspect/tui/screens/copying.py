"""What is copied: what is selected, else what has the focus."""

from __future__ import annotations

from textual import on

from wsinspect.session.attempt import Attempt
from wsinspect.tui.copying import CopyWanted, selected_text
from wsinspect.tui.panes.diagnosis_rows import diagnosis_rows
from wsinspect.tui.panes.frame_form import Form
from wsinspect.tui.panes.frames_pane import FramesPane
from wsinspect.tui.panes.handshake_rows import handshake_text
from wsinspect.tui.panes.timeline_rows import timeline_rows
from wsinspect.tui.rows import plain_text
from wsinspect.tui.screens.leading import LeadingScreen

_COPIED_COLUMNS = 100
"""What the bars of a copied timeline are made for."""


class CopyingScreen(LeadingScreen):
    """Makes the text; the application masks it and finds it a clipboard."""

    @on(FramesPane.CopyWanted)
    def _frames_copied(self, event: FramesPane.CopyWanted) -> None:
        self.post_message(CopyWanted(event.make, event.what))

    def action_copy(self) -> None:
        """Copy what is selected, with the mouse or row by row, else what has the focus."""
        selected = selected_text(self)
        if selected is not None:
            self.post_message(CopyWanted(*selected))
            return
        attempt = self.shown
        if attempt is None:
            self.post_message(self.Notice("there is nothing to copy yet", bad=True))
            return
        if self._pane == "frames":
            self.frames.copy(Form.TEXT)
            return
        copied, what = self._copyable(attempt)
        if copied:
            self.post_message(CopyWanted(copied, what))
        else:
            self.post_message(self.Notice(f"{what}: there is nothing to copy yet", bad=True))

    def _copyable(self, attempt: Attempt) -> tuple[str | None, str]:
        match self._pane:
            case "handshake":
                return handshake_text(attempt), "the handshake"
            case "timeline":
                record, opened = self._session.record, self.timeline.opened
                rows = timeline_rows(
                    record, attempt, self._session.now_ns(), _COPIED_COLUMNS, opened, self._mask.of(record)
                )
                return plain_text(rows), "the timeline"
            case _:
                session, shown = self._session, self._finding_shown
                rows = diagnosis_rows(attempt, self._diagnosis, session.now_ns(), shown, live=session.live)
                return plain_text(rows), "the diagnosis"
