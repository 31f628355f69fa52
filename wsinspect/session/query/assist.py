"""Help while a filter is typed: what it means so far, and what may come next."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec import Struct

from wsinspect.errors import nearest
from wsinspect.session.query.fields import FIELDS, KEYWORDS
from wsinspect.session.query.language import compile_filter
from wsinspect.session.query.tokens import FilterError, Kind, Token, tokens

_WORDS = {
    "and": "both sides; the same as a space",
    "or": "at least one side",
    "not": "the opposite of what follows",
}
_LAST_WORD = re.compile(r"""[^\s()"<>=!&|~]*\Z""")
_LAST_COMPARED = re.compile(r"(\w+)\s*(?:[<>=!]=?|==)\s*\Z")
_DANGLING = ("and", "AND", "&&", "or", "OR", "||", "not", "NOT", "!")


class Completion(Struct, frozen=True):
    """Something that may stand in place of the characters from `start` to before `stop`."""

    start: int
    stop: int
    text: str
    meaning: str
    """One line; empty for a plain value."""


def explain(text: str) -> str:
    """Say in one line what a filter picks out; of one that is not complete, what is understood and what is missing."""
    try:
        return compile_filter(text).words + _doubts(text)
    except FilterError as error:
        problem = f"column {error.column + 1}: {error.what}"
        if error.allowed:
            problem += f"; allowed: {error.allowed}"
        if error.hint:
            problem += f"; {error.hint}"
        so_far = _understood(text, error.column)
        return f"{so_far} … {problem}" if so_far else problem


def complete(text: str, cursor: int, *, paths: Sequence[str] = ()) -> list[Completion]:
    """Return what may be meant by the word that ends at `cursor`, or what may begin there.

    `paths` are JSON paths that occur in the session, to be offered after `$`.
    """
    before = text[:cursor]
    try:
        last = next((token for token in reversed(list(tokens(before))) if token.kind is not Kind.END), None)
    except FilterError:
        # Inside quotes, or of a regular expression; or of a path that may yet become one.
        last = None
        if "$" not in before:
            return []
    if last is not None and last.stop == cursor and last.kind in (Kind.TEXT, Kind.EXPRESSION, Kind.CLOSE):
        return []
    match = _LAST_WORD.search(before)
    word = match[0] if match else ""
    start = cursor - len(word)
    compared = _LAST_COMPARED.search(before[:start])
    return [
        Completion(start, cursor, offered, meaning)
        for offered, meaning in _offers(word, compared[1] if compared else None, paths)
        if offered.startswith(word) and offered != word
    ]


def _offers(word: str, compared: str | None, paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    if word.startswith("$"):
        yield from ((path, "") for path in paths)
        return
    if compared in FIELDS:
        yield from ((value, "") for value in FIELDS[compared].values)
        return
    name, colon, _ = word.partition(":")
    if colon:
        if name in FIELDS:
            yield from ((f"{name}:{value}", "") for value in FIELDS[name].values)
        return
    yield from ((keyword, known.meaning) for keyword, known in KEYWORDS.items())
    for field, known in FIELDS.items():
        yield f"{field}{':' if known.operators[0] == ':' else known.example[0]}", known.meaning
    yield from _WORDS.items()


def _understood(text: str, column: int) -> str:
    """Return in words what stands before a mistake, as far as it means something."""
    found: list[Token] = []
    try:
        for token in tokens(text):
            if token.stop > column or token.kind is Kind.END:
                break
            found.append(token)
    except FilterError:
        pass  # What came before is what there is to explain.
    while found:
        depth = sum((token.kind is Kind.OPEN) - (token.kind is Kind.CLOSE) for token in found)
        last = found[-1]
        if last.kind is not Kind.OPEN and last.value not in _DANGLING and depth >= 0:
            try:
                return compile_filter(text[: last.stop] + ")" * depth).words
            except FilterError:
                # The mistake began earlier, as in `size>`.
                pass
        found.pop()
    return ""


def _doubts(text: str) -> str:
    """Return a remark on words that are looked for as texts and look like words that mean something."""
    doubts = []
    every = list(tokens(text))
    for token, after in pairwise(every):
        known = token.value in KEYWORDS or token.value in FIELDS or token.value in _DANGLING
        if token.kind is Kind.WORD and not known and not _is_value(every, token) and len(token.value) > 3:
            guess = nearest(token.value, KEYWORDS)
            if guess and after.value != ":":
                doubts.append(f"{token.value!r} is looked for as text; {guess}")
    return f" ({'; '.join(doubts)})" if doubts else ""


def _is_value(every: list[Token], token: Token) -> bool:
    place = every.index(token)
    return (
        place > 1
        and every[place - 1].kind is Kind.OPERATOR
        and every[place - 2].kind in (Kind.WORD, Kind.PATH)
    )
