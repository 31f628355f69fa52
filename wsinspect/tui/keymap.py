"""Keys of one's own: the table `[keys]` of config.toml, an action's id = a key, a list of keys, or [] for none."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from wsinspect.errors import UsageError, nearest
from wsinspect.tui.actions import ACTIONS, BY_ID
from wsinspect.tui.key_clashes import TYPING, clashes
from wsinspect.tui.key_names import UNBOUND, key_shown, read_key, types_a_character

TABLE = "keys"
Keymap = dict[str, tuple[str, ...]]
"""Keys in Textual's spelling by an action's id; none for an action that is to have no key."""
_ESSENTIAL = ("palette", "quit-always")
"""Without these there would be no way to what has no key, or out."""


def read_keymap(path: Path) -> Keymap:
    """Return the keys that a file sets; nothing where there is no file.

    Raises:
        UsageError: the file can't be read or is not TOML, names an action or a key that there is none of, or puts two
            actions on one key where both are active. One line: what, file and line, what is allowed, what next.
    """
    text = _read(path)
    if text is None:
        return {}
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"is not TOML: {error}", where=path.name, hint="mend that line, or move the file away"
        ) from error
    for name in tables:
        if name != TABLE:
            raise UsageError(
                f"unknown table or key {name!r}",
                where=_place(path, text, name, table=False),
                allowed=f"[{TABLE}]",
                hint=nearest(name, (TABLE,)) or (f"put it under [{TABLE}]" if name in BY_ID else ""),
            )
    table = tables.get(TABLE, {})
    if not isinstance(table, dict):
        raise UsageError(
            f"{TABLE!r} is no table",
            where=_place(path, text, TABLE, table=False),
            allowed=f"[{TABLE}] and lines such as reconnect = 'ctrl+r' below it",
        )
    keymap = {name: _keys(name, value, _place(path, text, name)) for name, value in table.items()}
    for clash in clashes(ACTIONS, keymap):
        mine, other = (
            (clash.nearer, clash.hidden) if clash.nearer.id in keymap else (clash.hidden, clash.nearer)
        )
        also = f" ({_line(text, other.id)})" if other.id in keymap else ""
        raise UsageError(
            f"the key {key_shown(clash.key)} is on {mine.id!r} and on {other.id!r}{also}, and both work {clash.nearer.scope}",
            where=_place(path, text, mine.id),
            hint="give one of them another key, or [] for none",
        )
    return keymap


def textual_keymap(keymap: Keymap) -> dict[str, str]:
    """Return a keymap as Textual wants it."""
    return {name: ",".join(keys) or UNBOUND for name, keys in keymap.items()}


def keys_in(keymap: Keymap, name: str) -> tuple[str, ...]:
    """Return the keys of an action under a keymap."""
    return keymap.get(name, BY_ID[name].keys)


def _read(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"can't be read: {error.strerror}", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"is not UTF-8 at byte {error.start}", where=str(path), allowed="TOML 1.0 in UTF-8"
        ) from error


def _keys(name: str, value: Any, where: str) -> tuple[str, ...]:
    action = BY_ID.get(name)
    if action is None:
        raise UsageError(
            f"no action is called {name!r}",
            where=where,
            hint=nearest(name, BY_ID) or "`wsinspect keys` lists them",
        )
    where = f"{where}: {name}"
    written = [value] if isinstance(value, str) else value
    if not isinstance(written, list) or not all(isinstance(one, str) for one in written):
        raise UsageError(
            "has the wrong form",
            where=where,
            allowed='a key such as "ctrl+r", a list such as ["r", "f5"], or [] for none',
        )
    if not written and name in _ESSENTIAL:
        raise UsageError("must have a key", where=where, hint="it is the way to what has none, or out")
    keys = []
    for one in written:
        try:
            key = read_key(one)
        except UsageError as error:
            hint = error.hint
            if "," in one and len(one) > 1:
                listed = ", ".join(f'"{part.strip()}"' for part in one.split(","))
                hint = f"several keys are a list: [{listed}]"
            raise UsageError(error.what, where=where, allowed=error.allowed, hint=hint) from error
        if types_a_character(key) and (action.priority or action.scope in TYPING):
            raise UsageError(
                f"{one!r} would be typed as text where this works",
                where=where,
                allowed="a key that types nothing, such as ctrl+r, alt+r or f5",
            )
        if key not in keys:
            keys.append(key)
    return tuple(keys)


def _line(text: str, name: str, *, table: bool = True) -> str:
    """Return `line 3` for the line that sets a key of the table, or outside of it."""
    inside = not table
    for number, content in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[+\s*[\"']?([^\]\"'.]+?)[\"']?\s*[\].]", content)
        if header:
            inside = table and header[1] == TABLE
            if not table and header[1] == name:
                return f"line {number}"
        elif inside and re.match(rf"\s*[\"']?{re.escape(name)}[\"']?\s*[=.]", content):
            return f"line {number}"
    return ""


def _place(path: Path, text: str, name: str, *, table: bool = True) -> str:
    """Return `config.toml: line 3`."""
    return ": ".join(part for part in (path.name, _line(text, name, table=table)) if part)
