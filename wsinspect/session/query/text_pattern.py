"""A text, bytes or a regular expression to look for in application data."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass

from wsinspect.session.query.regex_needles import class_run, needles

_LEFT_CONTEXT = re.compile(r"\^|\\[AbBZ]|\(\?<|\(\?[aiLmsux]")
"""Where an expression may look at what is before the place at which a search begins; a guess on the safe side."""
_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}
FLAGS = "".join(_FLAGS) + "b"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPattern:
    """What to look for. Text is what the data is as UTF-8; a byte that is not is the character U+DC00 + byte."""

    told: str
    """As it is typed."""
    text: re.Pattern[str] | None
    """Matches the text; None for a pattern of bytes."""
    data: re.Pattern[bytes] | None = None
    """Matches the bytes."""
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
    looks_left: bool = False
    """Whether a match depends on what is before it."""

    @property
    def carried_bytes(self) -> int:
        """How much of a message before one of its fragments matters to that fragment."""
        return max(1024, len(self.exact or b""))

    def is_in(self, data: bytes) -> bool:
        """Return whether application data matches."""
        if self.exact is not None:
            return self.exact in data
        if self.data is not None:
            return self.data.search(data) is not None
        assert self.text is not None
        return self.text.search(as_text(data)) is not None

    def crosses(self, before: bytes, data: bytes) -> bool:
        """Return whether there is a match in `before` and `data` together that does not end in `before`."""
        if self.exact is not None:
            near = len(self.exact) - 1
            return near > 0 and self.exact in before[-near:] + data[:near]
        whole = before + data
        if self.data is not None:
            return any(match.end() > len(before) for match in self.data.finditer(whole))
        assert self.text is not None
        text = as_text(whole)
        return any(len(as_bytes(text[: match.end()])) > len(before) for match in self.text.finditer(text))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where it is in a text, (start, stop) each, so that it can be marked there."""
        if self.text is None:
            return []
        return [match.span() for match in self.text.finditer(text) if match.end() > match.start()]


def as_text(data: bytes) -> str:
    """Return data as the text that patterns are matched against."""
    return data.decode(errors="surrogateescape")


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
    looks_left = _LEFT_CONTEXT.search(source) is not None
    # What may become a set operation one day is no matter for the person who types.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if "b" in flags:
            # Without needles: in a pattern of bytes, a repetition after a character repeats only its last byte.
            return TextPattern(
                told=told, text=None, data=re.compile(as_bytes(source), wanted), looks_left=looks_left
            )
        text = re.compile(source, wanted)
    ignore_case = bool(text.flags & re.IGNORECASE)
    found = needles(source, ignore_case=ignore_case)
    return TextPattern(
        told=told,
        text=text,
        needles=tuple(map(as_bytes, found)),
        run=None if found else _class_run(source, wanted),
        lowered=ignore_case,
        looks_left=looks_left,
    )


def _class_run(source: str, flags: re.RegexFlag) -> tuple[bytes, bytes] | None:
    found = class_run(source)
    if found is None:
        return None
    one = re.compile(found[0], flags)
    table = bytes(int(code < 128 and one.match(chr(code)) is not None) for code in range(256))
    return table, b"\1" * found[1]
