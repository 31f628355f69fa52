"""What can be asked of a frame's application data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate, compress

from wsinspect.session.frame_log import FrameLog
from wsinspect.session.messages import message_of
from wsinspect.session.query.block import PAYLOAD_BYTES, Block, both, inverse, marked, places
from wsinspect.session.query.expression import Expression
from wsinspect.session.query.json_path import JsonTest
from wsinspect.session.query.predicates import Cost
from wsinspect.session.query.regions import regions
from wsinspect.session.query.text_pattern import TextPattern
from wsinspect.wire.opcode import Direction, Opcode

_FRAGMENTS_LOOKED_BACK = 4096
_IS_CONTINUATION = bytes(int(first & 0x0F == Opcode.CONTINUATION) for first in range(256))
_IS_DATA = bytes(int(first & 0x0F <= Opcode.BINARY) for first in range(256))
_IS_WHOLE = bytes(int(first & 0x8F in (0x81, 0x82)) for first in range(256))
_IS_FINAL = bytes(int(first & 0x8F == 0x80) for first in range(256))


@dataclass(frozen=True, slots=True)
class Contains:
    """The data of the frame matches, or in a fragmented message a match that began earlier ends in this fragment."""

    pattern: TextPattern

    @property
    def cost(self) -> Cost:
        return Cost.PAYLOAD

    def marks(self, block: Block, wanted: bytes) -> bytes:
        found = bytearray(len(block))
        for region in regions(block, wanted):
            for place in compress(region.frames, region.matches(self.pattern, block.asked)):
                found[place] = 1
        fragments = both(both(wanted, block.firsts.translate(_IS_CONTINUATION)), inverse(bytes(found)))
        if 1 in fragments:
            before = _Before(block.log, self.pattern.carried_bytes)
            for place in places(fragments):
                number = block.start + place
                carried = before.of(number)
                if carried and self.pattern.crosses(carried, before.data(number), block.asked):
                    found[place] = 1
        return bytes(found)

    def words(self, *, negated: bool = False) -> str:
        if self.pattern.exact is None and self.pattern.told.startswith("/"):
            return f"{'do not match' if negated else 'match'} {self.pattern.told}"
        return f"{'do not contain' if negated else 'contain'} {self.pattern.told}"


class _Before:
    """The last bytes of a message before one of its fragments, for fragments in ascending order."""

    def __init__(self, log: FrameLog, size: int) -> None:
        self._log = log
        self._size = size
        self._after: dict[Direction, tuple[int, bytes]] = {}
        """By direction: a fragment, and the last bytes of its message up to and with it."""
        self._read = (-1, b"")

    def data(self, number: int) -> bytes:
        """Return the application data of a frame."""
        if self._read[0] != number:
            self._read = (number, self._log.application_data(number, PAYLOAD_BYTES))
        return self._read[1]

    def of(self, number: int) -> bytes:
        """Return the bytes before this continuation frame."""
        log = self._log
        direction = log.direction(number)
        first, _ = log.stream_range(number)
        parts: list[bytes] = []
        missing = self._size
        stop = number
        for _ in range(_FRAGMENTS_LOOKED_BACK):
            at = log.find(first, stop, direction=direction, firsts=_IS_DATA, backwards=True)
            if at is None or log.fin(at):
                break
            stop = at
            known, carried = self._after.get(direction, (-1, b""))
            part = carried if known == at else self.data(at)
            if part:
                parts.append(part[-missing:])
                missing -= len(parts[-1])
            if known == at or missing <= 0 or log.opcode(at) != Opcode.CONTINUATION:
                break
        before = b"".join(reversed(parts))
        if not log.fin(number):
            self._after[direction] = (number, (before + self.data(number))[-self._size :])
        return before


@dataclass(frozen=True, slots=True)
class JsonMatch:
    """The message is JSON and holds such a value; of a fragmented one, its final fragment stands for it."""

    test: JsonTest
    needle: bytes | None = field(default=None)
    """Data that matches holds this, or an escape."""

    @property
    def cost(self) -> Cost:
        return Cost.JSON

    def marks(self, block: Block, wanted: bytes) -> bytes:
        pattern = self.test.pattern
        if pattern is not None and pattern.expression is not None:
            return self._asked(block, wanted, pattern.expression)
        found = bytearray(len(block))
        for place, data in self._messages(block, wanted):
            found[place] = self.test.holds(data)
        return bytes(found)

    def _asked(self, block: Block, wanted: bytes, expression: Expression) -> bytes:
        """Return what `marks` does, where texts are to match an expression: it is asked about all of them at once."""
        places_of_texts: list[int] = []
        texts: list[bytes] = []
        for place, data in self._messages(block, wanted):
            found = [value.encode() for value in self.test.values(data) if isinstance(value, str)]
            texts += found
            places_of_texts += [place] * len(found)
        ends = list(accumulate(map(len, texts), initial=0))
        joined = b"".join(texts)
        matches = (
            block.asked.matches(expression, joined, ends[:-1], ends[1:], plain=joined.isascii())
            if texts
            else b""
        )
        return marked(len(block), compress(places_of_texts, matches))

    def _messages(self, block: Block, wanted: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield the messages that may hold such a value, each with its place in the block."""
        whole = both(wanted, block.firsts.translate(_IS_WHOLE))
        if 1 in whole:
            for region in regions(block, whole):
                candidates = (
                    region.with_needle((self.needle, b"\\u")) if self.needle else None
                ) or b"\1" * len(region.frames)
                for index in places(candidates):
                    place = region.frames[index]
                    if whole[place]:
                        yield place, region.payload(index)
        for place in places(both(wanted, block.firsts.translate(_IS_FINAL))):
            yield place, message_of(block.log, block.start + place).data(PAYLOAD_BYTES)

    def words(self, *, negated: bool = False) -> str:
        return self.test.words(negated=negated)
