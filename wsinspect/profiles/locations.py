"""Where profiles, settings and what is remembered are kept: the platform's own folders."""

from __future__ import annotations

from pathlib import Path

_NAME = "wsinspect"


def profiles_file() -> Path:
    """Return the path of `profiles.toml` in the platform's configuration folder; it may not exist yet."""
    from platformdirs import user_config_path

    return user_config_path(_NAME) / "profiles.toml"


def config_file() -> Path:
    """Return the path of the personal settings, beside the profiles; it may not exist yet."""
    from platformdirs import user_config_path

    return user_config_path(_NAME) / "config.toml"


PROJECT_NAME = "wsinspect.toml"


def project_file() -> Path | None:
    """Return the `wsinspect.toml` of the present folder or of the nearest one above it, or None.

    Only up to the folder that holds a repository, or the home folder: what lies above belongs to nobody in particular.
    """
    try:
        here = Path.cwd()
        home = Path.home()
    except (OSError, RuntimeError):
        return None
    for folder in (here, *here.parents):
        candidate = folder / PROJECT_NAME
        if candidate.is_file():
            return candidate
        if folder == home or (folder / ".git").exists():
            return None
    return None


def recent_file() -> Path:
    """Return the path of the list of recent targets in the platform's state folder."""
    from platformdirs import user_state_path

    return user_state_path(_NAME) / "recent.json"


def history_file() -> Path:
    """Return the path of the composer's history in the platform's state folder."""
    from platformdirs import user_state_path

    return user_state_path(_NAME) / "history.jsonl"


def layout_file() -> Path:
    """Return the path of the panes' sizes in the platform's state folder."""
    from platformdirs import user_state_path

    return user_state_path(_NAME) / "layout.json"


def theme_file() -> Path:
    """Return the path of the theme that was chosen last, in the platform's state folder."""
    from platformdirs import user_state_path

    return user_state_path(_NAME) / "theme"
