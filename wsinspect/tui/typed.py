"""What is typed in the composer: text, or slash commands before it. Pure but for `/file`; mistakes are UsageErrors."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from wsinspect.errors import UsageError, nearest
from wsinspect.tui.key_hints import hint
from wsinspect.tui.outgoing import Kind, Outgoing
from wsinspect.tui.payloads import check_json, file_path, parse_base64, parse_hex, read_file, utf8
from wsinspect.tui.raw_frame import parse_raw
from wsinspect.wire.close_codes import describe_close_code

_CONTROL_BYTES = 125
_CLOSE_REASON_BYTES = 123
_MOST_FRAGMENTS = 10_000
_LEAST_INTERVAL_S = 0.01
_UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0}


class Way(StrEnum):
    """How a payload is written, or what else is sent."""

    TEXT = "text"
    JSON = "json"
    HEX = "hex"
    BASE64 = "base64"
    FILE = "file"
    PING = "ping"
    PONG = "pong"
    CLOSE = "close"
    RAW = "raw"


WAYS_BY_KEY = tuple(way for way in Way if way is not Way.RAW)
"""What the key goes through; a raw frame has to be asked for."""
_SLASH_IS_A_COMMAND = frozenset({Way.TEXT, Way.JSON, Way.HEX})
"""Where a slash can't begin a payload, or stands doubled."""
_COMMANDS = {way.value: way for way in Way} | {"binary": Way.HEX}
_BEFORE = ("fragments", "repeat")
COMMANDS_SHOWN = "/json /hex /base64 /file /ping /pong /close /raw /fragments /repeat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """Send again and again."""

    every_s: float
    times: int | None = None
    """None goes on until it is stopped."""

    @property
    def told(self) -> str:
        """Say it, e.g. `5 times, every 2 s`."""
        often = (
            f"{self.times} times"
            if self.times is not None
            else hint("until {stop-repeating}") or "until it is stopped"
        )
        return f"{often}, every {self.every_s:g} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What is typed, its commands taken off: variables are not filled in yet."""

    way: Way
    body: str
    fragments: int = 1
    repeat: Repeat | None = None

    @property
    def hint(self) -> str:
        """Say what else Enter does, beginning with a comma."""
        return f", {self.repeat.told}" if self.repeat is not None else ""

    def outgoing(self, fill: Callable[[str], str] = str) -> Outgoing:
        """Return what to send now; `fill` fills variables in.

        Raises:
            UsageError: bad JSON, hex, base64, close code; a file that can't be read; a control payload that is too long.
        """
        made = _outgoing(self.way, fill(self.body))
        if self.fragments > 1 and made.kind not in (Kind.TEXT, Kind.BINARY):
            raise UsageError(
                f"a {made.kind} frame can't be fragmented", allowed="text, json, hex, base64, file"
            )
        return replace(made, fragments=self.fragments)

    def told(self, fill: Callable[[str], str] = str) -> str:
        """Say what Enter does; reads no file.

        Raises:
            UsageError: as `outgoing`.
        """
        if self.way is Way.FILE:
            as_text, path = _file_words(fill(self.body))
            _, size = file_path(path)
            parts = f" in {self.fragments} frames" if self.fragments > 1 else ""
            return f"sends the file's {size} bytes as a {'text' if as_text else 'binary'} message{parts}{self.hint}"
        return self.outgoing(fill).told + self.hint


def completions(typed: str) -> list[str]:
    """Return the commands that `typed` may still become, none where it is not the beginning of one."""
    if not typed.startswith("/") or typed.startswith("//") or " " in typed or "\n" in typed:
        return []
    words = (*_COMMANDS, *_BEFORE)
    return [f"/{word}" for word in words if word.startswith(typed[1:]) and f"/{word}" != typed]


def split(typed: str, way: Way = Way.TEXT) -> Written:
    """Take the commands off what is typed. `way` applies where no command names one.

    `//` at the beginning stands for a text that begins with one slash.

    Raises:
        UsageError: an unknown command, or one whose numbers are wrong.
    """
    fragments, repeat = 1, None
    while typed.startswith("/") and way in _SLASH_IS_A_COMMAND:
        if typed.startswith("//"):
            return Written(way=way, body=typed[1:], fragments=fragments, repeat=repeat)
        found = re.match(r"/(\S*)(?: |(?=\n)|\Z)", typed)
        command = found[1] if found else typed[1:].split()[0]
        rest = typed[found.end() :] if found else ""
        if command == "fragments":
            fragments, typed = _fragments(rest)
        elif command == "repeat":
            repeat, typed = _repeat(rest)
        elif command in _COMMANDS:
            return Written(way=_COMMANDS[command], body=rest, fragments=fragments, repeat=repeat)
        else:
            hint = nearest(command, (*_COMMANDS, *_BEFORE)) or "// sends a text that begins with a slash"
            raise UsageError(f"/{command} is no command", allowed=COMMANDS_SHOWN, hint=hint)
    return Written(way=way, body=typed, fragments=fragments, repeat=repeat)


def parse_typed(typed: str, way: Way = Way.TEXT, fill: Callable[[str], str] = str) -> Outgoing:
    """Read what is typed as one message or frame.

    Raises:
        UsageError: see `split` and `Written.outgoing`.
    """
    return split(typed, way).outgoing(fill)


def as_text(typed: str, way: Way) -> str:
    """Return what means the same where no way is chosen: what history keeps."""
    if way is Way.TEXT:
        return typed
    written = split(typed, way) if way in _SLASH_IS_A_COMMAND and typed.startswith("/") else None
    if written is None or written.way is way:
        before = typed[: len(typed) - len(written.body)] if written is not None else ""
        body = written.body if written is not None else typed
        return f"{before}/{way.value}" + (f" {body}" if body else "")
    return typed


def _fragments(rest: str) -> tuple[int, str]:
    found = re.match(r"(\d{1,6})(?: |(?=\n)|\Z)", rest)
    if not found or not 1 <= int(found[1]) <= _MOST_FRAGMENTS:
        raise UsageError(
            "in how many frames?", allowed=f"/fragments 1 to {_MOST_FRAGMENTS}, then the message"
        )
    return int(found[1]), rest[found.end() :]


def _repeat(rest: str) -> tuple[Repeat, str]:
    found = re.match(r"(?:(\d{1,9})x? )?(\d{1,6}(?:\.\d{1,3})?)(ms|s|min)(?: |(?=\n)|\Z)", rest)
    every_s = float(found[2]) * _UNITS[found[3]] if found else 0.0
    times = int(found[1]) if found and found[1] else None
    if not found or every_s < _LEAST_INTERVAL_S or times == 0:
        raise UsageError(
            "how often?", allowed="/repeat 5 2s, or /repeat 500ms without an end, then what to send"
        )
    return Repeat(every_s=every_s, times=times), rest[found.end() :]


def _file_words(body: str) -> tuple[bool, str]:
    as_text = re.match(r"\s*-t(?:\s|\Z)", body)
    return as_text is not None, body[as_text.end() :] if as_text else body


def _outgoing(way: Way, body: str) -> Outgoing:
    match way:
        case Way.TEXT:
            return Outgoing(Kind.TEXT, utf8(body))
        case Way.JSON:
            check_json(body)
            return Outgoing(Kind.TEXT, utf8(body))
        case Way.HEX:
            return Outgoing(Kind.BINARY, parse_hex(body))
        case Way.BASE64:
            return Outgoing(Kind.BINARY, parse_base64(body))
        case Way.FILE:
            is_text, path = _file_words(body)
            return Outgoing(Kind.TEXT if is_text else Kind.BINARY, read_file(path, as_text=is_text))
        case Way.PING | Way.PONG:
            payload = utf8(body)
            if len(payload) > _CONTROL_BYTES:
                raise UsageError(
                    f"{len(payload)} bytes are too many for a {way}",
                    allowed=f"{_CONTROL_BYTES} bytes",
                    hint=f"/raw {way} sends it all the same",
                )
            return Outgoing(Kind(way.value), payload)
        case Way.RAW:
            return parse_raw(body)
        case _:
            return _close(body)


def _close(rest: str) -> Outgoing:
    word, _, reason = rest.strip().partition(" ")
    if not word:
        return Outgoing(Kind.CLOSE, b"", 1000)
    if not word.isascii() or not word.isdigit() or not 0 <= int(word[:6]) <= 65535:
        raise UsageError(
            f"{word!r} is no close code", allowed="1000 to 1003, 1007 to 1014, 3000 to 4999, then a reason"
        )
    code = int(word)
    described = describe_close_code(code)
    if not described.on_the_wire:
        raise UsageError(
            f"{code} ({described.name}) must not stand in a Close frame",
            allowed="1000 to 1003, 1007 to 1014, 3000 to 4999",
            hint=f"/raw code={code} sends it all the same",
        )
    size = len(utf8(reason))
    if size > _CLOSE_REASON_BYTES:
        raise UsageError(f"the reason is {size} bytes", allowed=f"{_CLOSE_REASON_BYTES} bytes of UTF-8")
    return Outgoing(Kind.CLOSE, b"", code, reason)
