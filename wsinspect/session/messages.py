"""From fragments to messages (RFC 6455 section 5.4): control frames may stand between them, nothing else may."""

from __future__ import annotations

from msgspec import Struct

from wsinspect.session.frame_log import FrameLog
from wsinspect.wire.opcode import Direction, Opcode

_DATA = (Opcode.CONTINUATION, Opcode.TEXT, Opcode.BINARY)


def _table(*, continuation_fin: bool) -> bytes:
    """First bytes at which a message begins, or with `continuation_fin` any that says where one stands."""
    return bytes(
        int(first & 0x0F in (1, 2) or (continuation_fin and first & 0x8F == 0x80)) for first in range(256)
    )


_MARKS = _table(continuation_fin=True)
"""Every data frame but a fragment in the middle."""


class Message(Struct, frozen=True):
    """A message, or a control or reserved frame, which is whole in itself."""

    log: FrameLog
    direction: Direction
    first: int
    """Number of its first frame."""
    last: int
    """Number of its last frame so far."""
    opcode: int
    """Of the first frame; `CONTINUATION` for a fragment whose message never began."""
    complete: bool
    """Whether its final fragment arrived."""

    @property
    def fragments(self) -> list[int]:
        """Numbers of its frames, ascending."""
        if self.first == self.last:
            return [self.first]
        return self.log.numbers(self.first, self.last + 1, direction=self.direction, opcodes=_DATA)

    def data(self, limit: int | None = None) -> bytes:
        """Return its application data, unmasked and inflated, at most `limit` bytes."""
        parts: list[bytes] = []
        for number in self.fragments:
            part = self.log.application_data(number, limit)
            parts.append(part)
            if limit is not None:
                limit -= len(part)
                if limit <= 0:
                    break
        return b"".join(parts)


def message_of(log: FrameLog, number: int) -> Message:
    """Return the message that a frame belongs to. Raises IndexError for a number that is not there."""
    if not 0 <= number < len(log):
        raise IndexError(number)
    direction, opcode = log.direction(number), log.opcode(number)
    alone = Message(log, direction, number, number, opcode, complete=log.fin(number))
    if opcode not in _DATA:
        return alone
    stream_first, stream_stop = log.stream_range(number)
    first: int | None = number
    if opcode == Opcode.CONTINUATION:
        first = log.find(stream_first, number, direction=direction, firsts=_MARKS, backwards=True)
        if first is None or log.fin(first):
            return alone
    if first is None or log.fin(first):
        return alone
    end = log.find(number if number > first else first + 1, stream_stop, direction=direction, firsts=_MARKS)
    if end is not None and log.opcode(end) == Opcode.CONTINUATION:
        return Message(log, direction, first, end, log.opcode(first), complete=True)
    fragments = log.numbers(first, stream_stop if end is None else end, direction=direction, opcodes=_DATA)
    return Message(log, direction, first, fragments[-1], log.opcode(first), complete=False)
