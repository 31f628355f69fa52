"""HTTP/1.1 heads and bodies as bytes, read tolerantly (RFC 9112). Nothing here raises for a peer's mistake."""

from __future__ import annotations

import re

from msgspec import Struct

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile("[0-9]{1,19}")
_STATUS_LINE = rb"(HTTP/\d+(?:\.\d+)?)[ \t]+(\d{3})(?:[ \t](.*))?\Z"
_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z"


class FieldLine(Struct, frozen=True):
    """One header field as it arrived."""

    name: str
    """Case kept."""
    value: str
    """Latin-1, without the white space around it."""
    offset: int
    """Byte offset of the line within the head."""
    raw: bytes
    """The line without its line end."""


class _Head(Struct, frozen=True):
    raw: bytes
    """Everything up to and including the blank line."""
    fields: tuple[FieldLine, ...]
    malformed: str
    """What is wrong with it, in words; empty when nothing is."""

    def get(self, name: str) -> str | None:
        """Return the first value of the field `name`, whatever its case, or None."""
        wanted = name.lower()
        return next((line.value for line in self.fields if line.name.lower() == wanted), None)

    def get_all(self, name: str) -> list[str]:
        """Return every value of the field `name` in order."""
        wanted = name.lower()
        return [line.value for line in self.fields if line.name.lower() == wanted]

    def lines(self, name: str) -> list[FieldLine]:
        """Return the field lines of `name` in order, for pointing at them."""
        wanted = name.lower()
        return [line for line in self.fields if line.name.lower() == wanted]

    def tokens(self, name: str) -> list[str]:
        """Return the comma-separated members of all the fields `name`, lower-cased (RFC 9110 section 5.6.1)."""
        return [
            token.strip().lower()
            for value in self.get_all(name)
            for token in value.split(",")
            if token.strip()
        ]


class RequestHead(_Head, frozen=True):
    """A request line and its fields."""

    method: str
    target: str
    version: str


class ResponseHead(_Head, frozen=True):
    """A status line and its fields."""

    version: str
    """`HTTP/1.1`; empty when there is no status line."""
    status_code: int | None
    reason_phrase: str
    status_line: str

    @property
    def is_interim(self) -> bool:
        """Whether another answer follows: 1xx, except that 101 is the last of HTTP (RFC 9110 section 15.2)."""
        status = self.status_code
        return status is not None and 100 <= status <= 199 and status != 101


def find_head_end(data: bytes | bytearray, start: int = 0) -> int | None:
    """Return the index after the blank line that ends a head, or None while it has not arrived.

    Bare LF line ends are accepted (RFC 9112 section 2.2). `start` is where to look from.
    """
    found = _HEAD_END.search(data, start)
    return found.end() if found else None


def starts_like_http(data: bytes) -> bool:
    """Say whether bytes can still become an HTTP/1.x status line; true for a mere prefix of one."""
    return data[:5] == b"HTTP/"[: len(data)]


def _field_lines(lines: list[tuple[int, bytes]]) -> tuple[tuple[FieldLine, ...], str]:
    fields: list[FieldLine] = []
    malformed = ""
    for offset, raw in lines:
        if raw[:1] in (b" ", b"\t") and fields:
            last = fields[-1]
            value = f"{last.value} {raw.decode('latin-1').strip()}".strip()
            fields[-1] = FieldLine(last.name, value, last.offset, last.raw + b"\r\n" + raw)
            malformed = malformed or f"folded field line at byte {offset}"
            continue
        name, colon, value_bytes = raw.partition(b":")
        if not colon:
            malformed = malformed or f"field line without a colon at byte {offset}"
        elif not re.match(_TOKEN, name.decode("latin-1")):
            malformed = malformed or f"field name is not a token at byte {offset}"
        elif b"\x00" in value_bytes or b"\r" in value_bytes:
            malformed = malformed or f"forbidden byte in a field value at byte {offset}"
        fields.append(
            FieldLine(
                name.decode("latin-1").rstrip(), value_bytes.decode("latin-1").strip(" \t"), offset, raw
            )
        )
    return tuple(fields), malformed


def _lines(raw: bytes) -> list[tuple[int, bytes]]:
    out: list[tuple[int, bytes]] = []
    offset = 0
    for line in raw.split(b"\n"):
        stripped = line.removesuffix(b"\r")
        if stripped:
            out.append((offset, stripped))
        offset += len(line) + 1
    return out


def parse_response_head(data: bytes) -> ResponseHead:
    """Read a response head, whole or cut off, from the first byte of `data`; `raw` ends at its blank line."""
    end = find_head_end(data)
    raw = bytes(data if end is None else data[:end])
    lines = _lines(raw)
    status_line = lines[0][1] if lines else b""
    match = re.match(_STATUS_LINE, status_line)
    fields, malformed = _field_lines(lines[1:])
    if match is None:
        shown = status_line.decode("latin-1")
        return ResponseHead(raw, fields, "the status line is not HTTP", "", None, "", shown)
    return ResponseHead(
        raw=raw,
        fields=fields,
        malformed=malformed,
        version=match[1].decode("ascii"),
        status_code=int(match[2]),
        reason_phrase=(match[3] or b"").decode("latin-1").strip(),
        status_line=status_line.decode("latin-1"),
    )


def parse_request_head(data: bytes) -> RequestHead:
    """Read a request head from the first byte of `data`."""
    end = find_head_end(data)
    raw = bytes(data if end is None else data[:end])
    lines = _lines(raw)
    parts = lines[0][1].decode("latin-1").split(" ") if lines else []
    fields, malformed = _field_lines(lines[1:])
    if len(parts) != 3:
        malformed = malformed or "the request line does not have three parts"
    method, target, version = (*parts, "", "", "")[:3]
    return RequestHead(raw, fields, malformed, method, target, version)


def _chunks(data: bytes) -> tuple[bytes, bool]:
    """Undo chunked transfer coding (RFC 9112 section 7.1); the flag says whether the last chunk was seen."""
    out: list[bytes] = []
    at = 0
    while True:
        line_end = data.find(b"\r\n", at)
        if line_end < 0:
            # A body that only claims to be chunked is read as it came.
            begun = at > 0 or re.fullmatch(rb"[0-9A-Fa-f]*(?:;.*)?\r?", data, re.DOTALL)
            return b"".join(out) if begun else data, False
        size_text = data[at:line_end].split(b";")[0].strip()
        try:
            size = int(size_text, 16)
        except ValueError:
            return b"".join(out) or data, True
        if size <= 0:
            return b"".join(out), True
        out.append(data[line_end + 2 : line_end + 2 + size])
        at = line_end + 2 + size + 2
        if at > len(data):
            return b"".join(out), False


def body_complete(head: ResponseHead, received: bytes) -> bool:
    """Say whether the bytes received after the head are the whole body (RFC 9112 section 6.3).

    False where only the end of the stream can tell.
    """
    if head.is_interim or head.status_code in (101, 204, 304):
        return True
    if "chunked" in head.tokens("Transfer-Encoding"):
        return _chunks(received)[1]
    length = head.get("Content-Length")
    return length is not None and _LENGTH.fullmatch(length) is not None and len(received) >= int(length)


def decode_body(head: ResponseHead, received: bytes, *, limit: int = 64 * 1024) -> bytes:
    """Return the body's content without its transfer and content codings, at most `limit` bytes.

    What can't be decoded is returned as it came.
    """
    data = received
    if "chunked" in head.tokens("Transfer-Encoding"):
        data = _chunks(data)[0]
    coding = head.tokens("Content-Encoding")
    if coding and coding[-1] in ("gzip", "x-gzip", "deflate"):
        import zlib

        try:
            data = zlib.decompressobj(wbits=47).decompress(data, limit)
        except zlib.error:
            return data[:limit]
    return data[:limit]


def body_text(head: ResponseHead, received: bytes) -> str:
    """Return the decoded body as text: UTF-8 where it is valid, else Latin-1. Not yet safe for a terminal."""
    data = decode_body(head, received)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
