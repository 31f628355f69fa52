"""The decoder, on literal bytes: RFC 6455 section 5.7, and one story for each rule that a peer can break."""

from __future__ import annotations

import zlib

import pytest

from tests.wire.stream import KEY, Seen, collect, decode, frame, kinds
from wsinspect.options import Limits
from wsinspect.wire.decoder import FrameDecoder, PendingFrame
from wsinspect.wire.inflate import DeflateParams
from wsinspect.wire.opcode import Direction
from wsinspect.wire.violations import ViolationKind

SENT, RECEIVED = Direction.SENT, Direction.RECEIVED


@pytest.mark.parametrize(
    ("data", "direction", "expected"),
    [
        pytest.param("810548656c6c6f", RECEIVED, [(0x8105, 5, 0)], id="unmasked-text"),
        pytest.param("818537fa213d7f9f4d5158", SENT, [(0x8185, 5, 0)], id="masked-text"),
        pytest.param("010348656c80026c6f", RECEIVED, [(0x0103, 3, 0), (0x8002, 2, 5)], id="fragmented-text"),
        pytest.param("890548656c6c6f", RECEIVED, [(0x8905, 5, 0)], id="unmasked-ping"),
        pytest.param("8a8537fa213d7f9f4d5158", SENT, [(0x8A85, 5, 0)], id="masked-pong"),
        pytest.param("827e0100" + 256 * "ab", RECEIVED, [(0x827E, 256, 0)], id="256-bytes-binary"),
        pytest.param(
            "827f0000000000010000" + 65536 * "ab", RECEIVED, [(0x827F, 65536, 0)], id="64-kib-binary"
        ),
    ],
)
def test_the_examples_of_the_rfc(
    data: str, direction: Direction, expected: list[tuple[int, int, int]]
) -> None:
    seen = decode([bytes.fromhex(data)], direction=direction)
    assert [(one.header, one.length, one.start) for one in seen] == expected
    assert [one.violations for one in seen] == [()] * len(seen)


HELLO = frame(0x81, b"Hello")
LONG_PING = frame(0x89, b"x" * 126)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(frame(0xC1, b"a"), [["rsv-bits"]], id="rsv1"),
        pytest.param(frame(0xA1, b"a") + HELLO, [["rsv-bits"], []], id="rsv2"),
        pytest.param(frame(0x92, b"a"), [["rsv-bits"]], id="rsv3"),
        pytest.param(frame(0x83, b"a"), [["reserved-opcode"]], id="opcode-3"),
        pytest.param(frame(0x8B), [["reserved-opcode"]], id="opcode-11"),
        pytest.param(frame(0x81, b"Hello", key=KEY), [["masked-by-server"]], id="masked-by-server"),
        pytest.param(frame(0x09), [["fragmented-control"]], id="ping-without-fin"),
        pytest.param(LONG_PING, [["oversized-control"]], id="ping-of-126"),
        pytest.param(frame(0x89, b"x" * 125), [[]], id="ping-of-125"),
        pytest.param(frame(0x80, b"a"), [["unexpected-continuation"]], id="continuation-of-nothing"),
        pytest.param(
            HELLO + frame(0x00), [[], ["unexpected-continuation"]], id="continuation-of-a-whole-message"
        ),
        pytest.param(frame(0x01, b"a") + HELLO, [[], ["message-unfinished"]], id="text-inside-a-message"),
        pytest.param(
            frame(0x01, b"a") + HELLO + frame(0x80),
            [[], ["message-unfinished"], ["unexpected-continuation"]],
            id="the-new-message-replaces-the-old",
        ),
        pytest.param(
            frame(0x01, b"a") + frame(0x89) + frame(0x80, b"b"), [[], [], []], id="ping-inside-a-message"
        ),
        pytest.param(b"\x81\x7e\x00\x05Hello", [["length-not-minimal"]], id="5-in-16-bits"),
        pytest.param(
            b"\x82\x7f" + bytes(6) + b"\xff\xff" + bytes(65535), [["length-not-minimal"]], id="65535-in-64"
        ),
        pytest.param(
            b"\x82\x7f\x80" + bytes(7) + b"abc", [["length-too-large", "cut-off"]], id="2-to-the-63"
        ),
        pytest.param(
            frame(0x88) + HELLO + frame(0x88), [[], ["after-close"], ["after-close"]], id="after-close"
        ),
        pytest.param(frame(0x88, b"\x03"), [["close-payload-one-byte"]], id="close-of-one-byte"),
        pytest.param(frame(0x88, b"\x03\xee"), [["close-code-invalid"]], id="close-1006"),
        pytest.param(frame(0x88, b"\x03\xe8\xff"), [["close-reason-invalid-utf8"]], id="close-reason"),
        pytest.param(frame(0x88, b"\x03\xe8bye"), [[]], id="close-1000"),
        pytest.param(b"\x81", [["cut-off"]], id="cut-after-one-byte"),
        pytest.param(b"\x81\x05Hel", [["cut-off"]], id="cut-in-the-payload"),
        pytest.param(b"", [], id="nothing"),
        pytest.param(
            frame(0xF3, b"a", key=KEY),
            [["rsv-bits", "reserved-opcode", "masked-by-server"]],
            id="all-at-once",
        ),
    ],
)
@pytest.mark.parametrize("size", [1, 1 << 20], ids=["byte-by-byte", "whole"])
def test_what_a_server_does_wrong(data: bytes, expected: list[list[str]], size: int) -> None:
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    assert [[kind.value for kind in one.kinds] for one in decode(chunks)] == expected


def test_what_a_client_does_wrong() -> None:
    assert kinds(HELLO, direction=SENT) == [["unmasked-by-client"]]
    assert kinds(frame(0x81, b"\xff", key=KEY), direction=SENT) == [["invalid-utf8"]]
    assert kinds(frame(0x81, b"Hello", key=KEY) * 3, direction=SENT) == [[], [], []]


def test_http_bytes_after_the_101_are_one_strange_frame() -> None:
    (seen,) = decode([b"HTTP/1.1 400 Bad Request\r\n\r\n"])
    assert seen.header == int.from_bytes(b"HT", "big")
    kinds_seen = {kind.value for kind in seen.kinds}
    assert kinds_seen == {"rsv-bits", "fragmented-control", "cut-off"}


@pytest.mark.parametrize(
    ("chunks", "frame_number", "offset"),
    [
        pytest.param([frame(0x81, b"ab\xff")], 0, 4, id="impossible-byte"),
        pytest.param([frame(0x81, b"\xe2\x28\xa1")], 0, 3, id="byte-that-does-not-continue"),
        pytest.param([frame(0x81, b"\xed\xa0\x80")], 0, 3, id="surrogate"),
        pytest.param([frame(0x81, b"\xf4\x90\x80\x80")], 0, 3, id="beyond-unicode"),
        pytest.param([frame(0x81, b"\xc0\xaf")], 0, 2, id="overlong"),
        pytest.param([frame(0x81, b"ab\xe2\x82")], 0, 5, id="ends-inside-a-character"),
        pytest.param(
            [frame(0x01, b"\xe2"), frame(0x80, b"\x82a")], 1, 3, id="character-broken-in-the-next-fragment"
        ),
        pytest.param(
            [frame(0x01, b"\xe2"), frame(0x80)], 1, 1, id="empty-last-fragment-leaves-a-character-open"
        ),
        pytest.param([frame(0x81, b"x" * 200 + b"\xff")], 0, 204, id="after-a-16-bit-length"),
        pytest.param([frame(0x81, b"a") * 20 + frame(0x81, b"\x80"), HELLO], 20, 2, id="among-good-ones"),
    ],
)
@pytest.mark.parametrize("whole", [True, False], ids=["whole", "byte-by-byte"])
def test_the_offending_byte_of_a_text(
    chunks: list[bytes], frame_number: int, offset: int, whole: bool
) -> None:
    data = b"".join(chunks)
    seen = decode([data] if whole else [data[at : at + 1] for at in range(len(data))])
    bad = [(number, one) for number, one in enumerate(seen) if one.violations]
    assert [number for number, _ in bad] == [frame_number]
    (violation,) = bad[0][1].violations
    assert (violation.kind, violation.offset) == (ViolationKind.INVALID_UTF8, offset)


def test_characters_split_between_fragments_and_around_a_ping_are_good() -> None:
    text = "\N{SNOWMAN}\N{GRINNING FACE}".encode()
    data = frame(0x01, text[:2]) + frame(0x89, b"\xff") + frame(0x00, text[2:5]) + frame(0x80, text[5:])
    assert kinds(data) == [[], [], [], []]


def test_binary_is_not_checked_as_text() -> None:
    assert kinds(frame(0x82, b"\xff\x81\x80") * 30) == [[]] * 30


def deflate_message(data: bytes, compressor: zlib._Compress | None = None) -> bytes:
    compressor = compressor or zlib.compressobj(wbits=-15)
    return (compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


def inflated(seen: list[Seen]) -> list[bytes | None]:
    return [one.inflated for one in seen]


def test_the_examples_of_the_compression_rfc() -> None:
    """RFC 7692 section 7.2.3: whole, in fragments, with context takeover, stored, and with BFINAL set."""
    cases = {
        "c107f248cdc9c90700": [b"Hello"],
        "4103f248cd8004c9c90700": [b"He", b"llo"],
        "c107f248cdc9c90700c105f200110000": [b"Hello", b"Hello"],
        "c10b000500faff48656c6c6f00": [b"Hello"],
        "c108f348cdc9c9070000": [b"Hello"],
        "c10df248050000 00ffffcac9c90700".replace(" ", ""): [b"Hello"],
    }
    for data, expected in cases.items():
        seen = decode([bytes.fromhex(data)], deflate=DeflateParams())
        assert b"".join(one or b"" for one in inflated(seen)) == b"".join(expected), data
        assert [one.violations for one in seen] == [()] * len(seen), data


def test_compressed_and_plain_messages_alternate() -> None:
    packed = deflate_message(b"squeezed" * 9)
    data = frame(0x81, b"plain") + frame(0xC2, packed) + frame(0x82, b"\xff")
    seen = decode([data], deflate=DeflateParams())
    assert inflated(seen) == [None, b"squeezed" * 9, None]


def test_rsv1_belongs_to_the_first_frame_of_a_data_message() -> None:
    packed = deflate_message(b"Hello")
    assert kinds(frame(0x41, packed[:3]) + frame(0xC0, packed[3:]), deflate=True) == [[], ["rsv-bits"]]
    assert kinds(frame(0xC9), deflate=True) == [["rsv-bits"]]


def test_each_message_alone_without_context_takeover() -> None:
    packed = frame(0xC1, deflate_message(b"Hello")) * 2
    alone = DeflateParams(server_no_context_takeover=True)
    assert inflated(decode([packed], deflate=alone)) == [b"Hello", b"Hello"]
    broken = frame(0xC1, b"\xff\xff") + packed
    seen = decode([broken], deflate=alone)
    assert inflated(seen) == [None, b"Hello", b"Hello"]
    assert [one.kinds for one in seen] == [[ViolationKind.INFLATE_FAILED], [], []]


def test_a_lost_context_is_said_once() -> None:
    seen = decode(
        [frame(0xC1, b"\xff\xff") + frame(0xC1, deflate_message(b"Hello")) * 2], deflate=DeflateParams()
    )
    assert inflated(seen) == [None, None, None]
    assert [one.kinds for one in seen] == [[ViolationKind.INFLATE_FAILED], [], []]
    assert seen[0].violations[0].offset == 2


def test_inflated_text_is_checked() -> None:
    (seen,) = decode([frame(0xC1, deflate_message(b"ab\xff"))], deflate=DeflateParams())
    (violation,) = seen.violations
    assert violation.kind is ViolationKind.INVALID_UTF8
    assert "inflated byte 2 (0xff)" in violation.text
    assert seen.inflated == b"ab\xff"


def test_a_window_larger_than_agreed_is_read_in_any_chunking() -> None:
    compressor = zlib.compressobj(wbits=-15)
    messages = [b"needle in it", bytes(range(256)) * 8, b"needle in it"]
    data = b"".join(frame(0xC2, deflate_message(message, compressor)) for message in messages)
    narrow = DeflateParams(server_max_window_bits=9)
    assert inflated(decode([data], deflate=narrow)) == messages
    assert inflated(decode([data[at : at + 1] for at in range(len(data))], deflate=narrow)) == messages


def test_a_bomb_is_cut_at_the_limit_and_the_context_lives_on() -> None:
    compressor = zlib.compressobj(wbits=-15)
    bomb = deflate_message(bytes(5_000_000), compressor)
    after = deflate_message(b"still here", compressor)
    limits = Limits(message_bytes=1_500_000)
    seen = decode([frame(0xC2, bomb) + frame(0xC1, after)], deflate=DeflateParams(), limits=limits)
    assert inflated(seen) == [bytes(1_500_000), b"still here"]
    assert [one.kinds for one in seen] == [[ViolationKind.INFLATE_LIMIT], []]


def test_control_payloads_are_unmasked_and_shortened() -> None:
    (seen,) = decode([frame(0x89, b"Hello", key=KEY)], direction=SENT)
    assert seen.control == (9, b"Hello")
    (long,) = decode([frame(0x88, b"\x03\xe8" + "é".encode() * 100)], limits=Limits(control_payload_bytes=11))
    assert long.control == (8, b"\x03\xe8" + "é".encode() * 4 + b"\xc3")
    assert long.kinds == [ViolationKind.OVERSIZED_CONTROL]


def test_messages_are_collected_when_asked_for() -> None:
    data = (
        HELLO
        + frame(0x02, b"a")
        + frame(0x89, b"p")
        + frame(0x80, b"b")
        + frame(0xC1, deflate_message(b"Hi"))
    )
    seen = decode([data], deflate=DeflateParams(), collect_messages=True)
    assert [one.message for one in seen] == [(1, b"Hello"), None, None, (2, b"ab"), (1, b"Hi")]
    assert all(one.message is None for one in decode([data], deflate=DeflateParams()))


def test_messages_that_are_invalid_or_too_large_are_not_collected() -> None:
    limits = Limits(message_bytes=8)
    data = frame(0x81, b"\xff") + frame(0x82, b"x" * 9) + frame(0x02, b"x" * 8) + frame(0x80, b"x") + HELLO
    seen = decode([data], limits=limits, collect_messages=True)
    assert [one.message for one in seen] == [None, None, None, None, (1, b"Hello")]


def pending_of(decoder: FrameDecoder) -> PendingFrame | None:
    return decoder.pending


def test_pending_tells_about_the_frame_that_is_arriving() -> None:
    decoder = FrameDecoder(RECEIVED)
    assert pending_of(decoder) is None
    decoder.feed(HELLO + b"\x91")
    assert pending_of(decoder) == PendingFrame(7, b"\x91", None, 1, 0, ())
    decoder.feed(b"\x0aabc")
    pending = pending_of(decoder)
    assert pending is not None
    assert (pending.payload_length, pending.received, pending.payload_received) == (10, 5, 3)
    assert [violation.kind for violation in pending.violations] == [ViolationKind.RSV_BITS]
    decoder.feed(b"defghij")
    assert pending_of(decoder) is None
    assert len(decoder.finish()) == 0


def test_a_cut_frame_has_the_length_that_arrived_and_says_what_was_declared() -> None:
    (seen,) = decode([b"\x81\x7e\x01\x00", b"abc"])
    assert (seen.header, seen.length) == (0x817E, 3)
    (violation,) = seen.violations
    assert (violation.kind, violation.offset) == (ViolationKind.CUT_OFF, 7)
    assert violation.text == "the stream ended inside a text frame, after 3 of 256 payload bytes"


def test_a_batch_tells_of_the_broken_frame_that_is_still_arriving_until_it_is_whole() -> None:
    decoder = FrameDecoder(RECEIVED)
    assert decoder.feed(b"\x81\x03he").broken is None
    for data in (b"y\x83\x02", b"o"):
        broken = decoder.feed(data).broken
        assert broken == pending_of(decoder)
        assert broken is not None
        assert [violation.kind for violation in broken.violations] == [ViolationKind.RESERVED_OPCODE]
    last = decoder.feed(b"p\x81\x01")
    assert last.broken is None
    assert [violation.kind for _, violation in last.violations] == [ViolationKind.RESERVED_OPCODE]


def test_a_frame_larger_than_memory_passes_without_being_kept() -> None:
    decoder = FrameDecoder(RECEIVED)
    decoder.feed(b"\x81\x7f" + (1 << 40).to_bytes(8, "big"))
    chunk = b"a" * (1 << 20)
    for _ in range(64):
        assert len(decoder.feed(chunk)) == 0
    pending = decoder.pending
    assert pending is not None
    assert pending.payload_received == 64 << 20
    held = sum(len(value) for value in vars(decoder).values() if isinstance(value, bytes))
    assert held == 0


@pytest.mark.parametrize("most", [1, 3, 1000])
def test_a_part_ends_after_as_many_frames_as_are_wanted(most: int) -> None:
    data = frame(0x81, b"Hello") * 50 + frame(0x89, b"ping") + frame(0x81, b"x" * 300) * 20 + b"\x81"
    decoder = FrameDecoder(Direction.RECEIVED)
    batches = []
    position = 0
    while position < len(data):
        batch, taken = decoder.feed_some(data[position:], most)
        assert len(batch) <= most
        assert taken > 0
        batches.append(batch)
        position += taken
    assert collect([*batches, decoder.finish()]) == decode([data])
