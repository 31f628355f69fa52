"""The theme that was chosen last, kept in a file between runs."""

from __future__ import annotations

from pathlib import Path

from wsinspect.atomic_file import write_atomically

_LONGEST = 100


def remembered_theme(path: Path) -> str:
    """Return the name of the theme that was chosen last, empty where none was or the file can't be read."""
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST).decode().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def remember_theme(path: Path, name: str) -> None:
    """Write the name down, whole or not at all, 0600.

    Raises:
        UsageError: the file can't be written.
    """
    write_atomically(path, f"{name}\n".encode())
