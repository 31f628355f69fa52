"""The one door from a peer's bytes to text that a terminal may print.

A terminal acts on control characters, and readers are fooled by bidirectional overrides and invisible
characters. Everything here turns them into visible signs, so that what arrived can be read and does nothing.
Markup is not interpreted here and must not be interpreted later: pass the result as plain text.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_BIDI_AND_INVISIBLE = (
    {0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x3164, 0xFEFF, 0xFFA0}
    | set(range(0x200B, 0x2010))
    | set(range(0x2028, 0x202F))
    | set(range(0x2060, 0x2070))
    | set(range(0xFFF9, 0xFFFC))
    | set(range(0xFE00, 0xFE10))
)
_MAX_COMBINING = 3
_REPLACED = "\ufffd"


@lru_cache(maxsize=4096)
def _may_act(char: str) -> bool:
    """Whether a printable character may still be one that is spelled out: a mark on another one, or nothing to see."""
    return unicodedata.category(char) in ("Mn", "Me") or ord(char) in _BIDI_AND_INVISIBLE


def _is_plain(text: str) -> bool:
    """Whether nothing in `text` needs a sign, told without a look at each character."""
    # Whatever a terminal acts on, and all of Unicode's formats and surrogates, is not printable (`str.isprintable`).
    return text.isprintable() and (text.isascii() or not any(map(_may_act, set(text))))


def _sign(codepoint: int) -> str:
    if codepoint < 0x20:
        return chr(0x2400 + codepoint)
    if codepoint == 0x7F:
        return "\u2421"
    if codepoint < 0xA0:
        return f"\\x{codepoint:02x}"
    return f"\\u{{{codepoint:04x}}}"


def visible(text: str, *, keep_newlines: bool = False) -> str:
    """Return `text` with everything that a terminal would act on turned into a visible sign.

    C0 and DEL become the Unicode control pictures, C1 becomes `\\x9b`, bidirectional overrides, invisible
    characters and lone surrogates become `\\u{202e}`, and combining marks beyond three in a row are spelled
    out. With `keep_newlines`, LF and CR LF stay a line break.
    """
    if _is_plain(text):
        return text
    out: list[str] = []
    combining = 0
    for index, char in enumerate(text):
        codepoint = ord(char)
        if keep_newlines and (char == "\n" or (char == "\r" and text[index + 1 : index + 2] == "\n")):
            if char == "\n":
                out.append(char)
            combining = 0
            continue
        if codepoint < 0x20 or 0x7F <= codepoint < 0xA0 or codepoint in _BIDI_AND_INVISIBLE:
            out.append(_sign(codepoint))
            continue
        category = unicodedata.category(char)
        if category in ("Cf", "Cs"):
            out.append(_sign(codepoint))
            continue
        combining = combining + 1 if category in ("Mn", "Me") else 0
        out.append(char if combining <= _MAX_COMBINING else _sign(codepoint))
    return "".join(out)


def signs_in_place(text: str) -> str:
    """Return `text` with one sign for each character that `visible` spells out, so that every position stays.

    For fields in which text is edited: the cursor stands where it seems to.
    """
    if _is_plain(text):
        return text
    out: list[str] = []
    combining = 0
    for char in text:
        category = unicodedata.category(char)
        combining = combining + 1 if category in ("Mn", "Me") else 0
        codepoint = ord(char)
        if codepoint < 0x20 or codepoint == 0x7F:
            out.append(_sign(codepoint))
        elif category in ("Cc", "Cf", "Cs") or codepoint in _BIDI_AND_INVISIBLE or combining > _MAX_COMBINING:
            out.append(_REPLACED)
        else:
            out.append(char)
    return "".join(out)


def visible_bytes(data: bytes, *, keep_newlines: bool = False) -> str:
    """Return bytes read as UTF-8, what is not UTF-8 as `\\xff`, made safe by `visible`."""
    return visible(data.decode("utf-8", "backslashreplace"), keep_newlines=keep_newlines)


def shortened(text: str, limit: int) -> str:
    """Return at most `limit` characters of `text`, with an ellipsis in place of what is left out."""
    return text if len(text) <= limit else text[: max(0, limit - 1)] + "\u2026"
