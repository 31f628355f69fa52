"""Which actions are in each other's way on a key: those of scopes that are active together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from wsinspect.tui.action import Action, Scope
from wsinspect.tui.key_names import types_a_character

TOGETHER: tuple[tuple[Scope, ...], ...] = (
    (Scope.ROWS, Scope.INSPECTOR, Scope.APP),
    (Scope.FRAMES, Scope.FRAMES_PANE, Scope.INSPECTOR, Scope.APP),
    (Scope.DETAIL, Scope.ROWS, Scope.FRAMES_PANE, Scope.INSPECTOR, Scope.APP),
    (Scope.FRAME_BAR, Scope.FRAMES_PANE, Scope.INSPECTOR, Scope.APP),
    (Scope.COMPOSER, Scope.INSPECTOR, Scope.APP),
    (Scope.CONNECT, Scope.APP),
    (Scope.ROWS, Scope.BUG_REPORT, Scope.APP),
    (Scope.ROWS, Scope.READING, Scope.COPYING, Scope.DIALOG, Scope.APP),
    (Scope.ROWS, Scope.CONFIRM, Scope.COPYING, Scope.DIALOG, Scope.APP),
    (Scope.PICKER, Scope.PROFILES, Scope.COPYING, Scope.DIALOG, Scope.APP),
    (Scope.FORM, Scope.DIALOG, Scope.APP),
)
"""What is active at once, the nearest to the focus first: of two actions on a key, that one gets it."""

TYPING = frozenset(
    {
        Scope.FRAME_BAR,
        Scope.COMPOSER,
        Scope.CONNECT,
        Scope.PICKER,
        Scope.PROFILES,
        Scope.FORM,
        Scope.DIALOG,
        Scope.COPYING,
    }
)
"""Where a text field has the focus, or may have it."""


@dataclass(frozen=True, slots=True)
class Clash:
    """Two actions on one key."""

    key: str
    nearer: Action
    """Which of them gets the key."""
    hidden: Action


def clashes(actions: Sequence[Action], keymap: Mapping[str, Sequence[str]]) -> Iterator[Clash]:
    """Yield every clash that `keymap`, the keys by an action's id, brings about.

    What overlaps by itself is meant so: Escape leaves the nearest thing first, for example.
    """
    seen: set[tuple[str, str, str]] = set()
    for scopes in TOGETHER:
        present = sorted(
            (one for one in actions if one.scope in scopes), key=lambda one: scopes.index(one.scope)
        )
        for nearer, other in combinations(present, 2):
            mine, theirs = (keymap.get(one.id, one.keys) for one in (nearer, other))
            for key in mine:
                if key not in theirs or (key in nearer.keys and key in other.keys):
                    continue
                if (nearer.id, other.id, key) in seen or not _misses(nearer, other):
                    continue
                seen.add((nearer.id, other.id, key))
                yield Clash(key, nearer, other)


def _misses(nearer: Action, hidden: Action) -> bool:
    """Say whether somebody would miss the hidden one. What is on a letter does not work while one types anyway."""
    if nearer.scope is hidden.scope or nearer.scope not in TYPING:
        return True
    return hidden.priority or not all(types_a_character(key) for key in hidden.keys)
