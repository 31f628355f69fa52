"""What a frame's header may look like, whatever came before it (RFC 6455 sections 5.1, 5.2 and 5.5)."""

from __future__ import annotations

from functools import lru_cache

from wsinspect.wire.frames import Header
from wsinspect.wire.opcode import Direction, opcode_name
from wsinspect.wire.violations import Violation, ViolationKind

_RSV = ((0x40, "RSV1"), (0x20, "RSV2"), (0x10, "RSV3"))


def ordinary_first_bytes(*, deflate: bool) -> frozenset[int]:
    """Return the first bytes that break no rule by themselves."""
    plain = {0x00, 0x01, 0x02, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8A}
    return frozenset(plain | {0x41, 0x42, 0xC1, 0xC2}) if deflate else frozenset(plain)


@lru_cache(maxsize=2048)
def bits_violations(
    first: int, direction: Direction, *, masked: bool, deflate: bool
) -> tuple[Violation, ...]:
    """Return what is wrong with a header's flags, opcode and masking; `deflate` says whether permessage-deflate was
    negotiated."""
    opcode = first & 0x0F
    name = opcode_name(opcode)
    found: list[Violation] = []
    rsv = first & 0x70
    if deflate and opcode in (1, 2):
        rsv &= ~0x40
    if rsv:
        bits = " and ".join(bit_name for bit, bit_name in _RSV if rsv & bit)
        if deflate and rsv == 0x40:
            why = "permessage-deflate sets it on the first frame of a data message only"
        else:
            why = "no negotiated extension gives it a meaning"
        found.append(Violation(ViolationKind.RSV_BITS, 0, f"{bits} set on a {name} frame; {why}"))
    if 3 <= opcode <= 7 or opcode >= 11:
        found.append(Violation(ViolationKind.RESERVED_OPCODE, 0, f"opcode {opcode} is reserved"))
    if 8 <= opcode <= 10 and first < 0x80:
        found.append(Violation(ViolationKind.FRAGMENTED_CONTROL, 0, f"a {name} frame without FIN"))
    if masked and direction is Direction.RECEIVED:
        found.append(Violation(ViolationKind.MASKED_BY_SERVER, 1, "the server masked this frame"))
    if not masked and direction is Direction.SENT:
        found.append(Violation(ViolationKind.UNMASKED_BY_CLIENT, 1, "the client did not mask this frame"))
    return tuple(found)


def length_violations(header: Header) -> list[Violation]:
    """Return what is wrong with a header's length."""
    opcode, length = header.first & 0x0F, header.payload_length
    found: list[Violation] = []
    if 8 <= opcode <= 10 and length > 125:
        text = f"a {opcode_name(opcode)} frame of {length} bytes; at most 125 are allowed"
        found.append(Violation(ViolationKind.OVERSIZED_CONTROL, 1, text))
    if not header.minimal:
        width = 16 if header.second & 0x7F == 126 else 64
        text = f"the length {length} is written in {width} bits, fewer would do"
        found.append(Violation(ViolationKind.LENGTH_NOT_MINIMAL, 2, text))
    if length >= 1 << 63:
        text = "the most significant bit of the 64-bit length is set"
        found.append(Violation(ViolationKind.LENGTH_TOO_LARGE, 2, text))
    return found
