"""The list of profiles: open, edit, duplicate, delete with undo, make a new one."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import BindingType

from wsinspect.errors import WsinspectError
from wsinspect.options import ConnectOptions
from wsinspect.profiles.store import load_profile, save_profile
from wsinspect.tui.actions import Scope, bindings
from wsinspect.tui.key_hints import hint
from wsinspect.tui.notebook import Profiles
from wsinspect.tui.screens.options_form import OptionsForm
from wsinspect.tui.screens.pick import PickScreen
from wsinspect.tui.screens.save_profile import SaveProfileScreen


class ProfilesScreen(PickScreen):
    """Dismissed with the name of the profile to open, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.PROFILES)]
    of_highlighted = (*PickScreen.of_highlighted, "edit-profile", "duplicate-profile")

    def __init__(self, profiles: Profiles, usable: Callable[[str], object]) -> None:
        """`usable` raises a WsinspectError for a profile that can't be connected to, such as one with a mistake."""
        super().__init__(
            "Profiles",
            profiles.choices(),
            nothing="no profiles yet"
            + hint("; {save-profile} on the main screen saves what is connected to"),
            remove=profiles.delete,
            undo=profiles.undo,
            can_undo=lambda: profiles.can_undo,
        )
        self._profiles = profiles
        self._usable = usable

    def take(self) -> None:
        """Open the highlighted one, unless something is wrong with it, which is said here."""
        chosen = self.highlighted
        if chosen is not None:
            self._try(lambda: self._open(chosen.id))

    def _open(self, name: str) -> None:
        self._usable(name)
        self.dismiss(name)

    def action_edit(self) -> None:
        """Edit the highlighted one in the form; `${NAME}` stands as it was written."""
        chosen = self.highlighted
        if chosen is None:
            return

        def accept(options: ConnectOptions) -> None:
            save_profile(chosen.id, options)

        def open_form() -> None:
            options = load_profile(chosen.id).unexpanded()
            form = OptionsForm(f"Profile {chosen.id}", options, "saves", accept=accept, references=True)
            self.app.push_screen(form, lambda made: self._again(f"saved {chosen.id}" if made else ""))

        self._try(open_form)

    def action_duplicate(self) -> None:
        """Save a copy of the highlighted one under another name."""
        chosen = self.highlighted
        if chosen is None:
            return

        def ask() -> None:
            suggestion = self._profiles.free_name(chosen.id)
            screen = SaveProfileScreen(
                lambda name: self._profiles.duplicate(chosen.id, name),
                suggestion,
                title=f"Duplicate {chosen.id}",
            )
            self.app.push_screen(screen, lambda path: self._again("duplicated" if path else ""))

        self._try(ask)

    def _again(self, told: str) -> None:
        """Show the list as it is now."""
        if told:
            self.change(self._profiles.choices, told)

    def _try(self, work: Callable[[], None]) -> None:
        try:
            work()
        except WsinspectError as error:
            self.refuse(str(error))
