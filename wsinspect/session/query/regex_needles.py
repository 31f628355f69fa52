"""Texts that every match of a regular expression must contain: they are found much faster than the expression matches.

What looks around, refers back or sets flags is not used. Whatever is not understood ends a text, so that a needle is
never wrong; at worst there is none. The pattern must be one that `re` accepts, without inline flags for the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_REPEAT = re.compile(r"(?:[*+?]|\{(?!\})(?P<least>\d*)(?:,\d*)?\})[+?]?")
_ESCAPE = re.compile(r"\\(?:x..|u.{4}|U.{8}|N\{[^}]*\}|\d{1,3}|.)", re.DOTALL)
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_WHOLE_FLAGS = re.compile(r"\(\?[aiLmsux]+\)")

_GROUP = re.compile(r"\((?:\?:|\?P<\w+>|(?!\?))")
_REFERENCE = re.compile(r"\\[1-9]")
_CLASS_ESCAPES = ("\\d", "\\D", "\\w", "\\W", "\\s", "\\S")
_LONGEST_RUN = 100

_OTHER_CASES = {"s": "\u017f", "k": "\u212a", "i": "\u0130\u0131"}
"""Characters outside ASCII that match a letter of it when case is ignored."""


def needles(pattern: str, *, ignore_case: bool) -> tuple[str, ...]:
    """Return texts of which at least one is in everything that `pattern` matches; none if there are none to be told.

    With `ignore_case` they are in lower case, and are to be looked for in data whose ASCII letters are lowered.
    """
    if _WHOLE_FLAGS.match(pattern):
        return ()
    found = _needles(pattern, ignore_case=ignore_case)
    if ignore_case:
        letters = sorted(set("".join(found)) & _OTHER_CASES.keys())
        found += tuple(other for letter in letters for other in _OTHER_CASES[letter])
    return tuple(dict.fromkeys(found))


def class_run(pattern: str) -> tuple[str, int] | None:
    """Return a class of characters, as it is written, and how many of them in a row are in everything that `pattern`
    matches; None if there are no three of a class that can be told."""
    if _WHOLE_FLAGS.match(pattern):
        return None
    alternatives = list(_alternatives(pattern))
    if len(alternatives) != 1:
        return None
    best, in_a_row, before = ("", 0), 0, ""
    for item in alternatives[0]:
        in_a_row = item.least + (in_a_row if item.source == before else 0)
        # What may be repeated less often than it is does not end a run, but one that may be missing does.
        before = item.source if item.exact else ""
        if item.is_class and in_a_row > best[1]:
            best = (item.source, in_a_row)
    return best if best[1] >= 3 else None


def effort(pattern: str) -> tuple[int, int] | None:
    """Return (ways, repeats): at a place of a text of n characters, `re` tries at most `ways` * n ** `repeats` ways to
    match, each as long as the pattern. None where that is not told: they may be more than any power of n.
    """
    if _WHOLE_FLAGS.match(pattern):
        return None
    ways, repeats = 0, 0
    for items in _alternatives(pattern):
        own_ways, own_repeats = 1, 0
        for item in items:
            if item.source[0] == "(":
                inner = effort(item.group) if item.exact and item.group else None
                if inner is None:
                    return None
                own_ways *= inner[0]
                own_repeats += inner[1]
            elif _REFERENCE.match(item.source):
                return None
            else:
                own_repeats += not item.exact
        ways += own_ways
        repeats = max(repeats, own_repeats)
    return ways, repeats


def alternative_count(pattern: str) -> int:
    """Return how many alternatives there are, of which one must match as a whole."""
    return sum(1 for _ in _alternatives(pattern))


class _Item(NamedTuple):
    source: str
    """As written, without its repetition."""
    least: int
    """How often it is there at least."""
    exact: bool
    """Whether it is there neither more nor less often."""
    literal: str = ""
    """The character that it is, if it is one."""

    @property
    def is_class(self) -> bool:
        """Whether it is one of several characters."""
        return self.source[0] == "[" or self.source in _CLASS_ESCAPES

    @property
    def group(self) -> str:
        """What is in the group that it is; empty if it is none, or one that looks around."""
        opening = _GROUP.match(self.source)
        return self.source[opening.end() : -1] if opening else ""


def _needles(pattern: str, *, ignore_case: bool) -> tuple[str, ...]:
    found: tuple[str, ...] = ()
    for items in _alternatives(pattern):
        options: list[tuple[str, ...]] = []
        run = ""
        for item in items:
            literal = item.literal.lower() if ignore_case else item.literal
            if literal and item.least and (literal.isascii() or not ignore_case):
                run += literal
                if item.exact:
                    continue
            elif item.group and item.least:
                options.append(_needles(item.group, ignore_case=ignore_case))
            options.append((run,))
            run = ""
        options.append((run,))
        # The longest, and of those that are alike the one that is looked for in one go.
        best = max(options, key=lambda option: (min(map(len, option), default=0), -len(option)))
        # Of a group, there may be none.
        if not best or not all(best):
            return ()
        found += best
    return found


def _alternatives(pattern: str) -> Iterator[list[_Item]]:
    """Yield the items of each alternative."""
    items: list[_Item] = []
    position = 0
    while position < len(pattern):
        char = pattern[position]
        literal = ""
        if char == "|":
            yield items
            items = []
            position += 1
            continue
        if char == "\\":
            end = _end_of(_ESCAPE, pattern, position)
            escaped = pattern[position + 1 : end]
            if len(escaped) == 1 and not (escaped.isascii() and escaped.isalnum()):
                literal = escaped
        elif char == "[":
            end = _end_of(_CLASS, pattern, position)
        elif char == "(":
            end = _end_of_group(pattern, position)
        else:
            end = position + 1
            if char not in ".^$":
                literal = char
        repeat = _REPEAT.match(pattern, end)
        least = _least(repeat) if repeat else 1
        items.append(_Item(pattern[position:end], least, repeat is None, literal))
        position = repeat.end() if repeat else end
    yield items


def _least(repeat: re.Match[str]) -> int:
    least = repeat["least"]
    if least is None:
        return int(repeat[0][0] == "+")
    return min(int(least or 0), _LONGEST_RUN)


def _end_of(what: re.Pattern[str], pattern: str, position: int) -> int:
    match = what.match(pattern, position)
    return match.end() if match else len(pattern)


def _end_of_group(pattern: str, position: int) -> int:
    """Return where the group that begins at `position` ends."""
    depth = 0
    while position < len(pattern):
        char = pattern[position]
        if char == "\\":
            position = _end_of(_ESCAPE, pattern, position)
        elif char == "[":
            position = _end_of(_CLASS, pattern, position)
        elif pattern.startswith("(?#", position):
            position = pattern.find(")", position) + 1 or len(pattern)
            if not depth:
                return position
        else:
            depth += (char == "(") - (char == ")")
            position += 1
            if not depth:
                return position
    return position
