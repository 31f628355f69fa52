"""Keys as people write and read them: `ctrl+r`, `^r`, `?`, `F1`; and which of them no terminal tells apart."""

from __future__ import annotations

import unicodedata

from textual.keys import Keys, key_to_character

from wsinspect.errors import UsageError, nearest

UNBOUND = "<unbound>"
"""The key of an action that has none: nothing on a keyboard sends it."""
_SHOWN = {
    "question_mark": "?",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "escape": "Esc",
    "enter": "Enter",
    "space": "Space",
    "tab": "Tab",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "home": "Home",
    "end": "End",
    "insert": "Ins",
    "delete": "Del",
    "backspace": "Backspace",
}
_SAME = {
    "esc": "escape",
    "return": "enter",
    "pgup": "pageup",
    "page_up": "pageup",
    "pgdn": "pagedown",
    "pagedn": "pagedown",
    "page_down": "pagedown",
    "del": "delete",
    "ins": "insert",
    "spacebar": "space",
    "control": "ctrl",
    "meta": "alt",
    "option": "alt",
}
_MODIFIERS = ("alt", "ctrl", "shift", "super")
_NAMED = frozenset(
    key.value
    for key in Keys
    if "+" not in key.value and not key.value.startswith("<") and not key.value.startswith("scroll")
)
_TEXTUALS_OWN = {"/": "slash", "\\": "backslash", "@": "at", "-": "minus", "+": "plus", "_": "underscore"}
"""Where Textual's name of a character is not Unicode's."""
_BY_OWN_NAME = {name: character for character, name in _TEXTUALS_OWN.items()}
_CONFUSED = {
    "ctrl+i": "tab",
    "ctrl+m": "enter",
    "ctrl+h": "backspace",
    "ctrl+j": "a new line",
    "ctrl+left_square_bracket": "escape",
}
"""Control characters that are sent by another key as well."""
_ALLOWED = (
    "a character such as r or ?, or enter, escape, tab, space, up, pageup, home, delete, f1 to f24 and the like, with "
    "ctrl+, alt+ or shift+ before it"
)


def key_shown(key: str) -> str:
    """Return a key in Textual's spelling as people read it: `^r`, `?`, `⇧↑`, `F1`."""
    *modifiers, name = key.split("+")
    shown = _SHOWN.get(name) or _character(name) or name
    if name[:1] == "f" and name[1:].isdigit():
        shown = name.upper()
    signs = {"ctrl": "^", "shift": "⇧"}
    return "".join(signs.get(one, f"{one}+") for one in modifiers) + shown


def keys_shown(keys: str) -> str:
    """Return several keys, which commas separate."""
    return " ".join(key_shown(key) for key in keys.split(",") if key != UNBOUND)


def types_a_character(key: str) -> bool:
    """Say whether a text field would take this key as text."""
    return "+" not in key and _character(key) is not None


def _character(name: str) -> str | None:
    character = _BY_OWN_NAME.get(name) or key_to_character(name)
    return character if character is not None and character.isprintable() else None


def read_key(written: str) -> str:
    """Return what a person wrote for a key in Textual's spelling.

    Raises:
        UsageError: there is no such key, or terminals don't tell it from another one.
    """
    text = written if len(written) == 1 else written.strip()
    if text.startswith("^") and len(text) == 2:
        text = f"ctrl+{text[1:]}"
    *modifiers, name = [text] if len(text) == 1 else _parts(text)
    modifiers = [_SAME.get(one.lower(), one.lower()) for one in modifiers]
    wrong = [one for one in modifiers if one not in _MODIFIERS]
    if wrong or not name:
        raise UsageError(
            f"{written!r} is no key", allowed=_ALLOWED, hint=nearest(wrong[0], _MODIFIERS) if wrong else ""
        )
    name = _name(written, name)
    if len(name) == 1 and name.isalpha():
        # A capital is how terminals tell of shift with a letter, and they can't tell of it together with ctrl.
        if modifiers == ["shift"]:
            modifiers, name = [], name.upper()
        elif modifiers:
            name = name.lower()
    key = "+".join([*sorted(set(modifiers)), name])
    if key in _CONFUSED:
        raise UsageError(
            f"{written!r} can't be told from {_CONFUSED[key]} by a terminal", hint="choose another key"
        )
    return key


def _parts(text: str) -> list[str]:
    if text.endswith("++"):
        return [*text[:-2].split("+"), "+"]
    return text.split("+")


def _name(written: str, name: str) -> str:
    if len(name) == 1:
        if name == " ":
            return "space"
        return name if name.isalnum() else _character_name(name)
    lowered = name.lower().replace("-", "_").replace(" ", "_")
    lowered = _SAME.get(lowered, lowered)
    if lowered in _NAMED:
        return lowered
    character = _character(lowered)
    if character is not None:
        return _character_name(character)
    raise UsageError(f"{written!r} is no key", allowed=_ALLOWED, hint=nearest(lowered, _NAMED))


def _character_name(character: str) -> str:
    name = unicodedata.name(character, "").lower().replace("-", "_").replace(" ", "_")
    if not name or not character.isprintable():
        raise UsageError(f"{character!r} is no key", allowed=_ALLOWED)
    return _TEXTUALS_OWN.get(character, name)
