"""The careful path: one frame at a time, its payload in any number of parts, every rule checked."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from wsinspect.options import Limits
from wsinspect.wire.close import parse_close
from wsinspect.wire.frames import Header, unmask
from wsinspect.wire.header_rules import bits_violations, length_violations, ordinary_first_bytes
from wsinspect.wire.inflate import DeflateParams, InflateError, Inflater
from wsinspect.wire.opcode import Direction, opcode_name
from wsinspect.wire.utf8 import Utf8Check
from wsinspect.wire.violations import Violation, ViolationKind

if TYPE_CHECKING:
    from wsinspect.wire.frame_batch import FrameBatch

_TEXT, _BINARY, _CLOSE = 1, 2, 8
_CONTROL = frozenset((8, 9, 10))

_violation = lru_cache(maxsize=1024)(Violation)
"""The same fault in each of a million frames is one object."""


class _Message:
    """The data message that is open in this direction."""

    __slots__ = ("collected", "compressed", "limit_said", "opcode", "size", "utf8")

    def __init__(self, opcode: int, *, compressed: bool, collect: bool) -> None:
        self.opcode = opcode
        self.compressed = compressed
        self.utf8 = Utf8Check() if opcode == _TEXT else None
        """None if it is binary, or was found invalid already."""
        self.collected = bytearray() if collect else None
        """None if nobody wants it, it grew too large, or it is invalid."""
        self.size = 0
        """Application data so far, inflated."""
        self.limit_said = False


class FrameReader:
    """Reads frames that are given as a header and payload parts, and writes what they mean into a batch.

    The calls for each frame are `begin`, then `take` any number of times, the last one with `last=True`.
    """

    __slots__ = (
        "_closed",
        "_collect",
        "_content",
        "_context_lost",
        "_control",
        "_direction",
        "_header",
        "_in_message",
        "_inflater",
        "_limits",
        "_mask_bit",
        "_message",
        "_ordinary",
        "_received",
        "_violations",
        "wants_payload",
    )

    def __init__(
        self, direction: Direction, deflate: DeflateParams | None, limits: Limits, *, collect_messages: bool
    ) -> None:
        self._direction = direction
        self._mask_bit = 0 if direction is Direction.RECEIVED else 0x80
        self._limits = limits
        self._collect = collect_messages
        self._inflater = None if deflate is None else Inflater(direction, deflate)
        self._ordinary = ordinary_first_bytes(deflate=deflate is not None)
        self._context_lost = False
        self._closed = False
        self._message: _Message | None = None
        # Of the frame that is being read:
        self._header: Header | None = None
        self._violations: list[Violation] = []
        self._received = 0
        """Payload bytes so far."""
        self._content = 0
        """Application data so far, inflated."""
        self._control = b""
        self._in_message = False
        """Whether it belongs to the open message."""
        self.wants_payload = False
        """Whether the payload has to be given, or only its end."""

    @property
    def between_messages(self) -> bool:
        """Whether the next data frame begins a message and nothing about it is out of the ordinary."""
        return self._message is None and not self._closed

    @property
    def closed(self) -> bool:
        """Whether a Close frame has passed, so that nothing may follow."""
        return self._closed

    @property
    def violations(self) -> tuple[Violation, ...]:
        """What is wrong so far with the frame that is being read."""
        return tuple(self._violations)

    @property
    def compressed(self) -> bool:
        """Whether the frame that is being read belongs to a compressed message."""
        return self._in_message and self._message is not None and self._message.compressed

    @property
    def inflater(self) -> Inflater | None:
        """What inflates this direction, if permessage-deflate was negotiated."""
        return self._inflater

    @property
    def context_lost(self) -> bool:
        """Whether compressed payloads cannot be inflated any more."""
        return self._context_lost

    def begin(self, header: Header) -> None:
        """Start a frame."""
        first, second = header.first, header.second
        opcode = first & 0x0F
        self._header = header
        self._received = self._content = 0
        if self._closed:
            self._say(ViolationKind.AFTER_CLOSE, 0, "a frame follows the Close frame in the same direction")
        if first not in self._ordinary or second & 0x80 != self._mask_bit:
            self._violations += bits_violations(
                first, self._direction, masked=second >= 0x80, deflate=self._inflater is not None
            )
        if second & 0x7F > 125:
            self._violations += length_violations(header)
        message = self._message
        if 0 < opcode < 3:
            if message is not None:
                text = f"a new {opcode_name(opcode)} message begins before the open {opcode_name(message.opcode)} message has ended"
                self._say(ViolationKind.MESSAGE_UNFINISHED, 0, text)
            message = self._open_message(opcode, compressed=self._inflater is not None and bool(first & 0x40))
        elif opcode:
            self._in_message = False
            self._control = b""
            self.wants_payload = opcode in _CONTROL
            return
        if message is None:
            self._in_message = self.wants_payload = False
            self._say(
                ViolationKind.UNEXPECTED_CONTINUATION, 0, "a continuation frame, but no message is open"
            )
        else:
            self._in_message = True
            self.wants_payload = (
                message.compressed or message.utf8 is not None or message.collected is not None
            )

    def _open_message(self, opcode: int, *, compressed: bool) -> _Message:
        self._message = _Message(opcode, compressed=compressed, collect=self._collect)
        if self._context_lost and self._inflater is not None and self._inflater.recovers:
            self._inflater.restart()
            self._context_lost = False
        return self._message

    def take(self, part: bytes, batch: FrameBatch, index: int, *, last: bool) -> None:
        """Take the next payload bytes as they came; with `last` the frame ends and is `index` of the batch.

        Before the end `index` is where the frame will be if it ends in this batch. `part` may be empty, and is when
        `wants_payload` is false.
        """
        header = self._header
        if header is None:
            return
        if part and header.masking_key is not None:
            turn = self._received & 3
            part = unmask(part, header.masking_key[turn:] + header.masking_key[:turn])
        self._received += len(part)
        if self._in_message:
            self._take_data(part, header, batch, index, last=last)
        elif header.first & 0x0F in _CONTROL:
            self._control += part[: self._limits.control_payload_bytes - len(self._control)]
            if last:
                self._end_control(header, batch, index)
        if last:
            if self._violations:
                batch.violations.extend((index, violation) for violation in self._violations)
                self._violations = []
            self._header = None

    def _end_control(self, header: Header, batch: FrameBatch, index: int) -> None:
        payload = self._control
        opcode = header.first & 0x0F
        batch.controls.append((index, opcode, payload))
        if opcode != _CLOSE:
            return
        self._closed = True
        shortened = header.payload_length > len(payload)
        for violation in parse_close(payload).violations:
            if shortened and violation.kind is ViolationKind.CLOSE_REASON_INVALID_UTF8:
                continue
            self._say(violation.kind, header.size + violation.offset, violation.text)

    def _take_data(self, part: bytes, header: Header, batch: FrameBatch, index: int, *, last: bool) -> None:
        message = self._message
        if message is None:
            return
        final = last and header.first >= 0x80
        if not message.compressed:
            if part:
                self._take_content(part, message, header)
        elif self._inflater is not None:
            if not self._context_lost:
                try:
                    for piece in self._inflater.feed(part, final=final):
                        self._take_inflated(piece, message, header, batch, index)
                except InflateError as error:
                    self._fail_inflating(error, message, header)
            if last:
                batch.compressed.append(index)
                if self._context_lost:
                    batch.not_inflated.append(index)
        if final:
            self._end_message(message, header, batch, index)

    def _take_inflated(
        self, piece: bytes, message: _Message, header: Header, batch: FrameBatch, index: int
    ) -> None:
        limit = self._limits.message_bytes
        room = limit - message.size
        self._take_content(piece, message, header)
        if len(piece) <= room:
            batch.inflated.append((index, piece))
            return
        if room > 0:
            batch.inflated.append((index, piece[:room]))
        if not message.limit_said:
            message.limit_said = True
            text = f"the message inflates to more than {limit} bytes; what is beyond is not kept"
            self._say(ViolationKind.INFLATE_LIMIT, header.size, text)

    def _take_content(self, piece: bytes, message: _Message, header: Header) -> None:
        if message.utf8 is not None:
            bad = message.utf8.feed(piece)
            if bad is not None:
                where = self._content + bad
                kind = "inflated" if message.compressed else "payload"
                self._invalid_utf8(where, f"at {kind} byte {where} (0x{piece[bad]:02x})", message, header)
        self._content += len(piece)
        message.size += len(piece)
        if message.collected is not None:
            if message.size <= self._limits.message_bytes:
                message.collected += piece
            else:
                message.collected = None

    def _invalid_utf8(self, content_offset: int, where: str, message: _Message, header: Header) -> None:
        message.utf8 = message.collected = None
        offset = header.size + (0 if message.compressed else content_offset)
        self._say(ViolationKind.INVALID_UTF8, offset, f"the text is not UTF-8 {where}")

    def _fail_inflating(self, error: InflateError, message: _Message, header: Header) -> None:
        self._context_lost = True
        message.utf8 = message.collected = None
        # What was inflated of this frame before the fault depends on how its bytes were cut into chunks.
        content = (ViolationKind.INVALID_UTF8, ViolationKind.INFLATE_LIMIT)
        self._violations = [violation for violation in self._violations if violation.kind not in content]
        scope = (
            "this message stays"
            if self._inflater is not None and self._inflater.recovers
            else "it and all later ones stay"
        )
        text = f"the compressed payload cannot be inflated ({error}); {scope} as received"
        self._say(ViolationKind.INFLATE_FAILED, header.size, text)

    def _end_message(self, message: _Message, header: Header, batch: FrameBatch, index: int) -> None:
        if message.utf8 is not None and message.utf8.inside_character:
            # The frame's last byte, which is the header's if the final fragment is empty.
            self._invalid_utf8(self._content - 1, "because it ends inside a character", message, header)
        if message.collected is not None:
            batch.messages.append((index, message.opcode, bytes(message.collected)))
        self._message = None

    def _say(self, kind: ViolationKind, offset: int, text: str) -> None:
        self._violations.append(_violation(kind, offset, text))
