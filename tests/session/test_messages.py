"""Messages from fragments, with everything that may stand between them or break them."""

from __future__ import annotations

import zlib

import pytest

from tests.session.ingest import Ingest
from tests.wire.stream import KEY, frame
from wsinspect.session.messages import message_of
from wsinspect.wire.inflate import DeflateParams

PING = frame(0x89, b"p")
WHOLE = frame(0x81, b"whole")
FIRST, MIDDLE, LAST = frame(0x01, b"one "), frame(0x00, b"two "), frame(0x80, b"three")


@pytest.mark.parametrize(
    ("data", "number", "first", "last", "complete", "content"),
    [
        pytest.param(WHOLE * 3, 1, 1, 1, True, b"whole", id="whole"),
        pytest.param(FIRST + MIDDLE + LAST, 0, 0, 2, True, b"one two three", id="from-the-first-fragment"),
        pytest.param(FIRST + MIDDLE + LAST, 1, 0, 2, True, b"one two three", id="from-the-middle"),
        pytest.param(FIRST + MIDDLE + LAST, 2, 0, 2, True, b"one two three", id="from-the-last"),
        pytest.param(WHOLE + FIRST + PING + LAST + WHOLE, 3, 1, 3, True, b"one three", id="around-a-ping"),
        pytest.param(FIRST + PING + LAST, 1, 1, 1, True, b"p", id="the-ping-itself"),
        pytest.param(FIRST + MIDDLE, 1, 0, 1, False, b"one two ", id="still-arriving"),
        pytest.param(FIRST + MIDDLE + PING, 0, 0, 1, False, b"one two ", id="still-arriving-ping-last"),
        pytest.param(FIRST + MIDDLE + WHOLE, 0, 0, 1, False, b"one two ", id="never-finished"),
        pytest.param(FIRST + WHOLE + LAST, 2, 2, 2, True, b"three", id="continuation-of-nothing"),
        pytest.param(LAST, 0, 0, 0, True, b"three", id="continuation-first-of-all"),
        pytest.param(MIDDLE + LAST, 1, 1, 1, True, b"three", id="continuation-of-a-continuation-of-nothing"),
        pytest.param(FIRST + FIRST + LAST, 2, 1, 2, True, b"one three", id="the-newer-message-goes-on"),
        pytest.param(frame(0x83, b"?"), 0, 0, 0, True, b"?", id="reserved-opcode"),
    ],
)
def test_the_message_of_a_frame(
    data: bytes, number: int, first: int, last: int, complete: bool, content: bytes
) -> None:
    message = message_of(Ingest().received(data).log, number)
    assert (message.first, message.last, message.complete) == (first, last, complete)
    assert message.data() == content
    assert message.data(6) == content[:6]


def test_directions_do_not_mix() -> None:
    ingest = Ingest().received(FIRST).sent(frame(0x02, b"mine ", key=KEY)).received(MIDDLE)
    log = ingest.sent(frame(0x80, b"ends", key=KEY)).received(LAST).log
    assert message_of(log, 2).fragments == [0, 2, 4]
    assert message_of(log, 2).data() == b"one two three"
    assert message_of(log, 3).data() == b"mine ends"
    assert message_of(log, 3).opcode == 2


def test_a_message_ends_with_its_attempt() -> None:
    ingest = Ingest().received(FIRST)
    ingest.begin()
    log = ingest.received(LAST).log
    assert (message_of(log, 0).last, message_of(log, 0).complete) == (0, False)
    assert message_of(log, 1).first == 1


def test_compressed_fragments() -> None:
    compressor = zlib.compressobj(wbits=-15)
    data = (compressor.compress(b"Hello, hello, hello") + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]
    log = Ingest(deflate=DeflateParams()).received(frame(0x41, data[:5]) + PING + frame(0x80, data[5:])).log
    assert message_of(log, 2).data() == b"Hello, hello, hello"
    assert message_of(log, 2).data(8) == b"Hello, h"


def test_a_hundred_thousand_fragments() -> None:
    log = Ingest().received(frame(0x01, b"a") + frame(0x00, b"b") * 100_000 + frame(0x80, b"c")).log
    message = message_of(log, 50_000)
    assert (message.first, message.last) == (0, 100_001)
    assert message.data(3) == b"abb"


def test_numbers_that_are_not_there() -> None:
    log = Ingest().received(WHOLE).log
    for number in (-1, 1):
        with pytest.raises(IndexError):
            message_of(log, number)
