"""Headers, masking, and the frame object."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.stream import KEY, frame
from wsinspect.wire.frames import FrameFacts, build_frame, parse_header, unmask
from wsinspect.wire.opcode import Direction


@pytest.mark.parametrize(
    ("data", "size", "length", "key", "minimal"),
    [
        pytest.param("8105", 2, 5, None, True, id="7-bit"),
        pytest.param("818537fa213d", 6, 5, KEY, True, id="masked"),
        pytest.param("827e0100", 4, 256, None, True, id="16-bit"),
        pytest.param("827e007d", 4, 125, None, False, id="16-bit-for-125"),
        pytest.param("827f0000000000010000", 10, 65536, None, True, id="64-bit"),
        pytest.param("827f000000000000ffff", 10, 65535, None, False, id="64-bit-for-65535"),
        pytest.param("82ff800000000000000037fa213d", 14, 1 << 63, KEY, True, id="64-bit-masked-too-large"),
    ],
)
def test_headers(data: str, size: int, length: int, key: bytes | None, minimal: bool) -> None:
    raw = bytes.fromhex(data)
    header = parse_header(raw + b"payload")
    assert header is not None
    assert (header.size, header.payload_length, header.masking_key) == (size, length, key)
    assert header.minimal is minimal
    assert [parse_header(raw[:known]) for known in range(size)] == [None] * size


@given(st.binary(max_size=100), st.binary(min_size=4, max_size=4))
def test_unmask_is_the_operation_of_the_rfc(data: bytes, key: bytes) -> None:
    assert unmask(data, key) == bytes(byte ^ key[index % 4] for index, byte in enumerate(data))


def facts(raw: bytes, length: int, inflated: bytes | None = None) -> FrameFacts:
    return FrameFacts(
        number=3,
        direction=Direction.SENT,
        at_ns=7,
        first=raw[0],
        second=raw[1],
        payload_length=length,
        compressed=inflated is not None,
        inflated=inflated,
        inflated_length=None if inflated is None else len(inflated),
        violations=(),
    )


def test_a_frame_object() -> None:
    raw = frame(0x81, b"Hello", key=KEY)
    built = build_frame(facts(raw, 5), raw)
    assert (built.fin, built.rsv1, built.rsv2, built.rsv3, built.opcode) == (True, False, False, False, 1)
    assert (built.masked, built.masking_key, built.header_size, built.size) == (True, KEY, 6, 11)
    assert (built.payload, built.application_data, built.raw) == (b"Hello", b"Hello", raw)
    assert not built.shortened


def test_application_data_is_what_was_inflated() -> None:
    built = build_frame(facts(b"\xc1\x01x", 1, inflated=b"Hello"), b"\xc1\x01x")
    assert (built.rsv1, built.compressed, built.payload, built.application_data) == (
        True,
        True,
        b"x",
        b"Hello",
    )
    assert built.inflated_length == 5


@pytest.mark.parametrize("known", range(12))
def test_a_shortened_frame_shows_what_there_is(known: int) -> None:
    raw = frame(0x81, b"Hello", key=KEY)
    built = build_frame(facts(raw, 5), raw[:known])
    assert built.payload == b"Hello"[: max(known - 6, 0)]
    assert built.shortened is (known < 11)
    assert built.masking_key == (KEY if known >= 6 else None)


def test_the_decoder_loads_neither_websockets_nor_textual() -> None:
    code = "import sys, wsinspect.wire.decoder; print([m for m in ('websockets', 'textual', 'asyncio') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
