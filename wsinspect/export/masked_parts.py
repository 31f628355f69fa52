"""What the mask covers in a session, by place and kind: the preview that lets somebody decide whether to share it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from wsinspect.export.payloads import Payloads
from wsinspect.export.redact import Redactor
from wsinspect.safe_text import visible_bytes
from wsinspect.session.attempt import Attempt
from wsinspect.session.exchange import Exchange
from wsinspect.session.record import SessionRecord
from wsinspect.session.server_log import PlacedLine

ADDED = "added by you"
_AGAIN = "the same secret again"
_IN_LINE = "secret in the line"
_IN_URL = {"url", "proxy", "location", "content-location", "referer", "link"}
_PAYLOAD_SHOWN = 4096


class MaskedPart(Struct, frozen=True):
    """One place where something is masked."""

    where: str
    """Such as `request field Authorization`."""
    kind: str
    """What it is, such as `value of token` or `cookie sid`; for several, separated by commas."""
    shown: str
    """What stands there instead, not yet safe for a terminal."""
    masks: tuple[str, ...] = ()
    """The masks in it, in order."""


def masked_parts(
    record: SessionRecord, redact: Redactor, frames: range = range(0), lines: Sequence[PlacedLine] = ()
) -> list[MaskedPart]:
    """Return every place of the session's handshakes and options, of the payloads of `frames`, and of `lines` of the server's
    log where the mask covers something, each once."""
    found: dict[MaskedPart, None] = {}
    for attempt in record.attempts:
        for where, text in _texts(attempt):
            masked = redact.found(text)
            if masked:
                kinds = dict.fromkeys(
                    ADDED if redact.was_added(text[start:end]) else _kind(where, text, start)
                    for start, end, _ in masked
                )
                masks = tuple(dict.fromkeys(shown for _, _, shown in masked))
                found[MaskedPart(where, ", ".join(kinds), redact(text), masks)] = None
    for part in _in_frames(record, redact, frames):
        found[part] = None
    for line in lines:
        text = line.event.text
        masked = redact.found(text)
        if masked:
            added = any(redact.was_added(text[start:end]) for start, end, _ in masked)
            masks = tuple(dict.fromkeys(shown for _, _, shown in masked))
            where = f"line {line.number} of the server's log"
            found[MaskedPart(where, ADDED if added else _IN_LINE, redact(text), masks)] = None
    return list(found)


def _in_frames(record: SessionRecord, redact: Redactor, frames: range) -> Iterator[MaskedPart]:
    payloads, plain = Payloads(record.frames, redact), Payloads(record.frames, Redactor())
    forms = {form: (shown[0], secret) for secret, shown in redact.masks.items() for form in shown}
    for number in frames:
        data = payloads.of_frame(number)[:_PAYLOAD_SHOWN]
        if data == plain.of_frame(number)[:_PAYLOAD_SHOWN]:
            continue
        shown = visible_bytes(data)
        masks = dict.fromkeys(mask for form, (mask, _) in forms.items() if form in shown)
        added = any(redact.was_added(secret) for form, (_, secret) in forms.items() if form in shown)
        yield MaskedPart(f"frame {number + 1}", ADDED if added else _AGAIN, shown, tuple(masks))


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
        yield "subprotocols", ", ".join(options.subprotocols)
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


def _kind(where: str, text: str, start: int) -> str:
    """Say what the secret is that stands at `start` of `text`."""
    lower = where.rpartition(" ")[2].lower()
    if lower in _IN_URL:
        return _kind_in_url(text, start)
    before = text[:start]
    if lower in ("cookie", "set-cookie", "cookies"):
        cookie = before.rpartition(";")[2].partition("=")[0].strip()
        return f"cookie {cookie}" if cookie else "cookie"
    if lower.endswith("authorization"):
        scheme = text.partition(" ")[0] if start else ""
        return f"{scheme} credentials" if scheme else "credentials"
    if lower in ("sec-websocket-protocol", "subprotocols"):
        return "token among the subprotocols"
    if lower == "body":
        return _AGAIN
    return "credentials" if lower == "credentials" else "value of the field"


def _kind_in_url(text: str, start: int) -> str:
    scheme = text.find("://")
    if scheme >= 0 and start >= scheme and "@" in text[start:].partition("/")[0]:
        return "user and password" if text[:start].endswith("//") else "password"
    query = text.find("?")
    if 0 <= query < start:
        return f"value of {text[query + 1 : start].rpartition('&')[2].rstrip('=')}"
    return "part of the path that looks like a token"
