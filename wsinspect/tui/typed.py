"""What is typed in the composer, read as a frame to send: text, or a slash command. Pure; mistakes are UsageErrors."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wsinspect.errors import UsageError, nearest
from wsinspect.wire.close_codes import describe_close_code

_CONTROL_BYTES = 125
_CLOSE_REASON_BYTES = 123


class Kind(StrEnum):
    """What kind of frame is to be sent."""

    TEXT = "text"
    BINARY = "binary"
    PING = "ping"
    PONG = "pong"
    CLOSE = "close"


_COMMANDS = {
    "text": Kind.TEXT,
    "hex": Kind.BINARY,
    "binary": Kind.BINARY,
    "ping": Kind.PING,
    "pong": Kind.PONG,
    "close": Kind.CLOSE,
}
COMMANDS_SHOWN = "/ping /pong /hex /close /text"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A frame to send."""

    kind: Kind
    payload: bytes
    """UTF-8 for text; without code and reason for a close."""
    code: int | None = None
    reason: str = ""

    @property
    def told(self) -> str:
        """Say what Enter does, e.g. `sends 5 bytes as a text message`."""
        size = len(self.payload)
        amount = "an empty" if not size else f"{size} byte{'' if size == 1 else 's'} as a"
        match self.kind:
            case Kind.TEXT:
                return f"sends {amount} text message"
            case Kind.BINARY:
                return f"sends {amount} binary message"
            case Kind.PING | Kind.PONG:
                return f"sends a {self.kind}" + (f" with {size} bytes" if size else "")
            case _:
                if self.code is None:
                    return "closes without a code"
                name = describe_close_code(self.code).name
                return f"closes with {self.code} ({name})" + (f" and {self.reason!r}" if self.reason else "")


def completions(typed: str) -> list[str]:
    """Return the commands that `typed` may still become, none where it is not the beginning of one."""
    if not typed.startswith("/") or typed.startswith("//") or " " in typed or "\n" in typed:
        return []
    return [f"/{word}" for word in _COMMANDS if word.startswith(typed[1:]) and f"/{word}" != typed]


def split_kind(typed: str, kind: Kind = Kind.TEXT) -> tuple[Kind, str]:
    """Return the kind that `typed` asks for, `kind` unless it begins with a command, and the rest of it.

    `//` at the beginning stands for a text that begins with one slash.

    Raises:
        UsageError: an unknown command.
    """
    if not typed.startswith("/") or kind is not Kind.TEXT:
        return kind, typed
    if typed.startswith("//"):
        return Kind.TEXT, typed[1:]
    word, _, rest = typed[1:].partition(" ")
    command = word.split("\n", 1)[0]
    if command not in _COMMANDS:
        hint = nearest(command, _COMMANDS) or "// sends a text that begins with a slash"
        raise UsageError(f"/{command} is no command", allowed=COMMANDS_SHOWN, hint=hint)
    return _COMMANDS[command], rest


def parse_typed(typed: str, kind: Kind = Kind.TEXT) -> Outgoing:
    """Read what is typed. `kind` applies where no command is given.

    Raises:
        UsageError: an unknown command, bad hex, a control payload that is too long, a bad close code or reason.
    """
    kind, rest = split_kind(typed, kind)
    match kind:
        case Kind.TEXT:
            return Outgoing(kind, _utf8(rest))
        case Kind.BINARY:
            return Outgoing(kind, parse_hex(rest))
        case Kind.PING | Kind.PONG:
            payload = _utf8(rest)
            if len(payload) > _CONTROL_BYTES:
                raise UsageError(
                    f"{len(payload)} bytes are too many for a {kind}", allowed=f"{_CONTROL_BYTES} bytes"
                )
            return Outgoing(kind, payload)
        case _:
            return _close(rest)


def parse_hex(typed: str) -> bytes:
    """Read hex digits, with or without blanks, colons, commas, `0x` and `\\x` between them.

    Raises:
        UsageError: names the column of what is not a hex digit, or an odd number of digits.
    """
    digits: list[str] = []
    at = 0
    while at < len(typed):
        if typed[at : at + 2].lower() in ("0x", "\\x"):
            at += 2
        elif typed[at] in " \t\n:,-":
            at += 1
        elif typed[at] in "0123456789abcdefABCDEF":
            digits.append(typed[at])
            at += 1
        else:
            raise UsageError(
                f"{typed[at]!r} at column {at + 1} is not a hex digit", allowed="0-9 a-f, blanks between"
            )
    if len(digits) % 2:
        raise UsageError(f"{len(digits)} hex digits are not whole bytes", allowed="two digits a byte")
    return bytes.fromhex("".join(digits))


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"character {error.start + 1} can't be sent as UTF-8") from error


def _close(rest: str) -> Outgoing:
    word, _, reason = rest.strip().partition(" ")
    if not word:
        return Outgoing(Kind.CLOSE, b"", 1000)
    if not word.isascii() or not word.isdigit() or not 0 <= int(word) <= 65535:
        raise UsageError(
            f"{word!r} is no close code", allowed="1000 to 1003, 1007 to 1014, 3000 to 4999, then a reason"
        )
    code = int(word)
    described = describe_close_code(code)
    if not described.on_the_wire:
        raise UsageError(
            f"{code} ({described.name}) must not stand in a Close frame",
            allowed="1000 to 1003, 1007 to 1014, 3000 to 4999",
        )
    size = len(_utf8(reason))
    if size > _CLOSE_REASON_BYTES:
        raise UsageError(f"the reason is {size} bytes", allowed=f"{_CLOSE_REASON_BYTES} bytes of UTF-8")
    return Outgoing(Kind.CLOSE, b"", code, reason)
