"""Hints that name keys: `Press {disconnect} to abort.` with the key that the action has, or that a keymap gave it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from wsinspect.tui.actions import BY_ID
from wsinspect.tui.key_names import key_shown
from wsinspect.tui.keymap import Keymap, keys_in

_ACTION = re.compile(r"(?<!\$)\{([a-z][a-z-]*)\}")
"""An action's id in braces; `${NAME}` is something else."""

# Known to the whole program, which reads one keymap when it starts: hints stand in rows far below the application, and
# nothing between would do more with a keymap than hand it down.
_keymap: Keymap = {}


def use_keymap(keymap: Mapping[str, tuple[str, ...]]) -> None:
    """Let every hint name the keys of this keymap from now on."""
    _keymap.clear()
    _keymap.update(keymap)


def hint(*clauses: str, between: str = ", ") -> str:
    """Return the clauses, each action in braces replaced by its first key; one whose action has no key is left out.

    What a peer or a person wrote must not be in a clause: it may hold braces. Raises KeyError for an unknown action.
    """
    filled = [
        _ACTION.sub(lambda found: key_of(found[1]), clause)
        for clause in clauses
        if all(key_of(name) for name in _ACTION.findall(clause))
    ]
    return between.join(filled)


def sentences(text: str) -> str:
    """Return a text that has to stand as it is, each action in braces replaced by its first key, or by its name."""
    return _ACTION.sub(lambda found: key_of(found[1]) or f"the action {BY_ID[found[1]].name!r}", text)


def key_of(name: str) -> str:
    """Return the first key of an action, by its id, as people read it; empty for none."""
    return next((key_shown(key) for key in keys_in(_keymap, name)), "")


def title_key(name: str) -> str:
    """Return the key that goes before a pane's name: a digit where the action has one, else its first."""
    return next((key for key in keys_in(_keymap, name) if key.isdigit()), key_of(name))


def dialog_keys(*clauses: str) -> str:
    """Return what stands on a dialog's lower border: keys, each with what it does, and last the one that closes it."""
    return hint(*clauses, "{dismiss} closes", between="   ")
