"""One frame's details as rows: header, lengths, violations at their bytes, its message, the payload in several views."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from wsinspect.safe_text import visible, visible_bytes
from wsinspect.session.messages import Message
from wsinspect.tui.key_hints import hint
from wsinspect.tui.panes.frame_header import FOLD as HEADER_FOLD
from wsinspect.tui.panes.frame_header import header_rows
from wsinspect.tui.panes.frame_hex import bytes_per_line, hex_rows, violation_rows
from wsinspect.tui.panes.frame_json import Folds, json_rows, parsed_json
from wsinspect.tui.rows import (
    ACCENT,
    BAD,
    BLANK,
    MUTED,
    STRONG,
    WARNING,
    FoldPlace,
    FramePlace,
    Part,
    Row,
    heading,
    row,
    text,
)
from wsinspect.tui.wording import FAILED_SIGN, RECEIVED_SIGN, SENT_SIGN, counted, moment, size
from wsinspect.wire.close import parse_close
from wsinspect.wire.close_codes import describe_close_code
from wsinspect.wire.frames import Frame
from wsinspect.wire.opcode import Direction, Opcode, opcode_name

DETAIL_BYTES = 64 * 1024
"""Payload bytes of one frame that are looked at for its details."""
_TEXT_LINES = 2000
_VIOLATIONS, _FRAGMENTS = 8, 50
ALL_TEXT = "text"
ALL_HEX = "hex"


class View(StrEnum):
    """How a payload is shown."""

    AUTO = "auto"
    TEXT = "text"
    JSON = "json"
    HEX = "hex"
    WIRE = "wire"
    """Header and payload as they crossed the wire: masked, deflated."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a frame is shown, and how."""

    view: View = View.AUTO
    byte_range: tuple[int, int] | None = None
    """Bytes of the raw frame that a finding points at."""
    width: int = 80
    message: Message | None = None
    """The message that the frame is a fragment of."""
    whole: bool = False
    """Whether the payload is the message's."""
    folds: Folds = field(default_factory=Folds)


def frame_rows(frame: Frame, shown: Shown) -> list[Row]:
    """Return the details of `frame`."""
    sent = frame.direction is Direction.SENT
    rows = [
        row(
            (f"Frame {frame.number + 1}  ", STRONG),
            (f"{SENT_SIGN} sent" if sent else f"{RECEIVED_SIGN} received", ACCENT),
            f"  {opcode_name(frame.opcode)}",
            (f"  at {moment(frame.at_ns)} s", MUTED),
        )
    ]
    for violation in frame.violations[:_VIOLATIONS]:
        rows.append(
            row(
                (f"{violation.text}", BAD),
                (f"  {violation.kind}", MUTED),
                gutter=text((f"{FAILED_SIGN} ", BAD)),
            )
        )
        rows += violation_rows(frame.raw, violation, shown.width)
    rows += [BLANK, *header_rows(frame, opened=shown.folds.toggled(HEADER_FOLD)), *_lengths(frame)]
    if frame.opcode == Opcode.CLOSE:
        rows += _close(frame)
    if shown.message is not None:
        rows += _message(frame, shown.message)
    return [*rows, BLANK, *_payload(frame, shown)]


def _lengths(frame: Frame) -> list[Row]:
    parts: list[Part] = [
        ("wire ", MUTED),
        f"{frame.header_size} + {frame.payload_length} = {frame.size} bytes",
    ]
    if frame.inflated_length is not None:
        parts += [("  inflated ", MUTED), f"{frame.inflated_length} bytes"]
        if frame.payload_length:
            parts.append((f"  ×{frame.inflated_length / frame.payload_length:.1f}", STRONG))
    elif frame.compressed:
        parts.append(("  compressed, could not be inflated", WARNING))
    if frame.shortened:
        parts.append((f"  the first {size(len(frame.raw))} are shown", MUTED))
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


def _message(frame: Frame, message: Message) -> list[Row]:
    fragments = message.fragments
    place = fragments.index(frame.number) + 1 if frame.number in fragments else 0
    state = "" if message.complete else ", not complete"
    rows = [
        row(
            ("Message  ", "bold $text-primary"),
            f"fragment {place} of {len(fragments)}{state}",
            (f"  {opcode_name(message.opcode)}", MUTED),
        )
    ]
    for at, number in enumerate(fragments[:_FRAGMENTS], 1):
        here = number == frame.number
        rows.append(
            row(
                f"frame {number + 1}",
                ("  this one" if here else "", MUTED),
                gutter=text(("› " if not here else "  "), (f"{at:>3} ", MUTED)),
                place=None if here else FramePlace(number),
            )
        )
    if len(fragments) > _FRAGMENTS:
        rows.append(row((f"… and {counted(len(fragments) - _FRAGMENTS, 'fragment')} more", MUTED)))
    return rows


def _payload(frame: Frame, shown: Shown) -> list[Row]:
    message = shown.message if shown.whole else None
    data = frame.application_data if message is None else message.data(DETAIL_BYTES)
    opcode = frame.opcode if message is None else message.opcode
    view = shown.view
    if view is View.AUTO:
        view = View.WIRE if shown.byte_range is not None else _best(opcode, data)
    per_line = bytes_per_line(shown.width)
    every = shown.folds.toggled(ALL_HEX)
    title = "Payload" if message is None else f"Payload of the {counted(len(message.fragments), 'fragment')}"
    if view is View.WIRE:
        marks = [shown.byte_range] if shown.byte_range is not None else []
        marks += [(violation.offset, violation.offset + 1) for violation in frame.violations]
        rows = hex_rows(frame.raw, per_line, marked=marks, whole=every, key=ALL_HEX)
        return [heading("Frame as it crossed the wire", f"hex, {size(len(frame.raw))}"), *rows]
    if not data:
        return [heading(title, "empty")]
    if view is View.HEX:
        how = [word for word, is_so in (("unmasked", frame.masked), ("inflated", frame.compressed)) if is_so]
        rows = hex_rows(data, per_line, whole=every, key=ALL_HEX)
        return [heading(title, ", ".join(["hex", *how, size(len(data))])), *rows]
    if view is View.JSON:
        try:
            return [heading(title, "JSON"), *json_rows(parsed_json(data), shown.folds)]
        except ValueError:
            if shown.view is View.JSON:
                title += ", which is no JSON"
    return [heading(title, "text"), *_text(data, every=shown.folds.toggled(ALL_TEXT))]


def _text(data: bytes, *, every: bool) -> list[Row]:
    lines = visible_bytes(data, keep_newlines=True).split("\n")
    shown = lines if every else lines[:_TEXT_LINES]
    rows = [row(line) for line in shown]
    if len(shown) < len(lines):
        left = counted(len(lines) - len(shown), "line")
        rows.append(
            row((f"… {left} more" + hint(", {row-choose} shows them"), MUTED), place=FoldPlace(ALL_TEXT))
        )
    return rows


def _best(opcode: int, data: bytes) -> View:
    if opcode in (Opcode.BINARY, Opcode.CLOSE) or opcode not in list(Opcode):
        return View.HEX
    if data.lstrip()[:1] in (b"{", b"["):
        return View.JSON
    try:
        data.decode()
    except UnicodeDecodeError:
        return View.HEX if opcode != Opcode.TEXT else View.TEXT
    return View.TEXT


def frame_text(opcode: int, data: bytes) -> str:
    """Return a payload for the clipboard: text as text, anything else as hex; close with code and reason."""
    if opcode == Opcode.CLOSE:
        payload = parse_close(data)
        return visible(f"{payload.code if payload.code is not None else ''} {payload.reason}".strip())
    if opcode != Opcode.BINARY:
        try:
            return data.decode()
        except UnicodeDecodeError:
            return data.hex(" ")
    return data.hex(" ")
