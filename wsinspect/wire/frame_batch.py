"""What one chunk of bytes completed: columns, so that a thousand frames cost little more than one."""

from __future__ import annotations

from array import array
from functools import partial

from msgspec import Struct, field

from wsinspect.wire.violations import Violation


class PendingFrame(Struct, frozen=True):
    """A frame that has begun and not ended."""

    start: int
    """Offset of its first byte in this direction's stream."""
    header: bytes
    """The header bytes that arrived, up to its first two."""
    payload_length: int | None
    """As declared; None while the header is incomplete."""
    received: int
    """Bytes of the frame that arrived, header included."""
    payload_received: int
    violations: tuple[Violation, ...]
    """What is wrong with it already."""


class FrameBatch(Struct):
    """The frames of one direction that one chunk completed, in order. An index is a position in the batch."""

    headers: array[int] = field(default_factory=partial(array, "H"))
    """The first two header bytes of each frame: first << 8 | second."""
    lengths: array[int] = field(default_factory=partial(array, "Q"))
    """Payload bytes of each frame on the wire."""
    starts: array[int] = field(default_factory=partial(array, "Q"))
    """Offset of each frame's first byte in this direction's stream."""
    violations: list[tuple[int, Violation]] = field(default_factory=list)
    """(index, violation), ascending by index."""
    controls: list[tuple[int, int, bytes]] = field(default_factory=list)
    """(index, opcode, unmasked payload) of close, ping and pong; shortened to `Limits.control_payload_bytes`."""
    compressed: list[int] = field(default_factory=list)
    """Indices of the frames of compressed messages, ascending."""
    inflated: list[tuple[int, bytes]] = field(default_factory=list)
    """(index, piece of its inflated application data), in order. A long frame has many pieces, and `len(batch)` as
    index means the frame that is still arriving: it will be the first of a later batch."""
    not_inflated: list[int] = field(default_factory=list)
    """The indices in `compressed` whose frames could not be inflated; pieces given for them mean nothing."""
    messages: list[tuple[int, int, bytes]] = field(default_factory=list)
    """(index of the final frame, opcode, application data) of each whole, valid message up to
    `Limits.message_bytes`; only with `collect_messages`."""

    unmasked: bytes | None = None
    """Of what we sent: the chunk with its payloads unmasked, which is how it is kept; None if it is as it was fed."""

    times: array[int] | None = None
    """When each frame was complete, where chunks of several times were put together; else the chunk's time is theirs."""

    broken: PendingFrame | None = None
    """The frame that is still arriving when the chunk ends, if it broke a rule already: it may never be whole."""

    def __len__(self) -> int:
        return len(self.headers)
