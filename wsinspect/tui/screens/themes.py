"""The list of themes: the one that is highlighted is seen at once, Enter keeps it, Escape brings back the one before."""

from __future__ import annotations

from textual import on
from textual.widgets import OptionList

from wsinspect.tui.screens.pick import Choice, PickScreen
from wsinspect.tui.themes import full_name, known_themes

_TOLD = {
    "dark": "quiet, for a dark room",
    "light": "for a bright one",
    "high-contrast": "black and white, strong colours, for tired or weak eyes",
    "ansi": "the terminal's own sixteen colours, as it has been set up",
}


class ThemesScreen(PickScreen):
    """Dismissed with the whole name of a theme, or None."""

    def __init__(self, present: str) -> None:
        choices = [
            Choice(full_name(name) or name, name, _TOLD.get(name, "comes with Textual"))
            for name in known_themes()
        ]
        # What is there now comes first, so that opening the list changes nothing.
        choices.sort(key=lambda one: one.id != present)
        super().__init__("Theme", choices)
        self._before = present

    @on(OptionList.OptionHighlighted)
    def _preview(self) -> None:
        chosen = self.highlighted
        if chosen is not None:
            self.app.theme = chosen.id

    def action_dismiss_dialog(self) -> None:
        """Everything as it was."""
        self.app.theme = self._before
        super().action_dismiss_dialog()
