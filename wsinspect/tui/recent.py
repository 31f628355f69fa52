"""Targets that were opened before: on disk and on the screen without their secrets, whole while the program runs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wsinspect.export.redact import Redactor, secrets_of_url
from wsinspect.profiles.store import recent_targets, remember_target

_MASK = re.compile(r"\*\*\*[0-9a-f]{4}\*\*\*")


@dataclass(frozen=True, slots=True)
class RecentTarget:
    """A URL, or the name of a profile."""

    shown: str
    typed: str
    """What opening it means."""
    whole: bool = True
    """Whether nothing of it was left out when it was kept."""


def masked_target(target: str) -> str:
    """Return a target with its user-info and token-like values masked."""
    return Redactor(secrets_of_url(target))(target) if "://" in target else target


class Recent:
    """The list of recent targets. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._whole: dict[str, str] = {}
        """What was opened in this run, by what was written down of it."""

    def remember(self, target: str) -> None:
        """Put a target first. Raises UsageError: the list can't be written."""
        kept = masked_target(target)
        self._whole[kept] = target
        remember_target(kept, clean=masked_target)

    def targets(self, *, show_secrets: bool = False) -> list[RecentTarget]:
        """Return them, the newest first."""
        out = []
        for kept in recent_targets():
            typed = self._whole.get(kept, kept)
            whole = kept in self._whole or not _MASK.search(kept)
            out.append(RecentTarget(typed if show_secrets else masked_target(kept), typed, whole))
        return out
