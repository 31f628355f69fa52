"""The opening handshake's request: fields in a fixed order, the user's own ones in their place (RFC 6455 section 4.1)."""

from __future__ import annotations

import re
from base64 import b64encode

from wsinspect import __version__
from wsinspect.connection.url import Target
from wsinspect.errors import UsageError
from wsinspect.options import ConnectOptions

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z"
_FORBIDDEN_IN_VALUE = r"[\x00-\x08\x0a-\x1f\x7f]"

Fields = list[tuple[str, str]]


def check_request_options(options: ConnectOptions) -> None:
    """Refuse options that can't stand in a request head, before anything is connected.

    Raises:
        UsageError: a field name is no token, a value holds a line end or another control character,
            or a subprotocol is no token or named twice.
    """
    for name, value in options.headers:
        if not re.match(_TOKEN, name):
            raise UsageError(
                f"header name {name!r} is not a token",
                where="header",
                allowed="letters, digits and !#$%&'*+-.^_`|~",
            )
        _check_value(f"header {name!r}", value)
    for cookie in options.cookies:
        _check_value("cookie", cookie)
    single = {
        "origin": options.origin,
        "basic auth": options.basic_auth,
        "bearer token": options.bearer,
        "user agent": options.user_agent,
        "compression offer": options.compression_offer,
    }
    for where, text in single.items():
        _check_value(where, text or "")
    for subprotocol in options.subprotocols:
        # RFC 6455 section 4.1: the elements MUST be non-empty tokens and MUST all be unique.
        if not re.match(_TOKEN, subprotocol):
            raise UsageError(
                f"subprotocol {subprotocol!r} is not a token",
                where="subprotocol",
                allowed="letters, digits and !#$%&'*+-.^_`|~",
            )
        if options.subprotocols.count(subprotocol) > 1:
            raise UsageError(
                f"subprotocol {subprotocol!r} is named twice", where="subprotocol", allowed="each one once"
            )


def _check_value(where: str, value: str) -> None:
    found = None if value.isprintable() else re.search(_FORBIDDEN_IN_VALUE, value)
    if found:
        raise UsageError(
            f"the value holds the control character 0x{ord(found[0]):02x} at position {found.start()}",
            where=where,
            allowed="any text on one line",
        )


def request_fields(options: ConnectOptions, target: Target, key: str) -> Fields:
    """Return the request's fields in order; `key` is the Sec-WebSocket-Key.

    A field of `options.headers` with the name of one of ours takes its place, an empty value removes it, and every
    other one follows in the order given. `options.field_order` goes before both.
    """
    fields = _with_extra(_own_fields(options, target, key), options.headers)
    if not options.field_order:
        return fields
    places = {name.lower(): place for place, name in enumerate(options.field_order)}
    # A sort that keeps the order of equals: a field that stands twice, and those that have no place.
    return sorted(fields, key=lambda field: places.get(field[0].lower(), len(places)))


def _own_fields(options: ConnectOptions, target: Target, key: str) -> Fields:
    fields: Fields = [
        ("Host", target.host_field),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", key),
        ("Sec-WebSocket-Version", "13"),
    ]
    if options.compression:
        fields.append(("Sec-WebSocket-Extensions", options.compression_offer))
    if options.subprotocols:
        fields.append(("Sec-WebSocket-Protocol", ", ".join(options.subprotocols)))
    if options.origin is not None:
        fields.append(("Origin", options.origin))
    authorization = _authorization(options, target)
    if authorization:
        fields.append(("Authorization", authorization))
    if options.cookies:
        fields.append(("Cookie", "; ".join(options.cookies)))
    agent = f"wsinspect/{__version__}" if options.user_agent is None else options.user_agent
    if agent:
        fields.append(("User-Agent", agent))
    return fields


def _authorization(options: ConnectOptions, target: Target) -> str | None:
    if options.bearer is not None:
        return f"Bearer {options.bearer}"
    credentials = options.basic_auth if options.basic_auth is not None else target.user_info
    if credentials is None:
        return None
    return f"Basic {b64encode(credentials.encode('utf-8')).decode('ascii')}"


def _with_extra(own: Fields, extra: tuple[tuple[str, str], ...]) -> Fields:
    own_names = {name.lower() for name, _ in own}
    replacing: dict[str, Fields] = {}
    following: Fields = []
    for name, value in extra:
        kept = replacing.setdefault(name.lower(), []) if name.lower() in own_names else following
        if value:
            kept.append((name, value))
    fields: Fields = []
    for name, value in own:
        fields += replacing.get(name.lower(), [(name, value)])
    return fields + following


def build_request(options: ConnectOptions, target: Target) -> bytes:
    """Return the exact bytes of the opening handshake's request, with a fresh Sec-WebSocket-Key."""
    from websockets.datastructures import Headers
    from websockets.http11 import Request
    from websockets.utils import generate_key

    fields = request_fields(options, target, generate_key())
    # Headers are Latin-1 on the wire; what a person types beyond ASCII is meant as UTF-8, as browsers send it.
    headers = Headers([(name, value.encode("utf-8").decode("latin-1")) for name, value in fields])
    return Request(target.request_target, headers).serialize()
