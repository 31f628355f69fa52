"""The two incremental readers by themselves."""

from __future__ import annotations

import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsinspect.wire.inflate import DeflateParams, InflateError, Inflater
from wsinspect.wire.opcode import Direction
from wsinspect.wire.utf8 import Utf8Check


def first_bad(data: bytes) -> int | None:
    """The index of the byte after which no continuation could be valid, by trying."""
    for stop in range(1, len(data) + 1):
        prefix = data[:stop]
        endings = [
            b"",
            *(
                second + b"\x80" * more
                for second in (b"\x80", b"\x90", b"\xa0", b"\xbf")
                for more in range(3)
            ),
        ]
        for ending in endings:
            try:
                (prefix + ending).decode()
            except UnicodeDecodeError:
                continue
            break
        else:
            return stop - 1
    return None


near_utf8 = st.lists(
    st.one_of(
        st.text(min_size=1, max_size=2).map(str.encode),
        st.sampled_from(
            [b"\xe2\x82", b"\xed\xa0\x80", b"\xf4\x90", b"\xc0", b"\xf0\x80", b"\xe0\x9f", b"\x80", b"\xff"]
        ),
        st.binary(max_size=2),
    ),
    max_size=6,
).map(b"".join)


@given(near_utf8, st.lists(st.integers(0, 40), max_size=4))
def test_the_first_impossible_byte_in_any_parts(data: bytes, cuts: list[int]) -> None:
    check = Utf8Check()
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    found = None
    for start, stop in pairwise(places):
        bad = check.feed(data[start:stop])
        if bad is not None:
            found = start + bad
            break
    assert found == first_bad(data)
    if found is None:
        try:
            data.decode()
        except UnicodeDecodeError:
            assert check.inside_character
        else:
            assert not check.inside_character


def pieces(inflater: Inflater, part: bytes, *, final: bool) -> list[bytes]:
    return list(inflater.feed(part, final=final))


def test_pieces_are_never_larger_than_a_mebibyte() -> None:
    data = zlib.compress(bytes(3_500_000), wbits=-15)
    got = pieces(Inflater(Direction.RECEIVED, DeflateParams()), data, final=True)
    assert sum(map(len, got)) == 3_500_000
    assert max(map(len, got)) <= 1 << 20


def test_nothing_is_held_back_at_the_end_of_a_part() -> None:
    compressor = zlib.compressobj(wbits=-15)
    data = compressor.compress(b"a" * (1 << 20)) + compressor.flush(zlib.Z_SYNC_FLUSH)
    got = pieces(Inflater(Direction.RECEIVED, DeflateParams()), data, final=False)
    assert b"".join(got) == b"a" * (1 << 20)


@pytest.mark.parametrize("direction", list(Direction))
def test_each_direction_has_its_own_takeover(direction: Direction) -> None:
    params = DeflateParams(server_no_context_takeover=True)
    assert Inflater(direction, params).recovers is (direction is Direction.RECEIVED)


def test_garbage_is_an_error_with_a_reason() -> None:
    with pytest.raises(InflateError, match="invalid"):
        pieces(Inflater(Direction.SENT, DeflateParams()), b"\xff\xff\xff", final=True)
