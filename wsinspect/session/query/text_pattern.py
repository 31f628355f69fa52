"""A text, bytes or a regular expression to look for in application data."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import lru_cache

from wsinspect.session.query.asking import Asked, StillMatchingError
from wsinspect.session.query.expression import Expression, expression_of
from wsinspect.session.query.expression_process import ExpressionError
from wsinspect.session.query.expression_worker import as_text
from wsinspect.session.query.regex_needles import class_run, needles

__all__ = ["FLAGS", "TextPattern", "as_bytes", "as_text", "byte_string", "literal", "regular_expression"]

_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}
FLAGS = "".join(_FLAGS) + "b"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPattern:
    """What to look for. Text is what the data is as UTF-8; a byte that is not is the character U+DC00 + byte."""

    told: str
    """As it is typed."""
    text: re.Pattern[str] | None
    """Matches the text; None for a pattern of bytes. Not to be used here where there is an `expression`."""
    data: re.Pattern[bytes] | None = None
    """Matches the bytes. Not to be used here."""
    expression: Expression | None = None
    """What is to be asked instead: whatever somebody typed may take forever."""
    exact: bytes | None = None
    """The bytes that are the whole pattern."""
    folded: bytes | None = None
    """The whole pattern in lower case where only ASCII letters are in it and case is ignored."""
    needles: tuple[bytes, ...] = ()
    """Of these at least one is in all data that matches."""
    lowered: bool = False
    """Whether needles are to be looked for in data whose ASCII letters are lowered."""
    run: tuple[bytes, bytes] | None = None
    """A table of bytes, and ones: where ASCII data matches, the ones are in what the table makes of it."""

    @property
    def carried_bytes(self) -> int:
        """How much of a message before one of its fragments matters to that fragment."""
        return max(1024, len(self.exact or b""))

    def is_in(self, data: bytes) -> bool:
        """Return whether application data matches. Raises ExpressionError, after a while."""
        if self.exact is not None:
            return self.exact in data
        if self.expression is not None:
            plain = data.isascii()
            return Asked().matches(self.expression, data, [0], [len(data)], plain=plain) == b"\1"
        assert self.text is not None
        return self.text.search(as_text(data)) is not None

    def crosses(self, before: bytes, data: bytes, asked: Asked) -> bool:
        """Return whether there is a match in `before` and `data` together that does not end in `before`.

        Raises StillMatchingError, and ExpressionError.
        """
        if self.exact is not None:
            near = len(self.exact) - 1
            return near > 0 and self.exact in before[-near:] + data[:near]
        if self.expression is not None:
            return asked.crosses(self.expression, before, data)
        assert self.text is not None
        text = as_text(before + data)
        return any(len(as_bytes(text[: match.end()])) > len(before) for match in self.text.finditer(text))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where it is in a text, (start, stop) each, so that it can be marked there; nowhere if that takes long."""
        if self.text is None:
            return []
        if self.expression is None:
            return [match.span() for match in self.text.finditer(text)]
        try:
            return [span for span in _shown(self.expression, text) if span[1] > span[0]]
        except StillMatchingError:
            return []


_SHOWN_WAIT_S = 0.25
"""On a machine that has other things to do, a process may take longer than its processor time says."""
_never_shown: set[Expression] = set()
_showing = Asked()


@lru_cache(maxsize=1024)
def _shown(expression: Expression, text: str) -> list[tuple[int, int]]:
    if expression in _never_shown:
        return []
    _showing.forget()
    _showing.again(lambda: _SHOWN_WAIT_S)
    try:
        return _showing.spans(expression, text)
    except ExpressionError:
        # What is told is told by the list; the rows that follow shall not take long, too.
        _never_shown.add(expression)
        return []


def as_bytes(text: str) -> bytes:
    """Return what `as_text` was given. Raises UnicodeEncodeError for what was not made by it."""
    return text.encode(errors="surrogateescape")


def literal(text: str, *, ignore_case: bool = False) -> TextPattern:
    """Return a pattern that is this text. Raises UnicodeEncodeError for lone surrogates, ValueError for no text."""
    if not text:
        raise ValueError("no text")
    data = as_bytes(text)
    told = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' + ("i" if ignore_case else "")
    if not ignore_case:
        return TextPattern(told=told, text=re.compile(re.escape(text)), exact=data, needles=(data,))
    found = needles(re.escape(text), ignore_case=True)
    return TextPattern(
        told=told,
        text=re.compile(re.escape(text), re.IGNORECASE),
        folded=data.lower() if text.isascii() else None,
        needles=tuple(map(as_bytes, found)),
        lowered=True,
    )


def byte_string(data: bytes) -> TextPattern:
    """Return a pattern that is these bytes. Raises ValueError for none."""
    if not data:
        raise ValueError("no bytes")
    return TextPattern(told=f"hex:{data.hex()}", text=None, exact=data, needles=(data,))


def regular_expression(source: str, flags: str = "") -> TextPattern:
    """Return a pattern that is this regular expression; `flags` are letters of `FLAGS`, `b` for one over bytes.

    Raises re.error, and UnicodeEncodeError for what cannot be UTF-8.
    """
    told = f"/{source}/{flags}"
    wanted = re.NOFLAG
    for flag in flags:
        wanted |= _FLAGS.get(flag, re.NOFLAG)
    # What may become a set operation one day is no matter for the person who types.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if "b" in flags:
            # Without needles: in a pattern of bytes, a repetition after a character repeats only its last byte.
            data = as_bytes(source)
            return TextPattern(
                told=told,
                text=None,
                data=re.compile(data, wanted),
                expression=expression_of(told, data, int(wanted)),
            )
        text = re.compile(source, wanted)
    ignore_case = bool(text.flags & re.IGNORECASE)
    found = needles(source, ignore_case=ignore_case)
    return TextPattern(
        told=told,
        text=text,
        expression=expression_of(told, source, int(wanted)),
        needles=tuple(map(as_bytes, found)),
        run=None if found else _class_run(source, wanted),
        lowered=ignore_case,
    )


def _class_run(source: str, flags: re.RegexFlag) -> tuple[bytes, bytes] | None:
    found = class_run(source)
    if found is None:
        return None
    one = re.compile(found[0], flags)
    table = bytes(int(code < 128 and one.match(chr(code)) is not None) for code in range(256))
    return table, b"\1" * found[1]
