"""Columns in, frames out: numbering, bytes, sparse indices, attempts."""

from __future__ import annotations

import random
import zlib

import pytest

from tests.session.ingest import Ingest
from tests.wire.stream import KEY, frame
from wsinspect.options import Limits
from wsinspect.session.frame_log import FrameLog
from wsinspect.wire.decoder import FrameBatch
from wsinspect.wire.inflate import DeflateParams
from wsinspect.wire.opcode import Direction, Opcode
from wsinspect.wire.violations import ViolationKind

SENT, RECEIVED = Direction.SENT, Direction.RECEIVED
HELLO = frame(0x81, b"Hello")
PING = frame(0x89, b"p")
MASKED = frame(0x81, b"masked", key=KEY)


def packer() -> zlib._Compress:
    return zlib.compressobj(wbits=-15)


def packed(compressor: zlib._Compress, data: bytes) -> bytes:
    return frame(0xC1, (compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4])


def test_frames_are_numbered_in_the_order_in_which_they_were_complete() -> None:
    ingest = Ingest().received(HELLO + PING[:1]).sent(MASKED).received(PING[1:] + frame(0x82, b"\xff"))
    log = ingest.log
    assert len(log) == 4
    assert [log.direction(number) for number in range(4)] == [RECEIVED, SENT, RECEIVED, RECEIVED]
    assert [log.opcode(number) for number in range(4)] == [1, 1, 9, 2]
    assert [log.header(number) for number in range(4)] == [0x8105, 0x8186, 0x8901, 0x8201]
    assert [log.length(number) for number in range(4)] == [5, 6, 1, 1]
    assert [log.at_ns(number) for number in range(4)] == [1000, 2000, 3000, 3000]
    assert [log.preview(number) for number in range(4)] == [b"Hello", b"masked", b"p", b"\xff"]
    assert [log.raw(number) for number in range(4)] == [HELLO, MASKED, PING, b"\x82\x01\xff"]
    assert (log.sent, log.received) == (1, 3)
    assert (log.bytes_sent, log.bytes_received) == (len(MASKED), len(HELLO) + len(PING) + 3)


def test_a_frame_object_has_what_the_columns_have() -> None:
    log = Ingest().sent(MASKED).log
    built = log.frame(0)
    assert (built.number, built.direction, built.at_ns) == (0, SENT, 1000)
    assert (built.payload, built.masking_key, built.raw) == (b"masked", KEY, MASKED)
    short = log.frame(0, limit=2)
    assert (short.payload, short.application_data, short.shortened) == (b"ma", b"ma", True)
    assert short.payload_length == 6
    for number in (-1, 1):
        with pytest.raises(IndexError):
            log.frame(number)


def test_an_empty_log_answers() -> None:
    log = FrameLog()
    assert (len(log), log.sent, log.violation_count, log.bytes_received) == (0, 0, 0, 0)
    assert log.first(SENT) is None
    assert log.last(RECEIVED, data_only=True) is None
    assert log.numbers() == []
    assert list(log.controls(RECEIVED, Opcode.PING)) == []


def test_first_last_and_controls() -> None:
    log = Ingest().received(HELLO * 3 + PING + frame(0x8A) + PING).sent(frame(0x88, key=KEY)).log
    assert (log.first(RECEIVED), log.first(SENT)) == (0, 6)
    assert (log.last(RECEIVED), log.last(SENT)) == (5, 6)
    assert log.last(RECEIVED, data_only=True) == 2
    assert log.last(RECEIVED, opcode=Opcode.PONG) == 4
    assert log.last(SENT, data_only=True) is None
    assert log.last(SENT, opcode=Opcode.TEXT) is None
    assert list(log.controls(RECEIVED, Opcode.PING)) == [3, 5]
    assert list(log.controls(SENT, Opcode.CLOSE)) == [6]


def test_violations_are_found_by_number() -> None:
    log = Ingest().received(HELLO * 5 + frame(0x81, b"\xff") + HELLO, frame(0xF3, b"", key=KEY)).log
    assert list(log.violating) == [5, 7]
    assert log.violation_count == 4
    assert [violation.kind for violation in log.violations(5)] == [ViolationKind.INVALID_UTF8]
    assert [violation.kind.value for violation in log.violations(7)] == [
        "rsv-bits",
        "reserved-opcode",
        "masked-by-server",
    ]
    assert log.violations(0) == log.violations(6) == log.violations(100) == ()
    assert log.frame(5).violations[0].offset == 2


def test_texts_of_violations_are_bounded() -> None:
    ingest = Ingest()
    for length in range(126, 6000):
        ingest.received(frame(0x89, bytes(length)))
    log = ingest.log
    assert log.violation_count == 6000 - 126
    assert str(126) in log.violations(0)[0].text
    assert log.violations(5800)[0].text == "oversized control"


def test_lengths_beyond_32_bits() -> None:
    log = FrameLog()
    batch = FrameBatch()
    for header, length, start in (
        (0x827F, 1 << 33, 0),
        (0x8101, 1, (1 << 33) + 10),
        (0x827F, 0xFFFFFFFF, 1 << 34),
    ):
        batch.headers.append(header)
        batch.lengths.append(length)
        batch.starts.append(start)
    log.extend(RECEIVED, 1, b"", batch)
    assert [log.length(number) for number in range(3)] == [1 << 33, 1, 0xFFFFFFFF]
    assert log.frame(0, limit=10).raw == b""


def test_a_frame_in_which_the_stream_ended_does_not_reach_into_the_next_attempt() -> None:
    ingest = Ingest().received(HELLO + b"\x81\x7e\x01\x00abc").sent(b"\x81").ended()
    ingest.begin()
    ingest.received(PING).sent(MASKED)
    log = ingest.log
    assert [log.raw(number) for number in range(len(log))] == [
        HELLO,
        b"\x81",
        b"\x81\x7e\x01\x00abc",
        PING,
        MASKED,
    ]
    assert [violation.kind.value for violation in log.violations(2)] == ["cut-off"]
    assert log.frame(2).payload == b"abc"
    assert log.frame(1).payload == b""
    assert (log.length(1), log.length(2)) == (0, 3)
    assert log.stream_range(2) == (0, 3)
    assert log.stream_range(3) == (3, 5)


def test_attempts_without_frames_take_no_place() -> None:
    ingest = Ingest()
    ingest.begin()
    ingest.begin()
    ingest.received(b"\x81")
    ingest.begin()
    ingest.received(HELLO)
    assert ingest.log.raw(0) == HELLO
    assert ingest.log.stream_range(0) == (0, 1)


def test_compressed_frames_show_what_they_inflate_to() -> None:
    compressor = packer()
    texts = [b"number %d of a feed" % number for number in range(10_000)]
    data = b"".join(packed(compressor, text) + PING * (number % 3) for number, text in enumerate(texts))
    ingest = Ingest(deflate=DeflateParams())
    for start in range(0, len(data), 1000):
        ingest.received(data[start : start + 1000]).sent(MASKED)
    log = ingest.log
    numbers = log.numbers(direction=RECEIVED, opcodes={1})
    assert len(numbers) == 10_000
    source = random.Random(1)
    for ordinal in source.sample(range(10_000), 200):
        number = numbers[ordinal]
        assert log.preview(number) == texts[ordinal]
        assert log.compressed(number)
        assert log.inflated_length(number) == len(texts[ordinal])
    built = log.frame(numbers[9999])
    assert (built.application_data, built.inflated_length, built.compressed) == (
        texts[9999],
        len(texts[9999]),
        True,
    )
    assert built.payload == built.raw[built.header_size :]
    sent = log.frame(log.numbers(direction=SENT)[7])
    assert (sent.compressed, sent.inflated_length, sent.application_data) == (False, None, b"masked")


def test_a_compressed_frame_over_many_chunks_and_one_that_fails() -> None:
    compressor = packer()
    text = bytes(random.Random(3).choices(b"abcdefgh", k=50_000))
    data = packed(compressor, text) + packed(compressor, b"after")
    ingest = Ingest(deflate=DeflateParams())
    ingest.received(*(data[start : start + 77] for start in range(0, len(data), 77)))
    ingest.received(frame(0xC1, b"\x02") + frame(0xC1, b"\xff\xff") + frame(0xC1, b"\x00"))
    log = ingest.log
    assert log.application_data(0) == text
    assert log.preview(1) == b"after"
    failed = next(number for number in range(2, 5) if log.violations(number))
    for number in range(failed, 5):
        assert log.compressed(number)
        assert log.inflated_length(number) is None
        assert log.frame(number).application_data == log.frame(number).payload
    assert [violation.kind for violation in log.violations(failed)] == [ViolationKind.INFLATE_FAILED]


def test_a_compressed_frame_that_was_never_complete_leaves_nothing_to_the_next_attempt() -> None:
    ingest = Ingest(deflate=DeflateParams()).received(packed(packer(), b"whole"))
    ingest.received(packed(packer(), bytes(random.Random(1).choices(b"abcd", k=9000)))[:-50])
    ingest.begin()
    compressor = packer()
    log = ingest.received(packed(compressor, b"one"), packed(compressor, b"two")).log
    assert [log.preview(number) for number in range(len(log))] == [b"whole", b"one", b"two"]


def test_numbers_filters_by_direction_and_opcode() -> None:
    log = Ingest().received(HELLO * 2 + PING).sent(MASKED).received(PING + HELLO).log
    assert log.numbers() == [0, 1, 2, 3, 4, 5]
    assert log.numbers(1, 4) == [1, 2, 3]
    assert log.numbers(opcodes={9}) == [2, 4]
    assert log.numbers(direction=RECEIVED, opcodes={1}) == [0, 1, 5]
    assert log.numbers(2, direction=SENT) == [3]


def test_older_payloads_come_back_from_the_file() -> None:
    limits = Limits(memory_bytes=1 << 20)
    ingest = Ingest(limits=limits)
    chunk = b"".join(frame(0x81, b"%08d" % number) for number in range(10_000))
    for _ in range(60):
        ingest.received(chunk)
    log = ingest.log
    assert len(log) == 600_000
    assert log._spools[RECEIVED]._file.size > 0
    for number in (0, 1, 9999, 10_000, 123_456, 599_999):
        assert log.preview(number) == b"%08d" % (number % 10_000)
    assert (log.dropped_bytes, log.problem) == (0, None)
    log.close()


def test_what_was_dropped_is_counted_and_the_columns_stay() -> None:
    limits = Limits(memory_bytes=0, spool_bytes=0)
    ingest = Ingest(limits=limits).received(frame(0x81, b"x" * 100_000), HELLO)
    log = ingest.log
    assert log.dropped_bytes == log.bytes_received - 48 * 1024
    assert log.problem is not None
    assert log.length(0) == 100_000
    assert log.frame(0).shortened
    assert log.preview(1) == b"Hello"


def test_the_columns_take_less_than_32_bytes_a_frame() -> None:
    compressor = packer()
    data = b"".join(packed(compressor, b"a feed of %d" % number) for number in range(20_000))
    ingest = Ingest(deflate=DeflateParams()).received(data)
    log = ingest.log
    kept = log._columns
    columns = (
        kept.at_ns,
        kept.firsts,
        kept.seconds,
        kept.flags,
        kept.lengths,
        kept.starts,
        log._inflated[RECEIVED]._sizes,
    )
    used = sum(len(column) * getattr(column, "itemsize", 1) for column in columns)
    assert used / len(log) == 27
    assert not kept._long


def test_many_frames_are_read_at_once() -> None:
    ingest = Ingest(deflate=DeflateParams()).received(HELLO + PING)
    compressor = packer()
    ingest.received(packed(compressor, b"one"), packed(compressor, b"three"), HELLO)
    ingest.begin()
    ingest.received(packed(packer(), b"again"), HELLO)
    log = ingest.log
    assert log.stream_from(0, len(HELLO + PING)) == HELLO + PING
    assert log.stream_from(6, 100) == HELLO
    assert list(log.inflated_sizes(2, 2)) == [3, 5]
    assert log.inflated_from(2, 8) == b"onethree"
    assert log.inflated_from(3, 2) == b"th"
    assert log.inflated_from(5, 5) == b"again"
    assert bytes(log.columns.firsts) == bytes((0x81, 0x89, 0xC1, 0xC1, 0x81, 0xC1, 0x81))
