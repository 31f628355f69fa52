"""What leaves the inspector as a report, and whether secrets stand on it."""

from __future__ import annotations

from textual.message import Message

from wsinspect.tui.key_hints import hint
from wsinspect.tui.masked import ScreenMask
from wsinspect.tui.rows import BLANK, row
from wsinspect.tui.screens.copying import CopyingScreen


class ReportingScreen(CopyingScreen):
    """Opens the bug report, and asks before secrets are shown."""

    class SecretsWanted(Message):
        """Show secrets from now on, or mask them."""

        def __init__(self, *, show: bool) -> None:
            super().__init__()
            self.show = show

    def mask_anew(self, *, show: bool) -> None:
        """Show secrets, or their masks, in every pane."""
        self._mask = ScreenMask(show=show)
        self._seen = self._handshake_seen = ()
        self.look()

    def action_toggle_secrets(self) -> None:
        """Mask secrets again; or show them, once that is confirmed."""
        if self._mask.shows:
            self.post_message(self.SecretsWanted(show=False))
            return
        from wsinspect.tui.screens.confirm import ConfirmScreen

        rows = [
            row("Credentials, cookies and tokens will stand on the screen as they are."),
            row(
                "Copies, bug reports and notifications hold them, too"
                + hint(", until {show-secrets} masks them again")
                + "."
            ),
            BLANK,
            row("Whoever sees this screen, a picture of it or a recording of the terminal can use them."),
        ]

        def answered(wanted: bool | None) -> None:
            if wanted:
                self.post_message(self.SecretsWanted(show=True))

        self.app.push_screen(ConfirmScreen("Show secrets", rows, "Show them?"), answered)

    def action_bug_report(self) -> None:
        """Show the bug report on the attempt that is shown."""
        from wsinspect.tui.screens.bug_report import BugReportScreen

        attempt = self.shown
        if attempt is None:
            self.post_message(self.Notice("there is nothing to report on yet", bad=True))
            return
        record = self._session.record
        self.app.push_screen(BugReportScreen(record, attempt, self._diagnosis, show=self._mask.shows))
