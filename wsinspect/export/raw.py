"""The application data alone, byte for byte: of one frame, of one message, or of everything in one direction."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from wsinspect.errors import UsageError
from wsinspect.events import Direction
from wsinspect.export.payloads import Payloads
from wsinspect.export.redact import Redactor
from wsinspect.session.messages import message_of
from wsinspect.session.record import SessionRecord
from wsinspect.wire.opcode import Opcode

_DATA = (Opcode.CONTINUATION, Opcode.TEXT, Opcode.BINARY)
_BLOCK = 4096
"""Frames whose kinds are looked at in one go."""


class Selection(Struct, frozen=True, kw_only=True):
    """What is wanted: a frame's or a message's number, from 0 as in the frame log, or some frames, else all data frames of
    a direction."""

    frame: int | None = None
    message: int | None = None
    """Number of any frame of the message."""
    direction: Direction = Direction.RECEIVED
    frames: tuple[int, ...] | None = None
    """Numbers of the only frames that count, ascending; for JSON Lines too."""


def raw(record: SessionRecord, redact: Redactor, selection: Selection) -> Iterator[bytes]:
    """Return the bytes piece by piece, unmasked and inflated, nothing between messages.

    Raises:
        UsageError: there is no such frame.
    """
    log = record.frames
    payloads = Payloads(log, redact)
    wanted = selection.frame if selection.frame is not None else selection.message
    if selection.frames is not None:
        return map(payloads.of_frame, selection.frames)
    if wanted is None:
        return (
            payloads.of_frame(number)
            for start in range(0, len(log), _BLOCK)
            for number in log.numbers(start, start + _BLOCK, direction=selection.direction, opcodes=_DATA)
        )
    if not 0 <= wanted < len(log):
        allowed = f"1 to {len(log)}" if len(log) else "none: the session has no frames"
        raise UsageError(f"there is no frame {wanted + 1}", where="export", allowed=allowed)
    if selection.frame is not None:
        return iter((payloads.of_frame(wanted),))
    return iter((payloads.of_message(message_of(log, wanted)),))
