"""Our themes: dark, light, high contrast, the terminal's own sixteen colours, and none at all. Textual's own are there too."""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import BUILTIN_THEMES, Theme

DEFAULT = "wsinspect-dark"
PLAIN = "wsinspect-plain"
"""What is shown where NO_COLOR is set; not to be chosen."""
_PREFIX = "wsinspect-"
_QUIET_CURSOR = ("wsinspect-dark", "wsinspect-light")


def quiet_cursor(theme: str) -> bool:
    """Say whether coloured text can be read on the cursor's background in this theme."""
    return theme in _QUIET_CURSOR


_DEFAULT = "ansi_default"
_TEXTS = ("text-primary", "text-success", "text-warning", "text-error", "text-accent")
_OF_THE_TERMINAL = dict.fromkeys(
    (
        # Which of the sixteen can be read on the terminal's background only the terminal knows: its own one always can.
        "text-muted",
        "text-disabled",
        "border-blurred",
        "ansi-background",
        "ansi-foreground",
        "block-cursor-background",
        "block-cursor-foreground",
        "input-cursor-background",
        "input-cursor-foreground",
        "input-selection-background",
        "input-selection-foreground",
        "screen-selection-background",
        "screen-selection-foreground",
        "block-hover-background",
        "footer-key-foreground",
        "footer-background",
        "scrollbar-background",
        "scrollbar-background-hover",
        "scrollbar-background-active",
        "scrollbar-corner-color",
    ),
    _DEFAULT,
) | dict.fromkeys(("block-cursor-text-style", "input-cursor-text-style"), "reverse")


def _of_the_terminal(name: str, colours: Mapping[str, str], variables: Mapping[str, str]) -> Theme:
    """Return a theme on the terminal's own background; what `colours` leaves out is the terminal's own foreground."""
    return Theme(
        name=name,
        ansi=True,
        primary=colours.get("primary", _DEFAULT),
        secondary=colours.get("secondary", _DEFAULT),
        accent=colours.get("accent", _DEFAULT),
        success=colours.get("success", _DEFAULT),
        warning=colours.get("warning", _DEFAULT),
        error=colours.get("error", _DEFAULT),
        foreground=_DEFAULT,
        background=_DEFAULT,
        surface=_DEFAULT,
        panel=_DEFAULT,
        boost=_DEFAULT,
        variables={**_OF_THE_TERMINAL, **variables},
    )


THEMES: tuple[Theme, ...] = (
    Theme(
        name="wsinspect-dark",
        primary="#6cb6ff",
        secondary="#4a8fd6",
        accent="#c99bff",
        success="#5fd38d",
        warning="#f0b849",
        error="#ff7a7a",
        foreground="#d7dde6",
        background="#0e1218",
        surface="#141a22",
        panel="#1b232e",
        dark=True,
        variables={
            "text-primary": "#7fc0ff",
            "text-success": "#6fdc9a",
            "text-warning": "#f5c35f",
            "text-error": "#ff8a8a",
            "text-accent": "#d0a8ff",
            "text-disabled": "#98a4b4",
            "text-muted": "#98a4b4",
            "border": "#6cb6ff",
            "border-blurred": "#2b3644",
            "block-cursor-background": "#24364d",
            "block-cursor-foreground": "#eef3f9",
            "block-cursor-text-style": "none",
            "footer-key-foreground": "#6cb6ff",
            "footer-background": "#141a22",
            "scrollbar": "#2f3c4d",
            "scrollbar-background": "#10151c",
            "scrollbar-hover": "#3f5167",
            "scrollbar-active": "#6cb6ff",
            "input-selection-background": "#6cb6ff 30%",
        },
    ),
    Theme(
        name="wsinspect-light",
        primary="#0b5cad",
        secondary="#3b7fc4",
        accent="#7b3fb5",
        success="#1a7f45",
        warning="#8f5a00",
        error="#b3261e",
        foreground="#1d2530",
        background="#f6f7f9",
        surface="#ffffff",
        panel="#e9edf2",
        dark=False,
        variables={
            "text-primary": "#0b5cad",
            "text-success": "#146c39",
            "text-warning": "#845200",
            "text-error": "#b3261e",
            "text-accent": "#6d35a3",
            "text-disabled": "#525d69",
            "text-muted": "#525d69",
            "border": "#0b5cad",
            "border-blurred": "#c3ccd6",
            "block-cursor-background": "#cfe2f7",
            "block-cursor-foreground": "#10161d",
            "block-cursor-text-style": "none",
            "footer-key-foreground": "#0b5cad",
            "footer-background": "#e9edf2",
            "scrollbar": "#b7c2cf",
            "scrollbar-background": "#eef1f4",
            "scrollbar-hover": "#93a3b5",
            "scrollbar-active": "#0b5cad",
        },
    ),
    Theme(
        name="wsinspect-high-contrast",
        primary="#00d7ff",
        secondary="#00afff",
        accent="#ff87ff",
        success="#00ff5f",
        warning="#ffff00",
        error="#ff5f5f",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#000000",
        dark=True,
        variables={
            "text-primary": "#00d7ff",
            "text-success": "#00ff5f",
            "text-warning": "#ffff00",
            "text-error": "#ff8787",
            "text-accent": "#ff87ff",
            "text-disabled": "#d0d0d0",
            "text-muted": "#d0d0d0",
            "border": "#ffff00",
            "border-blurred": "#808080",
            "block-cursor-background": "#ffffff",
            "block-cursor-foreground": "#000000",
            "input-selection-background": "#ffff00",
            "input-selection-foreground": "#000000",
            "footer-key-foreground": "#ffff00",
            "footer-background": "#000000",
        },
    ),
    _of_the_terminal(
        "wsinspect-ansi",
        {
            "primary": "ansi_cyan",
            "secondary": "ansi_blue",
            "accent": "ansi_magenta",
            "success": "ansi_green",
            "warning": "ansi_yellow",
            "error": "ansi_red",
        },
        {
            "border": "ansi_cyan",
            "footer-key-foreground": "ansi_cyan",
            "scrollbar": "ansi_cyan",
            "scrollbar-hover": "ansi_cyan",
            "scrollbar-active": "ansi_bright_cyan",
        },
    ),
    _of_the_terminal(
        PLAIN,
        {},
        dict.fromkeys(("border", "scrollbar", "scrollbar-hover", "scrollbar-active", *_TEXTS), _DEFAULT),
    ),
)


def full_name(name: str) -> str | None:
    """Return the whole name of a theme that is called by it or by what follows our prefix; None for none."""
    chosen = [theme.name for theme in THEMES if theme.name != PLAIN]
    return next((one for one in (f"{_PREFIX}{name}", name) if one in (*chosen, *BUILTIN_THEMES)), None)


def known_themes() -> tuple[str, ...]:
    """Return the names of all themes to choose from, ours first and short."""
    ours = [theme.name.removeprefix(_PREFIX) for theme in THEMES if theme.name != PLAIN]
    return (*ours, *sorted(BUILTIN_THEMES))
