"""Hosts and ports as people write them -> what a resolver, a socket and a Host field take."""

from __future__ import annotations

import re
import socket
import unicodedata

from wsinspect.connection.percent import percent_decoded
from wsinspect.connection.url_error import UrlError, UrlProblem, shown

MAX_PORT = 65535
_MAX_LABEL_BYTES = 63
_MAX_NAME_BYTES = 253
_PLACEHOLDER_WORDS = frozenset({"undefined", "null", "none", "nan", "[object object]"})
# Patterns are compiled when a host needs them, since most need few and compiling them all is felt at every start.
_PLACEHOLDER = (
    r"(?i)\$\{[^}]*\}?|\$\(?\w+\)?|\{\{?[^{}]*\}?\}?|<[^<>]*>?|%[A-Za-z_]{3,}%|\[object(?: |%20|\+)\w+\]"
)
_FULL_STOPS = "[\u3002\uff0e\uff61]"
_NAME = r"[a-z0-9_.-]+"
_LOOKS_LIKE_IPV4 = r"(?i)(?:.*\.)?(?:\d+|0x[0-9a-f]*)"
_IPV4 = r"[0-9a-fx.]+"
_IGNORED = "[\u00ad\u200b\u2060\ufe00-\ufe0f\ufeff]"
"""Characters that UTS #46 maps to nothing."""


def find_placeholder(text: str) -> str | None:
    """Return what looks like a variable that nobody filled in, e.g. `${HOST}` or `undefined`, or None."""
    if text.lower() in _PLACEHOLDER_WORDS:
        return text
    if not any(sign in text for sign in "${<%["):
        return None
    found = re.search(_PLACEHOLDER, text)
    return found[0] if found else None


def split_authority(authority: str) -> tuple[str | None, str, str | None]:
    """Split `[user-info@]host[:port]` into its raw parts; a host in brackets keeps them."""
    user_info, at, rest = authority.rpartition("@")
    if rest.startswith("["):
        host, bracket, after = rest.partition("]")
        if bracket and (not after or after.startswith(":")):
            return user_info if at else None, host + bracket, after[1:] if after else None
        return user_info if at else None, rest, None
    host, colon, port = rest.partition(":")
    if ":" in port and not port.startswith("//"):
        # Most likely an IPv6 address without brackets; normalised_host says so.
        return user_info if at else None, rest, None
    return user_info if at else None, host, port if colon else None


def parsed_port(text: str) -> int:
    """Return the port number of `text`.

    Raises:
        UrlError: not a whole number from 1 to 65535.
    """
    digits = text.lstrip("0")
    if text.isascii() and text.isdigit() and 0 < len(digits) <= 5 and int(digits) <= MAX_PORT:
        return int(digits)
    hint = "leave the port out to use 443 for wss and 80 for ws"
    if find_placeholder(text):
        hint = "it looks like a variable that was never set: print the URL where it is put together"
    raise UrlError(
        UrlProblem.PORT, f"the port {shown(text)} is not a port", allowed=f"1 to {MAX_PORT}", hint=hint
    )


def normalised_host(text: str, notes: list[str]) -> str:
    """Return `text` in lower-case ASCII: a name (IDNA), an IPv4 address, or an IPv6 address without brackets.

    An IPv6 zone stays (`fe80::1%eth0`). What was changed is added to `notes`.

    Raises:
        UrlError: HOST_MISSING, HOST_INVALID, IDNA, PLACEHOLDER or WHITESPACE.
    """
    if not text:
        raise UrlError(
            UrlProblem.HOST_MISSING,
            "the host is missing",
            hint="write the server's name, e.g. wss://example.com/ws",
        )
    placeholder = find_placeholder(text)
    if placeholder:
        raise UrlError(
            UrlProblem.PLACEHOLDER,
            f"the host holds {shown(placeholder)}, a variable that was never filled in",
            hint="print the URL where it is put together, and set the variable there",
        )
    if any(char.isspace() for char in text):
        raise UrlError(UrlProblem.WHITESPACE, f"the host {shown(text)} holds white space", hint="remove it")
    if text.startswith("["):
        return _ipv6(text)
    if text.count(":") > 1:
        raise UrlError(
            UrlProblem.HOST_INVALID,
            f"{shown(text)} has more than one colon",
            allowed="host:port, or an IPv6 address in brackets",
            hint="write [ADDRESS]:PORT for IPv6",
        )
    name = percent_decoded(text)
    if not name.isascii():
        ascii_name = ".".join(_a_label(label, text) for label in re.sub(_FULL_STOPS, ".", name).split("."))
        notes.append(f"{name} written as {ascii_name} (IDNA)")
        name = ascii_name
    name = name.lower()
    if literal_family(name) == "ipv4":
        return name
    if re.fullmatch(_LOOKS_LIKE_IPV4, name.rstrip(".")):
        return _ipv4(name.rstrip("."), notes)
    check_name(name)
    return name


def check_name(name: str) -> None:
    """Refuse an ASCII name that no DNS can hold (RFC 1035 section 2.3.4): a trailing dot is fine.

    Raises:
        UrlError: IDNA for an empty or overlong label or name, HOST_INVALID for a character.
    """
    labels = name.removesuffix(".").split(".")
    if "" in labels:
        raise UrlError(
            UrlProblem.IDNA,
            f"the host {shown(name)} has an empty label",
            hint="check for a doubled or leading dot",
        )
    longest = max(labels, key=len)
    if len(longest) > _MAX_LABEL_BYTES:
        raise UrlError(
            UrlProblem.IDNA,
            f"the label {shown(longest)} of the host has {len(longest)} bytes",
            allowed=f"at most {_MAX_LABEL_BYTES} between two dots",
        )
    if len(name.removesuffix(".")) > _MAX_NAME_BYTES:
        raise UrlError(
            UrlProblem.IDNA,
            f"the host has {len(name)} bytes",
            allowed=f"at most {_MAX_NAME_BYTES} (RFC 1035)",
        )
    if not re.fullmatch(_NAME, name):
        wrong = next(char for char in name if not re.fullmatch(_NAME, char))
        raise UrlError(
            UrlProblem.HOST_INVALID,
            f"the host {shown(name)} holds {shown(wrong)}",
            allowed="letters, digits, hyphens, underscores and dots",
        )


def is_loopback(host: str) -> bool:
    """Tell whether a normalised host is this machine by its spelling alone."""
    name = host.removesuffix(".")
    return name in ("localhost", "::1", "0.0.0.0", "::") or name.endswith(".localhost") or _is_127(name)


def literal_family(host: str) -> str | None:
    """Return `ipv4` or `ipv6` for an address, None for a name."""
    if ":" in host:
        return "ipv6"
    try:
        socket.inet_pton(socket.AF_INET, host)
    except (OSError, ValueError):
        return None
    return "ipv4"


def _is_127(name: str) -> bool:
    return name.startswith("127.") and literal_family(name) == "ipv4"


def _ipv4(text: str, notes: list[str]) -> str:
    # Browsers and resolvers take 127.1, 0x7f000001 and 2130706433 for addresses (WHATWG URL, IPv4 parser).
    try:
        # The C function ignores what follows white space, and stops at a NUL.
        address = socket.inet_ntoa(socket.inet_aton(text)) if re.fullmatch(_IPV4, text) else ""
    except OSError:
        address = ""
    if not address:
        raise UrlError(
            UrlProblem.HOST_INVALID,
            f"the host {shown(text)} ends in a number but is not an IPv4 address",
            allowed="four numbers from 0 to 255, e.g. 192.0.2.7",
        )
    if address != text:
        notes.append(f"{text} read as {address}")
    return address


def _ipv6(text: str) -> str:
    inside, closed, zone = text[1:].removesuffix("]"), text.endswith("]"), ""
    if "%" in inside:
        # RFC 6874 writes the zone's sign as %25; people paste the bare one.
        inside, _, zone = inside.partition("%")
        zone = zone.removeprefix("25")
    try:
        address = socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, inside))
    except (OSError, ValueError):
        address = ""
    if not closed or not address or (zone and not re.fullmatch(r"[\w.~-]+", zone, re.ASCII)):
        raise UrlError(
            UrlProblem.HOST_INVALID,
            f"{shown(text)} is not an IPv6 address in brackets",
            allowed="e.g. [2001:db8::7] or [fe80::1%25eth0]",
        )
    return f"{address}%{zone}" if zone else address


def _a_label(label: str, host: str) -> str:
    # UTS #46 non-transitional, as browsers do: case and width are folded, ß and ς stay.
    folded = "".join(char.lower() for char in re.sub(_IGNORED, "", label))
    mapped = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", folded).lower())
    if mapped.isascii():
        return mapped
    for char in mapped:
        if unicodedata.category(char)[0] in "CZ" and char not in "\u200c\u200d":
            raise UrlError(UrlProblem.IDNA, f"the host {shown(host)} holds {shown(char)}", hint="remove it")
    return f"xn--{mapped.encode('punycode').decode('ascii')}"
