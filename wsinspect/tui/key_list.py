"""All actions and their keys as text: a list for people, and a file to begin with."""

from __future__ import annotations

from pathlib import Path

from wsinspect.atomic_file import write_atomically
from wsinspect.tui.action import Scope
from wsinspect.tui.actions import ACTIONS, of
from wsinspect.tui.key_names import key_shown
from wsinspect.tui.keymap import TABLE, Keymap, keys_in


def key_list(keymap: Keymap, path: Path) -> str:
    """Return every action's id, keys and meaning, a line each; what the file changes is marked with `*`."""
    width = max(len(one.id) for one in ACTIONS)
    lines = [f"# keys of your own: {path}" + ("" if keymap else " (it changes none)")]
    for scope in Scope:
        lines += ["", f"# {scope}"]
        for one in of(scope):
            keys = " ".join(key_shown(key) for key in keys_in(keymap, one.id)) or "none"
            mark = "*" if one.id in keymap else " "
            lines.append(f"{mark} {one.id:<{width}}  {keys:<14}  {one.tooltip}")
    return "\n".join(lines) + "\n"


def key_template() -> str:
    """Return a config.toml that sets every action to the keys that it has anyway, all lines commented out."""
    lines = [
        "# Keys of your own. Take the # off a line and write another key, a list of keys, or [] for none.",
        "# A key is a character, or enter, escape, tab, space, up, pageup, home, f1 and the like; with ctrl+, alt+ or",
        "# shift+ before it. Restart wsinspect to see it; `wsinspect keys` says what is in effect, or what is wrong.",
        "",
        f"[{TABLE}]",
    ]
    for scope in Scope:
        lines += ["", f"# {scope}"]
        for one in of(scope):
            keys = [f'"{_written(key)}"' for key in one.keys]
            value = keys[0] if len(keys) == 1 else f"[{', '.join(keys)}]"
            lines.append(f"# {one.id} = {value}".ljust(44) + f"  # {one.tooltip}")
    return "\n".join(lines) + "\n"


def _written(key: str) -> str:
    shown = key_shown(key)
    return {'"': '\\"', "\\": "\\\\"}.get(shown, shown) if len(shown) == 1 and shown.isascii() else key


def write_template(path: Path) -> bool:
    """Write the template where there is no file yet, and say whether it was written.

    Raises:
        UsageError: it can't be written.
    """
    if path.exists():
        return False
    write_atomically(path, key_template().encode())
    return True
