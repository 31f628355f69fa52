"""A frame log that is fed with chunks, as the record feeds it."""

from __future__ import annotations

from pathlib import Path

from wsinspect.options import Limits
from wsinspect.session.frame_log import FrameLog
from wsinspect.wire.decoder import FrameDecoder
from wsinspect.wire.inflate import DeflateParams
from wsinspect.wire.opcode import Direction


class Ingest:
    """Decoders and log of one session."""

    def __init__(
        self,
        *,
        deflate: DeflateParams | None = None,
        limits: Limits | None = None,
        folder: Path | None = None,
    ) -> None:
        self.log = FrameLog(limits, folder=folder)
        self._limits = limits
        self._deflate = deflate
        self._at_ns = 0
        self.begin()

    def begin(self) -> None:
        """Begin an attempt."""
        self.log.begin_stream()
        self._decoders = {
            direction: FrameDecoder(direction, deflate=self._deflate, limits=self._limits)
            for direction in Direction
        }

    def sent(self, *chunks: bytes) -> Ingest:
        return self._add(Direction.SENT, chunks)

    def received(self, *chunks: bytes) -> Ingest:
        return self._add(Direction.RECEIVED, chunks)

    def _add(self, direction: Direction, chunks: tuple[bytes, ...]) -> Ingest:
        for chunk in chunks:
            self._at_ns += 1000
            self.log.extend(direction, self._at_ns, chunk, self._decoders[direction].feed(chunk))
        return self

    def ended(self) -> Ingest:
        """Both streams end."""
        for direction in Direction:
            self._at_ns += 1000
            self.log.finish(direction, self._at_ns, self._decoders[direction].finish())
        return self
