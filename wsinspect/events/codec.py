"""Events as JSON Lines: one header line, then one event a line, bytes in base64. What can be derived is not saved."""

from __future__ import annotations

import operator
from datetime import UTC, datetime
from functools import lru_cache, reduce
from typing import Any, Literal

import msgspec

from wsinspect import __version__
from wsinspect.errors import UsageError
from wsinspect.events import lifecycle, network, server_log
from wsinspect.events.stamped import Event
from wsinspect.events.stream import BytesReceived, BytesSent, StreamClosedLocally, StreamEnded, StreamReset
from wsinspect.events.vocabulary import Layer
from wsinspect.safe_text import shortened, visible

VERSION = 1
"""Of the format: a reader refuses a higher one. Fields are only ever added."""
_EXPORT_BEGIN = b'{"type":"session","schema":'
"""How the first line of an export as JSON Lines begins, whose file has the same suffix."""


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """A recording's first line."""

    wsinspect: Literal["recording"]
    version: int
    made: str = ""
    """ISO 8601, UTC."""
    program: str = ""


class SavedSent(Event, frozen=True, kw_only=True, gc=False, tag="bytes-sent"):
    """A `BytesSent` as the file has it."""

    layer: Layer
    data: bytes


class SavedReceived(Event, frozen=True, kw_only=True, gc=False, tag="bytes-received"):
    """A `BytesReceived` as the file has it."""

    layer: Layer
    data: bytes


class _SavedEnded(Event, frozen=True, kw_only=True, tag="stream-ended"):
    pass


class _SavedReset(Event, frozen=True, kw_only=True, tag="stream-reset"):
    errno: int | None = None
    message: str = ""


class _SavedClosed(Event, frozen=True, kw_only=True, omit_defaults=True, tag="stream-closed-locally"):
    aborted: bool = False


_SAVED_AS: dict[type[Event], type[Event]] = {
    SavedSent: BytesSent,
    SavedReceived: BytesReceived,
    _SavedEnded: StreamEnded,
    _SavedReset: StreamReset,
    _SavedClosed: StreamClosedLocally,
}
"""Events with frames are saved without them. On reading, `frames` is None until replay derives them anew."""

_WITH_FRAMES = (BytesReceived, BytesSent, StreamEnded, StreamReset, StreamClosedLocally)
_encoder = msgspec.json.Encoder()
_NEXT_CHUNK = b'}\n{"event":"bytes-received","seq":'


def saved_events() -> list[type[Event]]:
    """Return every event in the form in which it is saved."""
    saved: list[type[Event]] = [*_SAVED_AS]
    for module in (lifecycle, network, server_log):
        saved += [
            value
            for value in vars(module).values()
            if isinstance(value, type) and issubclass(value, Event) and value is not Event
        ]
    return saved


@lru_cache(maxsize=1)
def _event_decoder() -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(reduce(operator.or_, saved_events()))


@lru_cache(maxsize=1)
def _header_decoder() -> msgspec.json.Decoder[Header]:
    return msgspec.json.Decoder(Header)


def encode_event(event: Event) -> bytes:
    """Return the event as one line of JSON with its line end; frames are left out."""
    if isinstance(event, _WITH_FRAMES) and event.frames is not None:
        event = msgspec.structs.replace(event, frames=None)
    return _encoder.encode(event) + b"\n"


def decode_event(line: bytes) -> Event:
    """Read one line. Unknown fields are passed over; `frames` is None.

    Raises:
        UsageError: it is not JSON, no known event, or a field is missing or of the wrong type. Names no place: whoever
            reads the file knows the line number.
    """
    return event_of(decode_saved(line))


def decode_saved(line: bytes) -> Event:
    """Read one line as `decode_event` does, and return the event in the form in which it is saved."""
    try:
        saved: Event = _event_decoder().decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(
            f"not an event: {shortened(visible(str(error)), 200)}",
            allowed="the lines that wsinspect itself writes",
        ) from error
    return saved


def decode_saved_lines(buffer: bytearray, end: int) -> list[Event] | None:
    """Read the whole lines in `buffer` before `end`, at a fraction of the cost of one by one.

    Returns None where one is no event: `decode_saved` says which, and why.
    """
    try:
        with memoryview(buffer) as view:
            saved: list[Event] = _event_decoder().decode_lines(view[:end])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    # The decoder passes over blank lines, and takes a last one without its end.
    whole = buffer[end - 1 : end] == b"\n"
    return saved if whole and _lines_in(buffer, end, len(saved)) else None


def _lines_in(buffer: bytearray, end: int, count: int) -> bool:
    """Whether there are that many, blank ones included. No string in JSON holds a line end as it is."""
    # A long needle is found in longer strides: in a flood all lines begin alike, and it takes half the time.
    return buffer.count(_NEXT_CHUNK, 0, end) == count - 1 or buffer.count(b"\n", 0, end) == count


def event_of(saved: Event) -> Event:
    """Return the event that was saved in this form; `frames` is None."""
    owner = _SAVED_AS.get(type(saved))
    if owner is None:
        return saved
    return owner(**{name: getattr(saved, name) for name in saved.__struct_fields__})


def encode_header(made: datetime) -> bytes:
    """Return the first line of a recording made at `made` (with a time zone), with its line end."""
    when = made.astimezone(UTC).isoformat(timespec="seconds")
    header = Header(wsinspect="recording", version=VERSION, made=when, program=f"wsinspect {__version__}")
    return _encoder.encode(header) + b"\n"


def decode_header(line: bytes) -> Header:
    """Read a recording's first line.

    Raises:
        UsageError: it is not a header, or one of a version that this program does not know.
    """
    allowed = f'a first line with "wsinspect": "recording" and "version": {VERSION}'
    try:
        header = _header_decoder().decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if line.startswith(_EXPORT_BEGIN):
            raise UsageError(
                "an export as JSON Lines, which is not a recording",
                hint="open the recording that it was made from; `wsinspect -o FILE URL` makes one",
            ) from error
        raise UsageError("not a wsinspect recording", allowed=allowed) from error
    if header.version != VERSION:
        hint = "a newer wsinspect reads it" if header.version > VERSION else ""
        raise UsageError(f"recording version {header.version}", allowed=f"version {VERSION}", hint=hint)
    return header
