"""One frame as one line: number, time, direction, opcode, flags, length, violations, the payload's beginning."""

from __future__ import annotations

from textual.content import Content

from wsinspect.safe_text import visible, visible_bytes
from wsinspect.session.frame_log import FrameLog
from wsinspect.tui.rows import BAD, GOOD, MUTED, NAME, WARNING
from wsinspect.tui.wording import FAILED_SIGN, RECEIVED_SIGN, SENT_SIGN, moment
from wsinspect.wire.close import parse_close
from wsinspect.wire.opcode import Direction, Opcode, opcode_name

_OPCODE_STYLES = {
    Opcode.TEXT: "",
    Opcode.BINARY: NAME,
    Opcode.CONTINUATION: MUTED,
    Opcode.CLOSE: f"bold {WARNING}",
    Opcode.PING: MUTED,
    Opcode.PONG: MUTED,
}
_NAMES = {Opcode.CONTINUATION: "cont"}
NUMBER_WIDTH = 5
"""Cells for a frame's number, more where it takes more."""


def column_names(number_width: int) -> str:
    """Return the line above the list."""
    return f"{'no':>{number_width}} {'time s':>8}   {'opcode':<6} {'F123M':<5} {'bytes':>6} payload"


_BEFORE_PAYLOAD = column_names(0).index("payload")


def frame_line(frames: FrameLog, number: int, number_width: int, width: int) -> Content:
    """Return one frame's line, with as much of the payload as `width` has room for."""
    room = width - number_width - _BEFORE_PAYLOAD
    header = frames.header(number)
    opcode = header >> 8 & 0x0F
    sent = frames.direction(number) is Direction.SENT
    violations = frames.violations(number)
    name = _NAMES.get(Opcode(opcode), opcode_name(opcode)) if opcode in list(Opcode) else f"res {opcode:x}h"
    flags = "".join(
        letter if header & bit else "·"
        for letter, bit in (("F", 0x8000), ("1", 0x4000), ("2", 0x2000), ("3", 0x1000), ("M", 0x0080))
    )
    said = "".join(f"{FAILED_SIGN} {violation.kind} " for violation in violations)
    preview = frames.preview(number, max(8, room))
    return Content.assemble(
        (f"{number + 1:>{number_width}} {moment(frames.at_ns(number)):>8} ", MUTED),
        (f"{SENT_SIGN if sent else RECEIVED_SIGN} ", f"bold {NAME}" if sent else f"bold {GOOD}"),
        (
            f"{name:<6} ",
            f"bold {BAD}"
            if violations
            else _OPCODE_STYLES.get(Opcode(opcode), "")
            if opcode in list(Opcode)
            else BAD,
        ),
        (f"{flags} ", MUTED),
        f"{_bytes(frames.length(number)):>6} ",
        (said, f"bold {BAD}"),
        _payload(opcode, preview)[: max(0, room)],
    )


def _bytes(count: int) -> str:
    return (
        str(count)
        if count < 1_000_000
        else f"{count / 1e6:.1f}M"
        if count < 1_000_000_000
        else f"{count / 1e9:.1f}G"
    )


def _payload(opcode: int, preview: bytes) -> str:
    if opcode == Opcode.CLOSE:
        payload = parse_close(preview)
        return visible(f"{payload.code if payload.code is not None else 'no code'} {payload.reason}".rstrip())
    if opcode == Opcode.TEXT:
        return visible_bytes(preview)
    try:
        return visible(preview.decode()) if opcode != Opcode.BINARY else preview.hex(" ")
    except UnicodeDecodeError:
        return preview.hex(" ")
