"""Frames of a chunk unmasked together, and masked again: what is kept of what we sent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.wire.stream import KEY, frame
from wsinspect.wire.boundaries import find_boundaries
from wsinspect.wire.decoder import FrameDecoder
from wsinspect.wire.opcode import Direction
from wsinspect.wire.unmasked import masked_again, unmasked

_frames = st.lists(
    st.tuples(
        st.sampled_from((0x81, 0x82, 0x01, 0x80, 0x89)),
        st.binary(max_size=300),
        st.none() | st.binary(min_size=4, max_size=4),
    ),
    max_size=12,
)


def test_payloads_lie_where_they_lay_without_their_masks() -> None:
    data = frame(0x81, b"one", key=KEY) + frame(0x81, b"", key=KEY) + frame(0x82, b"x" * 200, key=KEY)
    shown = unmasked(data, find_boundaries(data, 0))
    assert shown == data[:6] + b"one" + data[9:15] + data[15:23] + b"x" * 200


def test_a_frame_without_a_mask_stays_as_it_is() -> None:
    data = frame(0x81, b"bare") + frame(0x81, b"one", key=KEY)
    assert unmasked(data, find_boundaries(data, 0)) == data[:12] + b"one"


@given(_frames, st.lists(st.integers(min_value=1, max_value=80), min_size=1), st.integers(0, 20))
def test_any_chunking_is_unmasked_alike_and_can_be_masked_again(
    made: list[tuple[int, bytes, bytes | None]], sizes: list[int], cut: int
) -> None:
    whole = b"".join(frame(first, payload, key=key) for first, payload, key in made)
    stream = whole[: len(whole) - cut]
    at_once = FrameDecoder(Direction.SENT).feed(stream).unmasked
    decoder = FrameDecoder(Direction.SENT)
    shown = b""
    rest, turn = stream, 0
    while rest:
        size = sizes[turn % len(sizes)]
        shown += decoder.feed(rest[:size]).unmasked or b""
        rest, turn = rest[size:], turn + 1
    assert shown == at_once
    assert masked_again(shown) == stream
    plain = b"".join(payload for _, payload, _ in made)
    if not cut:
        found = find_boundaries(stream, 0)
        ends = [*found.starts[1:], found.end]
        assert (
            b"".join(shown[end - size : end] for end, size in zip(ends, found.lengths, strict=False)) == plain
        )
