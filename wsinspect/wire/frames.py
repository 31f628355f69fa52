"""One frame: its header's layout and the object that is made when somebody looks (RFC 6455 section 5.2)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from msgspec import Struct

from wsinspect.wire.opcode import Direction
from wsinspect.wire.violations import Violation

MAX_HEADER_SIZE = 14


def _header_size(second: int) -> int:
    code = second & 0x7F
    extended = 0 if code < 126 else 2 if code == 126 else 8
    return 2 + extended + (4 if second & 0x80 else 0)


HEADER_SIZES = tuple(_header_size(second) for second in range(256))
"""A header's size in bytes by its second byte."""


class Header(NamedTuple):
    """A parsed frame header."""

    first: int
    second: int
    size: int
    payload_length: int
    masking_key: bytes | None

    @property
    def opcode(self) -> int:
        """The low four bits of the first byte."""
        return self.first & 0x0F

    @property
    def fin(self) -> bool:
        """Whether this frame ends its message."""
        return self.first >= 0x80

    @property
    def minimal(self) -> bool:
        """Whether the length takes the fewest bytes that it could."""
        code = self.second & 0x7F
        return code < 126 or self.payload_length >= (126 if code == 126 else 65536)


def parse_header(data: bytes) -> Header | None:
    """Read a header from the start of `data`; None while it is incomplete. Any bytes make a header."""
    if len(data) < 2:
        return None
    first, second = data[0], data[1]
    size = HEADER_SIZES[second]
    if len(data) < size:
        return None
    code = second & 0x7F
    if code == 126:
        length = int.from_bytes(data[2:4], "big")
    elif code == 127:
        length = int.from_bytes(data[2:10], "big")
    else:
        length = code
    return Header(first, second, size, length, data[size - 4 : size] if second & 0x80 else None)


@cache
def masking() -> Callable[[bytes, bytes], bytes]:
    """Return what applies a masking key of four bytes to a payload, for those who do it by the thousand."""
    # Imported here: only a masked frame needs it, and loading websockets costs time at start.
    try:
        from websockets.speedups import apply_mask
    except ImportError:
        from websockets.utils import apply_mask
    return apply_mask


def unmask(data: bytes, key: bytes) -> bytes:
    """Return `data` with the masking key applied from its first byte; masking is the same operation."""
    return masking()(data, key) if data else b""


class Frame(Struct, frozen=True, kw_only=True):
    """A frame as it crossed the wire, with what it means."""

    number: int
    """Position in the frame log, from 0, over all attempts of the session."""
    direction: Direction
    at_ns: int
    """When the chunk arrived that completed it: monotonic nanoseconds since the session began."""
    fin: bool
    rsv1: bool
    rsv2: bool
    rsv3: bool
    opcode: int
    """A number, since reserved opcodes arrive too."""
    masked: bool
    masking_key: bytes | None
    header_size: int
    payload_length: int
    """Bytes on the wire; for a frame that was cut off, the bytes that arrived."""
    raw: bytes
    """Header and payload as they crossed the wire; shorter than the frame if a limit was asked for, or bytes were dropped."""
    payload: bytes
    """Unmasked, not inflated, as far as `raw` reaches."""
    application_data: bytes
    """Inflated if the message is compressed and could be inflated, otherwise the payload; up to the same limit."""
    compressed: bool
    """Whether its message is compressed (RFC 7692)."""
    inflated_length: int | None
    """Inflated bytes of this frame that are kept; None if it was not inflated."""
    violations: tuple[Violation, ...]

    @property
    def size(self) -> int:
        """Bytes of the whole frame on the wire."""
        return self.header_size + self.payload_length

    @property
    def shortened(self) -> bool:
        """Whether `raw` and what is made of it lacks bytes that were on the wire."""
        return len(self.raw) < self.size


class FrameFacts(Struct, frozen=True, kw_only=True):
    """What the frame log knows about a frame beyond its raw bytes."""

    number: int
    direction: Direction
    at_ns: int
    first: int
    second: int
    payload_length: int
    compressed: bool
    inflated: bytes | None
    inflated_length: int | None
    violations: tuple[Violation, ...]


def build_frame(facts: FrameFacts, raw: bytes) -> Frame:
    """Make the object from its columns and its raw bytes, which may be shortened anywhere."""
    size = HEADER_SIZES[facts.second]
    masked = facts.second >= 0x80
    key = raw[size - 4 : size] if masked and len(raw) >= size else None
    payload = raw[size:]
    if key is not None:
        payload = unmask(payload, key)
    return Frame(
        number=facts.number,
        direction=facts.direction,
        at_ns=facts.at_ns,
        fin=facts.first >= 0x80,
        rsv1=bool(facts.first & 0x40),
        rsv2=bool(facts.first & 0x20),
        rsv3=bool(facts.first & 0x10),
        opcode=facts.first & 0x0F,
        masked=masked,
        masking_key=key,
        header_size=size,
        payload_length=facts.payload_length,
        raw=raw,
        payload=payload,
        application_data=payload if facts.inflated is None else facts.inflated,
        compressed=facts.compressed,
        inflated_length=facts.inflated_length,
        violations=facts.violations,
    )
