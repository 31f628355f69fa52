"""Finds what is left of a secret where a text was cut to fit: its beginning gives away as much as there is of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_ELLIPSIS = "\u2026"
_QUOTES = "'\"`"
_TELLING = 4
"""A shorter beginning gives nothing away, and may be any word."""
_SURELY = 8
"""So much of it before a quote's end, or the text's, is no other word that happens to begin like it."""


class CutSecrets:
    """Finds what is left of the secrets that `masks` has, with their masks."""

    def __init__(self, masks: Mapping[str, str]) -> None:
        self._by_beginning: dict[str, list[tuple[str, str]]] = {}
        for secret, mask in masks.items():
            self._by_beginning.setdefault(secret[:_TELLING], []).append((secret, mask))

    def found(self, text: str) -> list[tuple[int, int, str]]:
        """Return where in `text` the beginning of a secret stands before an ellipsis, the end of a quote or of the text, as
        (start, end, mask), ascending and apart from each other."""
        found: dict[int, tuple[int, str]] = {}
        for beginning, secrets in self._by_beginning.items():
            # Nearly always there is nothing, and a peer may set thousands of cookies.
            if beginning not in text:
                continue
            for secret, mask in secrets:
                for start, end in _cut(text, secret):
                    if end > found.get(start, (0, ""))[0]:
                        found[start] = end, mask
        apart: list[tuple[int, int, str]] = []
        for start, (end, mask) in sorted(found.items()):
            if not apart or start >= apart[-1][1]:
                apart.append((start, end, mask))
        return apart


def _cut(text: str, secret: str) -> Iterator[tuple[int, int]]:
    start = text.find(secret[:_TELLING])
    while start >= 0:
        end = start + _alike(secret, text[start : start + len(secret)])
        after = text[end : end + 1]
        least = _TELLING if after == _ELLIPSIS else _SURELY if after in _QUOTES else len(secret)
        if least <= end - start < len(secret):
            yield start, end
        start = text.find(secret[:_TELLING], start + 1)


def _alike(one: str, other: str) -> int:
    """Return how many characters two texts begin alike with."""
    return next(
        (at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(other)
    )
