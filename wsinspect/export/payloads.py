"""Payloads as they leave the program: unmasked, inflated, and with secrets covered in as many bytes as they take."""

from __future__ import annotations

from msgspec import Struct

from wsinspect.export.redact import Redactor
from wsinspect.session.frame_log import FrameLog
from wsinspect.session.messages import Message, message_of
from wsinspect.wire.opcode import Direction, Opcode

LONGEST_COVERED = 64 * 1024 * 1024
"""Bytes of a fragmented message in which a secret that spans fragments is still found; beyond, frame by frame."""
_DATA = (Opcode.CONTINUATION, Opcode.TEXT, Opcode.BINARY)


class _Covered(Struct, frozen=True):
    """A fragmented message, its secrets covered."""

    first: int
    last: int
    data: bytes
    starts: dict[int, int]
    """Where the data of each of its frames begins; empty if the message is longer than `LONGEST_COVERED`."""


class Payloads:
    """Application data by frame number. Ask in ascending order: only the newest fragmented message of each direction is
    kept."""

    def __init__(self, log: FrameLog, redact: Redactor) -> None:
        self._log = log
        self._redact = redact
        self._open: dict[Direction, _Covered] = {}

    def of_frame(self, number: int) -> bytes:
        """Return a frame's application data; fewer bytes than it had where some were dropped."""
        log = self._log
        if not self._redact.active or log.opcode(number) not in _DATA or self._alone(number):
            return self._redact.data(log.application_data(number))
        covered = self._covered(number)
        if number not in covered.starts:
            return self._redact.data(log.application_data(number))
        start = covered.starts[number]
        return covered.data[start : start + len(log.application_data(number))]

    def of_message(self, message: Message) -> bytes:
        """Return a message's application data."""
        return self._redact.data(message.data())

    def _alone(self, number: int) -> bool:
        return self._log.fin(number) and self._log.opcode(number) != Opcode.CONTINUATION

    def _covered(self, number: int) -> _Covered:
        """A secret may begin in one fragment and end in the next, so it is looked for in the whole message."""
        message = message_of(self._log, number)
        known = self._open.get(message.direction)
        if known is not None and known.first == message.first and message.last <= known.last:
            return known
        starts, parts, size = {}, [], 0
        for fragment in message.fragments:
            starts[fragment] = size
            parts.append(self._log.application_data(fragment))
            size += len(parts[-1])
            if size > LONGEST_COVERED:
                starts, parts = {}, []
                break
        covered = _Covered(message.first, message.last, self._redact.data(b"".join(parts)), starts)
        self._open[message.direction] = covered
        return covered
