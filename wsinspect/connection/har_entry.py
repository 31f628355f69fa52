"""WebSocket entries of a HAR, as Chrome, Firefox and other tools write them, and the options that ask the same again.

Chrome puts messages into `_webSocketMessages`; Firefox writes the handshake alone. Fields that are missing or null are passed over.
"""

from __future__ import annotations

import re
from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

import msgspec

from wsinspect.errors import UsageError
from wsinspect.events import FailureKind, Step
from wsinspect.options import ConnectOptions
from wsinspect.safe_text import shortened, visible

_MADE_ANEW = {
    "upgrade",
    "connection",
    "sec-websocket-key",
    "sec-websocket-version",
    "host",
    "accept-encoding",
    "content-length",
}
_FAR_FUTURE_S = 1e11
"""Times beyond are milliseconds: some tools write these."""
_LATEST_S = 4e9
"""October 2096: later times would not fit into what counts them."""
_NUMBER = float | int | None


class Pair(msgspec.Struct, frozen=True):
    """A field or a cookie."""

    name: str
    value: str = ""


class _Content(msgspec.Struct, frozen=True):
    text: str | None = None
    encoding: str | None = None


class Request(msgspec.Struct, frozen=True, rename="camel"):
    """What was asked."""

    url: str
    headers: list[Pair] = []
    cookies: list[Pair] = []


class Response(msgspec.Struct, frozen=True, rename="camel"):
    """What was answered; status 0 where nothing was."""

    status: int | float = 0
    status_text: str | None = None
    headers: list[Pair] = []
    content: _Content = _Content()
    error: str | None = msgspec.field(name="_error", default=None)

    @property
    def body(self) -> bytes:
        """The content, decoded."""
        text = self.content.text or ""
        if self.content.encoding == "base64":
            return from_base64(text)
        return text.encode("utf-8", "replace")


class Message(msgspec.Struct, frozen=True):
    """One message, or with type `error` what the browser had to say."""

    type: str = ""
    time: _NUMBER = None
    opcode: _NUMBER = None
    data: str | None = None

    @property
    def time_s(self) -> float | None:
        """Seconds since the Unix epoch; None where that is not said, or nonsense."""
        if self.time is None:
            return None
        seconds = self.time / 1000 if self.time > _FAR_FUTURE_S else float(self.time)
        return seconds if 0 <= seconds < _LATEST_S else None

    @property
    def payload(self) -> bytes:
        """Text of opcode 1, else what the base64 stands for."""
        return (
            (self.data or "").encode("utf-8", "replace") if self.opcode == 1 else from_base64(self.data or "")
        )


class Failure(msgspec.Struct, frozen=True):
    """What our own export says of an attempt that failed."""

    step: Step
    kind: FailureKind


class HarEntry(msgspec.Struct, frozen=True, rename="camel"):
    """One connection."""

    request: Request
    response: Response = Response()
    started_date_time: str = ""
    timings: dict[str, Any] = {}
    server_ip_address: str | None = msgspec.field(name="serverIPAddress", default=None)
    connection: str | int | None = None
    resource_type: str | None = msgspec.field(name="_resourceType", default=None)
    messages: list[Message] | None = msgspec.field(name="_webSocketMessages", default=None)
    failure: Failure | None = msgspec.field(name="_wsinspectFailure", default=None)

    @property
    def started_ns(self) -> int:
        """Nanoseconds since the Unix epoch; 0 where that is not said, or nonsense."""
        try:
            moment = datetime.fromisoformat(self.started_date_time)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            milliseconds = round(moment.timestamp() * 1000)
        except (ValueError, OverflowError):
            return 0
        return milliseconds * 1_000_000 if milliseconds < _LATEST_S * 1000 else 0

    def took_ns(self, phase: str) -> int | None:
        """Return how long a phase of `timings` took; None for -1, null and what is no number."""
        value = self.timings.get(phase)
        if not isinstance(value, int | float) or not 0 <= value < 1e9:
            return None
        return int(value * 1e6)

    def options(self) -> ConnectOptions:
        """Return what asks the same again: fields, cookies, Origin, subprotocols, whether compression is offered."""
        found: dict[str, Any] = {"url": self.request.url, "compression": False}
        headers: list[tuple[str, str]] = []
        for field in self.request.headers:
            match field.name.lower():
                case "origin":
                    found["origin"] = field.value
                case "cookie":
                    found["cookies"] = tuple(part.strip() for part in field.value.split(";") if part.strip())
                case "user-agent":
                    found["user_agent"] = field.value
                case "sec-websocket-protocol":
                    names = (name.strip() for name in field.value.split(","))
                    found["subprotocols"] = tuple(dict.fromkeys(name for name in names if name))
                case "sec-websocket-extensions":
                    found["compression"] = "permessage-deflate" in field.value
                case name if name not in _MADE_ANEW and not name.startswith(":"):
                    headers.append((field.name, field.value))
                case _:
                    pass
        if not self.request.headers:
            del found["compression"]
        if "cookies" not in found and self.request.cookies:
            found["cookies"] = tuple(f"{cookie.name}={cookie.value}" for cookie in self.request.cookies)
        return ConnectOptions(headers=tuple(headers), **found)


class Har(msgspec.Struct, frozen=True):
    """What of a HAR is about WebSockets."""

    creator: str
    """Name and version."""
    entries: list[HarEntry]


class _Creator(msgspec.Struct, frozen=True):
    name: str = ""
    version: str = ""


class _Log(msgspec.Struct, frozen=True):
    entries: list[msgspec.Raw]
    creator: _Creator = _Creator()


class _Root(msgspec.Struct, frozen=True):
    log: _Log


class _Glimpse(msgspec.Struct, frozen=True):
    """As much of an entry as says whether it is one of ours."""

    request: Request
    resource_type: str | None = msgspec.field(name="_resourceType", default=None)
    messages: msgspec.Raw = msgspec.field(name="_webSocketMessages", default=msgspec.Raw())
    """Empty where there are none."""

    @property
    def is_websocket(self) -> bool:
        asks = any(
            f.name.lower() == "upgrade" and "websocket" in f.value.lower() for f in self.request.headers
        )
        said = self.resource_type == "websocket" or bytes(self.messages) not in (b"", b"null")
        return said or asks or re.match(r"(?i)wss?:", self.request.url) is not None


def read_har(data: bytes, name: str) -> Har:
    """Read a whole HAR, or a single entry of one as browsers copy it; entries of other kinds are passed over.

    Raises:
        UsageError: it is no HAR, holds no WebSocket, or an entry of it is not as the format says.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        log = msgspec.json.decode(data, type=_Root).log
        raw, creator = log.entries, f"{log.creator.name} {log.creator.version}".strip()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if not _looks_like_entry(data):
            raise _wrong("" if name == "HAR" else name, "this is no HAR", error) from error
        raw, creator = [msgspec.Raw(data)], ""
    entries = [_entry(each, f"{name}: entry {number}") for number, each in enumerate(raw, 1) if _ours(each)]
    if not entries:
        raise UsageError(
            f"holds no WebSocket among {len(raw)} entr{'y' if len(raw) == 1 else 'ies'}",
            where=name,
            hint="record it with the Network panel open before the page connects",
        )
    return Har(shortened(visible(creator), 100), entries)


def _looks_like_entry(data: bytes) -> bool:
    try:
        msgspec.json.decode(data, type=_Glimpse)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _ours(entry: msgspec.Raw) -> bool:
    try:
        return msgspec.json.decode(entry, type=_Glimpse).is_websocket
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Not even a URL: whatever it is, it is no WebSocket.
        return False


def _entry(raw: msgspec.Raw, where: str) -> HarEntry:
    try:
        return msgspec.json.decode(raw, type=HarEntry)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _wrong(where, "is not as HAR 1.2 has it", error) from error


def _wrong(where: str, what: str, error: Exception) -> UsageError:
    said = shortened(visible(str(error)), 200)
    return UsageError(f"{what}: {said}", where=where, allowed="HAR 1.2 as browsers write it")


def from_base64(text: str) -> bytes:
    """Return what it stands for; a text that is no base64, as some tools write, is taken for itself."""
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return text.encode("utf-8", "replace")
