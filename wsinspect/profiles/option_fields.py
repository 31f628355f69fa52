"""`ConnectOptions` as fields of a form: text in, values out, each with its help, its check and what completes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, get_args

from msgspec import Struct, structs

from wsinspect.errors import UsageError
from wsinspect.options import AddressFamily, ConnectOptions, ConnectToRule, ReconnectPolicy, ResolveRule
from wsinspect.profiles.completion import SUBPROTOCOLS, complete_header, complete_list
from wsinspect.profiles.rules import (
    one_line_or_nothing,
    parse_connect_to,
    parse_header,
    parse_resolve,
    seconds,
)

Complete = Callable[[str], str | None]
_NONE = "none"
_TLS_VERSIONS = ("1.0", "1.1", "1.2", "1.3")


class OptionField(Struct, frozen=True, kw_only=True):
    """One line of the form, or several where an option is a list."""

    key: str
    """Of `ConnectOptions`; `reconnect.…` of its policy."""
    label: str
    section: str
    help: str
    read: Callable[[str], Any]
    """Text to value; raises UsageError."""
    show: Callable[[Any], str]
    """Value to text."""
    complete: Complete | None = None
    listed: bool = False
    """Whether the option is a list with a line for each item."""

    def lines(self, options: ConnectOptions) -> list[str]:
        """Return the option as lines of text."""
        value = _get(options, self.key)
        return [self.show(item) for item in value] if self.listed else [self.show(value)]

    def value(self, lines: Sequence[str]) -> Any:
        """Return the option that the lines say.

        Raises:
            UsageError: a line is wrong; `where` names the field.
        """
        try:
            if self.listed:
                return tuple(self.read(line) for line in lines if line.strip())
            return self.read(lines[0] if lines else "")
        except UsageError as error:
            raise UsageError(error.what, where=self.label, allowed=error.allowed, hint=error.hint) from error


def changed(options: ConnectOptions, values: dict[str, Any]) -> ConnectOptions:
    """Return options with the values of fields put in."""
    policy = {key.partition(".")[2]: value for key, value in values.items() if key.startswith("reconnect.")}
    own = {key: value for key, value in values.items() if "." not in key}
    reconnect: ReconnectPolicy = structs.replace(options.reconnect, **policy)
    made: ConnectOptions = structs.replace(options, reconnect=reconnect, **own)
    return made


def _get(options: ConnectOptions, key: str) -> Any:
    head, dot, rest = key.partition(".")
    value = getattr(options, head)
    return getattr(value, rest) if dot else value


def _required(text: str) -> str:
    if not text.strip():
        raise UsageError("nothing is typed", allowed="a URL such as wss://example.com/socket")
    return one_line_or_nothing(text.strip())


def _optional(text: str) -> str | None:
    return one_line_or_nothing(text) if text.strip() else None


def _shown(value: str | None) -> str:
    return value or ""


def _or_none(text: str) -> str | None:
    """Empty is the default, `none` sends nothing."""
    return "" if text.strip().lower() == _NONE else _optional(text)


def _shown_or_none(value: str | None) -> str:
    return _NONE if value == "" else value or ""


def _yes(text: str) -> bool:
    word = text.strip().lower()
    if word not in ("yes", "no"):
        raise UsageError(f"{text!r} is neither yes nor no", allowed="yes, no")
    return word == "yes"


def _yes_shown(value: bool) -> str:
    return "yes" if value else "no"


def _one_of(words: tuple[str, ...], text: str) -> str:
    if text.strip() not in words:
        raise UsageError(f"{text!r} is not known here", allowed=", ".join(words))
    return text.strip()


def _one_of_or_none(words: tuple[str, ...], text: str) -> str | None:
    return _one_of(words, text) if text.strip() else None


def _next_word(words: tuple[str, ...], typed: str) -> str | None:
    return next((word for word in words if word.startswith(typed.lower()) and word != typed), None)


def _list(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in one_line_or_nothing(text).split(",") if item.strip())


def _number(least: int, most: int, text: str) -> int:
    if not text.strip().isascii() or not text.strip().isdigit() or not least <= int(text.strip()[:9]) <= most:
        raise UsageError(f"{text!r} is no such number", allowed=f"{least} to {most}")
    return int(text)


def _factor(text: str) -> float:
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 1 <= factor <= 100:
        raise UsageError(f"{text!r} is no factor", allowed="1 to 100")
    return factor


def _seconds_or_none(text: str) -> float | None:
    return seconds(text) if text.strip() else None


def _seconds_shown(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _resolve_shown(rule: ResolveRule) -> str:
    return f"{rule.host}:{rule.port or '*'}:{','.join(rule.addresses)}"


def _connect_to_shown(rule: ConnectToRule) -> str:
    def host(name: str) -> str:
        return f"[{name}]" if ":" in name else name

    return f"{host(rule.host)}:{rule.port or ''}:{host(rule.to_host)}:{rule.to_port or ''}"


def _text(key: str, label: str, section: str, help_: str, **more: Any) -> OptionField:
    return OptionField(
        key=key, label=label, section=section, help=help_, **{"read": _optional, "show": _shown, **more}
    )


def _switch(key: str, label: str, section: str, help_: str) -> OptionField:
    complete = partial(_next_word, ("yes", "no"))
    return OptionField(
        key=key, label=label, section=section, help=help_, read=_yes, show=_yes_shown, complete=complete
    )


def _choice(
    key: str, label: str, section: str, help_: str, words: tuple[str, ...], *, free: bool
) -> OptionField:
    read = partial(_one_of_or_none if free else _one_of, words)
    complete = partial(_next_word, words)
    return OptionField(
        key=key, label=label, section=section, help=help_, read=read, show=_shown, complete=complete
    )


def _time(key: str, label: str, section: str, help_: str, *, free: bool = False) -> OptionField:
    read = _seconds_or_none if free else seconds
    return OptionField(key=key, label=label, section=section, help=help_, read=read, show=_seconds_shown)


_REQUEST, _WAY, _TLS, _TIMES = "Request", "Way", "TLS", "Times"
_KEEPALIVE, _RECONNECT = "Keepalive", "Reconnect"

FIELDS: tuple[OptionField, ...] = (
    _text("url", "URL", _REQUEST, "ws:// or wss://; http:// and https:// mean the same", read=_required),
    OptionField(
        key="headers", label="header", section=_REQUEST, listed=True, complete=complete_header,
        help="Name: value; one that names a field of ours takes its place, an empty value removes it",
        read=parse_header, show=": ".join,
    ),
    _text("cookies", "cookie", _REQUEST, "name=value", listed=True, read=one_line_or_nothing),
    _text("origin", "Origin", _REQUEST, "What a browser sends for its page, e.g. https://example.com",
          complete=partial(_next_word, ("https://", "http://localhost:3000", "null"))),
    _text("subprotocols", "subprotocols", _REQUEST, "In order of preference, commas between",
          read=_list, show=", ".join, complete=lambda typed: complete_list(typed, SUBPROTOCOLS)),
    _switch("compression", "compression", _REQUEST, "Whether permessage-deflate is offered (RFC 7692)"),
    _text("compression_offer", "extensions", _REQUEST, "What is offered with compression on", read=one_line_or_nothing),
    _text("bearer", "bearer token", _REQUEST, "Authorization: Bearer …; ${NAME} takes it from the environment in profiles"),
    _text("basic_auth", "basic auth", _REQUEST, "user:password, for Authorization: Basic …"),
    _text("user_agent", "User-Agent", _REQUEST, "Empty sends wsinspect's own, 'none' sends none",
          read=_or_none, show=_shown_or_none),
    _text("field_order", "field order", _REQUEST, "Names of fields in the order in which they are sent, commas between",
          read=_list, show=", ".join),
    _switch("follow_redirects", "redirects", _REQUEST, "Whether redirects are followed"),
    _text("proxy", "proxy", _WAY, "http://[user:password@]host:port or socks5://…; empty asks the environment, 'none' goes direct",
          read=_or_none, show=_shown_or_none, complete=partial(_next_word, ("http://", "socks5://", "socks5h://", _NONE))),
    OptionField(key="resolve", label="resolve", section=_WAY, listed=True, help="HOST:PORT:ADDRESS, as curl's --resolve",
                read=parse_resolve, show=_resolve_shown),
    OptionField(key="connect_to", label="connect to", section=_WAY, listed=True,
                help="HOST1:PORT1:HOST2:PORT2, as curl's --connect-to", read=parse_connect_to, show=_connect_to_shown),
    _choice("family", "addresses", _WAY, "any, ipv4 or ipv6", get_args(AddressFamily), free=False),
    _switch("insecure", "insecure", _TLS, "Whether any certificate is accepted; it is still described"),
    _text("ca_file", "CA file", _TLS, "PEM file that replaces the system's trust"),
    _text("cert_file", "client cert", _TLS, "PEM file of the client certificate"),
    _text("key_file", "client key", _TLS, "PEM file of its key"),
    _text("server_name", "SNI", _TLS, "Name sent and checked instead of the URL's host"),
    _choice("min_tls", "lowest TLS", _TLS, "1.0, 1.1, 1.2 or 1.3; empty leaves it to the system", _TLS_VERSIONS, free=True),
    _choice("max_tls", "highest TLS", _TLS, "1.0, 1.1, 1.2 or 1.3; empty leaves it to the system", _TLS_VERSIONS, free=True),
    _time("resolve_timeout_s", "name within", _TIMES, "Seconds for the name; also 500ms, 2s, 1m"),
    _time("tcp_timeout_s", "TCP within", _TIMES, "Seconds for all addresses together"),
    _time("proxy_timeout_s", "proxy within", _TIMES, "Seconds for the proxy's answer"),
    _time("tls_timeout_s", "TLS within", _TIMES, "Seconds for the TLS handshake"),
    _time("upgrade_timeout_s", "answer within", _TIMES, "Seconds for the answer to the opening handshake"),
    _time("close_timeout_s", "close within", _TIMES, "Seconds for the answer to our Close"),
    _time("ping_interval_s", "ping every", _KEEPALIVE, "Seconds between our pings; empty sends none", free=True),
    _time("ping_timeout_s", "pong within", _KEEPALIVE, "Seconds for the answer to a ping"),
    _switch("auto_pong", "answer pings", _KEEPALIVE, "Whether the peer's pings are answered"),
    OptionField(key="reconnect.attempts", label="attempts", section=_RECONNECT, read=partial(_number, 0, 100_000), show=str,
                help="How many attempts follow a failure by themselves; 0 is off"),
    _time("reconnect.first_delay_s", "first wait", _RECONNECT, "Seconds at most before the first; each wait is random below it"),
    OptionField(key="reconnect.factor", label="factor", section=_RECONNECT, read=_factor, show="{:g}".format,
                help="How much longer each wait may be than the one before"),
    _time("reconnect.max_delay_s", "longest wait", _RECONNECT, "Seconds at most, however often it has failed"),
)  # fmt: skip
