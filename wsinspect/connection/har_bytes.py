"""The bytes that a HAR only describes: heads made of its fields, frames made of its messages."""

from __future__ import annotations

from collections.abc import Iterator

from wsinspect.connection.har_entry import HarEntry, Pair
from wsinspect.connection.har_errors import status_of
from wsinspect.connection.url import Target
from wsinspect.wire.handshake import accept_for

_FILLED_KEY = "AAAAAAAAAAAAAAAAAAAAAA=="
_NO_MASK = bytes(4)


class HarHandshake:
    """Request and response of an entry. Fields that a handshake which worked must have had are filled in, and noted."""

    def __init__(self, entry: HarEntry, said: str, *, opened: bool) -> None:
        """`said` is what the browser said of a failure, `opened` whether it took the handshake."""
        self._entry = entry
        self._said = said
        self._opened = opened
        self._filled: list[str] = []
        self._status_alone = False

    def request(self, target: Target) -> bytes:
        """Return the request's head; empty where the HAR has no field of it."""
        fields = [field for field in self._entry.request.headers if not field.name.startswith(":")]
        if self._opened:
            fields += self._missing(
                fields,
                Pair("Host", target.host_field),
                Pair("Upgrade", "websocket"),
                Pair("Connection", "Upgrade"),
                Pair("Sec-WebSocket-Key", _FILLED_KEY),
                Pair("Sec-WebSocket-Version", "13"),
            )
        return _head(f"GET {target.request_target} HTTP/1.1", fields) if fields else b""

    def response(self) -> bytes:
        """Return the response's head and body; empty where nothing was answered."""
        response = self._entry.response
        status, fields = int(response.status), list(response.headers)
        if self._opened:
            headers = self._entry.request.headers
            keys = (field.value for field in headers if field.name.lower() == "sec-websocket-key")
            fields += self._missing(
                fields,
                Pair("Upgrade", "websocket"),
                Pair("Connection", "Upgrade"),
                Pair("Sec-WebSocket-Accept", accept_for(next(keys, _FILLED_KEY))),
            )
            status = 101
        elif not status:
            status = status_of(self._said)
            self._status_alone = bool(status)
        if not status:
            return b""
        head = _head(f"HTTP/1.1 {status} {response.status_text or ''}".rstrip(), fields)
        return head if status == 101 else head + response.body

    def notes(self) -> Iterator[str]:
        """Yield what is not as it was, once `request` and `response` were asked for."""
        if self._filled:
            yield f"the HAR lacks {', '.join(self._filled)}: filled in"
        if self._status_alone:
            yield "of the answer the HAR has the status code alone"

    def _missing(self, fields: list[Pair], *needed: Pair) -> list[Pair]:
        there = {field.name.lower() for field in fields}
        missing = [field for field in needed if field.name.lower() not in there]
        self._filled += [field.name for field in missing if field.name not in self._filled]
        return missing


def _head(first: str, fields: list[Pair]) -> bytes:
    lines = [first, *(f"{field.name}: {field.value}" for field in fields)]
    # Browsers join fields of one name with line ends.
    text = "".join(line.replace("\r", " ").replace("\n", " ") + "\r\n" for line in lines)
    try:
        return (text + "\r\n").encode("latin-1")
    except UnicodeEncodeError:
        return (text + "\r\n").encode("utf-8", "replace")


def frame_bytes(opcode: int, payload: bytes, *, masked: bool) -> bytes:
    """Return one unfragmented frame (RFC 6455 section 5.2); the masking key is zero, so that nothing changes."""
    size, bit = len(payload), 0x80 if masked else 0
    if size < 126:
        length = bytes((bit | size,))
    elif size < 65536:
        length = bytes((bit | 126,)) + size.to_bytes(2, "big")
    else:
        length = bytes((bit | 127,)) + size.to_bytes(8, "big")
    return bytes((0x80 | opcode,)) + length + (_NO_MASK if masked else b"") + payload
