"""A pasted `curl` command, as browsers copy it, read as options of ours."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

from wsinspect.errors import UsageError
from wsinspect.options import ConnectOptions
from wsinspect.profiles.rules import parse_connect_to, parse_header, parse_resolve, seconds

_WITH_VALUE_IGNORED = {
    "-o", "--output", "-w", "--write-out", "-m", "--max-time", "--retry", "-D", "--dump-header", "-K", "--config",
    "--max-redirs", "-c", "--cookie-jar", "--trace", "--trace-ascii", "--stderr", "--limit-rate",
}  # fmt: skip
_FLAGS_IGNORED = {
    "-s", "--silent", "-S", "--show-error", "-v", "--verbose", "-i", "--include", "-N", "--no-buffer", "--compressed",
    "-f", "--fail", "-#", "--progress-bar", "--http1.1", "-g", "--globoff", "-q", "--disable", "--no-progress-meter",
    "-n", "--netrc", "--http2", "--tlsv1.2", "--path-as-is",
}  # fmt: skip
_REFUSED = {
    "-d": "a body", "--data": "a body", "--data-raw": "a body", "--data-binary": "a body", "-F": "a form",
    "--form": "a form", "-T": "an upload", "--upload-file": "an upload", "-I": "a HEAD request", "--head": "a HEAD request",
}  # fmt: skip
_OURS = {"upgrade", "connection", "sec-websocket-key", "sec-websocket-version", "host", "accept-encoding"}


def looks_like_curl(text: str) -> bool:
    """Say whether a pasted text is a curl command."""
    return text.lstrip().startswith(("curl ", "curl.exe ", "curl\t", "$ curl "))


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
                f"curl's option {name} is not understood",
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
    flat = text.strip().removeprefix("$ ").replace("\\\r\n", " ").replace("\\\n", " ")
    if "^\n" in flat or "^\r\n" in flat or '^"' in flat:
        flat = flat.replace("^\r\n", " ").replace("^\n", " ").replace("^", "")
    flat = flat.replace("$'", "'")
    try:
        return shlex.split(flat)[1:]
    except ValueError as error:
        raise UsageError(
            f"the quotes don't match ({error})", where="curl command", hint="copy it again, whole"
        ) from error


def _split(word: str) -> tuple[str, str | None]:
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return name, value if equals else None
    return word[:2], word[2:] or None


class _Values:
    def __init__(self) -> None:
        self.options: dict[str, Any] = {}
        self.headers: list[tuple[str, str]] = []

    def url(self, value: str) -> None:
        if "url" in self.options:
            raise UsageError("more than one URL", where="curl command", allowed="one")
        self.options["url"] = value

    def header(self, text: str) -> None:
        if ":" not in text:
            return
        name, value = parse_header(text)
        match name.lower():
            case "origin":
                self.options["origin"] = value
            case "cookie":
                self.options["cookies"] = tuple(part.strip() for part in value.split(";") if part.strip())
            case "user-agent":
                self.options["user_agent"] = value
            case "sec-websocket-protocol":
                self.options["subprotocols"] = tuple(p.strip() for p in value.split(",") if p.strip())
            case "sec-websocket-extensions":
                self.options["compression"] = "permessage-deflate" in value
            case lower if lower not in _OURS:
                self.headers.append((name, value))
            case _:
                pass

    def method(self, value: str) -> None:
        if value.upper() != "GET":
            raise UsageError(
                f"the method is {value}", where="curl command", allowed="GET (RFC 6455 section 4.1)"
            )

    def result(self) -> ConnectOptions:
        if "url" not in self.options:
            raise UsageError("there is no URL in it", where="curl command")
        return ConnectOptions(headers=tuple(self.headers), **self.options)


def _set(name: str) -> Callable[[_Values, str], None]:
    def set_value(values: _Values, value: str) -> None:
        values.options[name] = value

    return set_value


def _add(name: str, parse: Callable[[str], Any]) -> Callable[[_Values, str], None]:
    def add_value(values: _Values, value: str) -> None:
        values.options[name] = (*values.options.get(name, ()), parse(value))

    return add_value


def _timeout(values: _Values, value: str) -> None:
    limit = seconds(value)
    for name in (
        "resolve_timeout_s",
        "tcp_timeout_s",
        "proxy_timeout_s",
        "tls_timeout_s",
        "upgrade_timeout_s",
    ):
        values.options[name] = limit


_FLAGS: dict[str, dict[str, Any]] = {
    "-k": {"insecure": True},
    "--insecure": {"insecure": True},
    "-L": {"follow_redirects": True},
    "--location": {"follow_redirects": True},
    "-4": {"family": "ipv4"},
    "--ipv4": {"family": "ipv4"},
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
    "-u": _set("basic_auth"),
    "--user": _set("basic_auth"),
    "-x": _set("proxy"),
    "--proxy": _set("proxy"),
    "--cacert": _set("ca_file"),
    "-E": _set("cert_file"),
    "--cert": _set("cert_file"),
    "--key": _set("key_file"),
    "--oauth2-bearer": _set("bearer"),
    "-b": lambda values, value: values.header(f"Cookie: {value}"),
    "--cookie": lambda values, value: values.header(f"Cookie: {value}"),
    "-e": lambda values, value: values.header(f"Referer: {value}"),
    "--referer": lambda values, value: values.header(f"Referer: {value}"),
    "--resolve": _add("resolve", parse_resolve),
    "--connect-to": _add("connect_to", parse_connect_to),
    "--connect-timeout": _timeout,
}
