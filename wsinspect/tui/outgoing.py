"""What is to be sent: one message or frame, ready for the connection, and what sending it means in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wsinspect.wire.close_codes import describe_close_code
from wsinspect.wire.opcode import opcode_name


class Kind(StrEnum):
    """What is sent."""

    TEXT = "text"
    BINARY = "binary"
    PING = "ping"
    PONG = "pong"
    CLOSE = "close"
    RAW = "raw"
    """One frame with every bit as it is described, allowed or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bits:
    """The header of a raw frame (RFC 6455 section 5.2)."""

    fin: bool = True
    rsv: int = 0
    """RSV1 to RSV3 as bits 4, 2, 1."""
    opcode: int = 1
    mask: bool = True

    @property
    def told(self) -> str:
        """Say them, e.g. `ping frame, FIN, RSV1, unmasked`."""
        flags = ["FIN" if self.fin else "no FIN"]
        flags += [name for bit, name in ((4, "RSV1"), (2, "RSV2"), (1, "RSV3")) if self.rsv & bit]
        if not self.mask:
            flags.append("unmasked")
        return f"{opcode_name(self.opcode)} frame, {', '.join(flags)}"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message or frame to send."""

    kind: Kind
    payload: bytes
    """UTF-8 for text; without code and reason for a close."""
    code: int | None = None
    reason: str = ""
    fragments: int = 1
    """In how many frames a text or binary message goes."""
    bits: Bits | None = None
    """Of a raw frame."""

    @property
    def told(self) -> str:
        """Say what Enter does, e.g. `sends 5 bytes as a text message`."""
        size = len(self.payload)
        amount = "an empty" if not size else f"{size} byte{'' if size == 1 else 's'} as a"
        match self.kind:
            case Kind.TEXT | Kind.BINARY:
                parts = f" in {self.fragments} frames" if self.fragments > 1 else ""
                return f"sends {amount} {self.kind} message{parts}"
            case Kind.PING | Kind.PONG:
                return f"sends a {self.kind}" + (f" with {size} bytes" if size else "")
            case Kind.RAW:
                bits = self.bits or Bits()
                return f"sends a {bits.told}, {size} byte{'' if size == 1 else 's'} of payload"
            case _:
                if self.code is None:
                    return "closes without a code"
                name = describe_close_code(self.code).name
                return f"closes with {self.code} ({name})" + (f" and {self.reason!r}" if self.reason else "")
