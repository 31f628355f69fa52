"""Opcodes and directions: the small words of RFC 6455 section 5.2."""

from __future__ import annotations

from enum import IntEnum


class Opcode(IntEnum):
    """RFC 6455 section 11.8; 3 to 7 and 11 to 15 are reserved."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


class Direction(IntEnum):
    """From the inspector's side."""

    SENT = 0
    RECEIVED = 1


def opcode_name(opcode: int) -> str:
    """Return `text`, `ping`, ... or `reserved 3`."""
    try:
        return Opcode(opcode).name.lower()
    except ValueError:
        return f"reserved {opcode}"
