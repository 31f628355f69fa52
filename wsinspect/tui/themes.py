"""Dark, light and high contrast; the terminal's own colours come with Textual (`ansi-dark`, `ansi-light`)."""

from __future__ import annotations

from textual.theme import Theme

DEFAULT = "wsinspect-dark"
_QUIET_CURSOR = ("wsinspect-dark", "wsinspect-light")


def quiet_cursor(theme: str) -> bool:
    """Say whether coloured text can be read on the cursor's background in this theme."""
    return theme in _QUIET_CURSOR


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
            "text-muted": "#8b97a7",
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
            "text-muted": "#5b6673",
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
            "text-muted": "#d0d0d0",
            "border": "#ffff00",
            "border-blurred": "#808080",
            "block-cursor-background": "#ffffff",
            "block-cursor-foreground": "#000000",
            "footer-key-foreground": "#ffff00",
            "footer-background": "#000000",
        },
    ),
)
