"""The closing handshake as a table and a few rules: which Close is sent, and what the end of the stream then means.

Source: RFC 6455 sections 5.5.1, 7.1 and 7.4.
"""

from __future__ import annotations

from wsinspect.errors import UsageError
from wsinspect.wire.close import parse_close
from wsinspect.wire.close_codes import describe_close_code
from wsinspect.wire.violations import Violation, ViolationKind

CONTROL_PAYLOAD_BYTES = 125
"""RFC 6455 section 5.5: all control frames MUST have a payload length of 125 bytes or less."""
KEEPALIVE_CODE = 1011
KEEPALIVE_REASON = "keepalive ping timeout"
"""Sent when no pong came: a peer that still reads learns why, as with other clients."""

_FAIL_WITH: dict[ViolationKind, int] = {
    ViolationKind.RSV_BITS: 1002,
    ViolationKind.RESERVED_OPCODE: 1002,
    ViolationKind.MASKED_BY_SERVER: 1002,
    ViolationKind.FRAGMENTED_CONTROL: 1002,
    ViolationKind.OVERSIZED_CONTROL: 1002,
    ViolationKind.CLOSE_PAYLOAD_ONE_BYTE: 1002,
    ViolationKind.CLOSE_CODE_INVALID: 1002,
    ViolationKind.CLOSE_REASON_INVALID_UTF8: 1007,
    ViolationKind.INVALID_UTF8: 1007,
    ViolationKind.UNEXPECTED_CONTINUATION: 1002,
    ViolationKind.MESSAGE_UNFINISHED: 1002,
    ViolationKind.LENGTH_NOT_MINIMAL: 1002,
    ViolationKind.LENGTH_TOO_LARGE: 1002,
    ViolationKind.INFLATE_FAILED: 1007,
    ViolationKind.INFLATE_LIMIT: 1009,
}
"""Violations that fail the connection (RFC 6455 section 7.1.7), with the code that says so. The others are only shown:
bytes after a Close, a frame that the end of the stream cut off."""


def check_control_payload(what: str, payload: bytes) -> None:
    """Refuse a payload that a control frame can't carry.

    Raises:
        UsageError: it is longer than 125 bytes.
    """
    if len(payload) > CONTROL_PAYLOAD_BYTES:
        raise UsageError(
            f"the payload has {len(payload)} bytes",
            where=what,
            allowed=f"at most {CONTROL_PAYLOAD_BYTES} bytes",
        )


def failing_code(violation: Violation) -> int | None:
    """Return the close code with which this violation fails the connection, or None if it does not."""
    return _FAIL_WITH.get(violation.kind)


def close_payload(code: int | None, reason: str = "") -> bytes:
    """Return the body of a Close frame of ours; None sends an empty one.

    Raises:
        UsageError: a code that no Close frame may carry, a reason without a code, or one that doesn't fit.
    """
    if code is None:
        if reason:
            raise UsageError("a reason needs a close code", where="close", allowed="1000, or 3000 to 4999")
        return b""
    described = describe_close_code(code)
    if not described.on_the_wire:
        raise UsageError(
            f"close code {code} ({described.name}) must not stand in a Close frame",
            where="close",
            allowed="1000 to 1003, 1007 to 1014, 3000 to 4999",
        )
    try:
        encoded = reason.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError("the reason can't be encoded as UTF-8", where="close") from error
    if len(encoded) > 123:
        raise UsageError(
            f"the reason has {len(encoded)} bytes", where="close", allowed="at most 123 bytes of UTF-8"
        )
    payload = code.to_bytes(2, "big") + encoded
    check_control_payload("close", payload)
    return payload


def reply_payload(received: bytes) -> bytes:
    """Return the body of the Close that answers a valid one: the same code, no reason (RFC 6455 section 5.5.1)."""
    return received[:2]


def describe_close(payload: bytes) -> str:
    """Say which Close a frame is, e.g. `Close 1000` or `Close without a code`."""
    code = parse_close(payload).code
    return "Close without a code" if code is None else f"Close {code}"
