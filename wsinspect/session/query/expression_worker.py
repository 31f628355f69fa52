"""The program that matches regular expressions for another one, and dies of those that take too long.

`re` cannot be interrupted while it matches, so it does so here: when the processor time for a question is used up, the
kernel ends this process, whatever `re` is doing. It is started by its path, and imports little, to be there at once.
"""

from __future__ import annotations

import contextlib
import marshal
import re
import resource
import signal
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from io import BufferedReader, BufferedWriter
from itertools import repeat
from operator import is_not

LENGTH_SIZE = 4
"""Bytes of the length before a question's head, and before an answer; little-endian."""
TOO_MUCH_MEMORY = 0xFFFFFFFF
"""Instead of an answer's length."""
_MOST_MEMORY_BYTES = 1 << 30

MATCHED, CROSSING, SPANS = range(3)
"""What is asked: which pieces of the data match, a byte of zero or one for each; whether a match ends after the first
`begins` bytes, a byte; where matches begin and end, 32 bits each."""
SEARCHED, SLICED, AT_BEGINNING = range(3)
"""How a piece is looked into: anywhere in it; the same, and matches may depend on what is before them; at its beginning."""
_SAMPLE, _DENSE = 64, 4
"""So many pieces are looked into one by one; where one in so many matches, that is the quickest way for all."""

Packed = tuple[int, int, int] | bytes
"""Places: a range's start, stop and step, or an array of 32 bits each."""
Head = tuple[int, str | bytes, int, int, bool, float, Packed, Packed, str | None, int]
"""What is asked, the expression, its flags, how pieces are looked into, whether each byte is a character, seconds of
processor time, where pieces begin, where they end, what finds the same in
one sweep over all pieces, and how many bytes of data follow."""


def as_text(data: bytes) -> str:
    """Return data as the text that expressions are matched against: a byte that is no UTF-8 is U+DC00 + byte."""
    return data.decode(errors="surrogateescape")


def answer(head: Head, data: bytes) -> bytes:
    """Return what is asked. Takes as long as it takes."""
    asked, source, flags, how, plain, _, begins, ends, swept, _ = head
    if asked == MATCHED and swept is not None:
        assert isinstance(source, str)
        one_by_one, sweep = re.compile(source, flags), re.compile(swept, flags | re.ASCII)
        return _swept(one_by_one, sweep, data.decode("latin-1"), _places(begins), _places(ends))
    if asked == MATCHED:
        found = _in_pieces(source, flags, how, data, _places(begins), _places(ends), plain=plain)
        return bytes(map(is_not, found, repeat(None)))
    if asked == CROSSING:
        return bytes([_last_end(source, flags, data) > _places(begins)[0]])
    assert isinstance(source, str)
    matches = re.compile(source, flags).finditer(data.decode(errors="surrogatepass"))
    return array("I", [place for match in matches for place in match.span()]).tobytes()


def _places(packed: Packed) -> Sequence[int]:
    if isinstance(packed, tuple):
        return range(*packed)
    places = array("I")
    places.frombytes(packed)
    return places


def _in_pieces(
    source: str | bytes,
    flags: int,
    how: int,
    data: bytes,
    begins: Sequence[int],
    ends: Sequence[int],
    *,
    plain: bool,
) -> Iterable[object]:
    if isinstance(source, bytes):
        over_bytes = re.compile(source, flags)
        if how == SLICED:
            return map(over_bytes.search, map(data.__getitem__, map(slice, begins, ends)))
        one = over_bytes.match if how == AT_BEGINNING else over_bytes.search
        return map(one, repeat(data), begins, ends)
    pattern = re.compile(source, flags)
    method = pattern.match if how == AT_BEGINNING else pattern.search
    if not plain:
        return map(method, map(as_text, map(data.__getitem__, map(slice, begins, ends))))
    # Every byte a character, so that places in the text are those in the data.
    text = data.decode("latin-1")
    if how == SLICED:
        return map(method, map(text.__getitem__, map(slice, begins, ends)))
    return map(method, repeat(text), begins, ends)


def _swept(
    pattern: re.Pattern[str],
    sweep: re.Pattern[str],
    text: str,
    begins: Sequence[int],
    ends: Sequence[int],
) -> bytes:
    def each(first: int, stop: int) -> bytes:
        found = map(pattern.search, repeat(text), begins[first:stop], ends[first:stop])
        return bytes(map(is_not, found, repeat(None)))

    count = len(begins)
    sample = each(0, _SAMPLE)
    if len(sample) == count or sample.count(1) * _DENSE > _SAMPLE:
        return sample + each(_SAMPLE, count)
    uniform = ends if isinstance(ends, range) else None
    marks = bytearray(count)
    left = _SAMPLE + count // _DENSE
    for match in sweep.finditer(text):
        start = match.start()
        # A range's items are worked out anew for each comparison.
        index = bisect_right(ends, start) if uniform is None else _ended(uniform, start)
        if index == count:
            break
        # One that begins in what is before a piece may hide one that begins in it.
        in_piece = start >= begins[index]
        marks[index] = in_piece or pattern.search(text, begins[index], ends[index]) is not None
        left -= 1
        if not left:
            return bytes(marks[:index]) + each(index, count)
    return bytes(marks)


def _ended(ends: range, place: int) -> int:
    """Return how many of these are at a place or before it."""
    return min(max((place - ends.start) // ends.step + 1, 0), len(ends))


def _last_end(source: str | bytes, flags: int, data: bytes) -> int:
    """Return at which byte the last match ends, -1 without one."""
    end = -1
    if isinstance(source, bytes):
        for match in re.compile(source, flags).finditer(data):
            end = match.end()
        return end
    text = as_text(data)
    for found in re.compile(source, flags).finditer(text):
        end = found.end()
    return end if end < 0 else len(text[:end].encode(errors="surrogateescape"))


def serve(questions: BufferedReader, answers: BufferedWriter) -> None:
    """Answer until nothing more is asked."""
    while length := questions.read(LENGTH_SIZE):
        head: Head = marshal.loads(questions.read(int.from_bytes(length, "little")))
        data = questions.read(head[-1])
        signal.setitimer(signal.ITIMER_PROF, head[5])
        try:
            reply = answer(head, data)
            size = len(reply)
        except MemoryError:
            reply, size = b"", TOO_MUCH_MEMORY
        signal.setitimer(signal.ITIMER_PROF, 0)
        answers.write(size.to_bytes(LENGTH_SIZE, "little") + reply)
        answers.flush()


if __name__ == "__main__":
    # Whoever started this one decides when it ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY_BYTES, resource.RLIM_INFINITY))
    with open(0, "rb") as questions, open(1, "wb") as answers:
        serve(questions, answers)
