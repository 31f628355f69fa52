"""What is larger than the memory that it may take passes through the spool."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest

from tests.wire.stream import KEY
from wsinspect.options import Limits
from wsinspect.session.frame_log import FrameLog
from wsinspect.wire.decoder import FrameDecoder
from wsinspect.wire.frames import unmask
from wsinspect.wire.opcode import Direction

MIB = 1024 * 1024
CHUNK = 256 * 1024
SIZE = 48 * MIB


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("traced")
@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("first", [0x81, 0x82])
def test_a_frame_larger_than_memory_is_kept_whole_in_little_of_it(direction: Direction, first: int) -> None:
    log = FrameLog(Limits(memory_bytes=MIB, message_bytes=MIB))
    decoder = FrameDecoder(direction)
    masked = direction is Direction.SENT
    header = bytes((first, 0x80 * masked | 127)) + SIZE.to_bytes(8, "big") + KEY * masked
    text = b"larger than memory. " * (CHUNK // 20 + 1)
    log.extend(direction, 0, header, decoder.feed(header))
    tracemalloc.reset_peak()
    for start in range(0, SIZE, CHUNK):
        part = text[start % 20 :][:CHUNK]
        wire = unmask(part, KEY) if masked else part
        log.extend(direction, 1, wire, decoder.feed(wire))
    _, peak = tracemalloc.get_traced_memory()
    assert len(log) == 1
    assert log.violation_count == 0
    assert log.length(0) == SIZE
    assert log.dropped_bytes == 0
    assert peak < SIZE // 8
    assert log.preview(0, 40) == b"larger than memory. " * 2
    assert log.raw(0, len(header)) == header
    log.close()
