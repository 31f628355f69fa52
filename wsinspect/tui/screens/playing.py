"""A recording is played: faster, slower, step by step; and what takes longer than a blink is stopped."""

from __future__ import annotations

from wsinspect.errors import UsageError
from wsinspect.tui.key_hints import hint
from wsinspect.tui.screens.reporting import ReportingScreen

_READ = "the recording is read, and nothing more comes"


class PlayingScreen(ReportingScreen):
    """Turns keys into calls on the playback."""

    def action_play(self, by: int) -> None:
        """Play from the beginning, or faster (1) or slower (-1) than now."""
        from wsinspect.tui.playback import SPEEDS, Mode

        playback = self._session.playback
        if playback is None or playback.over:
            self._play_again(1.0)
            return
        if playback.mode is Mode.READING:
            return
        speed = playback.speed
        if playback.mode is Mode.PLAYING:
            faster = [one for one in SPEEDS if one > speed]
            slower = [one for one in reversed(SPEEDS) if one < speed]
            speed = next(iter(faster if by > 0 else slower), speed)
        playback.set_speed(speed)
        self.look()

    def action_play_step(self) -> None:
        """Play one more event or frame."""
        playback = self._session.playback
        if playback is None or playback.over:
            self._play_again(0.0)
        else:
            playback.step()

    def action_play_start(self) -> None:
        """Back to the beginning."""
        self._play_again(0.0)

    def action_play_end(self) -> None:
        """Read the rest."""
        playback = self._session.playback
        if playback is None:
            self._say_no_recording()
        elif playback.over:
            self.post_message(self.Notice(_READ + hint("; {play-faster} plays it again")))
        else:
            playback.to_end()

    def _play_again(self, speed: float) -> None:
        session = self._session
        if session.replayed is None:
            self._say_no_recording()
            return
        try:
            session.replay(session.replayed, speed=speed)
        except UsageError as error:
            self.post_message(self.Notice(str(error), bad=True))
            return
        chosen, pane = self._chosen, self._pane
        self.show_session(session, self.about)
        self._chosen = chosen
        self._show_pane(pane)

    def _say_no_recording(self) -> None:
        told = "this is no recording; `wsinspect FILE` plays one" + hint(
            ", {save-recording} saves this session as one"
        )
        self.post_message(self.Notice(told, bad=True))

    def action_pause(self) -> None:
        """Freeze the frames, or what is played; again to go on."""
        playback = self._session.playback
        if playback is not None and not playback.over:
            playback.pause()
            self.look()
            return
        paused = self.frames.frame_list.paused
        if playback is not None and not self._session.live and not paused:
            self.post_message(self.Notice(_READ + hint("; {play-faster} plays it again")))
            return
        self.frames.pause()
        self.frames.pull(self._session.record)
        if not self.frames.is_on_screen:
            told = (
                "the frames go on" if paused else "the frames stand still" + hint("; {pause} lets them go on")
            )
            self.post_message(self.Notice(told))

    @property
    def busy(self) -> bool:
        """Whether something is done that can be stopped."""
        playback = self._session.playback
        return self.work is not None or (playback is not None and playback.mode == "reading")

    def stop_work(self) -> None:
        """Stop it."""
        if self.work is not None:
            self.work.stop()
        elif self._session.playback is not None:
            self._session.playback.stop()
