"""The frames of an attempt as bytes again, with secrets covered: what would have crossed the wire."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from wsinspect.events import Direction
from wsinspect.export.payloads import Payloads
from wsinspect.export.redact import Redactor
from wsinspect.session.attempt import Attempt
from wsinspect.session.frame_log import FrameLog
from wsinspect.wire.frames import HEADER_SIZES, unmask
from wsinspect.wire.violations import ViolationKind

_RSV1 = 0x40
_GATHERED = 256 * 1024


class Piece(Struct, frozen=True):
    """Bytes of one direction at one moment."""

    direction: Direction
    at_ns: int
    data: bytes
    missing: int = 0
    """Bytes after them that crossed and were not kept."""


class FrameStream:
    """The frames of an attempt in the order in which they were complete."""

    def __init__(self, log: FrameLog, attempt: Attempt, redact: Redactor) -> None:
        self._log = log
        self._numbers = range(attempt.first_frame, attempt.end_frame)
        self._redact = redact
        self._payloads = Payloads(log, redact)
        self._inflated = False
        self.comment = ""
        """What was changed beside the covered secrets; empty where nothing was. To be asked after `prepare`."""

    def prepare(self) -> Iterator[None]:
        """Find out, in short steps, whether a secret stands in compressed frames. To be used up before anything else."""
        if not self._redact.active:
            return
        for number in self._numbers:
            if self._holds_secret(number):
                self._inflated = True
                self.comment = "compressed frames are written uncompressed, to cover a secret in them"
                return
            yield None

    def __iter__(self) -> Iterator[Piece]:
        waiting: list[bytes] = []
        size = 0
        direction, at_ns = Direction.SENT, 0
        for number in self._numbers:
            data, missing = self._bytes(number)
            same = self._log.direction(number) is direction and self._log.at_ns(number) == at_ns
            if waiting and not (same and size < _GATHERED):
                yield Piece(direction, at_ns, b"".join(waiting))
                waiting, size = [], 0
            direction, at_ns = self._log.direction(number), self._log.at_ns(number)
            waiting.append(data)
            size += len(data)
            if missing:
                yield Piece(direction, at_ns, b"".join(waiting), missing)
                waiting, size = [], 0
        if waiting:
            yield Piece(direction, at_ns, b"".join(waiting))

    def _holds_secret(self, number: int) -> bool:
        if self._log.inflated_length(number) is None:
            return False
        return self._payloads.of_frame(number) != self._log.application_data(number)

    def _cut_off(self, number: int) -> bool:
        return any(v.kind is ViolationKind.CUT_OFF for v in self._log.violations(number))

    def _bytes(self, number: int) -> tuple[bytes, int]:
        """Return the frame, and how many bytes of it are missing."""
        log, redact = self._log, self._redact
        raw = log.raw(number)
        header = log.header(number)
        size = HEADER_SIZES[header & 0xFF]
        missing = 0 if self._cut_off(number) else size + log.length(number) - len(raw)
        inflated = log.inflated_length(number) is not None
        if not redact.active or (inflated and not self._inflated):
            return raw, missing
        key = raw[size - 4 : size] if header & 0x80 else b""
        if inflated:
            payload = self._payloads.of_frame(number)
            return _written(header >> 8 & ~_RSV1, payload, key), 0
        # Not inflated: of a compressed frame that is broken, its bytes as they are.
        covered = (
            redact.data(unmask(raw[size:], key))
            if log.compressed(number)
            else self._payloads.of_frame(number)
        )
        return raw[:size] + (unmask(covered, key) if key else covered), missing


def _written(first: int, payload: bytes, key: bytes) -> bytes:
    """Return a frame with the shortest length that fits (RFC 6455 section 5.2)."""
    masked, size = 0x80 if key else 0, len(payload)
    if size < 126:
        length = bytes((masked | size,))
    elif size < 65536:
        length = bytes((masked | 126,)) + size.to_bytes(2, "big")
    else:
        length = bytes((masked | 127,)) + size.to_bytes(8, "big")
    return bytes((first,)) + length + key + (unmask(payload, key) if key else payload)
