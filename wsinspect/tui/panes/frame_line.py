"""One frame as a line, or several where it is wrapped: number, time, direction, opcode, flags, length, violations, payload."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rich.cells import cell_len, chop_cells
from textual.content import Content

from wsinspect.safe_text import visible, visible_bytes
from wsinspect.session.frame_log import FrameLog
from wsinspect.session.messages import Message, message_of
from wsinspect.session.query.text_pattern import TextPattern
from wsinspect.tui.rows import BAD, GOOD, MUTED, NAME, WARNING, Part
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
_FLAGS = (("F", 0x8000), ("1", 0x4000), ("2", 0x2000), ("3", 0x1000), ("M", 0x0080))
_FOUND = "reverse"
NUMBER_WIDTH = 5
"""Cells for a frame's number, more where it takes more."""
_WRAPPED_BYTES, _WRAPPED_LINES = 4096, 12
"""Of one wrapped frame; the details show all of it."""
MARKED, SELECTED, BOTH = "◆", "▌", "◈"


class Times(StrEnum):
    """What the time column tells."""

    START = "since the start"
    CLOCK = "clock"
    DELTA = "since the row above"


class Columns(StrEnum):
    """Which columns there are."""

    USUAL = "usual"
    FEW = "number, time, direction, payload"
    ALL = "with attempt, wire length, inflated length and ratio"


_TIME_WIDTHS = {Times.START: 8, Times.CLOCK: 12, Times.DELTA: 9}
_TIME_NAMES = {Times.START: "time s", Times.CLOCK: "clock", Times.DELTA: "+s"}


@dataclass(frozen=True, slots=True)
class Look:
    """How the lines of a list look."""

    number_width: int = NUMBER_WIDTH
    times: Times = Times.START
    columns: Columns = Columns.USUAL
    wall_ns: int = 0
    """Nanoseconds since the Unix epoch when the session began."""
    whole: bool = False
    """Whether a message is one line."""
    patterns: tuple[TextPattern, ...] = ()
    """What is marked where it occurs."""


def column_names(look: Look) -> str:
    """Return the line above the list."""
    names = f" {'no':>{look.number_width}} {_TIME_NAMES[look.times]:>{_TIME_WIDTHS[look.times]}}   "
    if look.columns is not Columns.FEW:
        names += f"{'opcode':<7}{'F123M':<6}{'bytes':>6} "
    if look.columns is Columns.ALL:
        names += f"{'inflated':>8} {'ratio':>6} {'try':>3} "
    return names + "payload"


def frame_line(
    frames: FrameLog,
    number: int,
    look: Look,
    width: int,
    *,
    above: int | None = None,
    attempt: int = 0,
    sign: str = " ",
) -> Content:
    """Return one frame's line, with as much of the payload as `width` has room for.

    `above` is the frame of the row above it, `attempt` the number of its attempt, `sign` a mark before it all.
    """
    before = _before_payload(look)
    room = max(0, width - before)
    opcode = frames.opcode(number)
    sent = frames.direction(number) is Direction.SENT
    message = message_of(frames, number) if look.whole and opcode < 8 and not frames.fin(number) else None
    last = number if message is None else message.last
    violations = frames.violations(number)
    parts: list[Part] = [
        (sign, f"bold {WARNING}"),
        (f"{number + 1:>{look.number_width}} {_time(frames, number, look, above)} ", MUTED),
        (f"{SENT_SIGN if sent else RECEIVED_SIGN} ", f"bold {NAME}" if sent else f"bold {GOOD}"),
    ]
    if look.columns is not Columns.FEW:
        parts += _header(frames, number, message, wrong=bool(violations))
    if look.columns is Columns.ALL:
        parts.append((_inflated(frames, number, message) + f"{attempt or '':>3} ", MUTED))
    said = "".join(f"{FAILED_SIGN} {violation.kind} " for violation in violations)
    if message is not None:
        said += "" if message.complete else f"unfinished to frame {last + 1} "
    size = max(8, room)
    data = frames.preview(number, size) if message is None else message.data(size)
    payload = Content(payload_text(opcode, data)[:room])
    for pattern in look.patterns:
        for start, stop in pattern.spans(payload.plain):
            payload = payload.stylize(_FOUND, start, stop)
    return Content.assemble(*parts, (said, f"bold {BAD}"), payload)


def wrapped(line: Content, look: Look, width: int) -> list[tuple[int, Content]]:
    """Return the lines of a line that is wrapped: (position of its first character, content) each."""
    before = _before_payload(look)
    room = width - before
    if line.cell_length <= width or room < 8:
        return [(0, line)]
    plain = line.plain
    pieces = chop_cells(plain[before:], room) if cell_len(plain[:before]) == before else [plain[before:]]
    ends, end = [], before
    for piece in pieces[:_WRAPPED_LINES]:
        end += len(piece)
        ends.append(end)
    contents = line.divide(ends)[: len(ends)]
    if len(pieces) > len(ends):
        contents[-1] = contents[-1][:-1].append("…")
    return list(zip([0, *ends], contents, strict=False))


def wrap_indent(look: Look) -> int:
    """Return the cells before a wrapped payload's further lines."""
    return _before_payload(look)


def line_width(width: int, *, wrap: bool) -> int:
    """Return how wide a line is made for a list of this width."""
    return max(width, _WRAPPED_BYTES) if wrap else width


def payload_text(opcode: int, data: bytes) -> str:
    """Return a payload's beginning as one line of safe text."""
    if opcode == Opcode.CLOSE:
        payload = parse_close(data)
        return visible(f"{payload.code if payload.code is not None else 'no code'} {payload.reason}".rstrip())
    if opcode == Opcode.TEXT:
        return visible_bytes(data)
    try:
        return visible(data.decode()) if opcode != Opcode.BINARY else data.hex(" ")
    except UnicodeDecodeError:
        return data.hex(" ")


def _before_payload(look: Look) -> int:
    return len(column_names(look)) - len("payload")


def _time(frames: FrameLog, number: int, look: Look, above: int | None) -> str:
    at_ns = frames.at_ns(number)
    width = _TIME_WIDTHS[look.times]
    if look.times is Times.CLOCK and look.wall_ns:
        return clock_time(look.wall_ns + at_ns)
    if look.times is Times.DELTA:
        return f"{'+' + moment(at_ns - frames.at_ns(above)) if above is not None else '':>{width}}"
    return f"{moment(at_ns):>{width}}"


def clock_time(wall_ns: int) -> str:
    """Return nanoseconds since the Unix epoch as the local time of day with milliseconds."""
    try:
        at = datetime.fromtimestamp(wall_ns // 1_000_000_000).astimezone()
    except (OverflowError, ValueError, OSError):
        return "??:??:??.???"
    return f"{at:%H:%M:%S}.{wall_ns // 1_000_000 % 1000:03}"


def _header(frames: FrameLog, number: int, message: Message | None, *, wrong: bool) -> list[Part]:
    header = frames.header(number)
    opcode = header >> 8 & 0x0F
    known = opcode in list(Opcode)
    name = _NAMES.get(Opcode(opcode), opcode_name(opcode)) if known else f"res {opcode:x}h"
    style = f"bold {BAD}" if wrong else _OPCODE_STYLES.get(Opcode(opcode), "") if known else BAD
    if message is None:
        length = frames.length(number)
        flags = "".join(letter if header & bit else "·" for letter, bit in _FLAGS)
    else:
        fragments = message.fragments
        length = sum(map(frames.length, fragments[:_WRAPPED_BYTES]))
        flags = f"×{len(fragments)}"
    return [(f"{name:<6} ", style), (f"{flags:<5} ", MUTED), f"{_bytes(length):>6} "]


def _inflated(frames: FrameLog, number: int, message: Message | None) -> str:
    numbers = [number] if message is None else message.fragments[:_WRAPPED_BYTES]
    sizes = [frames.inflated_length(one) for one in numbers]
    inflated = sum(size for size in sizes if size is not None)
    wire = sum(map(frames.length, numbers))
    if all(size is None for size in sizes):
        return f"{'':>8} {'':>6} "
    return f"{_bytes(inflated):>8} {f'×{inflated / wire:.1f}' if wire else '':>6} "


def _bytes(count: int) -> str:
    if count < 1_000_000:
        return str(count)
    return f"{count / 1e6:.1f}M" if count < 1_000_000_000 else f"{count / 1e9:.1f}G"
