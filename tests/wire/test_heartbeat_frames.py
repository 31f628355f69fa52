"""Pings and pongs that follow each other are read at once, and come out as if each had come alone."""

from __future__ import annotations

from itertools import product

import pytest

from tests.wire.stream import KEY, collect, frame
from wsinspect.options import Limits
from wsinspect.wire.decoder import FrameDecoder
from wsinspect.wire.inflate import DeflateParams
from wsinspect.wire.opcode import Direction

RIGHT = {Direction.RECEIVED: None, Direction.SENT: KEY}
WRONG = {Direction.RECEIVED: KEY, Direction.SENT: None}


def pieces(direction: Direction) -> list[bytes]:
    """Ordinary heartbeats, and what may stand between them and is none."""
    right, wrong = RIGHT[direction], WRONG[direction]
    return [
        frame(0x8A, b"pong", key=right),
        frame(0x89, b"p" * 125, key=right),
        frame(0x8A, b"masked?", key=wrong),
        frame(0x89, b"long" * 40, key=right),
        frame(0xC9, b"rsv1", key=right),
        frame(0x81, b"text", key=right),
        frame(0x01, b"begun", key=right),
        frame(0x88, b"\x03\xe8", key=right),
    ]


@pytest.mark.parametrize("deflate", [None, DeflateParams()], ids=["plain", "deflate"])
@pytest.mark.parametrize("direction", Direction, ids=lambda direction: direction.name)
@pytest.mark.parametrize("kept", [3, 4096])
def test_a_run_is_read_as_each_alone(direction: Direction, kept: int, deflate: DeflateParams | None) -> None:
    limits = Limits(control_payload_bytes=kept)
    ping = frame(0x89, b"", key=RIGHT[direction])
    for one, other in product(pieces(direction), repeat=2):
        sent = [ping, ping, one, ping, other, ping, ping]
        at_once = FrameDecoder(direction, limits=limits, deflate=deflate)
        batch = at_once.feed(b"".join(sent))
        # What is spread over two chunks is read carefully.
        alone = FrameDecoder(direction, limits=limits, deflate=deflate)
        parts = [alone.feed(part) for each in sent for part in (each[:1], each[1:])]
        assert collect([batch]) == collect(parts)


def test_a_payload_is_kept_as_long_as_it_may_be() -> None:
    batch = FrameDecoder(Direction.RECEIVED, limits=Limits(control_payload_bytes=3)).feed(
        frame(0x89, b"12345") + frame(0x8A, b"12")
    )
    assert batch.controls == [(0, 9, b"123"), (1, 10, b"12")]
