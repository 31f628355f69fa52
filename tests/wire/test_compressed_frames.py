"""A run of compressed messages in one chunk means what its frames mean when each arrives alone."""

from __future__ import annotations

import zlib

import pytest

from tests.wire.stream import Seen, decode, frame
from wsinspect.options import Limits
from wsinspect.wire.inflate import DeflateParams, Inflater
from wsinspect.wire.opcode import Direction
from wsinspect.wire.violations import ViolationKind

TEXT, BINARY = 0xC1, 0xC2


class Sender:
    """Compresses messages with one context, as a server does."""

    def __init__(self) -> None:
        self._zlib = zlib.compressobj(wbits=-15)

    def frame(self, data: bytes, first: int = TEXT) -> bytes:
        return frame(first, (self._zlib.compress(data) + self._zlib.flush(zlib.Z_SYNC_FLUSH))[:-4])

    def last_frame(self, data: bytes) -> bytes:
        """One that ends with a final block (RFC 7692 section 7.2.3.4); the next one starts anew."""
        payload = self._zlib.compress(data) + self._zlib.flush(zlib.Z_FINISH) + b"\0"
        self._zlib = zlib.compressobj(wbits=-15)
        return frame(TEXT, payload)


def run(count: int, sender: Sender, first: int = TEXT) -> list[bytes]:
    return [sender.frame(b'{"sequence": %d, "price": %d}' % (n, n * 7919), first) for n in range(count)]


def both(frames: list[bytes], *, limits: Limits | None = None, collect: bool = False) -> list[Seen]:
    """Decode the frames as one chunk and as a chunk each; the results are the same."""
    deflate = DeflateParams()
    together = decode([b"".join(frames)], deflate=deflate, limits=limits, collect_messages=collect)
    alone = decode(frames, deflate=deflate, limits=limits, collect_messages=collect)
    assert together == alone
    return together


@pytest.mark.parametrize("collect", [False, True])
def test_a_run_is_inflated_in_order(collect: bool) -> None:
    seen = both(run(100, Sender()), collect=collect)
    assert [one.inflated for one in seen] == [
        b'{"sequence": %d, "price": %d}' % (n, n * 7919) for n in range(100)
    ]
    assert [one.message for one in seen] == [(1, one.inflated) if collect else None for one in seen]


def test_runs_of_texts_binaries_plain_frames_and_pings() -> None:
    sender = Sender()
    frames = [
        *run(20, sender),
        *run(20, sender, BINARY),
        *(frame(0x81, b"plain"),) * 20,
        *run(3, sender),
        frame(0x89, b"ping"),
        *run(20, sender),
    ]
    seen = both(frames)
    assert [one.violations for one in seen] == [()] * len(frames)
    assert sum(one.inflated is not None for one in seen) == 63


def test_bytes_that_are_no_deflate_data_end_the_inflating_there() -> None:
    sender = Sender()
    seen = both([*run(20, sender), frame(TEXT, b"\xff\xff\xff\xff"), *run(20, sender)])
    assert [at for at, one in enumerate(seen) if one.violations][:1] == [20]
    assert seen[20].kinds == [ViolationKind.INFLATE_FAILED]
    assert [one.inflated is None for one in seen] == [False] * 20 + [True] * 21


def test_a_final_block_starts_a_new_context() -> None:
    sender = Sender()
    seen = both([*run(20, sender), sender.last_frame(b"the last"), *run(20, sender)])
    assert seen[20].inflated == b"the last"
    assert seen[40].inflated == b'{"sequence": 19, "price": 150461}'
    assert [one.violations for one in seen] == [()] * 41


def test_one_text_that_is_not_utf8() -> None:
    sender = Sender()
    seen = both([*run(20, sender), sender.frame(b"caf\xe9"), *run(20, sender)])
    assert [(at, one.kinds) for at, one in enumerate(seen) if one.violations] == [
        (20, [ViolationKind.INVALID_UTF8])
    ]


def test_a_text_does_not_complete_the_character_of_another() -> None:
    sender = Sender()
    seen = both([*run(20, sender), sender.frame(b"\xc3"), sender.frame(b"\xa9"), *run(20, sender)])
    assert [at for at, one in enumerate(seen) if one.violations] == [20, 21]


def test_a_message_beyond_the_limit_is_cut() -> None:
    sender = Sender()
    frames = [*run(20, sender), sender.frame(bytes(100_000), BINARY), *run(20, sender)]
    seen = both(frames, limits=Limits(message_bytes=50_000))
    assert seen[20].kinds == [ViolationKind.INFLATE_LIMIT]
    assert len(seen[20].inflated or b"") == 50_000


def test_a_run_of_many_is_given_to_zlib_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes it fast: no frame of an ordinary run takes the careful way."""

    def careful(*_: object, **__: object) -> None:
        raise AssertionError("a frame was read alone")

    monkeypatch.setattr("wsinspect.wire.frame_reader.FrameReader.begin", careful)
    assert len(decode([b"".join(run(1000, Sender()))], deflate=DeflateParams())) == 1000


def test_messages_that_stand_alone_are_not_taken_together() -> None:
    inflater = Inflater(Direction.RECEIVED, DeflateParams(server_no_context_takeover=True))
    assert inflater.feed_messages([b""]) is None


def test_what_was_taken_back_is_inflated_again() -> None:
    sender = Sender()
    payloads = [each[2:] for each in run(3, sender)]
    inflater = Inflater(Direction.RECEIVED, DeflateParams())
    first = inflater.feed_messages(payloads)
    inflater.undo()
    assert inflater.feed_messages(payloads) == first
