"""What a person has settled before the program begins: keys and theme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wsinspect.errors import UsageError, nearest
from wsinspect.profiles.locations import config_file, theme_file
from wsinspect.tui.keymap import Keymap, read_keymap
from wsinspect.tui.theme_memory import remembered_theme
from wsinspect.tui.themes import DEFAULT, full_name, known_themes


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """Keys and theme of one's own."""

    keymap: Keymap = field(default_factory=dict)
    theme: str = DEFAULT
    problem: str = ""
    """One line about what could not be heeded, empty for nothing."""


def load_preferences(theme: str | None, environ: Mapping[str, str]) -> Preferences:
    """Return what the command line (`theme`), the environment, config.toml and the last run say.

    A mistake in config.toml keeps nobody from connecting: the usual keys are in effect, and `problem` says why.

    Raises:
        UsageError: `theme` or TEXTUAL_THEME names no theme.
    """
    problem = ""
    keymap: Keymap = {}
    try:
        keymap = read_keymap(config_file())
    except UsageError as error:
        problem = f"{error}. The usual keys are in effect"
    return Preferences(keymap=keymap, theme=_theme(theme, environ), problem=problem)


def _theme(asked: str | None, environ: Mapping[str, str]) -> str:
    for where, name in (("--theme", asked), ("TEXTUAL_THEME", environ.get("TEXTUAL_THEME"))):
        if not name:
            continue
        found = full_name(name)
        if found is None:
            known = known_themes()
            raise UsageError(
                f"there is no theme {name!r}",
                where=where,
                allowed=", ".join(known),
                hint=nearest(name, known),
            )
        return found
    remembered = remembered_theme(theme_file())
    return full_name(remembered) or DEFAULT
