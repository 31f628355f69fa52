"""Two attempts' opening handshakes, field by field: what is new, gone or different; what always differs is muted."""

from __future__ import annotations

from collections.abc import Sequence

from wsinspect.safe_text import visible_bytes
from wsinspect.session.attempt import Attempt
from wsinspect.session.exchange import Exchange
from wsinspect.tui.rows import BAD, BLANK, GOOD, MUTED, NAME, STRONG, WARNING, Row, heading, row, text
from wsinspect.tui.screens.pick import Choice
from wsinspect.wire.http import FieldLine

_VOLATILE = {
    "date", "age", "sec-websocket-key", "sec-websocket-accept", "cf-ray", "x-request-id", "x-amzn-trace-id", "x-amz-cf-id",
    "x-cloud-trace-context", "traceparent", "x-served-by", "x-timer", "report-to", "nel", "server-timing", "via-id",
}  # fmt: skip
"""Fields whose values are made anew for each request."""
_SAME = text("  ")
_DIFFERS = text(("≠ ", f"bold {WARNING}"))
_GONE = text(("- ", f"bold {BAD}"))
_NEW = text(("+ ", f"bold {GOOD}"))


def handshake_compare_rows(first: Attempt, second: Attempt) -> list[Row]:
    """Return requests and responses compared, the earlier attempt's on the `-` side."""
    rows = [
        row(
            ("- ", f"bold {BAD}"),
            f"attempt {first.number}",
            ("   + ", f"bold {GOOD}"),
            f"attempt {second.number}",
            ("   ≠ ", f"bold {WARNING}"),
            "another value",
            ("   ~ differs each time", MUTED),
        ),
        BLANK,
    ]
    one, other = first.handshake, second.handshake
    rows += [heading("Request"), *_part(_request(one), _request(other)), BLANK]
    rows += [heading("Response"), *_part(_response(one), _response(other))]
    if one.head is not None and other.head is not None and (one.raw_body or other.raw_body):
        rows += [BLANK, heading("Body"), *_bodies(bytes(one.raw_body), bytes(other.raw_body))]
    return rows


def choices_beside(shown: Attempt, attempts: Sequence[Attempt]) -> list[Choice]:
    """Return the other attempts, the one before first, then those before it, then those after."""
    others = [one for one in attempts if one is not shown]
    others.sort(key=lambda one: (one.number > shown.number, abs(one.number - shown.number)))
    return [Choice(str(one.number), f"attempt {one.number}", _told(one)) for one in others]


def _told(attempt: Attempt) -> str:
    head, failure = attempt.handshake.head, attempt.failure
    answer = head.status_line if head is not None else failure.message if failure is not None else "no answer"
    return f"{str(attempt.started.reason).replace('-', ' ')}: {answer}"


_Head = tuple[str, Sequence[FieldLine]]


def _request(exchange: Exchange) -> _Head | None:
    if not exchange.request:
        return None
    head = exchange.request_head
    return f"{head.method} {head.target} {head.version}", head.fields


def _response(exchange: Exchange) -> _Head | None:
    head = exchange.head
    return None if head is None else (head.status_line, head.fields)


def _part(first: _Head | None, second: _Head | None) -> list[Row]:
    if first is None or second is None:
        if first is second:
            return [row(("neither has one", MUTED), gutter=_SAME)]
        return [row(("only one of them has one", WARNING), gutter=_GONE if second is None else _NEW)]
    rows = _lines("", first[0], second[0])
    left, right = _grouped(first[1]), _grouped(second[1])
    for name in dict.fromkeys((*left, *right)):
        rows += _field(name, left.get(name, []), right.get(name, []))
    order, other = [name for name in left if name in right], [name for name in right if name in left]
    if order != other:
        rows.append(row(("the order of the fields differs", WARNING), gutter=_DIFFERS))
        rows += [
            row((", ".join(names), MUTED), gutter=sign) for sign, names in ((_GONE, order), (_NEW, other))
        ]
    if not any(one.gutter in (_DIFFERS, _GONE, _NEW) for one in rows):
        rows.append(row(("nothing else differs", GOOD), gutter=_SAME))
    return rows


def _grouped(fields: Sequence[FieldLine]) -> dict[str, list[FieldLine]]:
    out: dict[str, list[FieldLine]] = {}
    for line in fields:
        out.setdefault(line.name.lower(), []).append(line)
    return out


def _field(name: str, left: list[FieldLine], right: list[FieldLine]) -> list[Row]:
    if [line.raw for line in left] == [line.raw for line in right]:
        return [row((visible_bytes(line.raw), MUTED), gutter=_SAME) for line in left]
    if name in _VOLATILE and left and right:
        return [row((visible_bytes(line.raw), MUTED), gutter=text(("~ ", MUTED))) for line in (*left, *right)]
    if not left or not right:
        sign = _NEW if right else _GONE
        return [row((visible_bytes(line.raw), STRONG), gutter=sign) for line in left or right]
    if len(left) == len(right) == 1:
        spelled = left[0].name if left[0].name == right[0].name else f"{left[0].name} / {right[0].name}"
        return _lines(spelled, left[0].value, right[0].value, raw=(left[0].raw, right[0].raw))
    rows = [row((visible_bytes(line.raw), STRONG), gutter=_GONE) for line in left]
    return rows + [row((visible_bytes(line.raw), STRONG), gutter=_NEW) for line in right]


def _lines(name: str, left: str, right: str, raw: tuple[bytes, bytes] | None = None) -> list[Row]:
    if left == right and raw is None:
        return [row((left, MUTED), gutter=_SAME)]
    title = [row((name, NAME), gutter=_DIFFERS)] if name else []
    if raw is not None and left == right:
        # The same value, and yet other bytes: blanks or the case of the name.
        left, right = visible_bytes(raw[0]), visible_bytes(raw[1])
    return [*title, row((left, STRONG), gutter=_GONE), row((right, STRONG), gutter=_NEW)]


def _bodies(left: bytes, right: bytes) -> list[Row]:
    if left == right:
        return [row((f"the same {len(left)} bytes", GOOD), gutter=_SAME)]
    first = next(
        (at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right))
    )
    begin = max(0, first - 20)
    told = f"{len(left)} and {len(right)} bytes, different from byte {first} on"
    return [
        row((told, WARNING), gutter=_DIFFERS),
        row((visible_bytes(left[begin : begin + 200]), STRONG), gutter=_GONE),
        row((visible_bytes(right[begin : begin + 200]), STRONG), gutter=_NEW),
    ]
