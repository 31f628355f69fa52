"""How much room each pane has, in percent; kept between runs in a small file, and in a profile's `layout` table."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from wsinspect.atomic_file import write_atomically
from wsinspect.errors import UsageError, nearest
from wsinspect.profiles.locations import layout_file

LEAST_PERCENT, MOST_PERCENT = 5.0, 95.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PaneSizes:
    """Percent of what a pane shares with its neighbour; None leaves it to what is shown."""

    left_width: float | None = None
    """Timeline and handshake, of the screen's width."""
    timeline_height: float | None = None
    """Of what it shares with the handshake."""
    diagnosis_height: float | None = None
    """Of what it shares with the frames."""
    detail_height: float | None = None
    """A frame's details below the list, of the frames' height."""
    detail_width: float | None = None
    """A frame's details beside the list, of the frames' width."""

    @property
    def table(self) -> dict[str, float]:
        """Return what was chosen, by name."""
        return {name: value for name in NAMES if (value := getattr(self, name)) is not None}


NAMES = tuple(field.name for field in fields(PaneSizes))


def read_sizes(table: Mapping[str, Any]) -> PaneSizes:
    """Return the sizes of a `layout` table.

    Raises:
        UsageError: an unknown key, or a value that is no share.
    """
    for name, value in table.items():
        if name not in NAMES:
            raise UsageError(
                f"unknown key {name!r} in layout",
                allowed=", ".join(NAMES),
                hint=nearest(name, NAMES),
            )
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not LEAST_PERCENT <= value <= MOST_PERCENT:
            raise UsageError(
                f"layout: {name} is {value!r}", allowed=f"percent from {LEAST_PERCENT:g} to {MOST_PERCENT:g}"
            )
    return PaneSizes(**{name: float(value) for name, value in table.items()})


def load_sizes(path: Path | None = None) -> PaneSizes:
    """Return the sizes of the last run; a file that can't be read is like none."""
    try:
        found = json.loads((path or layout_file()).read_text("utf-8"))
        return read_sizes(found) if isinstance(found, dict) else PaneSizes()
    except (OSError, ValueError, UsageError):
        return PaneSizes()


def save_sizes(sizes: PaneSizes, path: Path | None = None) -> None:
    """Keep sizes for the next run.

    Raises:
        UsageError: the file can't be written.
    """
    write_atomically(path or layout_file(), json.dumps(sizes.table, indent=1).encode())


def with_layout(text: str, profile: str, sizes: PaneSizes) -> str | None:
    """Return a file of profiles with this `layout` in one of them, every other line and comment as it is; None where that can't
    be done by putting lines in or out, because the table is written in another way."""
    wanted = tomllib.loads(text)
    wanted[profile].pop("layout", None)
    if sizes.table:
        wanted[profile]["layout"] = sizes.table
    lines = text.splitlines()
    headers = {f"[{name}.layout]" for name in (profile, f'"{profile}"', f"'{profile}'")}
    start = next((at for at, line in enumerate(lines) if line.partition("#")[0].strip() in headers), None)
    if start is not None:
        end = start + 1
        while end < len(lines) and not lines[end].lstrip().startswith(("[", "#")) and lines[end].strip():
            end += 1
        del lines[start:end]
    else:
        start = len(lines)
        lines += [""] if lines and lines[-1].strip() and sizes.table else []
        start = len(lines)
    if sizes.table:
        name = profile if profile.replace("-", "").replace("_", "").isalnum() else f'"{profile}"'
        lines[start:start] = [f"[{name}.layout]", *(f"{key} = {value}" for key, value in sizes.table.items())]
    made = "\n".join(lines).rstrip("\n") + "\n"
    try:
        return made if tomllib.loads(made) == wanted else None
    except tomllib.TOMLDecodeError:
        return None
