"""Frames as the lab needs them: written with any defect a story asks for, read from the client leniently."""

from __future__ import annotations

import struct
from dataclasses import dataclass

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv1: bool = False,
    mask: bytes | None = None,
    length_bytes: int | None = None,
) -> bytes:
    """Write one frame (RFC 6455 section 5.2).

    `mask` masks it, which a server never may; `length_bytes` (0, 2 or 8) forces the width of the extended
    payload length, also where a narrower one would do.
    """
    first = (0x80 if fin else 0) | (0x40 if rsv1 else 0) | opcode
    size = len(payload)
    width = length_bytes if length_bytes is not None else 0 if size < 126 else 2 if size < 65536 else 8
    masked = 0x80 if mask is not None else 0
    head = bytes([first, masked | {0: size, 2: 126, 8: 127}[width]])
    head += {0: b"", 2: struct.pack("!H", size & 0xFFFF), 8: struct.pack("!Q", size)}[width]
    return head + payload if mask is None else head + mask + _masked(payload, mask)


def text(message: str, *, fin: bool = True) -> bytes:
    return frame(TEXT, message.encode(), fin=fin)


def close(code: int | None = None, reason: str = "") -> bytes:
    """Write a Close frame; without a code its payload is empty (RFC 6455 section 5.5.1)."""
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFrame:
    """One frame of the client's, its payload unmasked."""

    opcode: int
    payload: bytes
    masked: bool


def decode_client_frame(data: bytes) -> tuple[ClientFrame, int] | None:
    """Return the first frame in `data` and its size on the wire, or None while it is incomplete."""
    if len(data) < 2:
        return None
    masked, size, offset = bool(data[1] & 0x80), data[1] & 0x7F, 2
    width = {126: 2, 127: 8}.get(size, 0)
    if len(data) < offset + width:
        return None
    if width:
        size = int.from_bytes(data[2 : 2 + width], "big")
        offset += width
    mask = data[offset : offset + 4] if masked else b""
    offset += 4 if masked else 0
    if len(data) < offset + size:
        return None
    payload = data[offset : offset + size]
    return (
        ClientFrame(
            opcode=data[0] & 0x0F, payload=_masked(payload, mask) if masked else payload, masked=masked
        ),
        offset + size,
    )


def _masked(payload: bytes, mask: bytes) -> bytes:
    return bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
