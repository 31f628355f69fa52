"""Section 9 of the catalogue: breaches of the protocol, and Close frames that complain of one."""

from __future__ import annotations

import asyncio
import zlib
from pathlib import Path

import pytest

from tests.connection.peer import accept, manager_for, peer, read_frame
from tests.diagnosis.story import (
    MASK,
    Story,
    close,
    fin,
    idle,
    opened,
    received,
    reset,
    sent,
    sent_text,
    text,
    we_abort,
    we_close,
)
from tests.diagnosis.table import Row, check, fires, silent
from wsinspect.connection.recorder import Recorder
from wsinspect.connection.replay import read_recording, restored
from wsinspect.diagnosis.cause import Certainty, Side
from wsinspect.diagnosis.engine import diagnose
from wsinspect.events import Event, LocalEnd
from wsinspect.lab import frames
from wsinspect.session.record import SessionRecord

CERTAIN, LIKELY, POSSIBLE = Certainty.CERTAIN, Certainty.LIKELY, Certainty.POSSIBLE
DEFLATE = ("Sec-WebSocket-Extensions: permessage-deflate",)


def deflated(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return (compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\x00\x00\xff\xff")


def breaks(data: bytes, *answer: str) -> Story:
    """The server says hello, then this."""
    return opened(answer=answer) + text("hello") + received(data)


MASKED = frames.frame(frames.TEXT, b"masked", mask=MASK)
COMPRESSED = frames.frame(frames.TEXT, deflated(b"tick"), rsv1=True)
RESERVED = frames.frame(0x3, b"what?")
LATIN_1 = frames.frame(frames.TEXT, "Grüße".encode("latin-1"))
LONG_PING = frames.frame(frames.PING, b"p" * 126)

ROWS = (
    fires("proto-masked-server", CERTAIN, breaks(MASKED)),
    fires("proto-masked-server", CERTAIN, breaks(MASKED) + we_abort(LocalEnd.PEER_VIOLATED_PROTOCOL)),
    silent("proto-masked-server", breaks(frames.text("plain"))),
    fires("proto-unmasked-client", CERTAIN, opened() + sent(frames.text("bare")) + close(1002) + fin()),
    fires(
        "proto-unmasked-client", LIKELY, opened() + sent_text("x") + close(1002, "MASK must be set") + fin()
    ),
    silent("proto-unmasked-client", opened() + sent_text("x") + close(1002) + fin()),
    fires("proto-rsv1-compression", CERTAIN, breaks(COMPRESSED)),
    fires(
        "proto-rsv1-compression", CERTAIN, breaks(frames.frame(frames.TEXT, b"\xff\xfe", rsv1=True), *DEFLATE)
    ),
    silent("proto-rsv1-compression", breaks(COMPRESSED, *DEFLATE)),
    silent("proto-rsv1-compression", opened() + we_close() + received(COMPRESSED) + fin()),
    fires("proto-opcode", CERTAIN, breaks(RESERVED)),
    fires("proto-opcode", CERTAIN, breaks(frames.frame(0xB, b"?", rsv1=True)) + reset()),
    silent("proto-opcode", breaks(frames.frame(frames.BINARY, b"\x03"))),
    fires("proto-invalid-utf8", CERTAIN, breaks(LATIN_1)),
    fires("proto-invalid-utf8", LIKELY, opened() + sent_text("x") + close(1007, "invalid UTF-8") + fin()),
    fires(
        "proto-invalid-utf8",
        CERTAIN,
        opened() + sent(frames.frame(frames.TEXT, b"\xff", mask=MASK)) + close(1007) + fin(),
    ),
    silent("proto-invalid-utf8", breaks(frames.frame(frames.BINARY, b"\xff\xfe"))),
    fires("proto-fragmentation", CERTAIN, breaks(frames.frame(frames.CONTINUATION, b"and so on"))),
    fires("proto-fragmentation", CERTAIN, breaks(frames.text("one", fin=False) + frames.text("two"))),
    silent(
        "proto-fragmentation",
        breaks(
            frames.text("one", fin=False)
            + frames.frame(frames.PING)
            + frames.frame(frames.CONTINUATION, b"two")
        ),
    ),
    fires("proto-control-frame", CERTAIN, breaks(LONG_PING)),
    fires("proto-control-frame", CERTAIN, breaks(frames.frame(frames.PING, b"p", fin=False))),
    silent("proto-control-frame", breaks(frames.frame(frames.PING, b"p" * 125))),
    fires("proto-close-frame-invalid", CERTAIN, breaks(frames.frame(frames.CLOSE, b"\x03"))),
    fires("proto-close-frame-invalid", CERTAIN, breaks(frames.close(1006)) + fin()),
    fires("proto-close-frame-invalid", CERTAIN, breaks(frames.frame(frames.CLOSE, b"\x03\xe8caf\xe9"))),
    silent("proto-close-frame-invalid", breaks(frames.close(4999))),
    silent("proto-close-frame-invalid", breaks(frames.close()) + fin()),
    fires("proto-length-nonminimal", CERTAIN, breaks(frames.frame(frames.TEXT, b"hello", length_bytes=2))),
    silent("proto-length-nonminimal", breaks(frames.frame(frames.TEXT, b"h" * 126))),
    fires("message-too-big", CERTAIN, opened() + sent_text("x" * 2000) + close(1009) + fin()),
    fires("message-too-big", CERTAIN, opened() + text("hi") + close(1009, "limit") + reset()),
    silent("message-too-big", opened() + sent_text("x" * 2000) + we_close(1009) + close(1009) + fin()),
    fires("unsupported-data", CERTAIN, opened() + sent_text("x") + close(1003, "binary only") + fin()),
    silent("unsupported-data", opened() + we_close(1003) + close(1003) + fin()),
    fires(
        "client-violates-app-protocol",
        LIKELY,
        opened() + sent_text("x") + close(4400, "Invalid message received") + fin(),
    ),
    fires("client-violates-app-protocol", LIKELY, opened() + sent_text("x") + close(1008) + fin()),
    fires(
        "client-violates-app-protocol",
        LIKELY,
        opened() + sent_text("{") + close(1008, "Unexpected token in JSON at position 0") + fin(),
    ),
    fires("client-violates-app-protocol", POSSIBLE, opened() + close(1002) + fin()),
    fires(
        "client-violates-app-protocol", POSSIBLE, opened() + text("a") + idle(s=4) + sent_text("x") + fin()
    ),
    silent("client-violates-app-protocol", opened() + sent_text("x") + idle(s=60) + close(4400) + fin()),
    silent("client-violates-app-protocol", opened() + sent_text("x") + close(4401, "Unauthorized") + fin()),
    silent("client-violates-app-protocol", opened() + text("a") + close(4400) + fin()),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_story(row: Row) -> None:
    check(row)


def test_a_breach_is_seen_while_the_connection_is_open_and_once_it_ended() -> None:
    for end in (
        Story(),
        Story((fin(),)),
        Story((reset(),)),
        Story((we_abort(LocalEnd.PEER_VIOLATED_PROTOCOL),)),
    ):
        assert (breaks(RESERVED) + end).causes() == ["proto-opcode"]


FAILED = we_close(1002, why=LocalEnd.PEER_VIOLATED_PROTOCOL)
ARRIVING = {
    "proto-length-nonminimal": b"\x82\x7f\x80" + bytes(7) + b"and on",
    "proto-control-frame": b"\x89\x7e\x01\x00ping",
    "proto-masked-server": MASKED[:-1],
    "proto-opcode": RESERVED[:-1],
    "proto-rsv1-compression": COMPRESSED[:-1],
    "proto-invalid-utf8": LATIN_1[:-1],
    "proto-fragmentation": b"\x80\x05and",
}
"""What breaks a rule before it is whole."""


@pytest.mark.parametrize("cause", ARRIVING)
def test_a_frame_that_is_still_arriving_is_named_at_once_and_the_same_in_the_end(cause: str) -> None:
    waiting = breaks(ARRIVING[cause]) + FAILED
    answer = waiting.diagnose().answer
    assert answer is not None
    assert (answer.cause, answer.certainty) == (cause, CERTAIN)
    assert answer.evidence[0].frame is None
    assert " the frame was still arriving, its header is " in answer.evidence[0].text
    for end in (fin(), reset(), we_abort(LocalEnd.PEER_VIOLATED_PROTOCOL)):
        later = (waiting + end).diagnose().answer
        assert later is not None
        assert (later.cause, later.headline) == (cause, answer.headline)
        assert later.evidence[0].frame == 2, "behind the greeting and our Close frame"


def test_the_header_of_a_frame_that_is_still_arriving_is_evidence() -> None:
    answer = (breaks(ARRIVING["proto-length-nonminimal"]) + FAILED).diagnose().answer
    assert answer is not None
    assert answer.evidence[0].text.endswith(
        "its header is 82 7f 80 00 00 00 00 00 00 00, 6 of 9223372036854775808 payload bytes came"
    )
    assert answer.headline.startswith("The length of frame 3 of the server ")


def test_a_frame_that_is_still_arriving_is_no_breach_where_nothing_is_wrong_or_we_had_closed() -> None:
    assert (breaks(b"\x81\x05hel") + FAILED).causes() == []
    assert (opened() + text("hello") + we_close() + received(ARRIVING["proto-opcode"])).causes() == []


async def test_a_live_connection_says_what_was_wrong_while_it_waits_for_the_peer(tmp_path: Path) -> None:
    record = SessionRecord()
    recorder = Recorder(tmp_path / "a.jsonl")
    while_waiting: list[str] = []

    def sink(event: Event) -> None:
        recorder(event)
        record.append(event)

    async def breaks_a_rule(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        writer.write(frames.frame(frames.PING))
        await read_frame(reader)
        writer.write(ARRIVING["proto-length-nonminimal"])
        await read_frame(reader)
        # As it is, and as the file tells it up to here.
        again = SessionRecord()
        for event in restored(read_recording(tmp_path / "a.jsonl")):
            again.append(event)
        while_waiting.extend(answer_of(record) for record in (record, again))
        again.close()

    def answer_of(record: SessionRecord) -> str:
        answer = diagnose(record).answer
        return answer.cause if answer is not None else "nothing"

    async with peer(breaks_a_rule) as port:
        await manager_for(port, sink).run()
    recorder.close()
    assert while_waiting == ["proto-length-nonminimal"] * 2
    assert [finding.cause for finding in diagnose(record).findings] == while_waiting[:1]
    record.close()


def test_the_offending_byte_is_pointed_at() -> None:
    answer = breaks(LATIN_1).diagnose().answer
    assert answer is not None
    assert (answer.evidence[0].frame, answer.evidence[0].byte_range) == (1, (4, 5))


def test_only_the_first_breach_is_named() -> None:
    assert (breaks(MASKED) + received(RESERVED)).causes() == ["proto-masked-server"]


def test_a_complaint_about_our_masked_frame_accuses_nobody() -> None:
    answer = (opened() + sent_text("x") + close(1002, "MASK must be set") + fin()).diagnose().answer
    assert answer is not None
    assert answer.side is Side.UNKNOWN
