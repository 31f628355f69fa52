"""UTF-8 that arrives in parts: where is the first byte that cannot be right? (RFC 3629, RFC 6455 section 8.1)."""

from __future__ import annotations

from codecs import utf_8_decode


def offending_byte(error: UnicodeDecodeError) -> int:
    """Return the index of the byte that made the sequence invalid, which may follow a good lead byte."""
    return error.start if error.reason == "invalid start byte" else error.end


class Utf8Check:
    """Validates one text over any number of parts. A character may be split between them."""

    __slots__ = ("_tail",)

    def __init__(self) -> None:
        self._tail = b""

    def feed(self, part: bytes) -> int | None:
        """Take the next part; return the index of its first impossible byte, or None while all is well.

        After an index was returned the object has nothing more to say; make a new one.
        """
        if not self._tail and part.isascii():
            return None
        joined = self._tail + part
        try:
            _, consumed = utf_8_decode(joined, "strict", False)
        except UnicodeDecodeError as error:
            return offending_byte(error) - len(self._tail)
        self._tail = joined[consumed:]
        return None

    @property
    def inside_character(self) -> bool:
        """Whether the text so far ends in the middle of a character."""
        return bool(self._tail)
