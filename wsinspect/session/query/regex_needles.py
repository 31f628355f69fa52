"""Texts that every match of a regular expression must contain: they are found much faster than the expression matches.

Only what stands at the top level of each alternative is used. Whatever is not understood ends a text, so that a needle is
never wrong; at worst there is none. The pattern must be one that `re` accepts, without inline flags for the whole.
"""

from __future__ import annotations

import re

_REPEAT = re.compile(r"(?:[*+?]|\{(?!\})(?P<least>\d*)(?:,\d*)?\})[+?]?")
_ESCAPE = re.compile(r"\\(?:x..|u.{4}|U.{8}|N\{[^}]*\}|\d{1,3}|.)", re.DOTALL)
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_WHOLE_FLAGS = re.compile(r"\(\?[aiLmsux]+\)")

_OTHER_CASES = {"s": "\u017f", "k": "\u212a", "i": "\u0130\u0131"}
"""Characters outside ASCII that match a letter of it when case is ignored."""


def needles(pattern: str, *, ignore_case: bool) -> tuple[str, ...]:
    """Return texts of which at least one is in everything that `pattern` matches; none if there are none to be told.

    With `ignore_case` they are in lower case, and are to be looked for in data whose ASCII letters are lowered.
    """
    if _WHOLE_FLAGS.match(pattern):
        return ()
    found: list[str] = []
    for runs in _alternatives(pattern, ignore_case=ignore_case):
        best = max(runs, key=len, default="")
        if not best:
            return ()
        found.append(best)
        if ignore_case:
            for letter in sorted(set(best) & _OTHER_CASES.keys()):
                found.extend(_OTHER_CASES[letter])
    return tuple(dict.fromkeys(found))


def _alternatives(pattern: str, *, ignore_case: bool) -> list[list[str]]:
    """Return, for each alternative, the texts that stand in it as they are."""
    alternatives: list[list[str]] = [[""]]
    position = 0
    while position < len(pattern):
        char = pattern[position]
        literal = ""
        if char == "|":
            alternatives.append([""])
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
        runs = alternatives[-1]
        repeat = _REPEAT.match(pattern, end)
        position = repeat.end() if repeat else end
        optional = repeat is not None and not _at_least_once(repeat)
        if not literal or optional or (ignore_case and not literal.isascii()):
            runs.append("")
            continue
        runs[-1] += literal.lower() if ignore_case else literal
        if repeat:
            runs.append("")
    return alternatives


def _at_least_once(repeat: re.Match[str]) -> bool:
    least = repeat["least"]
    return repeat[0][0] == "+" if least is None else bool(least) and int(least) > 0


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
