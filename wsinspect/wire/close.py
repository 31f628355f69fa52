"""The body of a Close frame: a two-byte code, then a reason in UTF-8 (RFC 6455 section 5.5.1)."""

from __future__ import annotations

from msgspec import Struct

from wsinspect.wire.close_codes import describe_close_code
from wsinspect.wire.utf8 import offending_byte
from wsinspect.wire.violations import Violation, ViolationKind


class ClosePayload(Struct, frozen=True):
    """What a Close frame said, and what was wrong with how it said it."""

    code: int | None
    """None if the body was empty or one byte; also a code that must not be sent is given as it came."""
    reason: str
    """Bytes that are not UTF-8 are replaced by U+FFFD."""
    violations: tuple[Violation, ...]
    """Offsets count from the first payload byte."""


def parse_close(payload: bytes) -> ClosePayload:
    """Read the unmasked body of a Close frame. Never raises; any length is taken."""
    if not payload:
        return ClosePayload(None, "", ())
    if len(payload) == 1:
        text = "the Close payload is one byte, a code takes two"
        return ClosePayload(None, "", (Violation(ViolationKind.CLOSE_PAYLOAD_ONE_BYTE, 0, text),))
    violations = []
    code = int.from_bytes(payload[:2], "big")
    described = describe_close_code(code)
    if not described.on_the_wire:
        text = f"close code {code} ({described.name}) must not stand in a Close frame"
        violations.append(Violation(ViolationKind.CLOSE_CODE_INVALID, 0, text))
    try:
        reason = payload[2:].decode()
    except UnicodeDecodeError as error:
        reason = payload[2:].decode("utf-8", "replace")
        offset = min(2 + offending_byte(error), len(payload) - 1)
        text = f"the close reason is not UTF-8 at payload byte {offset} (0x{payload[offset]:02x})"
        violations.append(Violation(ViolationKind.CLOSE_REASON_INVALID_UTF8, offset, text))
    return ClosePayload(code, reason, tuple(violations))
