"""Breaches of RFC 6455 by the server, and Close frames of a server that accuses the client of one."""

from __future__ import annotations

import zlib
from functools import partial

from wsinspect.lab import frames
from wsinspect.lab.opening import switching_protocols
from wsinspect.lab.peer import Peer
from wsinspect.lab.servers import Story
from wsinspect.lab.storied import Approach, storied

STAGE = "violation"
_violation = partial(storied, STAGE)
_HELLO = frames.text('{"type":"welcome"}')
_DEFLATE = ("Sec-WebSocket-Extensions", "permessage-deflate")


def _deflated(data: bytes) -> bytes:
    """Compress a message as RFC 7692 section 7.2.1 says."""
    compressor = zlib.compressobj(wbits=-15)
    return (compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\x00\x00\xff\xff")


def _sends(*chunks: bytes, extra: tuple[tuple[str, str], ...] = ()) -> Story:
    """Open, say hello, send these bytes, and end when the client closes over them."""

    async def story(peer: Peer) -> None:
        await peer.send(switching_protocols(await peer.read_request(), *extra))
        await peer.send(_HELLO)
        for chunk in chunks:
            await peer.pause(0.05)
            await peer.send(chunk)
        await peer.answer_close()

    return story


def _refuses_message(code: int, reason: str = "") -> Story:
    """Open, read the client's first message, and close over it."""

    async def story(peer: Peer) -> None:
        await peer.send(switching_protocols(await peer.read_request()))
        await peer.read_frame()
        await peer.send(frames.close(code, reason))
        await peer.read_frame()

    return story


_ONE_MESSAGE = Approach(send=("hello",))

SCENARIOS = (
    _violation(
        "proto-masked-server",
        "The server masks its frames",
        _sends(frames.frame(frames.TEXT, b"masked", mask=b"\x37\xfa\x21\x3d")),
    ),
    _violation(
        "proto-unmasked-client",
        "The server says that our frame was not masked",
        _refuses_message(1002, "MASK must be set"),
        approach=_ONE_MESSAGE,
    ),
    _violation(
        "proto-rsv1-compression",
        "A compressed message, and compression was not negotiated",
        _sends(frames.frame(frames.TEXT, _deflated(b'{"type":"tick"}'), rsv1=True)),
    ),
    _violation(
        "proto-rsv1-compression-garbage",
        "A message that is marked as compressed and does not inflate",
        _sends(frames.frame(frames.TEXT, b"\xff\xfe\xfd not deflate", rsv1=True), extra=(_DEFLATE,)),
        cause="proto-rsv1-compression",
    ),
    _violation("proto-opcode", "A frame with a reserved opcode", _sends(frames.frame(0x3, b"what?"))),
    _violation(
        "proto-invalid-utf8",
        "Latin-1 in a text frame",
        _sends(frames.frame(frames.TEXT, "Grüße".encode("latin-1"))),
    ),
    _violation(
        "proto-invalid-utf8-sent",
        "The server says that our text was not UTF-8",
        _refuses_message(1007, "invalid UTF-8 sequence"),
        cause="proto-invalid-utf8",
        approach=_ONE_MESSAGE,
    ),
    _violation(
        "proto-fragmentation",
        "A continuation of nothing",
        _sends(frames.frame(frames.CONTINUATION, b"and so on")),
    ),
    _violation(
        "proto-fragmentation-interleaved",
        "A new message before the last fragment of the previous one",
        _sends(frames.text("the beginning", fin=False), frames.text("another")),
        cause="proto-fragmentation",
    ),
    _violation("proto-control-frame", "A ping of 126 bytes", _sends(frames.frame(frames.PING, b"p" * 126))),
    _violation(
        "proto-control-frame-fragmented",
        "A ping in fragments",
        _sends(frames.frame(frames.PING, b"p", fin=False)),
        cause="proto-control-frame",
    ),
    _violation(
        "proto-close-frame-invalid", "A Close frame of one byte", _sends(frames.frame(frames.CLOSE, b"\x03"))
    ),
    _violation(
        "proto-close-frame-invalid-reserved",
        "A Close frame with code 1006",
        _sends(frames.close(1006)),
        cause="proto-close-frame-invalid",
    ),
    _violation(
        "proto-close-frame-invalid-utf8",
        "A Close frame whose reason is not UTF-8",
        _sends(frames.frame(frames.CLOSE, b"\x03\xe8caf\xe9")),
        cause="proto-close-frame-invalid",
    ),
    _violation(
        "proto-length-nonminimal",
        "Five bytes with a 16-bit length",
        _sends(frames.frame(frames.TEXT, b"hello", length_bytes=2)),
    ),
    _violation(
        "message-too-big",
        "Our message is larger than the server's limit",
        _refuses_message(1009, "frame with 200000 bytes exceeds limit of 65536 bytes"),
        approach=Approach(send=("x" * 200_000,)),
    ),
    _violation(
        "unsupported-data",
        "The server does not take this kind of data",
        _refuses_message(1003, "only binary messages are supported"),
        approach=_ONE_MESSAGE,
    ),
    _violation(
        "client-violates-app-protocol",
        "Our first message is not what the application's protocol starts with",
        _refuses_message(4400, "Invalid message received"),
        approach=_ONE_MESSAGE,
    ),
)
