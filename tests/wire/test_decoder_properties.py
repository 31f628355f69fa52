"""What no table reaches: any chunking, any garbage, and every valid stream that `websockets` reads too."""

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame as PeerFrame
from websockets.frames import Opcode as PeerOpcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from tests.wire.stream import decode, frame
from wsinspect.options import Limits
from wsinspect.wire.decoder import FrameDecoder
from wsinspect.wire.inflate import DeflateParams
from wsinspect.wire.opcode import Direction

SMALL = Limits(message_bytes=300, control_payload_bytes=64)


def chunked(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[start:stop] for start, stop in pairwise(places)]


payloads = st.one_of(
    st.binary(max_size=12),
    st.text(max_size=12).map(str.encode),
    st.sampled_from([b"", b"a" * 125, b"a" * 126, b"\x81" * 130, "я".encode() * 65, b"x" * 70_000]),
    # Compressed: "Hello", a fragment of it, and one that needs the context.
    st.sampled_from([bytes.fromhex(text) for text in ("f248cdc9c90700", "f248cd", "c9c90700", "f200110000")]),
)
firsts = st.one_of(
    st.sampled_from([0x81, 0x81, 0x81, 0x82, 0x01, 0x00, 0x80, 0x02, 0xC1, 0x41, 0x88, 0x89, 0x8A]),
    st.integers(0, 255),
)
keys = st.one_of(st.none(), st.none(), st.binary(min_size=4, max_size=4))
any_frame = st.tuples(firsts, payloads, keys, st.integers(1, 20)).map(
    lambda parts: frame(parts[0], parts[1], key=parts[2]) * (parts[3] if len(parts[1]) < 200 else 1)
)
padded = st.sampled_from(
    [b"\x81\x7e\x00\x03abc", b"\x82\x7f" + bytes(7) + b"\x02hi", b"\x81\xfe\x00\x01keysa"]
)
streams = st.tuples(
    st.lists(st.one_of(any_frame, any_frame, any_frame, padded), max_size=12).map(b"".join),
    st.binary(max_size=20),
).map(b"".join)
cuts = st.lists(st.integers(0, 1 << 20), max_size=12)


@given(
    data=streams,
    cuts=cuts,
    direction=st.sampled_from(Direction),
    deflate=st.sampled_from([None, DeflateParams(), DeflateParams(True, True, 9, 9)]),
    collect_messages=st.booleans(),
)
@settings(max_examples=250, deadline=None)
def test_any_chunking_gives_the_same_frames(
    data: bytes, cuts: list[int], direction: Direction, deflate: DeflateParams | None, collect_messages: bool
) -> None:
    def run(chunks: list[bytes]) -> object:
        return decode(
            chunks, direction=direction, deflate=deflate, limits=SMALL, collect_messages=collect_messages
        )

    whole = run([data])
    assert run(chunked(data, cuts)) == whole
    if len(data) < 2000:
        # One byte at a time nothing takes the fast path.
        assert run([data[at : at + 1] for at in range(len(data))]) == whole


@given(
    data=st.binary(max_size=4000),
    cuts=cuts,
    direction=st.sampled_from(Direction),
    deflate=st.sampled_from([None, DeflateParams()]),
)
@settings(max_examples=300, deadline=None)
def test_garbage_gives_frames_that_cover_it_and_never_raises(
    data: bytes, cuts: list[int], direction: Direction, deflate: DeflateParams | None
) -> None:
    seen = decode(chunked(data, cuts), direction=direction, deflate=deflate)
    starts = [one.start for one in seen]
    assert starts == sorted(set(starts))
    assert bool(seen) == bool(data)
    if seen:
        assert starts[0] == 0


@given(seed=st.integers(0, 1 << 30), sizes=st.lists(st.integers(0, 400), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_long_streams_of_few_sizes_are_read_like_the_same_frames_one_by_one(
    seed: int, sizes: list[int]
) -> None:
    """Runs of equal frames, and their ends, are where the fast path could count wrong."""
    source = random.Random(seed)
    frames: list[bytes] = []
    while len(frames) < 80:
        payload = source.choice([b"a", b"\x81", "я".encode()]) * source.choice(sizes)
        frames += [frame(source.choice([0x81, 0x81, 0x82]), payload)] * source.choice([1, 1, 2, 3, 9, 30])
    data = b"".join(frames)
    seen = decode([data])
    assert [one.length for one in seen] == [len(one) - (2 if one[1] < 126 else 4) for one in frames]
    # A frame that is spread over two chunks never takes the fast path.
    cut_in_the_middle = []
    rest = b""
    for one in frames:
        cut_in_the_middle.append(rest + one[: len(one) // 2])
        rest = one[len(one) // 2 :]
    assert seen == decode([*cut_in_the_middle, rest])


texts = st.text(max_size=40).map(str.encode)
messages = st.lists(
    st.tuples(
        st.sampled_from([PeerOpcode.TEXT, PeerOpcode.BINARY]),
        st.one_of(texts, st.sampled_from([b"x" * 126, b"abc" * 30_000])),
        st.lists(st.integers(0, 90_000), max_size=3),
        st.lists(st.sampled_from([PeerOpcode.PING, PeerOpcode.PONG]), max_size=2),
    ),
    max_size=8,
)


def peer_frames(messages_: list[tuple[PeerOpcode, bytes, list[int], list[PeerOpcode]]]) -> list[PeerFrame]:
    frames = []
    for opcode, data, at, controls in messages_:
        fragments = chunked(data, at) or [b""]
        for number, fragment in enumerate(fragments):
            last = number == len(fragments) - 1
            frames.append(PeerFrame(PeerOpcode.CONT if number else opcode, fragment, fin=last))
            if not last:
                frames.extend(PeerFrame(control, b"c" * number) for control in controls)
    frames.append(PeerFrame(PeerOpcode.CLOSE, b"\x03\xe8bye"))
    return frames


@given(messages_=messages, cuts=cuts, compressed=st.booleans(), alone=st.booleans(), bits=st.integers(9, 15))
@settings(max_examples=150, deadline=None)
def test_valid_streams_are_read_as_websockets_reads_them(
    messages_: list[tuple[PeerOpcode, bytes, list[int], list[PeerOpcode]]],
    cuts: list[int],
    compressed: bool,
    alone: bool,
    bits: int,
) -> None:
    for direction in Direction:
        extensions = [PerMessageDeflate(False, alone, 15, bits)] if compressed else []
        masked = direction is Direction.SENT
        data = b"".join(one.serialize(mask=masked, extensions=extensions) for one in peer_frames(messages_))

        peer = (
            ServerProtocol(state=OPEN) if masked else ClientProtocol(parse_uri("ws://localhost/"), state=OPEN)
        )
        peer.extensions = [PerMessageDeflate(alone, False, bits, 15)] if compressed else []
        for chunk in chunked(data, cuts):
            peer.receive_data(chunk)
        assert peer.parser_exc is None
        events = [event for event in peer.events_received() if isinstance(event, PeerFrame)]
        expected = [(event.opcode.value, event.fin, bytes(event.data)) for event in events]

        params = DeflateParams(alone, alone, bits, bits) if compressed else None
        decoder = FrameDecoder(direction, deflate=params)
        for chunk in chunked(data, cuts):
            decoder.feed(chunk)
        assert decoder.pending is None
        got = decode(chunked(data, cuts), direction=direction, deflate=params, collect_messages=True)
        assert [(one.header >> 8 & 15, one.header >= 0x8000) for one in got] == [row[:2] for row in expected]
        assert [one.violations for one in got] == [()] * len(got)
        whole = [one.message[1] for one in got if one.message is not None]
        assert whole == [data_ for _, data_, _, _ in messages_]
        if compressed:
            parts = [one.inflated for one in got if one.inflated is not None]
            assert parts == [row[2] for row in expected if row[0] < 8]
        assert [one.control[1] for one in got if one.control is not None] == [
            row[2] for row in expected if row[0] > 7
        ]
