"""The properties, each a function of generated data that fails by an exception."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.corpus import CAPTURES, OPEN, answers, bent, chunks_of, cuts, edit, heads
from tests.fuzz.har import har_texts, read
from tests.fuzz.stack import record_of
from tests.fuzz.typed import (
    SLOW_S,
    a_line_of_ours,
    console_line,
    curl,
    filter_texts,
    filters,
    lines,
    profiles,
    shell,
    toml,
    url,
    urls,
)
from tests.wire.stream import Seen, decode
from wsinspect.check.report import report
from wsinspect.check.text import text_report
from wsinspect.connection.decoding import FinalHeadFinder
from wsinspect.connection.replay import read_recording, replay
from wsinspect.diagnosis.engine import diagnose
from wsinspect.errors import UsageError
from wsinspect.events import Event
from wsinspect.events.codec import decode_event, encode_event, encode_header
from wsinspect.events.server_log import ServerLogged
from wsinspect.export.har import har
from wsinspect.export.redact import Redactor
from wsinspect.options import Limits
from wsinspect.safe_text import visible
from wsinspect.server_log.lines import LogLines
from wsinspect.session.record import SessionRecord
from wsinspect.wire.certificate import describe_certificate
from wsinspect.wire.handshake import check_response, negotiated_deflate, negotiated_subprotocol
from wsinspect.wire.http import body_complete, body_text, parse_request_head, parse_response_head
from wsinspect.wire.inflate import DeflateParams
from wsinspect.wire.opcode import Direction
from wsinspect.wire.tls_records import plaintext_protocol, read_certificate_message, read_records

Strategies = tuple[st.SearchStrategy[Any], ...]
REQUEST = (
    b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat, v2\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
)
_NUMBER = re.compile(r"frame \d+", re.IGNORECASE)


def http_head(head: bytes, body: bytes) -> None:
    """A head of any bytes is read, and every check of it made."""
    response = parse_response_head(head)
    assert head.startswith(response.raw)
    body_complete(response, body)
    body_text(response, body)
    request = parse_request_head(REQUEST)
    for each in (*check_response(request, response), *check_response(parse_request_head(head), response)):
        assert isinstance(each.ok, bool)
    negotiated_deflate(request, response)
    negotiated_subprotocol(response)


def head_in_chunks(data: bytes, places: list[int]) -> None:
    """The final head is the same wherever the bytes are cut."""
    whole = FinalHeadFinder().feed(data)
    finder, found = FinalHeadFinder(), None
    for chunk in chunks_of(data, places):
        found = finder.feed(chunk)
        if found is not None:
            break
    assert found == whole


def told(record: SessionRecord) -> object:
    """What a record says that chunks may not change."""
    attempt, log = record.current, record.frames
    assert attempt is not None
    assert attempt.ended
    frames = [
        (log.header(n), log.length(n), log.direction(n), log.violations(n), log.application_data(n))
        for n in range(len(log))
    ]
    received = [frame for frame in frames if frame[2].name == "RECEIVED"]
    found = diagnose(record)
    # A frame's number depends on when our own Close went out between the peer's frames.
    findings = [(f.cause, f.certainty, f.side, _NUMBER.sub("frame", f.headline)) for f in found.findings]
    failure, closure = attempt.failure, attempt.closure
    # An open connection that we ended has nothing to be explained.
    as_we_wanted = closure.locally_ended is not None and failure is not None and failure.kind == "cancelled"
    assert failure is None or findings or as_we_wanted
    return (
        received,
        len(frames) - len(received),
        findings,
        None if failure is None else (failure.step, failure.kind, failure.message, failure.code),
        attempt.handshake.head,
        # Not `closure.by`: whose Close was first is a matter of time, if both sent one.
        (closure.how, closure.clean, closure.browser_code),
    )


def outputs(record: SessionRecord) -> str:
    """Return the report. Every output of a record can be made, and no control character reaches a terminal."""
    found, redact = diagnose(record), Redactor.for_session(record)
    json.dumps(report(record, found, redact))
    text = text_report(record, found, redact)
    assert text == "\n".join(map(visible, text.split("\n"))), "a control character in the report"
    json.loads(b"".join(har(record, redact)))
    return text


def whole_stack(data: bytes, places: list[int], reset: bool) -> None:
    """Any answer is recorded, diagnosed and reported, the same in any chunks, and again from its recording."""
    record = record_of([data] if data else [], reset=reset)
    try:
        expected = told(record)
        assert "secret" not in outputs(record)
    finally:
        record.close()
    again = record_of(chunks_of(data, places), reset=reset)
    try:
        assert told(again) == expected
    finally:
        again.close()


def recording_of(data: bytes) -> bytes:
    """The recording of an attempt at a peer that says these bytes."""
    events: list[Event] = []
    record = record_of([data])
    record.close()
    events = list(record.events)
    return encode_header(datetime(2025, 1, 2, tzinfo=UTC)) + b"".join(map(encode_event, events))


@lru_cache(maxsize=64)
def saved_lines(data: bytes) -> list[bytes]:
    """The lines of that recording."""
    return recording_of(data).splitlines()


def recording(data: bytes, edits: list[tuple[int, int, bytes]], raw: bytes) -> None:
    """A recording that was bent is read, or refused with a line of ours."""
    for text in (bent(recording_of(data), edits), raw):
        record = SessionRecord()
        try:
            replay(read_recording(io.BytesIO(text)), record.append)
        except UsageError as error:
            a_line_of_ours(error)
        if record.attempts:
            diagnose(record)
            outputs(record)
        record.close()


def har_import(text: bytes) -> None:
    """A HAR is read, and everything said of it that is said of a recording; or refused with a line of ours."""
    record = read(text)
    if record.attempts:
        diagnose(record)
        outputs(record)
    record.close()


def decoder(data: bytes, places: list[int], sent: bool, deflate: bool, collect: bool) -> None:
    """Frames are the same in any chunks, of any bytes, and no frame begins before the one before it ends."""

    def run(chunks: list[bytes]) -> list[Seen]:
        return decode(
            chunks,
            direction=Direction.SENT if sent else Direction.RECEIVED,
            deflate=DeflateParams() if deflate else None,
            limits=Limits(message_bytes=300, control_payload_bytes=64),
            collect_messages=collect,
        )

    whole = run([data])
    assert run(chunks_of(data, places)) == whole
    for one, following in pairwise(whole):
        assert one.start + one.length <= following.start


def codec(line: bytes) -> None:
    """A line of a recording is an event that is written as it was read, or refused with a line of ours."""
    try:
        event = decode_event(line)
    except UsageError as error:
        a_line_of_ours(error)
    else:
        assert decode_event(encode_event(event)) == event


def server_log(data: bytes, places: list[int]) -> None:
    """Any bytes of a server's log are lines, the same in any chunks."""

    def read_in(chunks: list[bytes]) -> list[str]:
        log, found = LogLines(), list[ServerLogged]()
        for chunk in chunks:
            found += log.feed(chunk, at_ns=5, wall_ns=1_767_322_445_000_000_000)
        found += log.flush(at_ns=6, wall_ns=1_767_322_445_000_000_000)
        return [one.text for one in found]

    assert read_in(chunks_of(data, places)) == read_in([data])


def tls_bytes(data: bytes, version: int) -> None:
    """Records, alerts, certificates of any bytes are described."""
    for each in read_records(data):
        assert each.fragment is not None
    read_certificate_message(data, version)
    plaintext_protocol(data)
    describe_certificate(data)


def long_answers(capture: bytes, unit: bytes, count: int, at: int) -> None:
    """An answer with a long repetition anywhere is explained in no time: no pattern goes through it twice."""
    place = at % (len(capture) + 1)
    data = capture[:place] + unit * (count // max(len(unit), 1)) + capture[place:]
    began = time.process_time()
    record = record_of([data], limits=Limits())
    try:
        outputs(record)
    finally:
        record.close()
    assert time.process_time() - began < SLOW_S, "too slow"


repeated = st.one_of(
    st.sampled_from(
        [b" ", b"\t", b"a", b"<", b"<p>", b"\n ", b";", b",", b"=", b'"', b"{", b"[", b"0", b"\r\n", b"a:b\r\n", b"a b ", b"&lt;", b"\x81\x00",
         b"<title>", b"<!--", b"permessage-deflate;", b'{"a":', b"\\", b"/", b".", b"-", b"Server: x\r\n", b"Via: 1.1 x\r\n", b"\xc3\xa9"]
    ),
    st.binary(min_size=1, max_size=4),
)  # fmt: skip

frames = st.one_of(
    st.builds(lambda capture, edits: bent(capture.partition(b"\r\n\r\n")[2], edits), st.sampled_from(OPEN), st.lists(edit, max_size=4)),
    st.lists(st.builds(lambda first, length, rest: bytes((first, length)) + rest, st.integers(0, 255), st.integers(0, 255), st.binary(max_size=12)), max_size=8).map(b"".join),
)  # fmt: skip
event_lines = st.one_of(
    st.builds(
        lambda capture, at, edits: bent(saved_lines(capture)[at % len(saved_lines(capture))], edits),
        st.sampled_from(CAPTURES),
        st.integers(0, 100),
        st.lists(edit, max_size=3),
    ),
    st.binary(max_size=40),
)
log_bytes = st.lists(
    st.one_of(
        st.sampled_from([b"\n", b"\r\n", b"2026-01-02T03:04:05.678Z ", b"[02/Jan/2026:03:04:05 +0100] ", b"Jan  2 03:04:05 ", b"2026/01/02 03:04:05 [error] ", b"\tat x (y:1)", b"\0",
                         b"1767322445.123 ", b'{"time":"2026-01-02T03:04:05Z","msg":"x"}', b"9999-99-99T99:99:99Z", b"\x1b[31m", b"\xff", b"x" * 9000, b"0001-01-01T00:00:00+23:59 "]),
        st.binary(max_size=8),
    ),
    max_size=12,
).map(b"".join)  # fmt: skip

PROPERTIES: Mapping[str, tuple[Callable[..., None], Strategies]] = {
    "http_head": (http_head, (heads, st.binary(max_size=60))),
    "head_in_chunks": (head_in_chunks, (answers, cuts)),
    "whole_stack": (whole_stack, (answers, cuts, st.booleans())),
    "recording": (recording, (answers, st.lists(edit, min_size=1, max_size=4), st.binary(max_size=80))),
    "profiles": (profiles, (toml,)),
    "curl": (curl, (shell,)),
    "url": (url, (urls,)),
    "console_line": (console_line, (lines,)),
    "filters": (filters, (filter_texts, st.integers(0, 1000))),
    "decoder": (decoder, (frames, cuts, st.booleans(), st.booleans(), st.booleans())),
    "codec": (codec, (event_lines,)),
    "har_import": (har_import, (har_texts,)),
    "server_log": (server_log, (log_bytes, cuts)),
    "tls_bytes": (
        tls_bytes,
        (st.one_of(st.binary(max_size=300), answers), st.sampled_from([0x0301, 0x0303, 0x0304])),
    ),
    "long_answers": (
        long_answers,
        (st.sampled_from(CAPTURES), repeated, st.sampled_from([1000, 16_000, 60_000]), st.integers(0, 500)),
    ),
}
"""Each property with the strategies of its arguments."""
