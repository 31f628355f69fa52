"""A record told again as events, and read from a file with chunks put together: always the same record."""

from __future__ import annotations

import io
import random
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.diagnosis.story import (
    MASK,
    Move,
    Story,
    again,
    answered,
    asked,
    close,
    fin,
    idle,
    opened,
    opened_again,
    ping,
    pong,
    received,
    reset,
    sent,
    sent_ping,
    sent_text,
    text,
    we_abort,
    we_close,
)
from wsinspect.connection.recording import Recording
from wsinspect.connection.replay import FrameRestorer, restored
from wsinspect.diagnosis.engine import diagnose
from wsinspect.events import BytesExchanged, Direction, Event, ServerLogged
from wsinspect.events.codec import encode_event, encode_header
from wsinspect.lab.frames import TEXT, frame
from wsinspect.options import Limits
from wsinspect.session.as_events import RecordAsEvents
from wsinspect.session.record import SessionRecord

DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate"


def file_of(events: Iterable[Event]) -> bytes:
    return encode_header(datetime(2026, 1, 1, tzinfo=UTC)) + b"".join(map(encode_event, events))


def read(data: bytes, *, together: bool) -> SessionRecord:
    """Read a recording: chunks put together, or one by one as they came."""
    record = SessionRecord()
    recording = Recording(io.BytesIO(data), "it")
    if together:
        for event in restored(recording):
            record.append(event)
    else:
        restorer = FrameRestorer()
        for event in recording:
            record.append(restorer.restore(event))
    return record


def facts(record: SessionRecord) -> dict[str, Any]:
    """Return everything that can be asked of a record."""
    log = record.frames
    columns = log.columns
    return {
        "columns": [
            bytes(column) for column in (columns.firsts, columns.seconds, columns.flags, columns.at_ns)
        ],
        "places": (columns.starts, columns.lengths),
        "frames": [repr(log.frame(number)) for number in range(min(len(log), 400))],
        "counts": [
            (
                log.first(direction),
                [log.last(direction, opcode=code) for code in range(16)],
                [list(log.controls(direction, code)) for code in (8, 9, 10)],
            )
            for direction in Direction
        ],
        "received": (log.sent, log.received),
        "violations": [(number, log.violations(number)) for number in log.violating],
        "events": [encode_event(event) for event in record.events],
        "before": record.frames_before,
        "bytes": (log.bytes_sent, log.bytes_received),
        "attempts": [
            (
                attempt.first_frame,
                attempt.end_frame,
                attempt.ready_state,
                repr(attempt.closure.close_sent),
                repr(attempt.closure.close_received),
                attempt.closure.clean,
                vars(attempt.heartbeat),
                bytes(attempt.websocket_head),
                attempt.websocket_bytes_sent,
                attempt.websocket_bytes_received,
                attempt.last_sent_ns,
                attempt.last_received_ns,
            )
            for attempt in record.attempts
        ],
        "findings": [
            repr(finding)
            for attempt in record.attempts
            for finding in diagnose(record, attempt, record.last_ns).findings
        ],
        "last_ns": record.last_ns,
        "log": record.server_log.lines,
    }


def squeezed(*texts: bytes) -> list[bytes]:
    squeezer = zlib.compressobj(wbits=-15)
    return [(squeezer.compress(one) + squeezer.flush(zlib.Z_SYNC_FLUSH))[:-4] for one in texts]


def compressed(*texts: bytes) -> Move:
    return received(b"".join(bytes((0xC1, len(one))) + one for one in squeezed(*texts)))


def chatter() -> Story:
    """Both directions, many kinds of frames, cut into chunks anywhere."""
    dice = random.Random(1)
    stream = b"".join(
        bytes((first, size)) + bytes(size)
        for first, size in (
            (dice.choice((0x81, 0x82, 0x89, 0x8A, 0x01, 0x80)), dice.randrange(40)) for _ in range(300)
        )
    )
    story = opened() + sent_ping(b"a")
    while stream:
        size = dice.choice((1, 2, 30, 90, 400))
        story += received(stream[:size])
        stream = stream[size:]
        if dice.random() < 0.2:
            story += sent_text("between")
    return story + pong(b"a")


def in_turns(*, deflate: bool = False) -> Story:
    """Both directions, a chunk each in turn, nearly all of them one whole frame."""
    story = opened(answer=(DEFLATE,)) if deflate else opened()
    for number in range(40):
        payload = b"%d " % number * (1 + number % 7)
        story += sent(
            frame(TEXT, squeezed(payload)[0], rsv1=True, mask=MASK)
            if deflate and number % 3
            else frame(TEXT, payload, mask=MASK)
        )
        story += compressed(payload) if deflate else text(payload.decode())
        if number % 5 == 0:
            story += sent_ping(b"%d" % number)
            story += received(b"\x8a\x01x\x83\x01y" if number % 2 else b"\x81")
            story += pong(b"%d" % number) if number % 2 else received(b"\x02\xff\xfe")
    return story + sent_text("left")


STORIES: dict[str, Story] = {
    "in turns": in_turns() + close(1000) + fin(),
    "in turns, compressed": in_turns(deflate=True) + we_close() + fin(),
    "refused": asked() + answered("HTTP/1.1 403 Forbidden", "no") + fin(),
    "a few frames": opened() + text("a") + text("b") + sent_text("c") + close(1000) + fin(),
    "many": chatter() + close(1001, "bye") + fin(),
    "still open": chatter() + idle(s=3),
    "cut off": opened() + text("a") + received(b"\x81\x05ab") + fin(),
    "cut off in the chunk of a frame": opened() + received(b"\x81\x01a\x81\x05ab") + sent_text("x") + reset(),
    "cut off with nothing before": opened() + received(b"\x82\x05ab") + received(b"c") + fin(),
    "aborted inside a frame": opened() + text("a") + received(b"\x81\x05ab") + we_abort(),
    "large chunks": opened()
    + received(b"\x81\x01a" * 20_000)
    + received(b"\x82\x7f" + (700_000).to_bytes(8, "big") + bytes(700_000) + b"\x81\x01b" * 9000)
    + close(1000)
    + fin(),
    "half a frame, still open": opened() + text("a") + received(b"\x81\x05ab") + sent_text("x"),
    "half a frame at once, still open": opened() + received(b"\x81\x01a\x81\x05ab") + sent_text("x"),
    "compressed": opened(answer=(DEFLATE,))
    + compressed(b"one " * 9, b"two " * 9, b"one " * 9)
    + text("plain"),
    "violations": opened()
    + received(b"\x83\x01a\x81\x02\xff\xfe\xc1\x01a\x89\x7e\x00\x80" + bytes(128))
    + fin(),
    "closed by us inside a broken frame": opened() + received(b"\x83\x05ab") + we_abort(),
    "several attempts": opened()
    + text("a")
    + received(b"\x81\x7f")
    + reset()
    + again()
    + opened_again()
    + text("b")
    + sent(b"\x81\x80abcd")
    + we_close()
    + ping(b"late"),
}


def test_chunks_in_turns_are_read_as_one_event() -> None:
    data = file_of(RecordAsEvents(in_turns().record()))
    exchanges = [
        one for one in restored(Recording(io.BytesIO(data), "it")) if isinstance(one, BytesExchanged)
    ]
    assert [len(one.order) for one in exchanges] == [read(data, together=True).frame_count]


@pytest.mark.parametrize("story", STORIES)
def test_a_record_as_events_gives_the_same_record(story: str) -> None:
    record = STORIES[story].record()
    telling = RecordAsEvents(record)
    data = file_of(telling)
    assert telling.fraction == 1.0
    assert not telling.lost_bytes
    wanted = facts(record)
    for together in (True, False):
        assert facts(read(data, together=together)) == wanted


@pytest.mark.parametrize("story", STORIES)
def test_chunks_put_together_give_what_each_alone_gives(story: str) -> None:
    record = STORIES[story].record()
    alone = read(file_of(RecordAsEvents(record)), together=False)
    data = file_of(RecordAsEvents(alone))
    assert facts(read(data, together=True)) == facts(alone)


def test_lines_of_the_servers_log_are_told_in_the_order_in_which_they_were_read() -> None:
    record, restorer = SessionRecord(), FrameRestorer()
    for number, event in enumerate(RecordAsEvents(STORIES["a few frames"].record())):
        record.append(restorer.restore(event))
        if number % 3 == 0:
            at_ns = event.at_ns + 1
            record.append(
                ServerLogged(
                    seq=0, at_ns=at_ns, attempt=0, text=f"line {number}", wall_time_ns=at_ns - number
                )
            )
    assert len(record.server_log.lines) > 3
    assert facts(read(file_of(RecordAsEvents(record)), together=True)) == facts(record)


def test_what_happens_meanwhile_is_told_as_well() -> None:
    whole = list(RecordAsEvents(STORIES["many"].record()))
    restorer = FrameRestorer()
    record = SessionRecord()
    waiting = [restorer.restore(event) for event in whole]
    telling = RecordAsEvents(record)
    told: list[Event] = []
    while waiting:
        for event in waiting[:7]:
            record.append(event)
        del waiting[:7]
        told += [next(telling) for _ in range(3)]
        if len(waiting) % 3 == 0:
            told += telling
    told += telling
    assert facts(read(file_of(told), together=True)) == facts(record)


def test_what_was_not_kept_ends_it_and_is_counted() -> None:
    limits = Limits(memory_bytes=1024 * 1024, spool_bytes=1000)
    restorer = FrameRestorer()
    story = opened()
    for _ in range(100):
        story += received(b"\x82\x7e\xff\xff" + bytes(65535))
    whole = list(RecordAsEvents(story.record()))
    record = SessionRecord(limits)
    for event in whole:
        record.append(restorer.restore(event))
    assert record.frames.dropped_bytes
    telling = RecordAsEvents(record)
    told = list(telling)
    assert telling.lost_bytes
    assert len(told) < len(whole)
    assert len(read(file_of(told), together=True).frames) < len(record.frames)
