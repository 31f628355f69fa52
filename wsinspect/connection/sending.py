"""Frames on their way out: messages to bytes, recorded, then written (RFC 6455 section 5.6, RFC 7692 section 7.2.1)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from wsinspect.connection.emitter import Emitter
from wsinspect.connection.stream import ByteStream
from wsinspect.errors import UsageError
from wsinspect.events import BytesSent, Layer
from wsinspect.wire.frames import unmask
from wsinspect.wire.inflate import DeflateParams
from wsinspect.wire.opcode import Opcode

if TYPE_CHECKING:
    from websockets.extensions import Extension
    from websockets.frames import Opcode as LibraryOpcode

    from wsinspect.connection.decoding import Decoders

UNSENT_BYTES = 1024 * 1024
"""Bytes written since the last drain after which the reader waits: a peer that doesn't read can't fill our memory."""
_PONG_HEADS = tuple(bytes((0x80 | Opcode.PONG, 0x80 | size)) for size in range(126))
"""The first two bytes of a masked pong, by the size of its payload."""
_COMPRESSION = {"level": 1, "memLevel": 5}
"""Level 6, zlib's own choice, takes five times as long on text and saves a seventh of the bytes; with the smallest
windows memory level 8, its other choice, takes five times as long and saves nothing."""


class FrameSender:
    """Serialises, records and writes what we send on one open connection."""

    def __init__(self, emit: Emitter, stream: ByteStream, decoders: Decoders) -> None:
        self._emit = emit
        self._stream = stream
        self._decoder = decoders.sent
        self._extensions = _compression(decoders.deflate)
        self.unsent_bytes = 0
        """Bytes written since the last drain."""

    def send_message(self, opcode: Opcode, data: bytes, *, fragments: int = 1) -> None:
        """Send a text or binary message, in that many frames of about the same size.

        Raises:
            UsageError: `fragments` is not at least 1.
        """
        if fragments < 1:
            raise UsageError(f"{fragments} fragments", where="send", allowed="1 or more")
        if fragments == 1:
            self._write(self._frame(opcode, data, fin=True))
            return
        cuts = [len(data) * part // fragments for part in range(fragments + 1)]
        self._write(
            b"".join(
                self._frame(
                    opcode if part == 0 else Opcode.CONTINUATION,
                    data[cuts[part] : cuts[part + 1]],
                    fin=part == fragments - 1,
                )
                for part in range(fragments)
            )
        )

    def send_control(self, opcode: Opcode, payload: bytes) -> None:
        """Send a Close, Ping or Pong frame. At most 125 bytes, which the caller has checked."""
        self._write(frame_of_bits(0x80 | opcode, payload, mask=True))

    def send_pongs(self, payloads: list[bytes]) -> None:
        """Send a Pong frame for each payload of at most 125 bytes, in order, with one write."""
        # A flood of pings asks for a hundred thousand a second: their keys are drawn at once.
        drawn = secrets.token_bytes(4 * len(payloads))
        keys = [drawn[at : at + 4] for at in range(0, len(drawn), 4)]
        self._write(
            b"".join(
                [
                    _PONG_HEADS[len(payload)] + key + unmask(payload, key)
                    for payload, key in zip(payloads, keys, strict=True)
                ]
            )
        )

    def send_raw(self, *, fin: bool, rsv: int, opcode: int, mask: bool, payload: bytes) -> None:
        """Send one frame as it is described, whether or not the RFC allows it."""
        first = (0x80 if fin else 0) | (rsv & 0x07) << 4 | opcode & 0x0F
        self._write(frame_of_bits(first, payload, mask=mask))

    def _frame(self, opcode: Opcode, payload: bytes, *, fin: bool) -> bytes:
        from websockets.frames import Frame

        # RFC 6455 section 5.1: a client MUST mask all frames that it sends.
        return Frame(_library_opcode(opcode), payload, fin).serialize(mask=True, extensions=self._extensions)

    def _write(self, data: bytes) -> None:
        frames = self._decoder.feed(data)
        self._emit(BytesSent(*self._emit.stamp(), layer=Layer.WEBSOCKET, data=data, frames=frames))
        self._stream.write(data)
        self.unsent_bytes += len(data)

    async def drain(self) -> None:
        """Wait until the queue is short, if much was written. Raises StreamResetError."""
        if self.unsent_bytes > UNSENT_BYTES:
            await self._stream.drain()
            self.unsent_bytes = 0


def frame_of_bits(first: int, payload: bytes, *, mask: bool) -> bytes:
    """Return a frame with this first byte (RFC 6455 section 5.2)."""
    size = len(payload)
    bit = 0x80 if mask else 0
    if size < 126:
        head = bytes((first, bit | size))
    elif size < 65536:
        head = bytes((first, bit | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, bit | 127)) + size.to_bytes(8, "big")
    if not mask:
        return head + payload
    key = secrets.token_bytes(4)
    return head + key + unmask(payload, key)


def _library_opcode(opcode: Opcode) -> LibraryOpcode:
    from websockets.frames import Opcode as LibraryOpcode

    return LibraryOpcode(opcode.value)


def _compression(deflate: DeflateParams | None) -> list[Extension]:
    # zlib has no raw window of 256 bytes. Whether a message is compressed is the sender's choice (RFC 7692
    # section 6), so under client_max_window_bits=8 ours go uncompressed.
    if deflate is None or deflate.client_max_window_bits < 9:
        return []
    from websockets.extensions.permessage_deflate import PerMessageDeflate

    return [
        PerMessageDeflate(
            remote_no_context_takeover=deflate.server_no_context_takeover,
            local_no_context_takeover=deflate.client_no_context_takeover,
            remote_max_window_bits=deflate.server_max_window_bits,
            local_max_window_bits=deflate.client_max_window_bits,
            compress_settings=_COMPRESSION,
        )
    ]
