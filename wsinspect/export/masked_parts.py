"""What the mask covers in a session, by place: the preview that lets somebody decide whether to share it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from wsinspect.export.redact import Redactor
from wsinspect.session.attempt import Attempt
from wsinspect.session.exchange import Exchange
from wsinspect.session.record import SessionRecord


class MaskedPart(Struct, frozen=True):
    """One place where something is masked."""

    where: str
    """Such as `request field Authorization`."""
    shown: str
    """What stands there instead, not yet safe for a terminal."""


def masked_parts(record: SessionRecord, redact: Redactor) -> list[MaskedPart]:
    """Return every place of the session's handshakes and options where the mask covers something, each once."""
    found: dict[MaskedPart, None] = {}
    for attempt in record.attempts:
        for where, text in _texts(attempt):
            shown = redact(text)
            if shown != text:
                found[MaskedPart(where, shown)] = None
    return list(found)


def _texts(attempt: Attempt) -> Iterator[tuple[str, str]]:
    options = attempt.options
    yield "URL", attempt.target.url if attempt.target is not None else options.url
    yield "proxy", options.proxy or ""
    # Once a request was made, its own fields say the same.
    if not attempt.handshake.request:
        for name, value in options.headers:
            yield f"request field {name}", value
        yield "cookies", "; ".join(options.cookies)
        yield "credentials", options.basic_auth or options.bearer or ""
    yield from _fields(attempt.handshake, "")
    yield from _fields(attempt.proxy_exchange, "proxy's ")


def _fields(exchange: Exchange, whose: str) -> Iterator[tuple[str, str]]:
    if exchange.request:
        for line in exchange.request_head.fields:
            yield f"{whose}request field {line.name}", line.value
    if exchange.head is not None:
        for line in exchange.head.fields:
            yield f"{whose}response field {line.name}", line.value
        yield f"{whose}response body", exchange.body_text
