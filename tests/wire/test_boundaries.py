"""Where frames end, when they come in runs."""

from __future__ import annotations

import time

import pytest

from tests.wire.stream import frame
from wsinspect.wire.boundaries import find_boundaries


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 9, 17, 18, 19, 200, 5000])
@pytest.mark.parametrize("payload", [b"", b"abc", b"x" * 126, b"x" * 300])
def test_a_run_is_counted_to_its_end(count: int, payload: bytes) -> None:
    one = frame(0x81, payload)
    other = frame(0x82, payload + b"y")
    found = find_boundaries(one * count + other + one[:-1], 0)
    assert found.starts == [number * len(one) for number in range(count + 1)]
    assert found.lengths == [len(payload)] * count + [len(payload) + 1]
    assert found.firsts == bytes([0x81]) * count + b"\x82"
    assert found.seconds == bytes([one[1]]) * count + bytes([other[1]])
    assert found.end == count * len(one) + len(other)


def test_a_run_of_one_size_may_change_its_opcode() -> None:
    data = frame(0x01, b"abc") + frame(0x00, b"abc") * 40 + frame(0x80, b"abc")
    assert find_boundaries(data, 0).firsts == b"\x01" + bytes(40) + b"\x80"


def test_lengths_that_take_too_many_bytes_are_told_in_runs_too() -> None:
    padded = b"\x81\x7e\x00\x03abc"
    data = frame(0x81, b"abc") + padded * 50 + frame(0x81, b"abc") + padded[:-1]
    assert find_boundaries(data, 0).wasteful == list(range(1, 51))


def test_runs_that_end_early_cost_no_more_than_their_length() -> None:
    """A peer that ends each run just when it was recognised must not make a chunk quadratic."""
    hostile = (frame(0x81) * 20 + frame(0x81, b"a")) * 12_000
    began = time.process_time()
    found = find_boundaries(hostile, 0)
    assert len(found.starts) == 21 * 12_000
    assert time.process_time() - began < 3
