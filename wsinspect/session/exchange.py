"""One HTTP exchange as bytes: the opening handshake, or a proxy's CONNECT."""

from __future__ import annotations

from msgspec import Struct, field

from wsinspect.wire.http import (
    RequestHead,
    ResponseHead,
    body_text,
    decode_body,
    find_head_end,
    parse_request_head,
    parse_response_head,
)


class Exchange(Struct):
    """What was sent, what came back, byte for byte, and when."""

    request: bytearray = field(default_factory=bytearray)
    response: bytearray = field(default_factory=bytearray)
    request_seq: int = 0
    """The first event with bytes of the request."""
    response_seq: int = 0
    """The first event with bytes of the response."""
    request_ns: int | None = None
    first_byte_ns: int | None = None
    last_byte_ns: int | None = None
    head: ResponseHead | None = None
    """The final response's head once it is complete; interim 1xx heads are skipped."""
    interim: list[ResponseHead] = field(default_factory=list)
    _head_start: int = 0
    _request_head: RequestHead | None = None

    def sent(self, data: bytes, at_ns: int, seq: int) -> None:
        """Add bytes of the request."""
        if self.request_ns is None:
            self.request_ns, self.request_seq = at_ns, seq
        self.request += data
        self._request_head = None

    def received(self, data: bytes, at_ns: int, seq: int) -> None:
        """Add bytes of the response."""
        if self.first_byte_ns is None:
            self.first_byte_ns, self.response_seq = at_ns, seq
        self.last_byte_ns = at_ns
        self.response += data
        while self.head is None:
            if not self.response.startswith(b"HTTP/", self._head_start):
                return
            # Only what is new is searched, and the three bytes before it: heads may arrive a byte at a time.
            new = len(self.response) - len(data) - 3
            end = find_head_end(self.response, max(self._head_start, new))
            if end is None:
                return
            head = parse_response_head(bytes(self.response[self._head_start : end]))
            self._head_start = end
            if head.is_interim:
                self.interim.append(head)
                continue
            self.head = head

    @property
    def request_head(self) -> RequestHead:
        """The request, parsed."""
        if self._request_head is None:
            self._request_head = parse_request_head(bytes(self.request))
        return self._request_head

    @property
    def partial_head(self) -> ResponseHead | None:
        """The head as far as it arrived, or None where nothing did."""
        if self.head is not None:
            return self.head
        return parse_response_head(bytes(self.response[self._head_start :])) if self.response else None

    @property
    def raw_body(self) -> bytes:
        """The bytes after the head, as they came."""
        return bytes(self.response[self._head_start :]) if self.head is not None else b""

    @property
    def body(self) -> bytes:
        """The body without its codings."""
        return decode_body(self.head, self.raw_body) if self.head is not None else b""

    @property
    def body_text(self) -> str:
        """The body as text, not yet safe for a terminal."""
        return body_text(self.head, self.raw_body) if self.head is not None else ""
