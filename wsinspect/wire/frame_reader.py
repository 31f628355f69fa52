"""The careful path: one frame at a time, its payload in any number of parts, every rule checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wsinspect.options import Limits
from wsinspect.wire.close import parse_close
from wsinspect.wire.frames import Header, unmask
from wsinspect.wire.inflate import DeflateParams, InflateError, Inflater
from wsinspect.wire.opcode import Direction, Opcode, opcode_name
from wsinspect.wire.utf8 import Utf8Check
from wsinspect.wire.violations import Violation, ViolationKind

if TYPE_CHECKING:
    from wsinspect.wire.frame_batch import FrameBatch

_DATA_OPCODES = (Opcode.TEXT, Opcode.BINARY)
_CONTROL_OPCODES = (Opcode.CLOSE, Opcode.PING, Opcode.PONG)


@dataclass(slots=True)
class _Message:
    """The data message that is open in this direction."""

    opcode: int
    compressed: bool
    utf8: Utf8Check | None
    """None if it is binary, or was found invalid already."""
    collected: list[bytes] | None
    """None if nobody wants it, it grew too large, or it is invalid."""
    size: int = 0
    """Application data so far, inflated."""
    limit_said: bool = False


@dataclass(slots=True)
class _Current:
    """The frame that is being read."""

    header: Header
    violations: list[Violation]
    received: int = 0
    """Payload bytes so far."""
    content: int = 0
    """Application data of this frame so far, inflated."""
    control: bytearray = field(default_factory=bytearray)
    data: bool = False
    """Whether it belongs to the open message."""


class FrameReader:
    """Reads frames that are given as a header and payload parts, and writes what they mean into a batch.

    The calls for each frame are `begin`, then `take` any number of times, the last one with `last=True`.
    """

    def __init__(
        self, direction: Direction, deflate: DeflateParams | None, limits: Limits, *, collect_messages: bool
    ) -> None:
        self._direction = direction
        self._limits = limits
        self._collect = collect_messages
        self._inflater = None if deflate is None else Inflater(direction, deflate)
        self._context_lost = False
        self._message: _Message | None = None
        self._current: _Current | None = None
        self._closed = False

    @property
    def between_messages(self) -> bool:
        """Whether the next data frame begins a message and nothing about it is out of the ordinary."""
        return self._message is None and not self._closed

    @property
    def violations(self) -> tuple[Violation, ...]:
        """What is wrong so far with the frame that is being read."""
        return () if self._current is None else tuple(self._current.violations)

    @property
    def wants_payload(self) -> bool:
        """Whether the payload of the frame that is being read has to be given, or only its end."""
        current = self._current
        if current is None:
            return False
        if not current.data:
            return current.header.opcode in _CONTROL_OPCODES
        message = self._message
        return message is not None and (
            message.compressed or message.utf8 is not None or message.collected is not None
        )

    @property
    def inflating(self) -> bool:
        """Whether the frame that is being read belongs to a compressed message."""
        current, message = self._current, self._message
        return current is not None and current.data and message is not None and message.compressed

    def begin(self, header: Header) -> None:
        """Start a frame."""
        opcode = header.opcode
        current = _Current(header, [])
        self._current = current
        if self._closed:
            self._say(ViolationKind.AFTER_CLOSE, 0, "a frame follows the Close frame in the same direction")
        self._check_header(header)
        if opcode == Opcode.CONTINUATION:
            if self._message is None:
                self._say(
                    ViolationKind.UNEXPECTED_CONTINUATION, 0, "a continuation frame, but no message is open"
                )
            else:
                current.data = True
        elif opcode in _DATA_OPCODES:
            if self._message is not None:
                name = opcode_name(self._message.opcode)
                self._say(
                    ViolationKind.MESSAGE_UNFINISHED,
                    0,
                    f"a new {opcode_name(opcode)} message begins before the open {name} message has ended",
                )
            current.data = True
            self._open_message(opcode, compressed=self._inflater is not None and bool(header.first & 0x40))

    def _open_message(self, opcode: int, *, compressed: bool) -> None:
        self._message = _Message(
            opcode=opcode,
            compressed=compressed,
            utf8=Utf8Check() if opcode == Opcode.TEXT else None,
            collected=[] if self._collect else None,
        )
        if self._context_lost and self._inflater is not None and self._inflater.recovers:
            self._inflater.restart()
            self._context_lost = False

    def _check_header(self, header: Header) -> None:
        opcode = header.opcode
        rsv = header.first & 0x70
        if self._inflater is not None and opcode in _DATA_OPCODES:
            rsv &= ~0x40
        if rsv:
            names = " and ".join(
                name for bit, name in ((0x40, "RSV1"), (0x20, "RSV2"), (0x10, "RSV3")) if rsv & bit
            )
            if self._inflater is not None and rsv == 0x40:
                why = "permessage-deflate sets it on the first frame of a data message only"
            else:
                why = "no negotiated extension gives it a meaning"
            self._say(ViolationKind.RSV_BITS, 0, f"{names} set on a {opcode_name(opcode)} frame; {why}")
        control = opcode in _CONTROL_OPCODES
        if not control and opcode not in _DATA_OPCODES and opcode != Opcode.CONTINUATION:
            self._say(ViolationKind.RESERVED_OPCODE, 0, f"opcode {opcode} is reserved")
        if control and not header.fin:
            self._say(ViolationKind.FRAGMENTED_CONTROL, 0, f"a {opcode_name(opcode)} frame without FIN")
        masked = header.masking_key is not None
        if masked and self._direction is Direction.RECEIVED:
            self._say(ViolationKind.MASKED_BY_SERVER, 1, "the server masked this frame")
        if not masked and self._direction is Direction.SENT:
            self._say(ViolationKind.UNMASKED_BY_CLIENT, 1, "the client did not mask this frame")
        if control and header.payload_length > 125:
            self._say(
                ViolationKind.OVERSIZED_CONTROL,
                1,
                f"a {opcode_name(opcode)} frame of {header.payload_length} bytes; at most 125 are allowed",
            )
        if not header.minimal:
            width = 16 if header.second & 0x7F == 126 else 64
            text = f"the length {header.payload_length} is written in {width} bits, fewer would do"
            self._say(ViolationKind.LENGTH_NOT_MINIMAL, 2, text)
        if header.payload_length >= 1 << 63:
            self._say(
                ViolationKind.LENGTH_TOO_LARGE, 2, "the most significant bit of the 64-bit length is set"
            )

    def take(self, part: bytes, batch: FrameBatch, index: int, *, last: bool) -> None:
        """Take the next payload bytes as they came; with `last` the frame ends and is `index` of the batch.

        Before the end `index` is where the frame will be if it ends in this batch. `part` may be empty, and is when
        `wants_payload` is false.
        """
        current = self._current
        if current is None:
            return
        if part and (key := current.header.masking_key) is not None:
            turn = current.received & 3
            part = unmask(part, key[turn:] + key[:turn])
        current.received += len(part)
        if current.data:
            self._take_data(part, batch, index, last=last)
        elif current.header.opcode in _CONTROL_OPCODES:
            current.control += part[: self._limits.control_payload_bytes - len(current.control)]
            if last:
                self._end_control(current, batch, index)
        if last:
            for violation in current.violations:
                batch.violations.append((index, violation))
            self._current = None

    def _end_control(self, current: _Current, batch: FrameBatch, index: int) -> None:
        payload = bytes(current.control)
        batch.controls.append((index, current.header.opcode, payload))
        if current.header.opcode != Opcode.CLOSE:
            return
        self._closed = True
        shortened = current.header.payload_length > len(payload)
        for violation in parse_close(payload).violations:
            if shortened and violation.kind is ViolationKind.CLOSE_REASON_INVALID_UTF8:
                continue
            self._say(violation.kind, current.header.size + violation.offset, violation.text)

    def _take_data(self, part: bytes, batch: FrameBatch, index: int, *, last: bool) -> None:
        message, current = self._message, self._current
        if message is None or current is None:
            return
        final = last and current.header.fin
        if not message.compressed:
            self._take_content(part, message, current)
        elif self._inflater is not None and not self._context_lost:
            try:
                for piece in self._inflater.feed(part, final=final):
                    self._take_inflated(piece, message, current, batch, index)
            except InflateError as error:
                self._fail_inflating(error, message, current)
        if last and message.compressed:
            batch.compressed.append(index)
            if self._context_lost:
                batch.not_inflated.append(index)
        if final:
            self._end_message(message, current, batch, index)

    def _take_inflated(
        self, piece: bytes, message: _Message, current: _Current, batch: FrameBatch, index: int
    ) -> None:
        limit = self._limits.message_bytes
        room = limit - message.size
        self._take_content(piece, message, current)
        if len(piece) <= room:
            batch.inflated.append((index, piece))
            return
        if room > 0:
            batch.inflated.append((index, piece[:room]))
        if not message.limit_said:
            message.limit_said = True
            text = f"the message inflates to more than {limit} bytes; what is beyond is not kept"
            self._say(ViolationKind.INFLATE_LIMIT, current.header.size, text)

    def _take_content(self, piece: bytes, message: _Message, current: _Current) -> None:
        if message.utf8 is not None:
            bad = message.utf8.feed(piece)
            if bad is not None:
                where = current.content + bad
                kind = "inflated" if message.compressed else "payload"
                self._invalid_utf8(where, f"at {kind} byte {where} (0x{piece[bad]:02x})", message, current)
        current.content += len(piece)
        message.size += len(piece)
        if message.collected is not None:
            if message.size <= self._limits.message_bytes:
                message.collected.append(piece)
            else:
                message.collected = None

    def _invalid_utf8(self, content_offset: int, where: str, message: _Message, current: _Current) -> None:
        message.utf8 = message.collected = None
        offset = current.header.size + (0 if message.compressed else content_offset)
        self._say(ViolationKind.INVALID_UTF8, offset, f"the text is not UTF-8 {where}")

    def _fail_inflating(self, error: InflateError, message: _Message, current: _Current) -> None:
        self._context_lost = True
        message.utf8 = message.collected = None
        # What was inflated of this frame before the fault depends on how its bytes were cut into chunks.
        content = (ViolationKind.INVALID_UTF8, ViolationKind.INFLATE_LIMIT)
        current.violations = [violation for violation in current.violations if violation.kind not in content]
        scope = (
            "this message" if self._inflater is not None and self._inflater.recovers else "all later messages"
        )
        text = f"the compressed payload cannot be inflated ({error}); {scope} stays as it came"
        self._say(ViolationKind.INFLATE_FAILED, current.header.size, text)

    def _end_message(self, message: _Message, current: _Current, batch: FrameBatch, index: int) -> None:
        if message.utf8 is not None and message.utf8.inside_character:
            # The frame's last byte, which is the header's if the final fragment is empty.
            self._invalid_utf8(current.content - 1, "because it ends inside a character", message, current)
        if message.collected is not None:
            batch.messages.append((index, message.opcode, b"".join(message.collected)))
        self._message = None

    def _say(self, kind: ViolationKind, offset: int, text: str) -> None:
        if self._current is not None:
            self._current.violations.append(Violation(kind, offset, text))
