"""A pasted command line as words: what bash, and what Windows' cmd, would hand to the program."""

from __future__ import annotations

import re

from wsinspect.errors import UsageError

_ANSI_C = re.compile(
    r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|c(.)|(.))", re.DOTALL
)
_ESCAPES = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
    "E": "\x1b",
    "f": "\f",
    "v": "\v",
}


def split_command(text: str) -> list[str]:
    """Return the words of one command line, of several lines if they are continued.

    Read as cmd's where it holds cmd's escapes (`^"`, or a caret at the end of a line), else as bash's.

    Raises:
        UsageError: a quote is never closed; says where it opens.
    """
    if re.search(r'\^(?:"|\r?\n|$)', text):
        return _cmd_words(_without_carets(text))
    return _BashWords(text).words()


class _BashWords:
    """Bash manual, section 3.1.2: quoting; no expansions, as a browser's copy has none."""

    def __init__(self, text: str) -> None:
        self._text = text.replace("\r\n", "\n")
        self._at = 0

    def words(self) -> list[str]:
        words: list[str] = []
        while True:
            self._skip_blanks()
            if self._at >= len(self._text) or self._text[self._at] in "|;":
                return words
            words.append(self._word())

    def _skip_blanks(self) -> None:
        blanks = re.compile(r"(?:[ \t\n]|\\\n)*")
        found = blanks.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _word(self) -> str:
        out: list[str] = []
        while self._at < len(self._text):
            char = self._text[self._at]
            if char in " \t\n":
                break
            if self._text.startswith("$'", self._at):
                out.append(self._ansi_c())
            elif char in "'\"":
                out.append(self._quoted(char))
            elif char == "\\":
                following = self._text[self._at + 1 : self._at + 2]
                out.append("" if following == "\n" else following)
                self._at += 2
            else:
                out.append(char)
                self._at += 1
        return "".join(out)

    def _quoted(self, quote: str) -> str:
        opened = self._at
        out: list[str] = []
        self._at += 1
        while self._at < len(self._text):
            char = self._text[self._at]
            self._at += 1
            if char == quote:
                return "".join(out)
            following = self._text[self._at : self._at + 1]
            if quote == '"' and char == "\\" and following and following in '"\\$`\n':
                out.append("" if following == "\n" else following)
                self._at += 1
            else:
                out.append(char)
        raise _never_closed(quote, opened)

    def _ansi_c(self) -> str:
        opened = self._at
        found = re.compile(r"\$'((?:[^'\\]|\\.)*)'", re.DOTALL).match(self._text, self._at)
        if found is None:
            raise _never_closed("$'", opened)
        self._at = found.end()
        return _ANSI_C.sub(_unescaped, found[1])


def _unescaped(found: re.Match[str]) -> str:
    number = found[1] or found[2] or found[3]
    if number:
        codepoint = int(number, 16)
        return chr(codepoint) if codepoint < 0x110000 else "\ufffd"
    if found[4]:
        return chr(int(found[4], 8) & 0xFF)
    if found[5]:
        return chr(ord(found[5]) & 0x1F)
    return _ESCAPES.get(found[6], found[6])


def _without_carets(text: str) -> str:
    """Undo cmd's escapes: a caret takes the meaning from what follows, and at the end of a line it joins the next."""
    out: list[str] = []
    text = text.replace("\r\n", "\n")
    at = 0
    while at < len(text):
        if text[at] != "^":
            out.append(text[at])
            at += 1
        elif text.startswith("^\n\n", at):
            out.append("\n")
            at += 3
        elif text.startswith("^\n", at):
            at += 2
        else:
            out.append(text[at + 1 : at + 2])
            at += 2
    return "".join(out)


def _cmd_words(text: str) -> list[str]:
    """Split as the C runtime of Windows does: backslashes matter before a quote only."""
    words: list[str] = []
    word: list[str] | None = None
    opened: int | None = None
    at = 0
    while at < len(text):
        slashes = re.compile(r"\\*").match(text, at)
        count = len(slashes[0]) if slashes else 0
        at += count
        char = text[at : at + 1]
        at += 1
        if char == '"':
            word = [*(word or []), "\\" * (count // 2)]
            if count % 2:
                word.append('"')
            elif opened is not None and text[at : at + 1] == '"':
                word.append('"')
                at += 1
            else:
                opened = at - 1 if opened is None else None
            continue
        if count:
            word = [*(word or []), "\\" * count]
        if char and (opened is not None or not char.isspace()):
            word = [*(word or []), char]
        elif word is not None:
            words.append("".join(word))
            word = None
    if opened is not None:
        raise _never_closed('"', opened)
    return words if word is None else [*words, "".join(word)]


def _never_closed(quote: str, at: int) -> UsageError:
    return UsageError(
        f"the quote {quote} at character {at + 1} is never closed",
        where="curl command",
        hint="copy it again, whole",
    )
