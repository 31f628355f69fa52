"""The opening handshake's checks: every requirement on a server's answer in one table (RFC 6455 section 4.1)."""

from __future__ import annotations

import base64
import hashlib
import re
from enum import StrEnum

from msgspec import Struct

from wsinspect.wire.http import RequestHead, ResponseHead
from wsinspect.wire.inflate import DeflateParams

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class CheckName(StrEnum):
    """The requirements, in the order in which RFC 6455 section 4.1 lists them."""

    STATUS = "status"
    UPGRADE_PRESENT = "upgrade-present"
    UPGRADE_VALUE = "upgrade-value"
    CONNECTION_PRESENT = "connection-present"
    CONNECTION_VALUE = "connection-value"
    ACCEPT_PRESENT = "accept-present"
    ACCEPT_VALUE = "accept-value"
    EXTENSIONS = "extensions"
    SUBPROTOCOL = "subprotocol"
    SINGLE_FIELDS = "single-fields"
    HTTP_VERSION = "http-version"


class HandshakeCheck(Struct, frozen=True, kw_only=True):
    """One requirement and what arrived."""

    name: CheckName
    ok: bool
    """What RFC 6455 says."""
    requirement: str
    arrived: str
    """As it came, or `nothing`. Not yet safe for a terminal."""
    detail: str = ""
    """What is wrong, in words; empty when `ok`."""
    field: str = ""
    """The response field that it is about."""
    source: str = "RFC 6455 section 4.1"
    chromium_ok: bool = True
    firefox_ok: bool = True
    strict_ok: bool = True
    """What browsers and a strict library (node's `ws`) make of it; they differ from the RFC in places."""


def accept_for(key: str) -> str:
    """Return the Sec-WebSocket-Accept value that answers a Sec-WebSocket-Key (RFC 6455 section 4.2.2)."""
    return base64.b64encode(hashlib.sha1(key.strip().encode("latin-1") + GUID).digest()).decode("ascii")


_EXTENSION = re.compile(
    r'\s*+([^;,\s]++)\s*+((?:;\s*+[^=;,\s]++\s*+(?:=\s*+(?:"[^"]*+"|[^;,"\s]++)\s*+)?+)*+)(?:,|\Z)'
)
_PARAMETER = re.compile(r';\s*([^=;,\s]+)\s*(?:=\s*(?:"([^"]*)"|([^;,"\s]+)))?')
_WINDOW_BITS = re.compile("[89]|1[0-5]")

Extension = tuple[str, tuple[tuple[str, str | None], ...]]


def parse_extensions(values: list[str]) -> list[Extension] | None:
    """Return the extensions of Sec-WebSocket-Extensions values, or None where the syntax is broken.

    Source: RFC 6455 section 9.1.
    """
    found: list[Extension] = []
    for value in values:
        at = 0
        if not value.strip():
            return None
        while at < len(value):
            match = _EXTENSION.match(value, at)
            if match is None or match.end() == at:
                return None
            parameters = tuple(
                (m[1].lower(), m[2] if m[2] is not None else m[3])
                for m in _PARAMETER.finditer(match[2] or "")
            )
            found.append((match[1].lower(), parameters))
            at = match.end()
    return found


def _window_bits(value: str | None) -> int | None:
    return int(value) if value is not None and _WINDOW_BITS.fullmatch(value) else None


def _deflate_problem(parameters: tuple[tuple[str, str | None], ...], offered: Extension) -> str:
    """Say what is wrong with an accepted permessage-deflate (RFC 7692 section 7.1), or nothing."""
    offered_names = {name for name, _ in offered[1]}
    seen: set[str] = set()
    for name, value in parameters:
        if name in seen:
            return f"parameter {name} appears twice"
        seen.add(name)
        if name in ("server_no_context_takeover", "client_no_context_takeover"):
            if value is not None:
                return f"{name} must not have a value"
        elif name in ("server_max_window_bits", "client_max_window_bits"):
            if _window_bits(value) is None:
                return f"{name} must be a number from 8 to 15"
            if name == "client_max_window_bits" and name not in offered_names:
                return f"{name} was not offered"
        else:
            return f"unknown parameter {name}"
    return ""


def _extension_problem(request: RequestHead, response: ResponseHead) -> str:
    values = response.get_all("Sec-WebSocket-Extensions")
    if not values:
        return ""
    accepted = parse_extensions(values)
    if accepted is None:
        return "the value can't be parsed"
    offered = {name: (name, params) for name, params in parse_extensions_or_none(request)}
    names: set[str] = set()
    for name, parameters in accepted:
        if name not in offered:
            return f"{name} was not offered"
        if name in names:
            return f"{name} is accepted twice"
        names.add(name)
        if name == "permessage-deflate":
            problem = _deflate_problem(parameters, offered[name])
            if problem:
                return problem
    return ""


def parse_extensions_or_none(head: RequestHead | ResponseHead) -> list[Extension]:
    """Return the extensions named in a head; none where the field is missing or broken."""
    return parse_extensions(head.get_all("Sec-WebSocket-Extensions")) or []


def negotiated_deflate(request: RequestHead, response: ResponseHead) -> DeflateParams | None:
    """Return the parameters of permessage-deflate if both sides agreed on it (RFC 7692 section 7)."""
    if _extension_problem(request, response):
        return None
    for name, parameters in parse_extensions_or_none(response):
        if name == "permessage-deflate":
            values = dict(parameters)
            return DeflateParams(
                server_no_context_takeover="server_no_context_takeover" in values,
                client_no_context_takeover="client_no_context_takeover" in values,
                server_max_window_bits=_window_bits(values.get("server_max_window_bits")) or 15,
                client_max_window_bits=_window_bits(values.get("client_max_window_bits")) or 15,
            )
    return None


def negotiated_subprotocol(response: ResponseHead) -> str | None:
    """Return the subprotocol that the server chose, or None."""
    return response.get("Sec-WebSocket-Protocol")


def _offered_subprotocols(request: RequestHead) -> list[str]:
    return [
        item.strip()
        for value in request.get_all("Sec-WebSocket-Protocol")
        for item in value.split(",")
        if item.strip()
    ]


def _shown(values: list[str]) -> str:
    return ", ".join(values) if values else "nothing"


def _subprotocol_check(request: RequestHead, response: ResponseHead) -> HandshakeCheck:
    offered = _offered_subprotocols(request)
    arrived = response.get_all("Sec-WebSocket-Protocol")
    requirement = f"one of {', '.join(offered)}, or none" if offered else "no Sec-WebSocket-Protocol"
    detail = ""
    chromium = firefox = strict = True
    if not arrived:
        if offered:
            chromium = strict = False
    elif len(arrived) > 1:
        detail = "the field appears more than once"
        chromium = firefox = strict = False
    elif arrived[0] not in offered:
        detail = "the server chose a subprotocol that was not offered"
        chromium = strict = False
        firefox = not offered
    return HandshakeCheck(
        name=CheckName.SUBPROTOCOL,
        ok=not detail,
        requirement=requirement,
        arrived=_shown(arrived),
        detail=detail,
        field="Sec-WebSocket-Protocol",
        chromium_ok=chromium,
        firefox_ok=firefox,
        strict_ok=strict,
    )


def _check(
    name: CheckName,
    ok: bool,
    requirement: str,
    arrived: str,
    detail: str,
    field: str,
    *,
    firefox_ok: bool | None = None,
) -> HandshakeCheck:
    return HandshakeCheck(
        name=name,
        ok=ok,
        requirement=requirement,
        arrived=arrived,
        detail="" if ok else detail,
        field=field,
        chromium_ok=ok,
        firefox_ok=ok if firefox_ok is None else firefox_ok,
        strict_ok=ok,
    )


def check_response(request: RequestHead, response: ResponseHead) -> tuple[HandshakeCheck, ...]:
    """Make every check of RFC 6455 section 4.1 on the answer to an opening handshake, the failing and the rest.

    `request` is what was sent, `response` what arrived. The order is the RFC's; the first that is not `ok` is
    the reason for which the connection must be failed. All are made even where the status is not 101.
    """
    upgrade = response.get_all("Upgrade")
    connection = response.get_all("Connection")
    accept = response.get_all("Sec-WebSocket-Accept")
    key = request.get("Sec-WebSocket-Key") or ""
    expected = accept_for(key)
    extension_problem = _extension_problem(request, response)
    extensions = response.get_all("Sec-WebSocket-Extensions")
    repeated = [name for name in ("Sec-WebSocket-Accept", "Upgrade") if len(response.get_all(name)) > 1]
    status = (
        "nothing"
        if response.status_code is None
        else f"{response.status_code} {response.reason_phrase}".strip()
    )
    return (
        _check(
            CheckName.STATUS,
            response.status_code == 101,
            "101 Switching Protocols",
            status,
            "the server did not switch protocols",
            "status line",
        ),
        _check(
            CheckName.UPGRADE_PRESENT,
            bool(upgrade),
            "an Upgrade field",
            _shown(upgrade),
            "the Upgrade field is missing",
            "Upgrade",
        ),
        _check(
            CheckName.UPGRADE_VALUE,
            not upgrade or upgrade[0].lower() == "websocket",
            "websocket, in any case",
            _shown(upgrade),
            "Upgrade names another protocol",
            "Upgrade",
        ),
        _check(
            CheckName.CONNECTION_PRESENT,
            bool(connection),
            "a Connection field",
            _shown(connection),
            "the Connection field is missing",
            "Connection",
        ),
        _check(
            CheckName.CONNECTION_VALUE,
            not connection or "upgrade" in response.tokens("Connection"),
            "the token Upgrade, in any case",
            _shown(connection),
            "Connection does not contain Upgrade",
            "Connection",
        ),
        _check(
            CheckName.ACCEPT_PRESENT,
            bool(accept),
            expected,
            _shown(accept),
            "the Sec-WebSocket-Accept field is missing",
            "Sec-WebSocket-Accept",
        ),
        _check(
            CheckName.ACCEPT_VALUE,
            not accept or accept[0].strip() == expected,
            expected,
            _shown(accept),
            "Sec-WebSocket-Accept does not answer our key",
            "Sec-WebSocket-Accept",
        ),
        _check(
            CheckName.EXTENSIONS,
            not extension_problem,
            "only what was offered",
            _shown(extensions),
            extension_problem,
            "Sec-WebSocket-Extensions",
            firefox_ok=not extension_problem or extensions == [""],
        ),
        _subprotocol_check(request, response),
        HandshakeCheck(
            name=CheckName.SINGLE_FIELDS,
            ok=not repeated,
            requirement="Upgrade and Sec-WebSocket-Accept once each",
            arrived=f"{' and '.join(repeated)} more than once" if repeated else "once each",
            detail=f"{' and '.join(repeated)} appears more than once" if repeated else "",
            field=repeated[0] if repeated else "",
            source="RFC 6455 section 11.3",
            chromium_ok=not repeated,
            firefox_ok="Sec-WebSocket-Accept" not in repeated,
            strict_ok=not repeated,
        ),
        HandshakeCheck(
            name=CheckName.HTTP_VERSION,
            ok=response.version in ("HTTP/1.1", ""),
            requirement="HTTP/1.1",
            arrived=response.version or "nothing",
            detail="" if response.version in ("HTTP/1.1", "") else "the answer is not HTTP/1.1",
            field="status line",
            source="RFC 9112 section 2.3",
        ),
    )
