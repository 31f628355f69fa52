"""The inspector: timeline, handshake, frames, diagnosis, composer and status on one screen."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.message import Message

from wsinspect.errors import UsageError
from wsinspect.options import ConnectOptions
from wsinspect.tui.actions import Scope, bindings
from wsinspect.tui.key_hints import hint
from wsinspect.tui.panes.frames_pane import FramesPane
from wsinspect.tui.screens.playing import PlayingScreen


class InspectorScreen(PlayingScreen):
    """Turns keys into calls on the session, and into messages where the application is asked."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.INSPECTOR)]
    AUTO_FOCUS = "#diagnosis"

    class SaveWanted(Message):
        """Save what the session connects to."""

    class SaveRecordingWanted(Message):
        """Save the session, and go on recording it."""

    class ExportWanted(Message):
        """Write the session, or some of its frames, in another format."""

        def __init__(self, frames: list[int]) -> None:
            super().__init__()
            self.frames = frames
            """Those that are selected."""

    class OpenWanted(Message):
        """Open another target; `typed` is written already."""

        def __init__(self, typed: str = "") -> None:
            super().__init__()
            self.typed = typed

    class ConnectWanted(Message):
        """Connect anew to what a recording was made of."""

        def __init__(self, options: ConnectOptions) -> None:
            super().__init__()
            self.options = options

    @on(FramesPane.Said)
    def _frames_said(self, event: FramesPane.Said) -> None:
        self.post_message(self.Notice(event.text, bad=event.bad))

    def action_reconnect(self) -> None:
        """Make another attempt."""
        if self._session.options is not None:
            self.connect_with(self._session.options)
        else:
            self.post_message(self.Notice("there is nothing to connect to yet", bad=True))

    def connect_with(self, options: ConnectOptions) -> None:
        """Make an attempt with these options."""
        self._attempt_shown, self._finding_shown = None, 0
        self.forget_what_is_read()
        self._chosen = self._chosen and not self.one_pane
        if not self._session.live:
            self.post_message(self.ConnectWanted(options))
            return
        try:
            self._session.connect(options)
        except UsageError as error:
            self.post_message(self.Notice(str(error), bad=True))

    def action_save_profile(self) -> None:
        """Save target and options."""
        self.post_message(self.SaveWanted())

    def action_open_target(self) -> None:
        """Open another target."""
        self.post_message(self.OpenWanted())

    def on_paste(self, event: events.Paste) -> None:
        """A target that is pasted where nothing is typed is offered to connect to."""
        # Loaded when it is wanted: not for the first picture.
        from wsinspect.profiles.curl import looks_like_curl

        pasted = event.text.strip()
        if looks_like_curl(pasted) or "://" in pasted.split("\n")[0].split(" ")[0]:
            self.post_message(self.OpenWanted(pasted))
        elif pasted:
            told = "a paste goes where something is typed" + hint("; {compose} writes", "{open} connects")
            self.post_message(self.Notice(told))

    def action_save_recording(self) -> None:
        """Save the session, and go on recording it."""
        self.post_message(self.SaveRecordingWanted())

    def action_export(self) -> None:
        """Write the session in another format."""
        self.post_message(self.ExportWanted(self.frames.frame_list.picks.selected))

    def tell_recording(self, name: str) -> None:
        """Show from now on that the session is recorded."""
        self.about = replace(self.about, recording=name)
        self._seen = ()
