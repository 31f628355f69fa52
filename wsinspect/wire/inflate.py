"""permessage-deflate, receiving half: one inflater a direction, in order, with limits (RFC 7692 section 7.2.2)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from msgspec import Struct

from wsinspect.wire.opcode import Direction

_TAIL = b"\x00\x00\xff\xff"
"""What the sender removed from the end of each message (RFC 7692 section 7.2.1)."""
_STEP = 1024 * 1024
"""Largest piece that one call may produce, so that a bomb never stands in memory as a whole."""


class DeflateParams(Struct, frozen=True):
    """What the handshake agreed on (RFC 7692 section 7.1)."""

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int = 15
    client_max_window_bits: int = 15


class InflateError(Exception):
    """The bytes are not DEFLATE data; `str()` is zlib's reason."""


class Inflater:
    """Inflates the compressed messages of one direction; after `InflateError` its context is lost."""

    __slots__ = ("_before", "_reset", "_zlib")

    def __init__(self, direction: Direction, params: DeflateParams) -> None:
        received = direction is Direction.RECEIVED
        self._reset = params.server_no_context_takeover if received else params.client_no_context_takeover
        self._before = self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)

    @property
    def recovers(self) -> bool:
        """Whether each message stands alone, so that a broken one does not spoil the next."""
        return self._reset

    def restart(self) -> None:
        """Forget the context."""
        # Always the largest window: it reads what any smaller one wrote, and whether a reference that is too far for
        # the agreed window is noticed at all would depend on how the bytes were cut into chunks.
        self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)

    def feed_messages(self, payloads: list[bytes]) -> list[bytes] | None:
        """Inflate whole messages, which may be large only as far as the caller allows.

        Returns None, and has done nothing, where one of them is broken, ends with a final block, or where each stands
        alone.
        """
        if self._reset:
            return None
        self._before = self._zlib.copy()
        try:
            contents = list(map(self._zlib.decompress, [payload + _TAIL for payload in payloads]))
        except zlib.error:
            self.undo()
            return None
        if self._zlib.eof:
            self.undo()
            return None
        return contents

    def undo(self) -> None:
        """Take the last `feed_messages` back."""
        self._zlib = self._before

    def feed(self, part: bytes, *, final: bool) -> Iterator[bytes]:
        """Inflate the next bytes of the open message; `final` says that the message ends with them.

        Yields pieces of at most 1 MiB until nothing is held back. Raises InflateError.
        """
        data = part + _TAIL if final else part
        while True:
            try:
                piece = self._zlib.decompress(data, _STEP)
            except zlib.error as error:
                raise InflateError(str(error)) from error
            if piece:
                yield piece
            if self._zlib.eof:
                # RFC 7692 section 7.2.3.4: a sender may end a message with a final block; the next one starts anew.
                data = self._zlib.unused_data
                self.restart()
                if not data:
                    break
                continue
            data = self._zlib.unconsumed_tail
            if not data and len(piece) < _STEP:
                break
        if final and self._reset:
            self.restart()
