"""The words of the filter language, with the columns at which they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

from msgspec import Struct

from wsinspect.errors import UsageError


class FilterError(UsageError):
    """A filter that cannot be understood. `column` counts characters from 0; the text says it counted from 1."""

    def __init__(self, what: str, column: int, *, allowed: str = "", hint: str = "") -> None:
        super().__init__(what, where=f"filter, column {column + 1}", allowed=allowed, hint=hint)
        self.column = column


class Kind(Enum):
    """What a token is; the value is how an error names it."""

    WORD = "word"
    TEXT = "text"
    EXPRESSION = "regular expression"
    PATH = "JSON path"
    OPERATOR = "operator"
    OPEN = "'('"
    CLOSE = "')'"
    END = "the end"


class Token(Struct, frozen=True):
    """A token and where it stands."""

    kind: Kind
    start: int
    stop: int
    value: str
    """The word, operator or path as typed; a text without quotes and escapes; the source of a regular expression."""
    flags: str = ""
    """The letters after a text or regular expression."""
    spaced: bool = True
    """Whether something other than a token stands before it."""

    @property
    def told(self) -> str:
        """How an error names it."""
        return f"{self.value!r}" if self.kind in (Kind.WORD, Kind.OPERATOR) else self.kind.value


_SPACE = re.compile(r"\s*")
_OPERATOR = re.compile(r"==|!=|<=|>=|&&|\|\||[=<>!:~↑↓]")
_WORD = re.compile(r"""[^\s()"'<>=!&|:~$/↑↓][^\s()"<>=!&|:~↑↓]*""")
_FLAGS = re.compile(r"\w*")
_PATH = re.compile(r"""\$(?:\.\.?[\w-]+|\.\*|\[\s*(?:-?\d+|\*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*\])*""")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_NEEDS_NOTHING_AFTER = set("()<>=!&|:~")


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a filter, the last one being its end. Raises FilterError."""
    position, stopped = 0, 0
    while True:
        match = _SPACE.match(text, position)
        position = match.end() if match else position
        if position >= len(text):
            yield Token(Kind.END, len(text), len(text), "")
            return
        token = _token(text, position, spaced=position > stopped or not position)
        yield token
        position = stopped = token.stop


def _token(text: str, start: int, *, spaced: bool) -> Token:
    char = text[start]
    if char in "()":
        return Token(Kind.OPEN if char == "(" else Kind.CLOSE, start, start + 1, char)
    if char in "\"'":
        return _quoted(text, start)
    if char == "/":
        return _expression(text, start)
    if char == "$":
        return _path(text, start)
    operator = _OPERATOR.match(text, start)
    if operator:
        return Token(Kind.OPERATOR, start, operator.end(), operator[0], spaced=spaced)
    word = _WORD.match(text, start)
    if word:
        return Token(Kind.WORD, start, word.end(), word[0], spaced=spaced)
    raise FilterError(
        f"a single {char!r}", start, hint=f"write {char * 2}, or {char!r} in quotes to look for it"
    )


def _quoted(text: str, start: int) -> Token:
    quote = text[start]
    position = start + 1
    while position < len(text) and text[position] != quote:
        position += 2 if text[position] == "\\" else 1
    if position >= len(text):
        raise FilterError(f"the text has no closing {quote}", start, hint=f"end it with {quote}")
    stop = _flags_end(text, position + 1)
    flags = text[position + 1 : stop]
    if flags not in ("", "i"):
        raise FilterError(
            f"{flags!r} after a text", position + 1, allowed="i, to ignore case", hint="or a space"
        )
    value = unescaped(text[start + 1 : position])
    if not value:
        raise FilterError("a text of no characters is in every frame", start, hint="write what to look for")
    return Token(Kind.TEXT, start, stop, value, flags)


def unescaped(text: str) -> str:
    """Return what stands between quotes with its escapes replaced."""

    def meant(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        return chr(int(code, 16)) if code else _ESCAPES.get(match[3], match[3])

    return _ESCAPE.sub(meant, text)


def _expression(text: str, start: int) -> Token:
    position, in_class = start + 1, False
    while position < len(text) and (in_class or text[position] != "/"):
        char = text[position]
        in_class = char == "[" or (in_class and char != "]")
        position += 2 if char == "\\" else 1
    if position >= len(text):
        raise FilterError(
            "the regular expression has no closing /", start, hint='end it with /, or write "/" in quotes'
        )
    if position == start + 1:
        raise FilterError(
            "an empty regular expression matches every frame", start, hint="write what to match"
        )
    stop = _flags_end(text, position + 1)
    return Token(Kind.EXPRESSION, start, stop, text[start + 1 : position], text[position + 1 : stop])


def _flags_end(text: str, position: int) -> int:
    match = _FLAGS.match(text, position)
    return match.end() if match else position


def _path(text: str, start: int) -> Token:
    match = _PATH.match(text, start)
    stop = match.end() if match else start + 1
    if stop < len(text) and not (text[stop].isspace() or text[stop] in _NEEDS_NOTHING_AFTER):
        raise FilterError(
            f"{text[stop]!r} in a JSON path",
            stop,
            allowed='.name ..name .* [0] [-1] [*] ["any name"]',
            hint="quote it to look for the text" if stop == start + 1 else "",
        )
    return Token(Kind.PATH, start, stop, text[start:stop])
