"""Lines of a file in one buffer: each whole line comes once, in order, however long the lines are."""

from __future__ import annotations

from io import BytesIO
from random import Random

import pytest

from wsinspect.connection import line_blocks
from wsinspect.connection.line_blocks import LineBlocks
from wsinspect.errors import UsageError


def blocks_of(data: bytes) -> tuple[list[bytes], bytes]:
    """Return the blocks of whole lines, and the last line if it has no end."""
    blocks, found = LineBlocks(BytesIO(data)), []
    while blocks.advance():
        found.append(bytes(blocks.buffer[: blocks.end]))
    assert blocks.read_bytes == len(data)
    return found, bytes(blocks.buffer[: blocks.end])


@pytest.mark.parametrize("seed", range(5))
def test_whatever_the_lengths_every_line_comes_once(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_blocks, "_BLOCK", 64)
    random = Random(seed)
    lines = [b"x" * random.choice((0, 5, 30, 62, 63, 64, 65, 500)) + b"\n" for _ in range(200)]
    found, rest = blocks_of(b"".join(lines) + b"cut off")
    assert b"".join(found) == b"".join(lines)
    assert all(block.endswith(b"\n") for block in found)
    assert rest == b"cut off"


def test_the_buffer_for_one_long_line_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_blocks, "_BLOCK", 64)
    blocks = LineBlocks(BytesIO(b"x" * 1000 + b"\n" + b"short\n" * 100))
    assert blocks.advance()
    assert len(blocks.buffer) >= 1000
    assert blocks.advance()
    assert len(blocks.buffer) == 64


def test_a_line_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_blocks, "_BLOCK", 64)
    monkeypatch.setattr(line_blocks, "MAX_LINE_BYTES", 1000)
    blocks = LineBlocks(BytesIO(b"short\n" + b"x" * 5000))
    assert blocks.advance()
    with pytest.raises(UsageError, match="the line is too long"):
        blocks.advance()
