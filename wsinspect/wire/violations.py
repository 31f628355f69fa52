"""What a peer did that RFC 6455 or RFC 7692 does not allow: facts attached to a frame, never exceptions."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class ViolationKind(StrEnum):
    """The rule that was broken; the value is the stable name in JSON."""

    RSV_BITS = "rsv-bits"
    """RFC 6455 section 5.2: a reserved bit without a negotiated extension that gives it a meaning."""
    RESERVED_OPCODE = "reserved-opcode"
    """RFC 6455 section 5.2: opcodes 3 to 7 and 11 to 15."""
    MASKED_BY_SERVER = "masked-by-server"
    """RFC 6455 section 5.1: a server must not mask."""
    UNMASKED_BY_CLIENT = "unmasked-by-client"
    """RFC 6455 section 5.1: a client must mask."""
    FRAGMENTED_CONTROL = "fragmented-control"
    """RFC 6455 section 5.5: control frames must not be fragmented."""
    OVERSIZED_CONTROL = "oversized-control"
    """RFC 6455 section 5.5: at most 125 bytes."""
    INVALID_UTF8 = "invalid-utf8"
    """RFC 6455 section 8.1: a text message is UTF-8."""
    CLOSE_PAYLOAD_ONE_BYTE = "close-payload-one-byte"
    """RFC 6455 section 5.5.1: a Close body begins with a two-byte code."""
    CLOSE_CODE_INVALID = "close-code-invalid"
    """RFC 6455 section 7.4: a code that must not stand in a Close frame."""
    CLOSE_REASON_INVALID_UTF8 = "close-reason-invalid-utf8"
    """RFC 6455 section 5.5.1: the reason is UTF-8."""
    UNEXPECTED_CONTINUATION = "unexpected-continuation"
    """RFC 6455 section 5.4: a continuation frame while no message is open."""
    MESSAGE_UNFINISHED = "message-unfinished"
    """RFC 6455 section 5.4: a new data frame before the open message's final fragment."""
    LENGTH_NOT_MINIMAL = "length-not-minimal"
    """RFC 6455 section 5.2: the length must take the fewest bytes."""
    LENGTH_TOO_LARGE = "length-too-large"
    """RFC 6455 section 5.2: the most significant bit of a 64-bit length must be 0."""
    AFTER_CLOSE = "after-close"
    """RFC 6455 section 5.5.1: nothing may follow a Close frame in the same direction."""
    INFLATE_FAILED = "inflate-failed"
    """RFC 7692 section 7.2.2: the payload is not DEFLATE data."""
    INFLATE_LIMIT = "inflate-limit"
    """The message inflates to more than our own limit; what is beyond is counted and not kept."""
    CUT_OFF = "cut-off"
    """The byte stream ended inside this frame."""


class Violation(Struct, frozen=True):
    """One broken rule in one frame."""

    kind: ViolationKind
    offset: int
    """Of the offending byte in the raw frame (its header is byte 0). Where the fault is in inflated data, the payload's
    first byte; for `CUT_OFF`, the number of bytes that arrived."""
    text: str
    """One line in words."""
