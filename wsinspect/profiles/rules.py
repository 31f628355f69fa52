"""Typed values that several doors share: the command line, curl commands and forms."""

from __future__ import annotations

import re

from wsinspect.errors import UsageError
from wsinspect.options import ConnectOptions, ConnectToRule, ResolveRule
from wsinspect.safe_text import shortened

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z"
STEP_TIMEOUTS = (
    "resolve_timeout_s",
    "tcp_timeout_s",
    "proxy_timeout_s",
    "tls_timeout_s",
    "upgrade_timeout_s",
)


def parse_header(text: str) -> tuple[str, str]:
    """Read `Name: value`, or `Name;` for a field with an empty value, or `Name:` to remove one, as curl does.

    Raises:
        UsageError: with what is allowed.
    """
    name, colon, value = text.partition(":")
    if not colon and text.endswith(";"):
        name, value = text[:-1], ""
    elif not colon:
        # What follows the first word may be a credential, and stderr ends in logs.
        first, *more = text.split(maxsplit=1) or [""]
        said = f"{shortened(first, 40)!r}{' …' if more else ''}"
        raise UsageError(f"header {said} has no colon", allowed="'Name: value'")
    name = name.strip()
    if not re.match(_TOKEN, name):
        raise UsageError(
            f"{shortened(name, 40)!r} is not a field name",
            allowed="letters, digits and !#$%&'*+-.^_`|~ (RFC 9110 section 5.6.2)",
        )
    _check_characters(f"the value of {name}", value)
    return name, value.strip()


def one_line_or_nothing(text: str) -> str:
    """Read a value that is one line of text; it may be empty.

    Raises:
        UsageError: bytes that are not UTF-8, or a control character. The value itself is not quoted: it may be secret.
    """
    _check_characters("the value", text)
    return text


def one_line(text: str) -> str:
    """Read a value that is one line of text and not empty.

    Raises:
        UsageError: it is empty, or `one_line_or_nothing` refuses it.
    """
    if not text.strip():
        raise UsageError("the value is empty", hint="leave the option out to send nothing")
    return one_line_or_nothing(text)


def _check_characters(what: str, text: str) -> None:
    for position, char in enumerate(text, 1):
        if 0xDC80 <= ord(char) <= 0xDCFF:
            # Python keeps a byte of the command line that is not UTF-8 as a lone surrogate.
            raise UsageError(
                f"{what} holds the byte 0x{ord(char) - 0xDC00:02x} at character {position}, which is not UTF-8",
                allowed="text in UTF-8",
            )
        if (ord(char) < 0x20 and char != "\t") or char == "\x7f":
            raise UsageError(
                f"{what} holds the control character U+{ord(char):04X} at character {position}",
                allowed="one line of visible characters, spaces and tabs",
            )


def parse_port(text: str, where: str) -> int:
    """Read a port, 0 where the text is empty.

    Raises:
        UsageError: not a number from 1 to 65535.
    """
    if not text:
        return 0
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise UsageError(f"port {text!r}", where=where, allowed="1 to 65535")
    return int(text)


def _fields(text: str) -> list[str]:
    """Split at colons that are not inside the brackets of an IPv6 address."""
    return [
        part.strip("[]") for part in re.findall(r"(?:\[[^\]]*\]|[^:])+|(?<=:)(?=:)|^(?=:)|(?<=:)\Z", text)
    ]


def parse_resolve(text: str) -> ResolveRule:
    """Read `HOST:PORT:ADDRESS[,ADDRESS]`, as curl's `--resolve`.

    Raises:
        UsageError: with the form that is allowed.
    """
    host, _, rest = text.partition(":")
    port, colon, addresses = rest.partition(":")
    found = tuple(a.strip().strip("[]") for a in addresses.split(",") if a.strip())
    if not host or not colon or not found:
        raise UsageError(
            f"{shortened(text, 80)!r} is not of the form that it must have",
            where="--resolve",
            allowed="HOST:PORT:ADDRESS[,ADDRESS]…",
        )
    for address in found:
        if not re.fullmatch(r"[0-9A-Fa-f:.]+(%\w+)?", address):
            raise UsageError(
                f"{shortened(address, 60)!r} is not an IP address",
                where="--resolve",
                allowed="HOST:PORT:ADDRESS[,ADDRESS]…",
            )
    return ResolveRule(host=host, port=0 if port == "*" else parse_port(port, "--resolve"), addresses=found)


def parse_connect_to(text: str) -> ConnectToRule:
    """Read `HOST1:PORT1:HOST2:PORT2`, as curl's `--connect-to`; empty parts match or keep anything.

    Raises:
        UsageError: with the form that is allowed.
    """
    parts = _fields(text)
    if len(parts) != 4:
        raise UsageError(
            f"{shortened(text, 80)!r} is not of the form that it must have",
            where="--connect-to",
            allowed="HOST1:PORT1:HOST2:PORT2, IPv6 in brackets",
        )
    return ConnectToRule(
        host=parts[0],
        port=parse_port(parts[1], "--connect-to"),
        to_host=parts[2],
        to_port=parse_port(parts[3], "--connect-to"),
    )


def seconds(text: str, where: str = "") -> float:
    """Read a number of seconds, 0 or more; `500ms`, `2s`, `1m` and `1h` are understood.

    Raises:
        UsageError: with what is allowed.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(ms|s|m|h)?\s*", text, re.ASCII)
    if found is None or float(found[1]) >= 1e7:
        raise UsageError(
            f"{shortened(text, 40)!r} is not a time",
            where=where,
            allowed="seconds such as 2 or 0.5, or 500ms, 2s, 1m, 1h",
        )
    return float(found[1]) * {"ms": 0.001, "m": 60.0, "h": 3600.0}.get(found[2] or "s", 1.0)


def with_step_timeout(timeout_s: float) -> dict[str, float]:
    """Return the option fields that `--connect-timeout` sets: every step up to the answer of the upgrade."""
    return dict.fromkeys(STEP_TIMEOUTS, timeout_s)


def default_timeouts() -> dict[str, float]:
    """Return the timeouts that hold when none is given, for help texts."""
    defaults = ConnectOptions(url="")
    return {name: getattr(defaults, name) for name in STEP_TIMEOUTS}
