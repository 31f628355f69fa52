"""JSON in ASCII: whatever a peer sent, a terminal that prints the file acts on none of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

_encoder = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_fast_encoder = msgspec.json.Encoder()


def json_text(value: object) -> str:
    """Return `value` as JSON on one line; every control character and everything beyond ASCII is escaped."""
    # json leaves DEL as it is.
    return _encoder.encode(value).replace("\x7f", "\\u007f")


def json_line(value: object) -> bytes:
    """Return the same as a line with its end; many times as fast where nothing is beyond ASCII."""
    try:
        line = _fast_encoder.encode(value)
    except (UnicodeEncodeError, OverflowError):
        # Half of a surrogate pair, or a number beyond 64 bits: JSON can say both.
        line = b"\xff"
    # It leaves DEL as it is, too.
    if line.isascii() and b"\x7f" not in line:
        return line + b"\n"
    return json_text(value).encode("ascii") + b"\n"


def iso_time(wall_ns: int, *, digits: int = 3) -> str:
    """Return nanoseconds since the Unix epoch as ISO 8601 in UTC, with 3, 6 or 9 digits after the second."""
    seconds, fraction = divmod(wall_ns, 1_000_000_000)
    return f"{_until_second(seconds)}.{f'{fraction:09d}'[:digits]}Z"


@lru_cache(maxsize=16)
def _until_second(seconds: int) -> str:
    # Many frames share a second.
    try:
        moment = datetime.fromtimestamp(seconds, tz=UTC)
    except (OverflowError, ValueError, OSError):
        # A clock that is years beyond reason, in a recording that somebody edited.
        moment = datetime.fromtimestamp(0, tz=UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}"
