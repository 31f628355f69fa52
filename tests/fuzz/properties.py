"""The properties, each a function of generated data that fails by an exception."""

from __future__ import annotations

import io
import json
import re
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.corpus import CAPTURES, answers, bent, chunks_of, cuts, edit, heads
from tests.fuzz.stack import record_of
from wsinspect.check.report import report
from wsinspect.check.text import text_report
from wsinspect.connection.decoding import FinalHeadFinder
from wsinspect.connection.replay import read_recording, replay
from wsinspect.connection.url import parse_url
from wsinspect.connection.url_error import UrlError
from wsinspect.diagnosis.console_lines import read_console_line
from wsinspect.diagnosis.engine import diagnose
from wsinspect.errors import UsageError
from wsinspect.events import Event
from wsinspect.events.codec import encode_event, encode_header
from wsinspect.export.har import har
from wsinspect.export.redact import Redactor
from wsinspect.options import Limits
from wsinspect.profiles.curl import parse_curl
from wsinspect.profiles.store import load_profiles
from wsinspect.safe_text import visible
from wsinspect.session.record import SessionRecord
from wsinspect.wire.certificate import describe_certificate
from wsinspect.wire.handshake import check_response, negotiated_deflate, negotiated_subprotocol
from wsinspect.wire.http import body_complete, body_text, parse_request_head, parse_response_head
from wsinspect.wire.tls_records import plaintext_protocol, read_certificate_message, read_records

Strategies = tuple[st.SearchStrategy[Any], ...]
REQUEST = (
    b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat, v2\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
)
_NUMBER = re.compile(r"frame \d+", re.IGNORECASE)
SLOW_S = 2.0
"""No answer of 64 KiB may take longer to explain, even on a busy machine."""


def a_line_of_ours(error: Exception) -> None:
    """What a refusal says is one line that a terminal may print."""
    assert str(error)
    assert visible(str(error)) == str(error)


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
    failure = attempt.failure
    assert failure is None or findings
    closure = attempt.closure
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


def profiles(text: str) -> None:
    """A profiles file of any text is read, or refused with a line of ours."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "profiles.toml"
        path.write_text(text, "utf-8", "replace")
        try:
            for profile in load_profiles(path).values():
                try:
                    profile.options({})
                except UsageError as error:
                    a_line_of_ours(error)
        except UsageError as error:
            a_line_of_ours(error)


def curl(text: str) -> None:
    """A pasted command is understood, or refused with a line of ours."""
    try:
        parse_curl(text)
    except UsageError as error:
        a_line_of_ours(error)


def url(text: str) -> None:
    """A URL is understood, or refused with a line of ours."""
    try:
        parse_url(text)
    except UrlError as error:
        a_line_of_ours(error)


def console_line(text: str) -> None:
    """Any line is matched, or not, in no time."""
    began = time.monotonic()
    read_console_line(text)
    assert time.monotonic() - began < SLOW_S


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


shell = st.lists(
    st.one_of(
        st.sampled_from(
            ["curl", "-H", "'", '"', "\\", "$'", "^", "\n", " ", "ws://h/", "-x", "--resolve", "a:1:b", "Cookie: a=b", "--max-time", "1e9",
             "-b", "-u", "a:b", "--connect-to", "::", "-k", "\\u00e9", "\\x1b", "-H 'A: b'", "--proto", "\u0660", "-", "--", "-6"]
        ),
        st.text(max_size=6),
    ),
    max_size=24,
).map(lambda words: "curl " + " ".join(words))  # fmt: skip
toml = st.lists(
    st.one_of(
        st.sampled_from(
            ["[a]\n", "[a.headers]\n", "url = 'ws://h/'\n", "insecure = 1\n", "headers = {A = 'b'}\n", "ping_interval_s = -1\n", "x", "[[a]]\n",
             "connect_to = []\n", "resolve = ['a:1:b']\n", "url = '${HOME}${'\n", "limits = {head_bytes = -1}\n", "reconnect = {attempts = 1e9}\n",
             "min_tls = '1.4'\n", "tcp_timeout_s = nan\n", "subprotocols = 'a'\n", "['\\']\n", '"\\u202e" = 1\n', "url = 1979-05-27\n"]
        ),
        st.text(max_size=8),
    ),
    max_size=10,
).map("".join)  # fmt: skip
urls = st.lists(
    st.one_of(
        st.sampled_from(["ws", "wss", "http", "://", ":", "/", "//", "@", "[", "]", "::1", "%", "%zz", "?", "#", "..", "\\", "localhost", "65536",
                         "ws+unix", "\u202e", "xn--", "\u0660", "0x7f.1", "%00", "\ud800", "undefined", " "]),
        st.text(max_size=5),
    ),
    max_size=12,
).map("".join)  # fmt: skip
lines = st.one_of(
    st.lists(
        st.sampled_from(["WebSocket connection to 'ws://h/' failed: ", "Error during WebSocket handshake: ", "code=1006", " ", "Unexpected response code: ",
                         "net::ERR_", "1006", "'", "Firefox can\u2019t establish a connection", "a", "\x1b[31m", "InvalidStatusCode", "{", "\t"]),
        max_size=12,
    ).map("".join),
    st.text(max_size=80),
    st.tuples(st.sampled_from(["WebSocket ", "failed: ", "'", " ", "ws://", "a", "1"]), st.integers(0, 3000)).map(lambda parts: parts[0] * parts[1]),
)  # fmt: skip
repeated = st.one_of(
    st.sampled_from(
        [b" ", b"\t", b"a", b"<", b"<p>", b"\n ", b";", b",", b"=", b'"', b"{", b"[", b"0", b"\r\n", b"a:b\r\n", b"a b ", b"&lt;", b"\x81\x00",
         b"<title>", b"<!--", b"permessage-deflate;", b'{"a":', b"\\", b"/", b".", b"-", b"Server: x\r\n", b"Via: 1.1 x\r\n", b"\xc3\xa9"]
    ),
    st.binary(min_size=1, max_size=4),
)  # fmt: skip

PROPERTIES: Mapping[str, tuple[Callable[..., None], Strategies]] = {
    "http_head": (http_head, (heads, st.binary(max_size=60))),
    "head_in_chunks": (head_in_chunks, (answers, cuts)),
    "whole_stack": (whole_stack, (answers, cuts, st.booleans())),
    "recording": (recording, (answers, st.lists(edit, min_size=1, max_size=4), st.binary(max_size=80))),
    "profiles": (profiles, (toml,)),
    "curl": (curl, (shell,)),
    "url": (url, (urls,)),
    "console_line": (console_line, (lines,)),
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
