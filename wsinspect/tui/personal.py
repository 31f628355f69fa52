"""The application's part about keys, help, palette and themes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual import work
from textual.binding import Binding
from textual.filter import LineFilter

from wsinspect.errors import WsinspectError
from wsinspect.tui.colours import SixteenColours, WithoutColour
from wsinspect.tui.ending import EndingApp
from wsinspect.tui.key_hints import use_keymap
from wsinspect.tui.key_names import key_shown, keys_shown
from wsinspect.tui.keymap import keys_in, textual_keymap
from wsinspect.tui.palette import ActionsProvider
from wsinspect.tui.preferences import Preferences
from wsinspect.tui.themes import PLAIN, THEMES

_PROBLEM_SHOWN_S = 20


class PersonalApp(EndingApp):
    """What `WsinspectApp` does with keys and themes."""

    COMMANDS: ClassVar[set[Any]] = {ActionsProvider}

    def __init__(self, preferences: Preferences, environ: Mapping[str, str]) -> None:
        super().__init__()
        self._preferences = preferences
        self.no_color = bool(environ.get("NO_COLOR"))
        self._colour_filters: tuple[LineFilter, LineFilter] = (WithoutColour(), SixteenColours())
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = PLAIN if self.no_color else preferences.theme
        self.set_keymap(textual_keymap(preferences.keymap))
        use_keymap(preferences.keymap)

    def tell_problem(self) -> None:
        """Say what of the settings could not be heeded."""
        if self._preferences.problem:
            self.tell(self._preferences.problem, bad=True, timeout_s=_PROBLEM_SHOWN_S)

    # Keys

    def get_key_display(self, binding: Binding) -> str:
        """Return a key as people read it; called by Textual."""
        return key_shown(binding.key)

    def keys_of(self, name: str) -> str:
        """Return the keys of an action, by its id, as people read them; empty for none."""
        return keys_shown(",".join(keys_in(self._preferences.keymap, name)))

    def action_show_help(self) -> None:
        """Explain what has the focus; asked again, close it."""
        from wsinspect.tui.actions_now import around_focus
        from wsinspect.tui.screens.help import HelpScreen, help_rows, topic_of

        screen = self.screen
        if isinstance(screen, HelpScreen):
            screen.action_dismiss_dialog()
            return
        nodes = (screen.focused or screen).ancestors_with_self
        actions = [one.action for one in around_focus(screen)]
        self.push_screen(HelpScreen(help_rows(topic_of(nodes), actions, self.keys_of)))

    def action_show_keys_file(self) -> None:
        """Write a file of keys to begin with, where there is none, and say where it is."""
        from wsinspect.profiles.locations import config_file
        from wsinspect.tui.key_list import write_template

        path = config_file()
        try:
            written = write_template(path)
        except WsinspectError as error:
            self.tell(str(error), bad=True)
            return
        told = f"written, every action in it: {path}" if written else f"keys of your own: {path}"
        self.tell(f"{told}; what you change there holds from the next start", timeout_s=10)

    # Colours

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return what changes colours on their way to the terminal; called by Textual."""
        without, sixteen = self._colour_filters
        if self.no_color:
            return [without]
        filters = super().get_line_filters()
        return [*filters, sixteen] if self.native_ansi_color else filters

    def action_change_theme(self) -> None:
        """Choose a theme."""
        from wsinspect.tui.screens.themes import ThemesScreen

        if self.no_color:
            self.tell("NO_COLOR is set: there are no colours to choose", bad=True)
            return
        self.push_screen(ThemesScreen(self.theme), self._theme_chosen)

    def _theme_chosen(self, chosen: str | None) -> None:
        if chosen is not None:
            self.theme = chosen
            self._remember_theme(chosen)

    @work(thread=True, exit_on_error=False, group="theme")
    def _remember_theme(self, name: str) -> None:
        from wsinspect.profiles.locations import theme_file
        from wsinspect.tui.theme_memory import remember_theme

        try:
            remember_theme(theme_file(), name)
        except WsinspectError as error:
            self.call_from_thread(self.tell, f"theme: {error}", bad=True)
