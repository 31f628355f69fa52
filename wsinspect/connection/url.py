"""A URL as typed -> a checked target, or one line that says why not (RFC 6455 section 3, WHATWG URL)."""

from __future__ import annotations

import re
import unicodedata
from typing import NoReturn

from msgspec import Struct

from wsinspect.connection.host import (
    find_placeholder,
    is_loopback,
    normalised_host,
    parsed_port,
    split_authority,
)
from wsinspect.connection.percent import encoded_path, encoded_query, percent_decoded
from wsinspect.connection.unsafe_ports import UNSAFE_PORTS
from wsinspect.connection.url_error import UrlError, UrlProblem, shown
from wsinspect.errors import nearest

__all__ = ["Target", "UrlError", "UrlProblem", "parse_url"]

ALLOWED_SCHEMES = ("ws", "wss", "http", "https", "ws+unix")
_MAX_CHARACTERS = 64 * 1024
_MAX_SOCKET_PATH_BYTES = 107
"""`sun_path` of Linux, less the closing NUL."""
_SECURE_PORT, _PLAIN_PORT = 443, 80

# Patterns are compiled when a URL needs them, since most need few and compiling them all is felt at every start.
_SCHEME = r"([A-Za-z][A-Za-z0-9+.-]*):(//)?"
_SCHEME_SIGN = r"([^/?#]*)://"
_COLON_LOST = r"(?i)(wss?|https?)[;,.]?[/\\]{2}"
_SECOND_SCHEME = r"(?i)(?:(?:wss?|https?|ftp|file|tcp)(?::|%3a)[/\\]|(?:wss?|https?)[/\\]{2})[/\\]?"
_SCHEME_LETTERS = frozenset("wWhHfFtT")
"""What a scheme that stands where the host belongs begins with."""
_NOT_HOSTS = frozenset({"about", "blob", "data", "file", "ftp", "javascript", "mailto", "tcp", "unix", "urn"})
_PATH_PLACEHOLDER = r"\$\{[^}]*\}|\{\{?\w+\}?\}|<\w+>|\[object \w+\]|(?<=[/=])(?:undefined|NaN)(?![^/?&])"
_DOT, _DOTS = frozenset({".", "%2e"}), frozenset({"..", ".%2e", "%2e.", "%2e%2e"})


class Target(Struct, frozen=True, kw_only=True):
    """Where to connect and what to ask for there."""

    url: str
    """Normalised, without user-info."""
    secure: bool
    host: str
    """A name in ASCII (IDNA), or an address without brackets; empty for a Unix socket."""
    port: int
    """0 for a Unix socket."""
    request_target: str
    """Path and query, as it goes into the request line."""
    unix_path: str | None = None
    user_info: str | None = None
    """`user:password`, decoded."""
    notes: tuple[str, ...] = ()
    """What was changed in understanding the URL."""

    @property
    def host_field(self) -> str:
        """The value of the Host field (RFC 9110 section 7.2): no zone, the port unless it is the default."""
        if self.unix_path is not None:
            return "localhost"
        return _host_field(self.host, self.port, secure=self.secure)


def parse_url(text: str) -> Target:
    """Understand a URL as somebody typed or pasted it.

    `ws`, `wss`, `http`, `https` and `ws+unix` are read; without a scheme, loopback hosts and explicit ports other
    than 443 are read as `ws`, everything else as `wss`. Nothing is looked up.

    Raises:
        UrlError: with the problem and one line on what is wrong, what is allowed and what to do.
    """
    notes: list[str] = []
    text = _trimmed(text, notes)
    _check_text(text)
    scheme, rest = _split_scheme(text, notes)
    if "#" in rest:
        raise UrlError(
            UrlProblem.FRAGMENT,
            f"the URL has a fragment, from character {text.index('#') + 1} on",
            allowed="no '#' in a WebSocket URL (RFC 6455 section 3)",
            hint="remove it, or write %23 for a literal '#'",
        )
    if scheme == "ws+unix":
        return _unix_target(rest, notes)
    doubled = re.match(_SECOND_SCHEME, rest) if rest[:1] in _SCHEME_LETTERS else None
    if doubled:
        raise UrlError(
            UrlProblem.DOUBLED_SCHEME,
            f"{shown(doubled[0])} stands where the host belongs, after {shown(text[: len(text) - len(rest)])}",
            allowed="one scheme",
            hint="remove the second one",
        )
    authority = re.split(r"[/?\\]", rest, maxsplit=1)[0]
    user_info, host_text, port_text = split_authority(authority)
    host = normalised_host(host_text, notes)
    port = parsed_port(port_text) if port_text else None
    if port_text == "":
        notes.append("empty port read as the default")
    if not scheme:
        scheme = "ws" if is_loopback(host) or port not in (None, _SECURE_PORT) else "wss"
        notes.append(f"no scheme: read as {scheme}://")
    secure = scheme == "wss"
    port = port or (_SECURE_PORT if secure else _PLAIN_PORT)
    if port in UNSAFE_PORTS:
        notes.append(f"browsers refuse port {port} (Fetch standard, bad ports)")
    request_target = _request_target(rest[len(authority) :], notes)
    return Target(
        url=f"{scheme}://{_host_field(host, port, secure=secure)}{request_target}",
        secure=secure,
        host=host,
        port=port,
        request_target=request_target,
        user_info=_user_info(user_info, notes),
        notes=tuple(notes),
    )


def _host_field(host: str, port: int, *, secure: bool) -> str:
    # RFC 6874 section 4: a zone means nothing to the peer and is removed.
    name = f"[{host.partition('%')[0]}]" if ":" in host else host
    return name if port == (_SECURE_PORT if secure else _PLAIN_PORT) else f"{name}:{port}"


def _is_invisible(char: str) -> bool:
    # Cc, Cf and Cs are controls, bidirectional and zero-width signs, lone surrogates; Zl and Zp are line breaks.
    # The two joiners spell emoji and some scripts.
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and char not in "\u200c\u200d"


def _trimmed(text: str, notes: list[str]) -> str:
    start, end = 0, len(text)
    while start < end and (text[start].isspace() or _is_invisible(text[start])):
        start += 1
    while end > start and (text[end - 1].isspace() or _is_invisible(text[end - 1])):
        end -= 1
    if (start, end) != (0, len(text)):
        notes.append("white space or invisible characters around the URL removed")
    text = text[start:end]
    if "://" in text and text[0] + text[-1] in ('""', "''", "``", "<>"):
        notes.append(f"{text[0]}{text[-1]} around the URL removed")
        return text[1:-1].strip()
    return text


def _check_text(text: str) -> None:
    if not text:
        raise UrlError(UrlProblem.EMPTY, "the URL is empty", hint="write one such as wss://example.com/ws")
    if len(text) > _MAX_CHARACTERS:
        raise UrlError(
            UrlProblem.TOO_LONG, f"the URL has {len(text)} characters", allowed=f"at most {_MAX_CHARACTERS}"
        )
    if text.lower() in ("undefined", "null", "none", "nan", "[object object]"):
        _refuse_placeholder(text, "URL is")
    for position, char in enumerate(text, start=1):
        if _is_invisible(char) or (char.isspace() and char != " "):
            space = char.isspace()
            raise UrlError(
                UrlProblem.WHITESPACE if space else UrlProblem.CONTROL_CHARACTER,
                f"{'white space' if space else 'an invisible character'}, U+{ord(char):04X}, at character {position}",
                hint="remove it; it often comes from copying a wrapped line",
            )


def _refuse_placeholder(placeholder: str, place: str) -> NoReturn:
    raise UrlError(
        UrlProblem.PLACEHOLDER,
        f"the {place} {shown(placeholder)}, a variable that was never filled in",
        hint="print the URL where it is put together, and set the variable there",
    )


def _split_scheme(text: str, notes: list[str]) -> tuple[str, str]:
    """Return the scheme as ws, wss, ws+unix or nothing, and what follows `://`."""
    found = re.match(_SCHEME, text)
    scheme = found[1].lower() if found else ""
    if found and scheme in ALLOWED_SCHEMES and (found[2] or scheme == "ws+unix"):
        rest = text[found.end() :]
        if scheme in ("http", "https"):
            scheme = {"http": "ws", "https": "wss"}[scheme]
            notes.append(f"{found[1].lower()}:// read as {scheme}://")
        return scheme, rest
    before = re.match(_SCHEME_SIGN, text)
    if before:
        placeholder = find_placeholder(before[1])
        if placeholder:
            _refuse_placeholder(placeholder, "scheme holds")
        what = (
            f"the scheme {shown(before[1])} is not known"
            if before[1]
            else "the scheme before '://' is missing"
        )
        raise _scheme_error(what, nearest(before[1].lower(), ALLOWED_SCHEMES) or "write ws:// or wss://")
    if scheme in _NOT_HOSTS:
        raise _scheme_error(f"the scheme {shown(scheme)} is not one for WebSockets", "write ws:// or wss://")
    if found and scheme in ALLOWED_SCHEMES and not re.match(r"\d", text[found.end() :]):
        raise _scheme_error(f"'//' is missing after {shown(scheme + ':')}", f"write {scheme}://")
    lost = re.match(_COLON_LOST, text)
    if lost:
        raise _scheme_error(f"{shown(lost[0])} is not a scheme", f"write {lost[1].lower()}://")
    return "", _without_scheme(text)


def _without_scheme(text: str) -> str:
    if text.startswith("//"):
        return text[2:]
    if text[0] in "/?#\\":
        raise UrlError(
            UrlProblem.HOST_MISSING,
            "the URL begins with its path",
            hint="write the host first: wss://HOST/path",
        )
    if text[0] == ":":
        port = re.match(r":\d{1,5}", text)
        example = f"ws://localhost{port[0] if port else ':8080'}"
        raise UrlError(
            UrlProblem.HOST_MISSING, "the host before the port is missing", hint=f"write e.g. {example}"
        )
    if re.fullmatch(r"[\w-]+", text) and not text.isdigit() and text.lower() != "localhost":
        raise _scheme_error(f"{shown(text)} has no scheme", "write wss:// or ws:// before the host")
    return text


def _scheme_error(what: str, hint: str) -> UrlError:
    return UrlError(UrlProblem.SCHEME, what, allowed=", ".join(ALLOWED_SCHEMES), hint=hint)


def _user_info(text: str | None, notes: list[str]) -> str | None:
    if not text or text == ":":
        return None
    user, _, password = text.partition(":")
    notes.append("user-info is sent as Authorization: Basic")
    if ":" in percent_decoded(user):
        notes.append(
            "the user name holds a ':', which Basic authorization can't express (RFC 7617 section 2)"
        )
    return f"{percent_decoded(user)}:{percent_decoded(password)}"


def _request_target(text: str, notes: list[str]) -> str:
    if len(text) > 1 and re.search(_PATH_PLACEHOLDER, text):
        notes.append("the path or query holds what looks like a variable that was never filled in")
    path, mark, query = text.partition("?")
    if "\\" in path:
        notes.append("'\\' in the path read as '/', as browsers do")
        path = path.replace("\\", "/")
    resolved = _without_dot_segments(path or "/")
    if resolved != (path or "/"):
        notes.append("'.' and '..' in the path resolved, as browsers do")
    encoded = encoded_path(resolved) + mark + encoded_query(query)
    if encoded != resolved + mark + query:
        notes.append("characters in the path or query percent-encoded")
    return encoded


def _without_dot_segments(path: str) -> str:
    """Resolve `.` and `..` (RFC 3986 section 5.2.4); their percent-encoded spellings count, as in browsers."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for position, segment in enumerate(segments):
        last = position == len(segments) - 1
        if segment.lower() in _DOTS:
            if kept:
                kept.pop()
        elif segment.lower() not in _DOT:
            kept.append(segment)
            continue
        if last:
            kept.append("")
    return "/" + "/".join(kept)


def _unix_target(rest: str, notes: list[str]) -> Target:
    """Read `[//]/path/to.sock[:/request/target]`, as npm's ws spells it; a relative path is taken as it is."""
    path, _, target = rest.removeprefix("//").partition(":")
    if path.lower().startswith("%2f") and "/" in path and not target:
        # `http+unix` clients write the socket as one encoded segment.
        path, _, target = path.partition("/")
    path = percent_decoded(path)
    size = len(path.encode("utf-8", "replace"))
    if not path or size > _MAX_SOCKET_PATH_BYTES or "\0" in path:
        what = f"the socket's path has {size} bytes" if path else "the socket's path is missing"
        raise UrlError(
            UrlProblem.SOCKET_PATH,
            "the socket's path holds a NUL" if "\0" in path else what,
            allowed=f"1 to {_MAX_SOCKET_PATH_BYTES} bytes",
            hint="write ws+unix:///path/to.sock:/request/path",
        )
    request_target = _request_target(target if target.startswith("/") else f"/{target}", notes)
    return Target(
        url=f"ws+unix://{encoded_path(path)}:{request_target}",
        secure=False,
        host="",
        port=0,
        request_target=request_target,
        unix_path=path,
        notes=tuple(notes),
    )
