"""The whole connection over a stream that is only bytes: no socket, no clock, the same record every time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from unittest.mock import patch

from tests.fuzz.corpus import KEY
from wsinspect.connection import ladder
from wsinspect.connection.emitter import Emitter
from wsinspect.connection.manager import ConnectionManager
from wsinspect.connection.stream import StreamResetError
from wsinspect.events import Address
from wsinspect.options import ConnectOptions, Limits
from wsinspect.session.record import SessionRecord

LIMITS = Limits(head_bytes=2000, body_bytes=1000, message_bytes=5000, memory_bytes=1 << 20)


class Spoken:
    """A `ByteStream` that says these chunks, then ends; what it is told is forgotten."""

    def __init__(self, chunks: Sequence[bytes], *, reset: bool) -> None:
        self._chunks = list(chunks)
        self._reset = reset

    async def read(self) -> bytes:
        if self._chunks:
            return self._chunks.pop(0)
        if self._reset:
            raise StreamResetError(104, "Connection reset by peer")
        return b""

    def write(self, data: bytes) -> None:
        """Nobody listens."""

    async def drain(self) -> None:
        """There is no queue."""

    async def close(self) -> None:
        """There is no socket."""

    def abort(self) -> None:
        """There is no socket."""


def record_of(chunks: Sequence[bytes], *, reset: bool = False, limits: Limits = LIMITS) -> SessionRecord:
    """Return the record of one attempt at a peer that says these chunks after the request."""

    async def connected(emit: Emitter, options: ConnectOptions, addresses: list[Address]) -> Spoken:
        return Spoken(chunks, reset=reset)

    options = ConnectOptions(
        url="ws://127.0.0.1:1234/chat?token=secret",
        headers=(("Sec-WebSocket-Key", KEY),),
        limits=limits,
    )
    record = SessionRecord(options.limits)
    manager = ConnectionManager(options, record.append, clock=lambda: 0, wall_clock=lambda: 0, environ={})
    with patch.object(ladder, "connect", connected):
        asyncio.run(manager.run())
    return record
