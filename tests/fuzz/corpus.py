"""What real servers and proxies answer, and how to bend it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st

from wsinspect.wire.handshake import accept_for

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = accept_for(KEY).encode()


def switching(fields: bytes = b"", frames: bytes = b"") -> bytes:
    """A 101 to `KEY`, and what follows it."""
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return head + b"Sec-WebSocket-Accept: " + ACCEPT + b"\r\n" + fields + b"\r\n" + frames


DEFLATE = b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=15\r\n"
HELLO = b"\x81\x05hello"
CLOSE = b"\x88\x02\x03\xe8"
OPEN = [
    switching(frames=HELLO + b"\x89\x04ping" + CLOSE),
    switching(frames=b"\x01\x03hel\x89\x00\x80\x02lo\x82\x7e\x01\x00" + bytes(range(256)) + b"\x88\x0c\x03\xf3no account"),
    switching(DEFLATE, b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00\x88\x00"),
    switching(b"Server: nginx/1.25.3\r\nDate: Thu, 02 Jan 2025 03:04:05 GMT\r\n", b"\x81\x85keys\x03\x00\x15\x1f\x04"),
    switching(frames=b'\x81\x60{"type":"connection_error","payload":{"message":"unauthorized"}}' + b" " * 32),
    switching(frames=b"\x81\x510" + b'{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":[],"pingInterval":25000,"pingTimeout":5000}'),
    switching(frames=b"\x81\xff" + b"\xff" * 12),
]  # fmt: skip
REFUSED = [
    b"HTTP/1.1 400 Bad Request\r\nServer: nginx/1.24.0 (Ubuntu)\r\nContent-Type: text/html\r\nContent-Length: 43\r\n"
    b"Connection: close\r\n\r\n<html><head><title>400 Bad Request</title>\r\n",
    b"HTTP/1.1 502 Bad Gateway\r\nserver: awselb/2.0\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.0 503 Service Unavailable\r\ncache-control: no-cache\r\ncontent-type: text/html\r\n\r\n"
    b"<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n",
    b"HTTP/1.1 403 Forbidden\r\ndate: Thu, 02 Jan 2025 03:04:05 GMT\r\nserver: cloudflare\r\ncf-ray: 8f1234567890abcd-FRA\r\n"
    b"transfer-encoding: chunked\r\n\r\n1c\r\n<title>Just a moment...</title\r\n1\r\n>\r\n0\r\n\r\n",
    b"HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13, 8\r\nContent-Length: 16\r\n\r\n"
    b"Upgrade Required",
    b"HTTP/1.1 404 Not Found\r\nX-Powered-By: Express\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 22\r\n\r\n"
    b"Cannot GET /socket.io/",
    b'HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n\r\n{"code":0,"message":"Transport unknown"}',
    b"HTTP/1.1 301 Moved Permanently\r\nLocation: https://example.test/socket\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"api\", error=\"invalid_token\"\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 25\r\n\r\n"
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 Internal Server Error\r\nX-Amzn-Trace-Id: Root=1-2\r\n\r\nAccess denied",
]  # fmt: skip
FOREIGN = [
    b"SSH-2.0-OpenSSH_9.6\r\n",
    b"220 mail.example.test ESMTP Postfix\r\n",
    b"\x15\x03\x03\x00\x02\x02\x28",
    b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80",
    b"-ERR unknown command 'GET'\r\n",
    b"\x4a\x00\x00\x00\x0a8.0.36\x00",
]
CAPTURES = OPEN + REFUSED + FOREIGN

TOKENS = st.sampled_from(
    [b"\r\n", b"\n", b"\r\n\r\n", b"\0", b": ", b"\x1b[31m", b"\xe2\x80\xae", b"\xff\xfe", b"\x88\x00", b"\x81\x7e", b"\xc1\x01\x00",
     b"Content-Length: 5\r\n", b"Content-Length: \xb2\r\n", b"Transfer-Encoding: chunked\r\n", b"Upgrade: websocket\r\n", b"Location: //[\r\n", b"ffffffff\r\n",
     b"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=\xb2\r\n", b"Sec-WebSocket-Protocol: a, b\r\n",
     b"Retry-After: \xb2\r\n", b"Content-Encoding: gzip\r\n", b'{"a":' * 50, b"9" * 40, b"<title>", b"\xd9\xa0", b"Server: nginx\r\n"]
)  # fmt: skip
piece = st.one_of(TOKENS, st.binary(max_size=8))
edit = st.tuples(st.integers(0, 1 << 16), st.integers(0, 24), piece)


def bent(data: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """Apply edits: at a place, so many bytes are replaced by others."""
    for at, gone, new in edits:
        place = at % (len(data) + 1)
        data = data[:place] + new + data[place + gone :]
    return data


mutated = st.builds(bent, st.sampled_from(CAPTURES), st.lists(edit, max_size=6))
"""Captures with a few wounds."""
spliced = st.builds(
    lambda first, at, second: first[: at % (len(first) + 1)] + second,
    st.sampled_from(OPEN),
    st.integers(0, 400),
    st.one_of(mutated, st.binary(max_size=60)),
)
answers = st.one_of(mutated, mutated, spliced, st.binary(max_size=200))
"""Whatever a peer might say."""
heads = st.one_of(
    st.sampled_from(OPEN + REFUSED).map(lambda capture: capture[: capture.find(b"\r\n\r\n") + 4]),
    st.lists(
        st.one_of(TOKENS, st.sampled_from(OPEN + REFUSED).map(lambda c: c[:60]), st.binary(max_size=20)),
        max_size=20,
    ).map(b"".join),
    mutated,
)
cuts = st.lists(st.integers(0, 1 << 16), max_size=10)


def chunks_of(data: bytes, cuts: list[int]) -> list[bytes]:
    """Cut the bytes at these places; no chunk is empty."""
    places = sorted({0, len(data)} | {cut % (len(data) + 1) for cut in cuts})
    return [data[start:stop] for start, stop in pairwise(places) if stop > start]
