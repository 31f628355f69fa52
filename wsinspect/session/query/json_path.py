"""Paths into JSON values, `$.items[0].id`, and what can be asked of what they lead to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from wsinspect.session.query.predicates import COMPARISONS
from wsinspect.session.query.text_pattern import TextPattern, as_bytes

_decode = msgspec.json.Decoder().decode
Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Member:
    """`.name`"""

    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """`[n]`, from the end if negative."""

    index: int


@dataclass(frozen=True, slots=True)
class Every:
    """`[*]`: each item, or each member's value."""


@dataclass(frozen=True, slots=True)
class Anywhere:
    """`..name`: members of this name, however deep."""

    name: str


Step = Member | Item | Every | Anywhere


def select(value: object, steps: Sequence[Step]) -> Iterator[object]:
    """Yield the values that the steps lead to."""
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    match step:
        case Member(name):
            if isinstance(value, dict) and name in value:
                yield from select(value[name], rest)
        case Item(index):
            if isinstance(value, list) and -len(value) <= index < len(value):
                yield from select(value[index], rest)
        case Every():
            for child in _children(value):
                yield from select(child, rest)
        case Anywhere(name):
            pending = [value]
            while pending:
                at = pending.pop()
                if isinstance(at, dict) and name in at:
                    yield from select(at[name], rest)
                pending.extend(_children(at))


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class JsonTest:
    """A path, and what at least one value at its end must be; without a comparison it must only be there."""

    path: str
    """As typed."""
    steps: tuple[Step, ...]
    comparison: str = ""
    """One of `COMPARISONS`, `~` for a text that matches, or nothing."""
    value: Scalar = None
    pattern: TextPattern | None = None
    """What a text must match, for `~`."""

    def holds(self, data: bytes) -> bool:
        """Return whether the data is JSON in which it is so. Not for a pattern that is a regular expression."""
        return any(map(self._fits, self.values(data)))

    def values(self, data: bytes) -> Iterable[object]:
        """Return what the path leads to, if the data is JSON."""
        try:
            value = _decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return ()
        for place, step in enumerate(self.steps):
            if not isinstance(step, Member):
                return select(value, self.steps[place:])
            # Most paths are names alone, and a generator for each would cost more than decoding.
            if not isinstance(value, dict) or step.name not in value:
                return ()
            value = value[step.name]
        return (value,)

    def _fits(self, value: object) -> bool:
        if not self.comparison:
            return True
        if self.pattern is not None:
            return isinstance(value, str) and self.pattern.is_in(value.encode())
        if _kind(value) != _kind(self.value):
            return self.comparison == "!="
        if self.comparison in ("==", "!="):
            return COMPARISONS[self.comparison](value, self.value)
        return _kind(value) in (str, float) and COMPARISONS[self.comparison](value, self.value)

    def needle(self) -> bytes | None:
        """Return bytes that are in all data for which it holds and that uses no `\\u`; None if there are none."""
        names = [step.name for step in self.steps if isinstance(step, Member | Anywhere)]
        names.sort(key=len, reverse=True)
        if self.comparison == "==" and isinstance(self.value, str):
            # A name is mostly in many messages, a value in few.
            names.insert(0, self.value)
        # The other escapes stand for characters that are not in these.
        plain = (name for name in names if name.isprintable() and not set(name) & set('"\\/'))
        return next((as_bytes(f'"{name}"') for name in plain), None)

    def words(self, *, negated: bool = False) -> str:
        """Return it in words, to follow `frames that`."""
        have = "do not have" if negated else "have"
        if not self.comparison:
            return f"{have} {self.path}"
        if self.pattern is not None:
            return f"{have} {self.path} with text that matches {self.pattern.told}"
        return f"{have} {self.path} {_TOLD[self.comparison]} {json.dumps(self.value, ensure_ascii=False)}"


_TOLD = {
    "==": "equal to",
    "!=": "other than",
    "<": "less than",
    "<=": "at most",
    ">": "more than",
    ">=": "at least",
}


def _kind(value: object) -> type:
    """Return what JSON calls it; true is not a number here, whatever Python says."""
    if isinstance(value, bool):
        return bool
    return float if isinstance(value, int | float) else type(value)
