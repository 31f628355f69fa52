"""The application's part about the panes' sizes: kept in the profile that is open, else for the next run."""

from __future__ import annotations

from textual import on, work

from wsinspect.errors import WsinspectError
from wsinspect.profiles.layout import PaneSizes, load_sizes, save_sizes
from wsinspect.tui.profile_keeping import ProfileKeepingApp
from wsinspect.tui.screens.inspector import InspectorScreen


class LayoutKeepingApp(ProfileKeepingApp):
    """What `WsinspectApp` does with the panes' sizes."""

    _unsaved: tuple[str, PaneSizes] | None = None
    """What is to be saved next, with the profile that it is for."""
    _saving = False
    _refused = False
    """Whether saving failed, which is said once."""

    def _take_profile(self, profile: str) -> None:
        """Size the panes as this profile has them, else as they are without one."""
        super()._take_profile(profile)
        self.inspector.take_sizes(self._sizes_of(profile))

    def _sizes_of(self, profile: str) -> PaneSizes:
        from wsinspect.profiles.store import load_profile

        sizes = PaneSizes()
        if profile:
            try:
                sizes = load_profile(profile).sizes
            except WsinspectError:
                # Said already, where its options or variables are read.
                return self.inspector.sizes
        return sizes if sizes.table else load_sizes()

    @on(InspectorScreen.SizesChanged)
    def _sizes_changed(self, event: InspectorScreen.SizesChanged) -> None:
        self._unsaved = (self.inspector.about.profile, event.sizes)
        if not self._saving:
            self._saving = True
            self._save_sizes()

    @work(thread=True, exit_on_error=False)
    def _save_sizes(self) -> None:
        """Save the newest sizes, until there are none that are newer: a key that is held asks thirty times a second."""
        from wsinspect.profiles.store import save_layout

        try:
            while (unsaved := self._unsaved) is not None:
                self._unsaved = None
                profile, sizes = unsaved
                try:
                    if profile:
                        save_layout(profile, sizes)
                    else:
                        save_sizes(sizes)
                except WsinspectError as error:
                    if not self._refused:
                        self._refused = True
                        self.call_from_thread(self.tell, f"sizes of the panes: {error}", bad=True)
        finally:
            self._saving = False
