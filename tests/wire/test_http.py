"""Heads and bodies of HTTP/1.1, well made and not."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsinspect.wire.http import (
    body_complete,
    body_text,
    decode_body,
    find_head_end,
    parse_request_head,
    parse_response_head,
    starts_like_http,
)


@pytest.mark.parametrize(
    ("data", "end"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nbody", 19),
        (b"HTTP/1.1 200 OK\n\nbody", 17),
        (b"HTTP/1.1 200 OK\r\n\nbody", 18),
        (b"HTTP/1.1 200 OK\r\n", None),
        (b"", None),
    ],
)
def test_where_a_head_ends(data: bytes, end: int | None) -> None:
    assert find_head_end(data) == end


@pytest.mark.parametrize(
    ("data", "can"),
    [(b"", True), (b"H", True), (b"HTTP/", True), (b"HTTP/1.1 2", True), (b"SSH-2", False), (b"http/", False), (b"\x15\x03", False)],
)  # fmt: skip
def test_what_can_still_become_http(data: bytes, can: bool) -> None:
    assert starts_like_http(data) is can


@pytest.mark.parametrize(
    ("line", "version", "status", "reason"),
    [
        (b"HTTP/1.1 101 Switching Protocols", "HTTP/1.1", 101, "Switching Protocols"),
        (b"HTTP/1.1 403 ", "HTTP/1.1", 403, ""),
        (b"HTTP/1.1 403", "HTTP/1.1", 403, ""),
        (b"HTTP/1.0 200 OK", "HTTP/1.0", 200, "OK"),
        (b"HTTP/2 200", "HTTP/2", 200, ""),
        (b"HTTP/1.1   404  Not Found", "HTTP/1.1", 404, "Not Found"),
        (b"HTTP/1.1 400 \xfcbel", "HTTP/1.1", 400, "übel"),
    ],
)
def test_status_lines(line: bytes, version: str, status: int, reason: str) -> None:
    head = parse_response_head(line + b"\r\nServer: x\r\n\r\n")
    assert (head.version, head.status_code, head.reason_phrase) == (version, status, reason)
    assert head.malformed == ""
    assert head.status_line == line.decode("latin-1")


@pytest.mark.parametrize("line", [b"SSH-2.0-OpenSSH", b"HTTP/1.1 20 OK", b"HTTP/1.1 2000", b"<html>", b""])
def test_what_is_no_status_line_is_said_to_be_none(line: bytes) -> None:
    head = parse_response_head(line + b"\r\n\r\n")
    assert head.status_code is None
    assert head.malformed == "the status line is not HTTP"


def test_fields_keep_case_order_place_and_repetition() -> None:
    raw = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nX-A: 1\r\nx-a:  2 \t\r\n\r\nrest"
    head = parse_response_head(raw)
    assert [(f.name, f.value) for f in head.fields] == [("Server", "nginx"), ("X-A", "1"), ("x-a", "2")]
    assert head.get("SERVER") == "nginx"
    assert head.get_all("x-A") == ["1", "2"]
    assert head.get("missing") is None
    assert head.raw == raw[:-4]
    for field in head.fields:
        assert raw[field.offset :].startswith(field.raw)
    assert [f.offset for f in head.lines("x-a")] == [raw.index(b"X-A"), raw.index(b"x-a")]


def test_lists_are_split_at_commas_whatever_their_case() -> None:
    head = parse_response_head(
        b"HTTP/1.1 101 x\r\nConnection: keep-alive, Upgrade,,\r\nconnection: FOO\r\n\r\n"
    )
    assert head.tokens("Connection") == ["keep-alive", "upgrade", "foo"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"no colon here", "field line without a colon at byte 17"),
        (b"Bad Name: x", "field name is not a token at byte 17"),
        (b"Name : x", "field name is not a token at byte 17"),
        (b"A: x\r\n folded", "folded field line at byte 23"),
        (b"A: x\x00y", "forbidden byte in a field value at byte 17"),
    ],
)
def test_broken_field_lines_are_read_and_named(line: bytes, said: str) -> None:
    head = parse_response_head(b"HTTP/1.1 200 OK\r\n" + line + b"\r\nServer: x\r\n\r\n")
    assert head.malformed == said
    assert head.get("Server") == "x"


def test_a_folded_line_continues_the_value() -> None:
    head = parse_response_head(b"HTTP/1.1 200 OK\r\nA: one\r\n\ttwo\r\n\r\n")
    assert head.get("A") == "one two"


def test_a_cut_off_head_is_read_as_far_as_it_came() -> None:
    head = parse_response_head(b"HTTP/1.1 502 Bad Ga")
    assert (head.status_code, head.reason_phrase) == (502, "Bad Ga")


def test_a_request_head() -> None:
    head = parse_request_head(b"GET /ws?a=1 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (head.method, head.target, head.version, head.malformed) == ("GET", "/ws?a=1", "HTTP/1.1", "")
    assert "three parts" in parse_request_head(b"GET /\r\n\r\n").malformed


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_raise(data: bytes) -> None:
    head = parse_response_head(data)
    assert head.raw == data[: len(head.raw)]
    parse_request_head(data)
    decode_body(head, data)
    body_text(head, data)
    assert body_complete(head, data) in (True, False)


def _head(*fields: str, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\n{''.join(f'{f}{chr(13)}{chr(10)}' for f in fields)}\r\n".encode()


@pytest.mark.parametrize(
    ("head", "body", "complete"),
    [
        (_head("Content-Length: 5"), b"hello", True),
        (_head("Content-Length: 5"), b"hell", False),
        (_head("Content-Length: 0"), b"", True),
        (_head("Content-Length: soon"), b"hello", False),
        (_head(), b"anything", False),
        (_head(status="204 No Content"), b"", True),
        (_head(status="304 Not Modified"), b"", True),
        (_head(status="101 Switching"), b"", True),
        (_head("Transfer-Encoding: chunked"), b"5\r\nhello\r\n0\r\n\r\n", True),
        (_head("Transfer-Encoding: chunked"), b"5\r\nhello\r\n", False),
        (_head("Transfer-Encoding: gzip, CHUNKED", "Content-Length: 1"), b"5\r\nhel", False),
    ],
)
def test_when_a_body_is_whole(head: bytes, body: bytes, complete: bool) -> None:
    assert body_complete(parse_response_head(head), body) is complete


@pytest.mark.parametrize(
    ("fields", "sent", "content"),
    [
        ((), b"as it is", b"as it is"),
        (("Transfer-Encoding: chunked",), b"4;x=y\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n", b"Wikipedia"),
        (("Transfer-Encoding: chunked",), b"4\r\nWi", b"Wi"),
        (("Transfer-Encoding: chunked",), b"not chunked", b"not chunked"),
        (("Content-Encoding: gzip",), gzip.compress(b"zipped"), b"zipped"),
        (("Content-Encoding: deflate",), zlib.compress(b"deflated"), b"deflated"),
        (("Content-Encoding: gzip",), b"a lie", b"a lie"),
        (("Content-Encoding: br",), b"\x0b\x02", b"\x0b\x02"),
    ],
)
def test_bodies_without_their_codings(fields: tuple[str, ...], sent: bytes, content: bytes) -> None:
    assert decode_body(parse_response_head(_head(*fields)), sent) == content


def test_a_bomb_is_cut_at_the_limit() -> None:
    head = parse_response_head(_head("Content-Encoding: gzip"))
    assert len(decode_body(head, gzip.compress(b"0" * 10_000_000), limit=1000)) == 1000


def test_text_is_utf8_or_latin1() -> None:
    head = parse_response_head(_head())
    assert body_text(head, "grün".encode()) == "grün"
    assert body_text(head, b"gr\xfcn") == "grün"
