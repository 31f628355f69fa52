"""A pasted `curl` command, as browsers copy it, read as options of ours."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

from wsinspect.errors import UsageError
from wsinspect.options import ConnectOptions
from wsinspect.profiles.rules import (
    one_line_or_nothing,
    parse_connect_to,
    parse_header,
    parse_resolve,
    seconds,
    with_step_timeout,
)
from wsinspect.profiles.shell_words import split_command
from wsinspect.safe_text import shortened, visible

_T = TypeVar("_T")
_WITH_VALUE_IGNORED = {
    "-o", "--output", "-w", "--write-out", "-m", "--max-time", "--retry", "-D", "--dump-header", "-K", "--config",
    "--max-redirs", "-c", "--cookie-jar", "--trace", "--trace-ascii", "--stderr", "--limit-rate",
}  # fmt: skip
_FLAGS_IGNORED = {
    "-s", "--silent", "-S", "--show-error", "-v", "--verbose", "-i", "--include", "-N", "--no-buffer", "--compressed",
    "-f", "--fail", "-#", "--progress-bar", "--http1.1", "-g", "--globoff", "-q", "--disable", "--no-progress-meter",
    "-n", "--netrc", "--http2", "--path-as-is", "--http2-prior-knowledge", "--http3", "--ssl-no-revoke",
}  # fmt: skip
_REFUSED = {
    "-d": "a body", "--data": "a body", "--data-raw": "a body", "--data-binary": "a body", "-F": "a form",
    "--data-urlencode": "a body", "--data-ascii": "a body", "--json": "a body", "--form": "a form", "-T": "an upload", "--upload-file": "an upload", "-I": "a HEAD request", "--head": "a HEAD request",
}  # fmt: skip
_OURS = {"upgrade", "connection", "sec-websocket-key", "sec-websocket-version", "host", "accept-encoding"}


def looks_like_curl(text: str) -> bool:
    """Say whether a pasted text is a curl command."""
    return re.match(r"\s*(?:\$ )?curl(?:\.exe)?(?:\s|\^|\\\n|$)", text) is not None


def parse_curl(text: str) -> ConnectOptions:
    """Read a curl command of one or several lines.

    The fields of a WebSocket handshake that a browser copied along are made anew; Origin, Cookie, User-Agent and
    Sec-WebSocket-Protocol become the options of the same meaning.

    Raises:
        UsageError: what can't be understood or can't be part of an opening handshake.
    """
    values = _Values()
    words = _words(text)
    while words:
        word = words.pop(0)
        if not word.startswith("-") or word == "-":
            values.url(word)
            continue
        name, inline = _split(word)
        if inline and not word.startswith("--") and (name in _FLAGS or name in _FLAGS_IGNORED):
            words.insert(0, f"-{inline}")
        if name in _FLAGS_IGNORED:
            continue
        if name in _REFUSED:
            raise UsageError(
                f"curl's {name} sends {_REFUSED[name]}",
                where="curl command",
                allowed="a GET request: an opening handshake has no body",
            )
        flag = _FLAGS.get(name)
        if flag is not None:
            values.options.update(flag)
            continue
        handler = _HANDLERS.get(name)
        if handler is None and name not in _WITH_VALUE_IGNORED:
            raise UsageError(
                f"curl's option {shortened(visible(name), 60)} is not understood",
                where="curl command",
                hint="leave it out, or say it with an option of `wsinspect --help`",
            )
        if inline is None and not words:
            raise UsageError(f"curl's option {name} lacks its value", where="curl command")
        value = inline if inline is not None else words.pop(0)
        if handler is not None:
            handler(values, value)
    return values.result()


def _words(text: str) -> list[str]:
    return split_command(text.strip().removeprefix("$ "))[1:]


def _split(word: str) -> tuple[str, str | None]:
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return name, value if equals else None
    return word[:2], word[2:] or None


class _Values:
    def __init__(self) -> None:
        self.options: dict[str, Any] = {}
        self.headers: list[tuple[str, str]] = []
        self.proxy_credentials = ""
        self.unix_socket = ""

    def url(self, value: str) -> None:
        if "url" in self.options:
            raise UsageError(
                f"more than one URL ({shortened(visible(value), 60)!r} is the second)",
                where="curl command",
                allowed="one",
            )
        self.options["url"] = value

    def cookie(self, value: str) -> None:
        if "=" not in value:
            raise UsageError("curl's -b names a file of cookies", where="curl command", allowed="NAME=VALUE")
        self.header(f"Cookie: {value}")

    def user(self, value: str) -> None:
        self.options["basic_auth"] = value if ":" in value else f"{value}:"

    def proxy_user(self, value: str) -> None:
        self.proxy_credentials = value

    def header(self, text: str) -> None:
        if text.startswith("@"):
            raise UsageError(
                "curl's -H names a file of fields", where="curl command", allowed="'Name: value'"
            )
        name, value = _in_curl(parse_header, text)
        match name.lower():
            case "origin":
                self.options["origin"] = value
            case "cookie":
                parts = tuple(part.strip() for part in value.split(";") if part.strip())
                self.options["cookies"] = (*self.options.get("cookies", ()), *parts)
            case "user-agent":
                self.options["user_agent"] = value
            case "sec-websocket-protocol":
                self.options["subprotocols"] = tuple(p.strip() for p in value.split(",") if p.strip())
            case "sec-websocket-extensions":
                self.options["compression"] = "permessage-deflate" in value
            # In curl, a field without a value is one that is not to be sent.
            case lower if lower not in _OURS and value:
                self.headers.append((name, value))
            case _:
                pass

    def socket(self, value: str) -> None:
        self.unix_socket = value

    def method(self, value: str) -> None:
        if value.upper() != "GET":
            raise UsageError(
                f"the method is {value}", where="curl command", allowed="GET (RFC 6455 section 4.1)"
            )

    def result(self) -> ConnectOptions:
        if "url" not in self.options:
            raise UsageError("there is no URL in it", where="curl command", hint="copy it again, whole")
        if self.unix_socket:
            target = re.sub(r"^[A-Za-z]+://[^/?]*", "", self.options["url"])
            self.options["url"] = f"ws+unix://{self.unix_socket}:{target or '/'}"
        proxy = self.options.get("proxy")
        if proxy and self.proxy_credentials:
            scheme, sign, rest = proxy.rpartition("://")
            user, colon, password = self.proxy_credentials.partition(":")
            self.options["proxy"] = f"{scheme}{sign}{quote(user, '')}{colon}{quote(password, '')}@{rest}"
        return ConnectOptions(headers=tuple(self.headers), **self.options)


def _in_curl(parse: Callable[[str], _T], value: str) -> _T:
    """Parse a value and say of a mistake that it stands in the curl command."""
    try:
        return parse(value)
    except UsageError as error:
        raise UsageError(error.what, where="curl command", allowed=error.allowed, hint=error.hint) from error


def _set(name: str, prefix: str = "") -> Callable[[_Values, str], None]:
    def set_value(values: _Values, value: str) -> None:
        values.options[name] = prefix + _in_curl(one_line_or_nothing, value)

    return set_value


def _add(name: str, parse: Callable[[str], Any]) -> Callable[[_Values, str], None]:
    def add_value(values: _Values, value: str) -> None:
        values.options[name] = (*values.options.get(name, ()), _in_curl(parse, value))

    return add_value


def _timeout(values: _Values, value: str) -> None:
    values.options.update(with_step_timeout(_in_curl(seconds, value)))


def _tls_max(values: _Values, value: str) -> None:
    if value not in ("1.0", "1.1", "1.2", "1.3"):
        raise UsageError(
            f"TLS version {shortened(value, 20)!r}", where="curl command", allowed="1.0, 1.1, 1.2, 1.3"
        )
    values.options["max_tls"] = value


def _no_proxy(values: _Values, value: str) -> None:
    if value.strip() == "*":
        values.options["proxy"] = ""


_FLAGS: dict[str, dict[str, Any]] = {
    "-k": {"insecure": True},
    "--insecure": {"insecure": True},
    "-L": {"follow_redirects": True},
    "--location": {"follow_redirects": True},
    "-4": {"family": "ipv4"},
    "--ipv4": {"family": "ipv4"},
    "--tlsv1.2": {"min_tls": "1.2"},
    "--tlsv1.3": {"min_tls": "1.3"},
    "-6": {"family": "ipv6"},
    "--ipv6": {"family": "ipv6"},
}
_HANDLERS: dict[str, Callable[[_Values, str], None]] = {
    "--url": _Values.url,
    "-H": _Values.header,
    "--header": _Values.header,
    "-X": _Values.method,
    "--request": _Values.method,
    "-A": _set("user_agent"),
    "--user-agent": _set("user_agent"),
    "-u": _Values.user,
    "--user": _Values.user,
    "-x": _set("proxy"),
    "--proxy": _set("proxy"),
    "-U": _Values.proxy_user,
    "--proxy-user": _Values.proxy_user,
    "--socks5": _set("proxy", "socks5://"),
    "--socks5-hostname": _set("proxy", "socks5h://"),
    "--noproxy": _no_proxy,
    "--cacert": _set("ca_file"),
    "--tls-max": _tls_max,
    "-E": _set("cert_file"),
    "--cert": _set("cert_file"),
    "--key": _set("key_file"),
    "--oauth2-bearer": _set("bearer"),
    "-b": _Values.cookie,
    "--cookie": _Values.cookie,
    "-e": lambda values, value: values.header(f"Referer: {value}"),
    "--referer": lambda values, value: values.header(f"Referer: {value}"),
    "--resolve": _add("resolve", parse_resolve),
    "--connect-to": _add("connect_to", parse_connect_to),
    "--connect-timeout": _timeout,
    "--unix-socket": _Values.socket,
}
