"""Profiles on disk: a personal TOML file and a project's, a table a profile, never lost by a failing write."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from wsinspect.atomic_file import write_atomically
from wsinspect.errors import UsageError, nearest
from wsinspect.options import ConnectOptions
from wsinspect.profiles.layout import PaneSizes, with_layout
from wsinspect.profiles.locations import profiles_file, project_file, recent_file
from wsinspect.profiles.schema import Profile, check_name, to_table

_RECENT_KEPT = 20
_T = TypeVar("_T")


def _read(path: Path) -> tuple[dict[str, Any], str]:
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}, ""
    except OSError as error:
        raise UsageError(f"can't be read: {error.strerror}", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"is not UTF-8 at byte {error.start}", where=str(path), allowed="TOML 1.0 in UTF-8"
        ) from error
    try:
        return tomllib.loads(text), text
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"is not TOML: {error}", where=str(path), hint="mend that line, or move the file away"
        ) from error


def _line_finder(text: str, profile: str) -> Any:
    def line(key: str) -> int | None:
        inside = False
        table = None
        for number, content in enumerate(text.splitlines(), 1):
            header = re.match(r"\s*\[\s*([^\]]+?)\s*\]", content)
            if header:
                # A bare key, or one in quotes, which may hold dots of its own.
                parts = [part.strip("\"'") for part in re.findall(r"\"[^\"]*\"|'[^']*'|[^.\s]+", header[1])]
                inside = parts[:1] == [profile]
                if inside and table is None:
                    table = number
                if inside and key and parts[1:2] == [key]:
                    return number
            elif inside and key and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", content):
                return number
        return table

    return line


def load_profiles(path: Path | None = None) -> dict[str, Profile]:
    """Return all profiles by name, in the file's order, keys unchecked.

    Without a path, those of the project's `wsinspect.toml` come first, and hide personal ones of the same name.

    Raises:
        UsageError: the file can't be read or is not TOML.
    """
    if path is None:
        project = project_file()
        personal = load_profiles(profiles_file())
        return personal if project is None else load_profiles(project) | _without(personal, project)
    tables, text = _read(path)
    out: dict[str, Profile] = {}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise UsageError(
                f"{name!r} stands outside a profile",
                where=path.name,
                allowed="tables such as [staging] with a url",
            )
        line = _line_finder(text, name)
        out[name] = Profile(name=name, table=table, where=path.name, line=line, path=path)
    return out


def _without(personal: dict[str, Profile], project: Path) -> dict[str, Profile]:
    hidden = load_profiles(project)
    return {name: one for name, one in personal.items() if name not in hidden}


def hidden_profiles() -> dict[str, Profile]:
    """Return the personal profiles that the project's hide. Raises UsageError as `load_profiles`."""
    project = project_file()
    if project is None:
        return {}
    theirs = load_profiles(project)
    return {name: one for name, one in load_profiles(profiles_file()).items() if name in theirs}


def _file_of(name: str) -> Path:
    """Return the file that holds a profile, the personal one for a new name."""
    found = load_profiles().get(name)
    return found.path if found is not None and found.path is not None else profiles_file()


def load_profile(name: str, path: Path | None = None) -> Profile:
    """Return one profile, its keys and types checked.

    Raises:
        UsageError: there is none of that name (the nearest is named), or it has a mistake.
    """
    profiles = load_profiles(path)
    if name not in profiles:
        known = ", ".join(profiles) or "none yet"
        raise UsageError(f"no profile is called {name!r}", allowed=known, hint=nearest(name, profiles))
    profiles[name].unexpanded()
    return profiles[name]


def save_profile(
    name: str,
    options: ConnectOptions | dict[str, Any],
    path: Path | None = None,
    *,
    replace: bool = True,
    extras: Mapping[str, Any] | None = None,
    place: int | None = None,
) -> Path:
    """Save a profile and return the file's path; the other profiles stay as they are.

    Without a path it goes where it is, a new one into the personal file. A profile that is replaced keeps its templates,
    variables and layout unless `extras` are given; a table says everything itself. A new one comes last in its file, or has
    `place` others before it. The file's previous content is kept beside it with `~` after its name, comments included.

    Raises:
        UsageError: a bad name, a name taken (without `replace`), or a file that can't be written.
    """
    import tomli_w

    check_name(name)
    path = path or _file_of(name)
    before = load_profiles(path).get(name)
    tables, text = _read(path)
    if name in tables and not replace:
        raise UsageError(f"a profile is called {name!r} already", where=str(path), hint="choose another name")
    if isinstance(options, ConnectOptions):
        kept = before.extras if extras is None and before is not None else dict(extras or {})
        table = to_table(options) | {key: value for key, value in kept.items() if value}
    else:
        table = options
    Profile(name=name, table=table, where=path.name).unexpanded()
    tables = with_at(tables, name, table, place)
    if text:
        write_atomically(path.with_name(path.name + "~"), text.encode())
    write_atomically(path, tomli_w.dumps(tables).encode())
    return path


def with_at(entries: Mapping[str, _T], name: str, entry: _T, place: int | None) -> dict[str, _T]:
    """Return `entries` and this one: where one of its name stands, else with `place` others before it, or last."""
    if name in entries or place is None:
        return {**entries, name: entry}
    listed = list(entries.items())
    listed.insert(place, (name, entry))
    return dict(listed)


def place_of(name: str) -> int:
    """Return how many profiles stand before this one in its file. Raises UsageError as `load_profiles`."""
    return list(load_profiles(_file_of(name))).index(name)


def save_layout(name: str, sizes: PaneSizes) -> None:
    """Keep the sizes of the panes in a profile, the rest of its file as it is, comments included where that is possible.

    Raises:
        UsageError: there is no such profile, or its file can't be written.
    """
    profile = load_profile(name)
    path = profile.path or profiles_file()
    if profile.sizes == sizes:
        return
    _, text = _read(path)
    made = with_layout(text, name, sizes)
    if made is not None:
        write_atomically(path, made.encode())
        return
    table = {key: value for key, value in profile.table.items() if key != "layout"}
    save_profile(name, table | ({"layout": sizes.table} if sizes.table else {}), path)


def delete_profile(name: str, path: Path | None = None) -> Profile:
    """Delete a profile and return what it was, so that it can be saved again.

    Raises:
        UsageError: there is none of that name, or the file can't be written.
    """
    import tomli_w

    path = path or _file_of(name)
    profiles = load_profiles(path)
    if name not in profiles:
        raise UsageError(f"no profile is called {name!r}", hint=nearest(name, profiles))
    tables, text = _read(path)
    del tables[name]
    write_atomically(path.with_name(path.name + "~"), text.encode())
    write_atomically(path, tomli_w.dumps(tables).encode())
    return profiles[name]


def recent_targets(path: Path | None = None) -> list[str]:
    """Return the targets opened last, the newest first; an unreadable list is an empty one."""
    try:
        found = json.loads((path or recent_file()).read_text("utf-8"))
    except (OSError, ValueError):
        return []
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []


def remember_target(url: str, path: Path | None = None, *, clean: Callable[[str], str] = str) -> None:
    """Put a target first in the list of recent ones; `clean` makes of each what may be written down.

    Raises:
        UsageError: the list can't be written.
    """
    path = path or recent_file()
    targets = list(dict.fromkeys(clean(item) for item in (url, *recent_targets(path))))[:_RECENT_KEPT]
    write_atomically(path, json.dumps(targets, indent=1).encode())
