"""Frames as literal bytes, and what a decoder said about them in one comparable value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wsinspect.options import Limits
from wsinspect.wire.decoder import FrameDecoder
from wsinspect.wire.frame_batch import FrameBatch
from wsinspect.wire.inflate import DeflateParams
from wsinspect.wire.opcode import Direction
from wsinspect.wire.violations import Violation, ViolationKind

KEY = bytes.fromhex("37fa213d")
"""The masking key of RFC 6455 section 5.7."""


def frame(first: int, payload: bytes = b"", *, key: bytes | None = None) -> bytes:
    """Return a frame with the shortest length encoding."""
    bit = 0 if key is None else 0x80
    length = len(payload)
    if length < 126:
        head = bytes((first, bit | length))
    elif length < 65536:
        head = bytes((first, bit | 126)) + length.to_bytes(2, "big")
    else:
        head = bytes((first, bit | 127)) + length.to_bytes(8, "big")
    if key is None:
        return head + payload
    return head + key + bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))


@dataclass
class Seen:
    """One frame, as far as a decoder tells."""

    header: int
    length: int
    start: int
    violations: tuple[Violation, ...] = ()
    control: tuple[int, bytes] | None = None
    inflated: bytes | None = None
    message: tuple[int, bytes] | None = None

    @property
    def kinds(self) -> list[ViolationKind]:
        return [violation.kind for violation in self.violations]


def collect(batches: Iterable[FrameBatch]) -> list[Seen]:
    """Put batches of one direction together."""
    seen: list[Seen] = []
    pending: list[tuple[int, bytes]] = []
    for batch in batches:
        base = len(seen)
        columns = zip(batch.headers, batch.lengths, batch.starts, strict=True)
        seen.extend(Seen(header, length, start) for header, length, start in columns)
        assert len(seen) - base == len(batch)
        for index, violation in batch.violations:
            seen[base + index].violations += (violation,)
        for index, opcode, payload in batch.controls:
            seen[base + index].control = (opcode, payload)
        for index, opcode, payload in batch.messages:
            seen[base + index].message = (opcode, payload)
        pending.extend((base + index, piece) for index, piece in batch.inflated)
        for index in batch.compressed:
            if index not in batch.not_inflated:
                pieces = [piece for number, piece in pending if number == base + index]
                seen[base + index].inflated = b"".join(pieces)
    return seen


def decode(
    chunks: Iterable[bytes],
    *,
    direction: Direction = Direction.RECEIVED,
    deflate: DeflateParams | None = None,
    limits: Limits | None = None,
    collect_messages: bool = False,
) -> list[Seen]:
    """Feed the chunks, end the stream, and return every frame."""
    decoder = FrameDecoder(direction, deflate=deflate, limits=limits, collect_messages=collect_messages)
    batches = [decoder.feed(chunk) for chunk in chunks]
    return collect([*batches, decoder.finish()])


def kinds(
    data: bytes, *, direction: Direction = Direction.RECEIVED, deflate: bool = False
) -> list[list[str]]:
    """Return the violations of each frame by their names."""
    seen = decode([data], direction=direction, deflate=DeflateParams() if deflate else None)
    return [[kind.value for kind in one.kinds] for one in seen]
