"""The opening handshake as rows: both heads as they crossed the wire, the checks beside the fields, the body."""

from __future__ import annotations

import json
from collections.abc import Sequence

from wsinspect.events import BytesReceived, Layer
from wsinspect.safe_text import visible_bytes
from wsinspect.session.attempt import Attempt
from wsinspect.session.exchange import Exchange
from wsinspect.tui.panes.check_signs import BESIDE, FAILED, NOTE, OK, at_event
from wsinspect.tui.panes.tls_rows import tls_rows
from wsinspect.tui.rows import (
    BAD,
    BLANK,
    MUTED,
    NAME,
    STRONG,
    WARNING,
    Part,
    Row,
    heading,
    row,
    text,
)
from wsinspect.tui.wording import counted, duration, size
from wsinspect.wire.handshake import HandshakeCheck
from wsinspect.wire.http import FieldLine, ResponseHead

_INDENT = text("  ")
_BODY_LINES = 400
_RAW_SHOWN = 2048


def handshake_rows(attempt: Attempt) -> list[Row]:
    """Return proxy exchange, TLS, request, response and body, in the order in which they happened."""
    rows: list[Row] = []
    for section in (_proxy(attempt), tls_rows(attempt), _request(attempt), _response(attempt)):
        if section:
            rows += [BLANK, *section] if rows else section
    if not rows:
        said = (
            "Nothing was sent: the attempt ended before." if attempt.ended else "Nothing has been sent yet."
        )
        rows.append(row((said, MUTED)))
    return rows


def _sent_lines(raw: bytes) -> list[Row]:
    lines = raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n")
    return [_line(line, first=index == 0) for index, line in enumerate(lines)]


def _line(raw: bytes, *, first: bool) -> Row:
    shown = visible_bytes(raw)
    if first:
        return row((shown, STRONG), gutter=_INDENT)
    name, colon, value = shown.partition(":")
    return row((name, NAME), (colon, MUTED), value, gutter=_INDENT)


def _proxy(attempt: Attempt) -> list[Row]:
    exchange = attempt.proxy_exchange
    if not exchange.request:
        return []
    rows = [at_event(heading("To the proxy", size(len(exchange.request))), exchange.request_seq)]
    if exchange.request.startswith(b"CONNECT"):
        rows += _sent_lines(bytes(exchange.request))
    else:
        rows.append(row(bytes(exchange.request[:64]).hex(" "), gutter=_INDENT))
    if exchange.response:
        rows.append(at_event(heading("From the proxy", size(len(exchange.response))), exchange.response_seq))
        head = exchange.partial_head
        if head is not None and exchange.response.startswith(b"HTTP/"):
            rows += [
                _line(line, first=i == 0) for i, line in enumerate(head.raw.rstrip(b"\r\n").split(b"\r\n"))
            ]
            rows += _body(exchange)
        else:
            rows.append(row(bytes(exchange.response[:64]).hex(" "), gutter=_INDENT))
    return rows


def _request(attempt: Attempt) -> list[Row]:
    exchange = attempt.handshake
    if not exchange.request:
        return []
    return [
        at_event(heading("Request", f"{size(len(exchange.request))} sent"), exchange.request_seq),
        *_sent_lines(bytes(exchange.request)),
    ]


def _response(attempt: Attempt) -> list[Row]:
    exchange = attempt.handshake
    if not exchange.request:
        return []
    if not exchange.response:
        waiting = "no byte of an answer" if attempt.ended else "no byte of an answer yet"
        return [heading("Response"), row((waiting, WARNING), gutter=_INDENT)]
    took = ""
    if exchange.first_byte_ns is not None and exchange.request_ns is not None:
        took = f" after {duration(exchange.first_byte_ns - exchange.request_ns)}"
    rows = [at_event(heading("Response", f"{size(len(exchange.response))}{took}"), exchange.response_seq)]
    rows[0] = Row(rows[0].gutter, rows[0].body, rows[0].place, _chunks(attempt))
    rows += [row((interim.status_line, STRONG), gutter=BESIDE) for interim in exchange.interim]
    head = exchange.head
    if head is None:
        return [*rows, *_unfinished(exchange)]
    body_at = len(exchange.response) - len(exchange.raw_body)
    rows += _checked(head, attempt.checks, body_at - len(head.raw))
    if head.status_code == 101:
        return rows
    return [*rows, *_body(exchange, body_at)]


def _chunks(attempt: Attempt) -> tuple[int, ...]:
    """The events in which the response arrived."""
    return tuple(
        event.seq
        for event in attempt.events
        if isinstance(event, BytesReceived) and event.layer is Layer.HTTP
    )


def _unfinished(exchange: Exchange) -> list[Row]:
    raw = bytes(exchange.response[:_RAW_SHOWN])
    if raw.startswith(b"HTTP/"):
        lines = raw.split(b"\r\n")
        return [
            *(_line(line, first=i == 0) for i, line in enumerate(lines)),
            row(("the head has not ended", WARNING), gutter=_INDENT),
        ]
    return [
        row(("not an HTTP response:", f"bold {BAD}"), gutter=_INDENT),
        row(visible_bytes(raw), gutter=_INDENT),
        row((raw[:64].hex(" "), MUTED), gutter=_INDENT),
    ]


def _checked(head: ResponseHead, checks: Sequence[HandshakeCheck], head_at: int) -> list[Row]:
    """The head's lines with the checks that are about them; fields that should be there and are not, at the end.

    `head_at` is where the head begins in the bytes of the response.
    """
    switched = head.status_code == 101
    by_field: dict[str, list[HandshakeCheck]] = {}
    for check in checks:
        if switched or check.field == "status line":
            by_field.setdefault(check.field.lower(), []).append(check)
    first_field = head.fields[0].offset if head.fields else len(head.raw)
    rows = _with_checks(
        [(head.status_line, STRONG)], by_field.pop("status line", []), (head_at, head_at + first_field)
    )
    for line in head.fields:
        start = head_at + line.offset
        checks_of_it = by_field.pop(line.name.lower(), [])
        rows += _with_checks(_field(line), checks_of_it, (start, start + len(line.raw) + 2))
    for missing in by_field.values():
        rows += [
            row((f"{check.field}: ", NAME), (check.detail or check.arrived, BAD), gutter=FAILED)
            for check in missing
            if not check.ok
        ]
    if head.malformed:
        rows.append(row((head.malformed, WARNING), gutter=NOTE))
    if switched:
        rows += [
            row((f"{check.name}: ", NAME), _who_differs(check), gutter=NOTE)
            for check in checks
            if check.ok and not (check.chromium_ok and check.firefox_ok and check.strict_ok)
        ]
    return rows


def _field(line: FieldLine) -> list[Part]:
    name, colon, value = visible_bytes(line.raw).partition(":")
    return [(name, NAME), (colon, MUTED), value]


def _with_checks(line: list[Part], checks: list[HandshakeCheck], span: tuple[int, int]) -> list[Row]:
    failed = [check for check in checks if not check.ok]
    gutter = FAILED if failed else OK if checks else BESIDE
    rows = [Row(gutter, text(*line), span=span)]
    for check in failed:
        wanted = f"; wanted: {check.requirement}" if check.requirement else ""
        rows.append(
            row((f"{check.detail}{wanted}  ", BAD), (check.source, MUTED), gutter=text("          └ "))
        )
    return rows


def _who_differs(check: HandshakeCheck) -> str:
    strict = [
        name
        for name, ok in (
            ("Chromium", check.chromium_ok),
            ("Firefox", check.firefox_ok),
            ("strict clients", check.strict_ok),
        )
        if not ok
    ]
    return f"{' and '.join(strict)} would fail here, the RFC does not ({check.requirement}; arrived: {check.arrived})"


def _body(exchange: Exchange, body_at: int = 0) -> list[Row]:
    raw = exchange.raw_body
    if not raw:
        return [row(("no body", MUTED), gutter=BESIDE)]
    rows = [BLANK, heading("Body", size(len(raw)))]
    shown = exchange.body_text
    if shown.lstrip()[:1] in ("{", "["):
        try:
            shown = json.dumps(json.loads(shown), indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            shown = exchange.body_text
    lines = shown.split("\n")
    at, end = body_at, body_at + len(raw)
    as_sent = shown.encode() == raw
    for line in lines[:_BODY_LINES]:
        # Decoded or formatted, a line can't be told from its bytes: any of them shows the body's beginning.
        span = (at, at + len(line.encode()) + 1) if as_sent else (body_at, end)
        rows.append(Row(_INDENT, text(line.removesuffix("\r")), span=span))
        at = span[1]
    if len(lines) > _BODY_LINES:
        rows.append(row((f"… {counted(len(lines) - _BODY_LINES, 'more line')}", MUTED), gutter=_INDENT))
    return rows


def handshake_text(attempt: Attempt) -> str:
    """Return the handshake dump for the clipboard: `>` before what was sent, `<` before what arrived."""
    lines: list[str] = []
    for exchange in (attempt.proxy_exchange, attempt.handshake):
        if exchange.request:
            lines += _dump(">", bytes(exchange.request))
        if exchange.response:
            lines += _dump("<", bytes(exchange.response))
    return "\n".join(lines) + "\n" if lines else ""


def _dump(sign: str, raw: bytes) -> list[str]:
    return [f"{sign} {visible_bytes(line)}".rstrip() for line in raw.replace(b"\r\n", b"\n").split(b"\n")]
