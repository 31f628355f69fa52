"""What the compressed frames of one direction inflated to, at four bytes a frame beside the data itself."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from wsinspect.session.spool import Spool

_STRIDE = 64


class InflatedLog:
    """Inflated application data by ordinal: the first compressed frame of the direction is 0."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self._sizes = array("I")
        self._positions = array("Q", [0])
        """Where every 64th entry's data begins; filled in when somebody looks."""
        self._pending = 0
        """Bytes of the frame that is still arriving."""
        self._abandoned: list[tuple[int, int]] = []
        """(ordinal of the next frame, bytes) of frames that were never completed."""

    def extend(self, frames: int, compressed: Sequence[int], pieces: Sequence[tuple[int, bytes]]) -> None:
        """Take a batch of `frames` frames: the indices of compressed ones, and the pieces, an index >= `frames` being
        of the frame that is still arriving."""
        if not self._pending and [index for index, _ in pieces] == compressed:
            # The usual thing: each frame is complete, and of one piece.
            contents = [piece for _, piece in pieces]
            self.spool.append(b"".join(contents))
            self._sizes.extend(map(len, contents))
            return
        sizes: dict[int, int] = {0: self._pending} if self._pending else {}
        for index, piece in pieces:
            self.spool.append(piece)
            sizes[index] = sizes.get(index, 0) + len(piece)
        for index in compressed:
            self._sizes.append(sizes.pop(index, 0))
        self._pending = sum(sizes.values())

    def begin_stream(self) -> None:
        """A new byte stream begins; a frame that was still arriving never will be complete."""
        if self._pending:
            self._abandoned.append((len(self._sizes), self._pending))
            self._pending = 0

    def size_of(self, ordinal: int) -> int:
        """Return the inflated bytes that are kept of that frame."""
        return self._sizes[ordinal]

    def sizes(self, ordinal: int, count: int) -> array[int]:
        """Return the inflated bytes that are kept of that frame and those after it."""
        return self._sizes[ordinal : ordinal + count]

    def read_on(self, ordinal: int, size: int) -> bytes:
        """Return `size` bytes from that frame's first one on. Frames of one stream lie without a gap."""
        return self.spool.read(self._position(ordinal), size)

    def read(self, ordinal: int, limit: int | None = None) -> bytes:
        """Return the inflated data of that frame, at most `limit` bytes."""
        size = self._sizes[ordinal]
        return self.spool.read(self._position(ordinal), size if limit is None else min(size, limit))

    def _position(self, ordinal: int) -> int:
        block = ordinal // _STRIDE
        while len(self._positions) <= block:
            first = (len(self._positions) - 1) * _STRIDE
            self._positions.append(self._positions[-1] + sum(self._sizes[first : first + _STRIDE]))
        gaps = sum(size for following, size in self._abandoned if following <= ordinal)
        return self._positions[block] + sum(self._sizes[block * _STRIDE : ordinal]) + gaps
