"""Close codes: the IANA WebSocket Close Code Number Registry and the ranges of RFC 6455 section 7.4."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Range = Literal["unused", "protocol", "registered", "private", "out of range"]
Sender = Literal["either", "client", "server", "nobody"]


class CloseCode(Struct, frozen=True):
    """What is known about one number."""

    code: int
    name: str
    """The registry's name in lower case words, or what its range says."""
    range: Range
    meaning: str
    """One sentence."""
    on_the_wire: bool
    """Whether a Close frame may carry it."""
    sender: Sender
    """Who has a reason to send it."""
    source: str


_RFC = "RFC 6455 section 7.4.1"
_IANA = "IANA WebSocket Close Code Number Registry"

_REGISTRY: dict[int, CloseCode] = {
    row.code: row
    for row in (
        CloseCode(
            1000,
            "normal closure",
            "protocol",
            "The connection has done what it was for.",
            True,
            "either",
            _RFC,
        ),
        CloseCode(
            1001,
            "going away",
            "protocol",
            "A server is shutting down, or a page was left.",
            True,
            "either",
            _RFC,
        ),
        CloseCode(
            1002,
            "protocol error",
            "protocol",
            "The other side broke the framing rules.",
            True,
            "either",
            _RFC,
        ),
        CloseCode(
            1003,
            "unsupported data",
            "protocol",
            "A type of data arrived that this endpoint does not take, such as binary.",
            True,
            "either",
            _RFC,
        ),
        CloseCode(
            1004,
            "reserved",
            "protocol",
            "Reserved without a meaning; it must not be sent.",
            False,
            "nobody",
            _RFC,
        ),
        CloseCode(
            1005,
            "no status received",
            "protocol",
            "What an API reports when a Close frame had no code; it must not be sent.",
            False,
            "nobody",
            _RFC,
        ),
        CloseCode(
            1006,
            "abnormal closure",
            "protocol",
            "What an API reports when the connection ended without a Close frame; it must not be sent.",
            False,
            "nobody",
            _RFC,
        ),
        CloseCode(
            1007,
            "invalid frame payload data",
            "protocol",
            "A message did not fit its type, such as text that is not UTF-8.",
            True,
            "either",
            _RFC,
        ),
        CloseCode(
            1008,
            "policy violation",
            "protocol",
            "A message or the client broke a rule of this endpoint: often authorization.",
            True,
            "either",
            _RFC,
        ),
        CloseCode(
            1009,
            "message too big",
            "protocol",
            "A message was larger than this endpoint takes.",
            True,
            "either",
            _RFC,
        ),
        CloseCode(
            1010,
            "mandatory extension",
            "protocol",
            "The client needs an extension that the server did not negotiate.",
            True,
            "client",
            _RFC,
        ),
        CloseCode(
            1011,
            "internal error",
            "protocol",
            "The server met a condition that kept it from going on.",
            True,
            "server",
            _RFC,
        ),
        CloseCode(
            1012,
            "service restart",
            "protocol",
            "The service restarts; reconnect after a random delay.",
            True,
            "server",
            _IANA,
        ),
        CloseCode(
            1013,
            "try again later",
            "protocol",
            "The service is overloaded; reconnect later or elsewhere.",
            True,
            "server",
            _IANA,
        ),
        CloseCode(
            1014,
            "bad gateway",
            "protocol",
            "A gateway got an invalid answer from the server behind it.",
            True,
            "server",
            _IANA,
        ),
        CloseCode(
            1015,
            "TLS handshake",
            "protocol",
            "What an API reports when the TLS handshake failed; it must not be sent.",
            False,
            "nobody",
            _RFC,
        ),
        CloseCode(
            3000,
            "unauthorized",
            "registered",
            "The endpoint needs authorization and the client showed none.",
            True,
            "server",
            _IANA,
        ),
        CloseCode(
            3003,
            "forbidden",
            "registered",
            "The endpoint knows the client and refuses it.",
            True,
            "server",
            _IANA,
        ),
        CloseCode(
            3008,
            "timeout",
            "registered",
            "The endpoint waited too long for the client.",
            True,
            "server",
            _IANA,
        ),
    )
}


def describe_close_code(code: int) -> CloseCode:
    """Return what is known about `code`; any integer is answered."""
    known = _REGISTRY.get(code)
    if known is not None:
        return known
    source = "RFC 6455 section 7.4.2"
    if 0 <= code <= 999:
        return CloseCode(code, "unused", "unused", "Codes below 1000 are not used.", False, "nobody", source)
    if 1000 <= code <= 2999:
        meaning = (
            "Reserved for the protocol and its extensions; it has no meaning today and must not be sent."
        )
        return CloseCode(code, "unassigned", "protocol", meaning, False, "nobody", source)
    if 3000 <= code <= 3999:
        meaning = "For libraries and frameworks; this one is not registered, so its meaning is theirs."
        return CloseCode(code, "unregistered", "registered", meaning, True, "either", source)
    if 4000 <= code <= 4999:
        return CloseCode(
            code, "private use", "private", "The application's own code.", True, "either", source
        )
    return CloseCode(
        code, "not a close code", "out of range", "Close codes end at 4999.", False, "nobody", source
    )


def known_close_codes() -> tuple[CloseCode, ...]:
    """Return the registered codes in ascending order."""
    return tuple(_REGISTRY.values())
