"""The application's part about files of a session: saving it as a recording, exporting it, and leaving with neither."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on, work

from wsinspect.errors import WsinspectError
from wsinspect.tui.key_hints import hint, sentences
from wsinspect.tui.preferences import Preferences
from wsinspect.tui.profile_keeping import ProfileKeepingApp
from wsinspect.tui.rows import row
from wsinspect.tui.screens.inspector import InspectorScreen
from wsinspect.tui.wording import counted, size
from wsinspect.tui.work import Work

if TYPE_CHECKING:
    from wsinspect.connection.recorder import Recorder
    from wsinspect.export.raw import Selection
    from wsinspect.tui.saving import Saving

MANY_FRAMES = 1000
"""So many frames that are in no file are worth a question before they are gone."""
_SELECTED = "selected "
"""Before a format's name: of the selected frames alone."""


class RecordingKeepingApp(ProfileKeepingApp):
    """What `WsinspectApp` does with the files of a session."""

    def __init__(self, preferences: Preferences, *, environ: Mapping[str, str], show_secrets: bool) -> None:
        super().__init__(preferences, environ=environ, show_secrets=show_secrets)
        self.recorders: list[Recorder] = []
        """Those that were begun while it ran; whoever runs the app closes them."""

    # Saving

    @on(InspectorScreen.SaveRecordingWanted)
    def _save_recording_wanted(self) -> None:
        from wsinspect.tui.saving import Overwriting, Saving, chosen_path, proposed_name
        from wsinspect.tui.screens.save_profile import SaveProfileScreen

        session = self.session
        if session.recorder is not None and session.recorder.problem is None:
            self.tell("this session is recorded already, from its beginning")
            return
        if not self._may_begin():
            return
        begun: list[Saving] = []
        overwriting = Overwriting("; an older recording is kept with ~ after its name")

        def save(name: str) -> Path:
            path = chosen_path(name)
            overwriting.check(path)
            begun.append(Saving(session, path))
            return path

        def saved(path: Path | str | None) -> None:
            if path is not None:
                self._save(begun[-1])

        suggestion = proposed_name(session.record, ".jsonl")
        self.push_screen(SaveProfileScreen(save, suggestion, title="Save as recording"), saved)

    def _save(self, saving: Saving) -> None:
        def done() -> None:
            path = saving.path.absolute()
            if saving.problem:
                self.tell(saving.problem, bad=True)
            elif saving.goes_on:
                self.inspector.tell_recording(saving.path.name)
                self.tell(f"saved in {path}; recording goes on into it")
            else:
                self.tell(f"saved in {path}")

        self.recorders.append(saving.recorder)
        self._in_steps("SAVING", lambda: saving.fraction, saving, done, saving.discard)

    # Exporting

    @on(InspectorScreen.ExportWanted)
    def _export_wanted(self, event: InspectorScreen.ExportWanted) -> None:
        from wsinspect.export.formats import FORMATS
        from wsinspect.export.raw import Selection
        from wsinspect.tui.screens.pick import Choice, PickScreen

        if not self._may_begin():
            return
        frames = event.frames
        choices = [Choice(one.name, one.name, one.what) for one in FORMATS.values()]
        if frames:
            choices += [
                Choice(
                    _SELECTED + one.name, one.name, f"{what} of the {counted(len(frames), 'selected frame')}"
                )
                for one, what in ((FORMATS["jsonl"], "JSON Lines"), (FORMATS["raw"], "payload bytes"))
            ]

        def chosen(name: str | None) -> None:
            if name is not None:
                of_frames = tuple(frames) if name.startswith(_SELECTED) else None
                self._ask_where(name.removeprefix(_SELECTED), Selection(frames=of_frames))

        secrets = "secrets in them too" if self._show_secrets else "secrets masked"
        self.push_screen(PickScreen(f"Export the session, {secrets}, as", choices), chosen)

    def _ask_where(self, to: str, selection: Selection) -> None:
        from wsinspect.atomic_file import writing_atomically
        from wsinspect.export.formats import FORMATS, export_session
        from wsinspect.session.snapshot import snapshot
        from wsinspect.tui.saving import Overwriting, chosen_path, proposed_name
        from wsinspect.tui.screens.save_profile import SaveProfileScreen

        record, frames = snapshot(self.session.record)
        overwriting = Overwriting()

        def save(name: str) -> Path:
            path = chosen_path(name)
            overwriting.check(path)
            return path

        def saved(path: Path | str | None) -> None:
            if not isinstance(path, Path):
                return
            try:
                pieces = export_session(record, to, show_secrets=self._show_secrets, selection=selection)
            except WsinspectError as error:
                self.tell(str(error), bad=True)
                return
            steps = writing_atomically(path, pieces)

            def done() -> None:
                lost = record.frames.dropped_bytes
                note = f"; {size(lost)} of payload were not kept and are left out" if lost else ""
                self.tell(f"exported to {path.absolute()} ({size(path.stat().st_size)}){note}")

            self._in_steps("EXPORTING", lambda: frames.fraction, steps, done, steps.close)

        # Not the name of the recording, which is JSON Lines too.
        what = "export" if selection.frames is None else "frames"
        suggestion = proposed_name(record, f"-{what}{FORMATS[to].suffix}")
        self.push_screen(SaveProfileScreen(save, suggestion, title=f"Export as {to}"), saved)

    def _may_begin(self) -> bool:
        """Whether there is something to write, and nothing else under way."""
        playback = self.session.playback
        why = ""
        if not self.session.record.attempts:
            why = "nothing is recorded yet"
        elif self.inspector.work is not None:
            why = "wait for what is under way" + hint(", or stop it with {stop-work}")
        elif playback is not None and not playback.over:
            why = "the recording is not read to its end yet" + hint("; {play-end} reads the rest")
        if why:
            self.tell(why, bad=True)
        return not why

    @work(exit_on_error=False)
    async def _in_steps(
        self,
        title: str,
        fraction: Callable[[], float],
        steps: Iterable[Callable[[], object] | None],
        done: Callable[[], None],
        discard: Callable[[], None],
    ) -> None:
        """Do it beside everything else; then say it is `done`, or `discard` what there is if somebody stopped it."""
        inspector = self.inspector
        inspector.work = under_way = Work(title, fraction)
        try:
            if await under_way.run(steps):
                done()
            else:
                discard()
                self.tell(f"stopped {title.lower()}; no file is left of it")
        except WsinspectError as error:
            self.tell(str(error), bad=True)
        finally:
            inspector.work = None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape stops what is under way only where there is such a thing, and nothing lies over the panes."""
        if action == "stop_work":
            return self.screen is self.inspector and self.inspector.busy
        return super().check_action(action, parameters)

    def action_stop_work(self) -> None:
        """Stop what is done beside everything else."""
        self.inspector.stop_work()

    # Leaving

    def action_leave(self) -> None:
        """End the connection and leave; ask first if many frames would be gone."""
        from wsinspect.tui.screens.confirm import ConfirmScreen

        session = self.session
        frames = session.record.frame_count
        recorded = session.recorder is not None and session.recorder.problem is None
        if not session.live or recorded or frames < MANY_FRAMES:
            self.exit()
            return
        rows = [
            row(f"{counted(frames, 'frame')} of this session are in no file."),
            row(sentences("{save-recording} saves them as a recording.")),
        ]

        def answered(wanted: bool | None) -> None:
            if wanted:
                self.exit()

        self.push_screen(ConfirmScreen("Leave", rows, "Leave without them?"), answered)
