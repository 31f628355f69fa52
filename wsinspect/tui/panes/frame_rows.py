"""One frame's details as rows: the header bit by bit, lengths, violations, the payload as text, JSON or hex."""

from __future__ import annotations

import json
from enum import StrEnum

from wsinspect.safe_text import visible, visible_bytes
from wsinspect.tui.rows import ACCENT, BAD, BLANK, MUTED, STRONG, WARNING, Part, Row, heading, row, text
from wsinspect.tui.wording import FAILED_SIGN, RECEIVED_SIGN, SENT_SIGN, moment, size
from wsinspect.wire.close import parse_close
from wsinspect.wire.close_codes import describe_close_code
from wsinspect.wire.frames import Frame
from wsinspect.wire.opcode import Direction, Opcode, opcode_name

DETAIL_BYTES = 64 * 1024
"""Payload bytes of one frame that are looked at for its details."""
_HEX_BYTES = 4096
_TEXT_LINES = 2000


class View(StrEnum):
    """How a payload is shown."""

    AUTO = "auto"
    TEXT = "text"
    JSON = "json"
    HEX = "hex"


def frame_rows(
    frame: Frame, view: View, byte_range: tuple[int, int] | None = None, width: int = 80
) -> list[Row]:
    """Return the details of `frame`; `byte_range` marks bytes of the raw frame that a finding points at."""
    sent = frame.direction is Direction.SENT
    rows = [
        row(
            (f"Frame {frame.number + 1}  ", STRONG),
            (f"{SENT_SIGN} sent" if sent else f"{RECEIVED_SIGN} received", ACCENT),
            f"  {opcode_name(frame.opcode)}",
            (f"  at {moment(frame.at_ns)} s", MUTED),
        )
    ]
    rows += [
        row(
            (f"{violation.text}", BAD),
            (f"  byte {violation.offset}, {violation.kind}", MUTED),
            gutter=text((f"{FAILED_SIGN} ", BAD)),
        )
        for violation in frame.violations
    ]
    rows += [BLANK, *_header(frame), *_lengths(frame)]
    if frame.opcode == Opcode.CLOSE:
        rows += _close(frame)
    rows += _payload(frame, view, byte_range, width)
    return rows


def _header(frame: Frame) -> list[Row]:
    raw = frame.raw[: frame.header_size]

    def bit(name: str, value: bool) -> list[Part]:
        return [(f"{name} ", MUTED), ("1" if value else "0", STRONG if value else ""), "  "]

    code = frame.raw[1] & 0x7F if len(frame.raw) > 1 else 0
    form = {126: "16-bit length", 127: "64-bit length"}.get(code, "7-bit length")
    rows = [
        heading("Header", f"{len(raw)} bytes: {raw.hex(' ')}"),
        row(
            *bit("FIN", frame.fin),
            *bit("RSV1", frame.rsv1),
            *bit("RSV2", frame.rsv2),
            *bit("RSV3", frame.rsv3),
            ("opcode ", MUTED),
            (f"0x{frame.opcode:x} {opcode_name(frame.opcode)}  ", STRONG),
            *bit("MASK", frame.masked),
            (f"{form} ", MUTED),
            (f"{frame.payload_length}", STRONG),
            gutter=text("  "),
        ),
    ]
    if frame.masking_key is not None:
        rows.append(row(("masking key ", MUTED), frame.masking_key.hex(" "), gutter=text("  ")))
    return rows


def _lengths(frame: Frame) -> list[Row]:
    parts: list[Part] = [f"{size(frame.size)} on the wire"]
    if frame.inflated_length is not None:
        parts.append(f", {size(frame.inflated_length)} inflated")
        if frame.payload_length:
            parts.append((f" (×{frame.inflated_length / frame.payload_length:.1f})", MUTED))
    elif frame.compressed:
        parts.append((", compressed, could not be inflated", WARNING))
    if frame.shortened:
        parts.append((f", {size(len(frame.raw))} shown", MUTED))
    return [row(*parts, gutter=text("  "))]


def _close(frame: Frame) -> list[Row]:
    payload = parse_close(frame.payload)
    if payload.code is None:
        return [row(("no close code", STRONG), gutter=text("  "))]
    described = describe_close_code(payload.code)
    rows = [row((f"{payload.code} {described.name}", STRONG), f"  {described.meaning}", gutter=text("  "))]
    if payload.reason:
        rows.append(row(("reason ", MUTED), payload.reason, gutter=text("  ")))
    return rows


def _payload(frame: Frame, view: View, byte_range: tuple[int, int] | None, width: int) -> list[Row]:
    data = frame.application_data
    if view is View.AUTO:
        view = View.HEX if byte_range is not None else _best(frame, data)
    if view is View.HEX:
        inflated = frame.inflated_length is not None and byte_range is None
        shown = data if inflated else frame.raw
        title = "Application data, inflated" if inflated else "Frame as it crossed the wire"
        per_line = 16 if width >= 74 else 8
        return [BLANK, heading(title, f"hex, {size(len(shown))}"), *_hex(shown, byte_range, per_line)]
    if not data:
        return [BLANK, heading("Payload", "empty")]
    if view is View.JSON:
        lines = _pretty(data)
        if lines is not None:
            return [BLANK, heading("Payload", "JSON"), *(row(line) for line in lines[:_TEXT_LINES])]
    lines = visible_bytes(data, keep_newlines=True).split("\n")
    return [BLANK, heading("Payload", "text"), *(row(line) for line in lines[:_TEXT_LINES])]


def _best(frame: Frame, data: bytes) -> View:
    if frame.opcode in (Opcode.BINARY, Opcode.CLOSE) or frame.opcode not in list(Opcode):
        return View.HEX
    if data.lstrip()[:1] in (b"{", b"["):
        return View.JSON
    try:
        data.decode()
    except UnicodeDecodeError:
        return View.HEX if frame.opcode != Opcode.TEXT else View.TEXT
    return View.TEXT


def _pretty(data: bytes) -> list[str] | None:
    try:
        return json.dumps(json.loads(data), indent=2, ensure_ascii=False).split("\n")
    except (ValueError, RecursionError):
        return None


def _hex(data: bytes, marked: tuple[int, int] | None, per_line: int) -> list[Row]:
    first = 0
    if marked is not None and marked[0] > _HEX_BYTES:
        first = max(0, marked[0] - 256) // per_line * per_line
    rows: list[Row] = []
    for start in range(first, min(len(data), first + _HEX_BYTES), per_line):
        chunk = data[start : start + per_line]
        parts: list[Part] = []
        for index, byte in enumerate(chunk):
            hit = marked is not None and marked[0] <= start + index < marked[1]
            parts.append((f"{byte:02x}", f"bold reverse {BAD}") if hit else f"{byte:02x}")
            parts.append("  " if index == per_line // 2 - 1 else " ")
        parts.append(" " * (3 * (per_line - len(chunk)) + (1 if len(chunk) < per_line // 2 else 0)))
        signs = "".join(chr(byte) if 0x20 <= byte < 0x7F else "·" for byte in chunk)
        rows.append(row(*parts, (f"│{signs}│", MUTED), gutter=text((f"{start:08x}  ", MUTED))))
    left = len(data) - first - _HEX_BYTES
    if left > 0:
        rows.append(row((f"… {size(left)} more", MUTED)))
    return rows


def frame_text(frame: Frame) -> str:
    """Return a frame's payload for the clipboard: text as text, anything else as hex; close with code and reason."""
    data = frame.application_data
    if frame.opcode == Opcode.CLOSE:
        payload = parse_close(frame.payload)
        return visible(f"{payload.code if payload.code is not None else ''} {payload.reason}".strip())
    if frame.opcode != Opcode.BINARY:
        try:
            return data.decode()
        except UnicodeDecodeError:
            return data.hex(" ")
    return data.hex(" ")
