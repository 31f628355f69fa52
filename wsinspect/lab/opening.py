"""The opening handshake from the server's side: reading the request, writing a 101 or any other answer."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from email.utils import formatdate

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455 section 1.3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The head of one HTTP request, read leniently: the lab is not what is on trial."""

    line: str
    fields: tuple[tuple[str, str], ...]

    def get(self, field_name: str) -> str | None:
        """Return the first value of a field, whatever the case of its name."""
        return next((value for name, value in self.fields if name.lower() == field_name.lower()), None)


def parse_request(head: bytes) -> Request:
    line, *fields = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    pairs = (field.partition(":") for field in fields)
    return Request(line=line, fields=tuple((name, value.strip()) for name, _, value in pairs))


def accept_value(request: Request) -> str:
    """Compute Sec-WebSocket-Accept (RFC 6455 section 4.2.2)."""
    key = (request.get("Sec-WebSocket-Key") or "").encode("latin-1")
    return base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest()).decode()


def switching_protocols(request: Request, *extra: tuple[str, str]) -> bytes:
    """Write a valid 101 in the field order of node's `ws`, with `extra` fields at its end."""
    return head(
        "HTTP/1.1 101 Switching Protocols",
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Accept", accept_value(request)),
        *extra,
    )


def head(status_line: str, *fields: tuple[str, str]) -> bytes:
    """Write a response head exactly as given: order, case and repetition are the story."""
    lines = [status_line, *(f"{name}: {value}" if value else f"{name}:" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def answer(head_text: str, body: str = "") -> bytes:
    """Write a whole response from readable text.

    `head_text` has a line a field; `{date}` and `{length}` in it become the present date and the body's size. Where it says
    `Transfer-Encoding: chunked`, the body is one chunk (RFC 9112 section 7.1).
    """
    payload = body.encode()
    filled = (
        head_text.strip("\n")
        .replace("{date}", formatdate(usegmt=True))
        .replace("{length}", str(len(payload)))
    )
    if "transfer-encoding: chunked" in filled.lower():
        payload = b"%x\r\n%s\r\n0\r\n\r\n" % (len(payload), payload)
    return filled.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n" + payload
