"""Long repetitions in every place that is searched: no pattern goes through a text more than a few times."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.fuzz.corpus import HELLO, switching
from tests.fuzz.properties import outputs
from tests.fuzz.stack import record_of
from wsinspect.options import Limits

PATIENCE_S = 1.0
"""Processor time for one answer, on a slow machine. What is quadratic in these sizes takes several times as long."""
HEAD_BYTES, BODY_BYTES = 30_000, 15_000
UNITS = [
    b" ", b"\t", b"a", b"a ", b",", b";", b"a,", b"; a", b"=", b'"', b'="', b"/", b".", b"-", b"0", b"\\", b"<", b"<a", b"&lt;", b"{", b'{"a":',
    b"[", b"\xc3\xa9", b"\xff", b"a=b; ", b"://", b"ws://", b"1.1 ", b"Bearer ", b"\r\n ", b"permessage-deflate;", b"token=",
]  # fmt: skip
FIELDS = [
    "Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol", "Sec-WebSocket-Accept", "Sec-WebSocket-Version", "Upgrade", "Connection", "Server", "Via",
    "Location", "Set-Cookie", "WWW-Authenticate", "Content-Type", "Content-Length", "Content-Encoding", "Transfer-Encoding", "Retry-After",
    "Date", "X-Powered-By", "Cf-Ray", "X-Amz-Cf-Id", "X-Cache", "Alt-Svc",
]  # fmt: skip
BODIES = [
    b"",
    b"<html><head><title>",
    b"<pre>",
    b'{"message":"',
    b"<?xml version='1.0'?><Error><Code>",
    b'{"code":0,',
    b"Error: ",
]
FRAMES = [b"", b'{"type":"error","message":"', b"0{", b"Error: ", b"42["]


def filled(start: bytes, unit: bytes, size: int, end: bytes = b"!") -> bytes:
    return start + unit * (size // len(unit)) + end


def told_in_time(answer: bytes) -> float:
    """Return the processor time that it takes to record, diagnose and report an answer."""
    began = time.process_time()
    record = record_of([answer], limits=Limits())
    try:
        outputs(record)
    finally:
        record.close()
    return time.process_time() - began


def slow(answers: Iterator[tuple[object, bytes]]) -> list[tuple[object, float]]:
    times = [(what, told_in_time(answer)) for what, answer in answers]
    return [(what, seconds) for what, seconds in times if seconds > PATIENCE_S]


@pytest.mark.parametrize("field", FIELDS)
def test_a_long_field(field: str) -> None:
    def answers() -> Iterator[tuple[object, bytes]]:
        for number, unit in enumerate(UNITS):
            line = filled(field.encode() + b": a", unit, HEAD_BYTES) + b"\r\n"
            if number % 2:
                yield unit, switching(line, HELLO)
            else:
                yield unit, b"HTTP/1.1 403 Forbidden\r\n" + line + b"\r\nno"

    assert slow(answers()) == []


def test_many_fields() -> None:
    names = (b"a", b"Set-Cookie", b"Via", b"Connection", b"Sec-WebSocket-Extensions", b"Server", b" folded")
    heads = ((name, filled(b"HTTP/1.1 400 No\r\n", name + b": b\r\n", HEAD_BYTES, b"\r\n")) for name in names)
    assert slow(heads) == []


def test_many_cookies_each_with_a_secret_of_its_own() -> None:
    size = len(b"Set-Cookie: s100=secret/100+791900==\r\n")
    cookies = b"".join(
        b"Set-Cookie: s%d=secret/%d+%d==\r\n" % (n, n, n * 7919) for n in range(HEAD_BYTES // size)
    )
    assert slow(iter([("cookies", b"HTTP/1.1 400 No\r\n" + cookies + b"\r\nno")])) == []


@pytest.mark.parametrize("begins", BODIES)
def test_a_long_body(begins: bytes) -> None:
    def answers() -> Iterator[tuple[object, bytes]]:
        for number, unit in enumerate(UNITS):
            status = (400, 403, 404, 500, 502, 503)[number % 6]
            head = b"HTTP/1.1 %d No\r\nContent-Type: text/html\r\nServer: nginx\r\n\r\n" % status
            yield unit, head + filled(begins, unit, BODY_BYTES)

    assert slow(answers()) == []


@pytest.mark.parametrize("begins", FRAMES)
def test_a_long_first_message(begins: bytes) -> None:
    def answers() -> Iterator[tuple[object, bytes]]:
        for unit in UNITS:
            text = filled(begins, unit, HEAD_BYTES)
            yield unit, switching(frames=b"\x81\x7e" + len(text).to_bytes(2, "big") + text)

    assert slow(answers()) == []


@pytest.mark.parametrize("unit", UNITS)
def test_a_long_line_that_is_not_http(unit: bytes) -> None:
    assert (
        slow(iter([(unit, filled(b"", unit, BODY_BYTES)), (unit, filled(b"SSH-2.0-", unit, BODY_BYTES))]))
        == []
    )
