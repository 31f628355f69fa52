"""An HTTP exchange in pieces of any size."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsinspect.session.exchange import Exchange

EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnope"


def received(*chunks: bytes) -> Exchange:
    exchange = Exchange()
    for number, chunk in enumerate(chunks, 1):
        exchange.received(chunk, number * 10, number)
    return exchange


def test_moments_and_numbers_are_those_of_the_first_and_last_bytes() -> None:
    exchange = Exchange()
    exchange.sent(b"GET / HTTP/1.1\r\n", 5, 1)
    exchange.sent(b"Host: x\r\n\r\n", 6, 2)
    exchange.received(b"HT", 20, 3)
    exchange.received(b"TP/1.1 200 OK\r\n\r\nhi", 30, 4)
    assert (exchange.request_ns, exchange.request_seq) == (5, 1)
    assert (exchange.first_byte_ns, exchange.last_byte_ns, exchange.response_seq) == (20, 30, 3)
    assert exchange.request_head.get("host") == "x"
    assert exchange.head is not None
    assert exchange.head.status_code == 200
    assert exchange.body == b"hi"
    assert exchange.body_text == "hi"


def test_the_request_grows() -> None:
    exchange = Exchange()
    exchange.sent(b"GET / HTTP/1.1\r\n\r\n", 1, 1)
    assert exchange.request_head.get("host") is None
    exchange.sent(b"GET /2 HTTP/1.1\r\nHost: y\r\n\r\n", 2, 2)
    assert bytes(exchange.request).count(b"GET") == 2


@given(st.lists(st.integers(1, len(EARLY + REFUSAL) - 1), max_size=8))
def test_any_chunking_gives_the_same(cuts: list[int]) -> None:
    whole = EARLY + REFUSAL
    edges = [0, *sorted(set(cuts)), len(whole)]
    exchange = received(*(whole[a:b] for a, b in itertools.pairwise(edges)))
    assert [head.status_code for head in exchange.interim] == [103]
    assert exchange.head is not None
    assert exchange.head.status_code == 403
    assert exchange.body == b"nope"
    assert bytes(exchange.response) == whole


def test_a_head_that_is_not_whole() -> None:
    exchange = received(b"HTTP/1.1 502 Bad Gateway\r\nServer: ng")
    assert exchange.head is None
    assert exchange.raw_body == b""
    assert exchange.body_text == ""
    assert exchange.partial_head is not None
    assert exchange.partial_head.status_code == 502
    assert Exchange().partial_head is None


@pytest.mark.parametrize(
    "data", [b"SSH-2.0-OpenSSH_9\r\n\r\n", b"<html>\r\n\r\n", b"\x15\x03\x01\x00\x02\x02\x28"]
)
def test_what_is_not_http_has_no_head(data: bytes) -> None:
    assert received(data).head is None


def test_a_101_is_final_and_what_follows_it_is_no_interim_answer() -> None:
    exchange = received(b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + EARLY)
    assert exchange.head is not None
    assert exchange.head.status_code == 101
    assert exchange.interim == []
