"""Keys as people write them."""

from __future__ import annotations

import pytest

from wsinspect.errors import UsageError
from wsinspect.tui.actions import ACTIONS
from wsinspect.tui.key_names import key_shown, read_key, types_a_character


@pytest.mark.parametrize(
    ("written", "key", "shown"),
    [
        ("r", "r", "r"),
        ("R", "R", "R"),
        ("shift+r", "R", "R"),
        ("?", "question_mark", "?"),
        ("/", "slash", "/"),
        ("slash", "slash", "/"),
        ("hyphen-minus", "minus", "-"),
        (",", "comma", ","),
        ("+", "plus", "+"),
        ("ctrl++", "ctrl+plus", "^+"),
        ("Ctrl+R", "ctrl+r", "^r"),
        ("^r", "ctrl+r", "^r"),
        ("control+r", "ctrl+r", "^r"),
        ("shift+ctrl+up", "ctrl+shift+up", "^⇧↑"),
        ("F5", "f5", "F5"),
        ("Esc", "escape", "Esc"),
        ("return", "enter", "Enter"),
        ("PgDn", "pagedown", "PgDn"),
        (" ", "space", "Space"),
        ("ö", "ö", "ö"),
    ],
)
def test_a_key_is_read_as_people_write_it(written: str, key: str, shown: str) -> None:
    assert read_key(written) == key
    assert key_shown(key) == shown


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("enterr", "'enterr' is no key; allowed: a character such as r or ?, or enter"),
        ("enterr", "did you mean 'enter'?"),
        ("ctr+r", "did you mean 'ctrl'?"),
        ("", "'' is no key"),
        ("ctrl+", "'ctrl+' is no key"),
        ("f99", "'f99' is no key"),
        ("\x1b", "is no key"),
        ("ctrl+i", "can't be told from tab by a terminal"),
        ("ctrl+m", "can't be told from enter by a terminal"),
        ("ctrl+[", "can't be told from escape by a terminal"),
    ],
)
def test_what_is_no_key_is_refused(written: str, said: str) -> None:
    with pytest.raises(UsageError, match=r".") as caught:
        read_key(written)
    assert said in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_every_key_of_the_table_reads_back() -> None:
    for action in ACTIONS:
        assert [read_key(key) for key in action.keys] == list(action.keys)


def test_what_a_field_would_take_as_text() -> None:
    assert types_a_character("r")
    assert types_a_character("slash")
    assert types_a_character("space")
    assert not any(types_a_character(key) for key in ("ctrl+r", "f1", "enter", "escape", "shift+up", "alt+r"))
