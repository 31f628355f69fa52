"""Random sessions: both directions, masked, compressed, fragmented, broken, in several attempts."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.session.ingest import Ingest
from tests.wire.stream import frame
from wsinspect.options import Limits
from wsinspect.session.frame_log import FrameLog
from wsinspect.wire.inflate import DeflateParams

SNIPPETS = (
    b"",
    b"ab",
    b"abab",
    b"foobar",
    b"FooBar",
    b"fo",
    b"obar",
    b"k\xe2\x84\xaa",
    "é".encode(),
    b"\xc3",
    b"\xa9",
    "Привет".encode(),
    b"\xff\x00",
    b"12345678",
    b"\n",
    b" ",
    b'{"type": "ping"}',
    b'{"type": "pong", "n": 3}',
    b'{"ty\\u0070e": "ping", "n": [1, 2.5, {"n": "abc"}]}',
    b'{"n": true, "type": null}',
    b'{"n"',
    b": 4}",
    b"[1, 2]",
    b"x" * 130,
)
payloads = st.lists(st.sampled_from(SNIPPETS), max_size=4).map(b"".join)
keys = st.sampled_from([None, bytes(4), b"abcd", b"\xff\x00\x81\x01"])


@dataclass(frozen=True)
class Send:
    """A message or a control frame of one side."""

    sent: bool
    first: int
    parts: tuple[bytes, ...]
    compress: bool
    key: bytes | None


@dataclass(frozen=True)
class Raw:
    """Bytes as they are, which may or may not be frames."""

    sent: bool
    data: bytes


@dataclass(frozen=True)
class Reconnect:
    """Both streams end, and new ones begin."""


sends = st.builds(
    Send,
    sent=st.booleans(),
    first=st.sampled_from([1, 1, 1, 2, 8, 9, 10, 3]),
    parts=st.lists(payloads, min_size=1, max_size=3).map(tuple),
    compress=st.booleans(),
    key=keys,
)
steps = st.lists(
    st.one_of(
        sends,
        sends,
        sends,
        st.builds(
            Raw, st.booleans(), st.sampled_from([b"\x81", b"\x00\x02ab", b"\xc1\x03abc", b"\x88\x02\x03\xe9"])
        ),
        st.just(Reconnect()),
    ),
    max_size=30,
)


def build(script: list[Send | Raw | Reconnect], chunk: int, memory: int) -> FrameLog:
    """Play a script into a log, in chunks of this size, with so much memory for payloads."""
    ingest = Ingest(deflate=DeflateParams(), limits=Limits(memory_bytes=memory))
    packers = _packers()
    pending = {True: b"", False: b""}

    def flush(*, everything: bool) -> None:
        for sent, add in ((True, ingest.sent), (False, ingest.received)):
            data = pending[sent]
            while len(data) >= chunk or (everything and data):
                add(data[:chunk])
                data = data[chunk:]
            pending[sent] = data

    for step in script:
        if isinstance(step, Reconnect):
            flush(everything=True)
            ingest.ended()
            ingest.begin()
            packers = _packers()
        elif isinstance(step, Raw):
            pending[step.sent] += step.data
        else:
            pending[step.sent] += _frames(step, packers[step.sent])
        flush(everything=False)
    flush(everything=True)
    return ingest.ended().log


def _packers() -> dict[bool, zlib._Compress]:
    return {sent: zlib.compressobj(wbits=-15) for sent in (True, False)}


def _frames(send: Send, packer: zlib._Compress) -> bytes:
    parts = list(send.parts)
    if send.first >= 8:
        return frame(0x80 | send.first, parts[0], key=send.key)
    if send.compress:
        data = b"".join(parts)
        packed = (packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]
        size = max(1, -(-len(packed) // len(parts)))
        parts = [packed[at : at + size] for at in range(0, len(packed), size)] or [b""]
    out = b""
    for place, part in enumerate(parts):
        first = (0 if place else send.first | (0x40 if send.compress else 0)) | (
            0x80 if place == len(parts) - 1 else 0
        )
        out += frame(first, part, key=send.key)
    return out
