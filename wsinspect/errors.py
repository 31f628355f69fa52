"""The errors that a person can act on: one small tree, fields in the exceptions, one line each.

Every message says what is wrong, where, what is allowed and what to do next.
"""

from __future__ import annotations

from collections.abc import Iterable


class WsinspectError(Exception):
    """Something that the person at the keyboard can mend; `str()` is one line."""


class UsageError(WsinspectError):
    """An option, profile, file or typed value is not acceptable."""

    def __init__(self, what: str, *, where: str = "", allowed: str = "", hint: str = "") -> None:
        super().__init__(what, where, allowed, hint)
        self.what = what
        self.where = where
        self.allowed = allowed
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        if self.allowed:
            text += f"; allowed: {self.allowed}"
        if self.hint:
            text += f"; {self.hint}"
        return " ".join(text.split())


def nearest(word: str, known: Iterable[str]) -> str:
    """Say `did you mean 'x'?` for the known word closest to `word`, or nothing when none is close."""
    # Only a mistake pays for loading it.
    from difflib import get_close_matches

    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else ""
