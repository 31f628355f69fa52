"""Keys that act on what is typed: they wait for the letters before them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.screen import Screen


def after_typing(screen: Screen[Any], act: Callable[[], None]) -> None:
    """Do `act` once the field that has the focus has taken every key that was pressed before.

    A screen's own keys reach it ahead of the letters that wait in the field's queue, as when both are pasted or typed fast.
    """
    field = screen.focused
    if field is None:
        act()
    else:
        field.call_later(act)
