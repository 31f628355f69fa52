"""Two frames side by side: what differs in their headers, and line by line in their payloads."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from wsinspect.safe_text import visible_bytes
from wsinspect.session.frame_log import FrameLog
from wsinspect.session.messages import message_of
from wsinspect.tui.panes.frame_json import json_lines, parsed_json
from wsinspect.tui.panes.frame_rows import DETAIL_BYTES
from wsinspect.tui.rows import BAD, BLANK, GOOD, MUTED, STRONG, Row, heading, row, text
from wsinspect.tui.wording import RECEIVED_SIGN, SENT_SIGN, counted, moment
from wsinspect.wire.close import parse_close
from wsinspect.wire.opcode import Direction, Opcode, opcode_name

_CONTEXT = 3
_LONG_LINE = 600
"""Lines up to this many characters are compared inside."""
_CHUNK = 72
_MOST_LINES = 4000
_VALUE_WIDTH = 26


def compare_rows(frames: FrameLog, first: int, second: int, *, whole: bool = False) -> list[Row]:
    """Return what is the same and what is not; with `whole`, of the messages that the frames belong to."""
    rows = [
        heading("Header", "≠ differs"),
        row((f"{'':<12}{f'frame {first + 1}':<{_VALUE_WIDTH}}frame {second + 1}", MUTED), gutter=text("  ")),
    ]
    for name, one, other in _facts(frames, first, second):
        same = one == other
        rows.append(
            row(
                (f"{name:<12}", MUTED),
                (f"{one:<{_VALUE_WIDTH}}{other}", "" if same else STRONG),
                gutter=text("  " if same else ("≠ ", f"bold {BAD}")),
            )
        )
    kind, left, right = _texts(_data(frames, first, whole=whole), _data(frames, second, whole=whole))
    rows += [BLANK, heading("Payload", kind)]
    if left == right:
        return [*rows, row(("the same", GOOD), gutter=text("  "))]
    return rows + _differences(left, right)


def _facts(frames: FrameLog, first: int, second: int) -> list[tuple[str, str, str]]:
    def of(number: int) -> list[tuple[str, str]]:
        header = frames.header(number)
        inflated = frames.inflated_length(number)
        sent = frames.direction(number) is Direction.SENT
        bits = "".join(str(header >> (15 - at) & 1) for at in range(4))
        return [
            ("direction", f"{SENT_SIGN} sent" if sent else f"{RECEIVED_SIGN} received"),
            ("time", f"{moment(frames.at_ns(number))} s"),
            ("opcode", opcode_name(header >> 8 & 0x0F)),
            ("FIN RSV1-3", bits),
            ("MASK", str(header >> 7 & 1)),
            ("wire", f"{frames.length(number)} bytes"),
            ("inflated", f"{inflated} bytes" if inflated is not None else "not compressed"),
            ("violations", ", ".join(one.kind for one in frames.violations(number)) or "none"),
        ]

    pairs = zip(of(first), of(second), strict=True)
    return [(name, one, other) for (name, one), (_, other) in pairs]


def _data(frames: FrameLog, number: int, *, whole: bool) -> tuple[int, bytes]:
    message = message_of(frames, number)
    if whole and message.first != message.last:
        return message.opcode, message.data(DETAIL_BYTES)
    return frames.opcode(number), frames.preview(number, DETAIL_BYTES)


def _texts(one: tuple[int, bytes], other: tuple[int, bytes]) -> tuple[str, list[str], list[str]]:
    """Return both payloads as lines of the same kind: JSON if both are, text if both are, else hexadecimal digits."""
    datas = (one[1], other[1])
    try:
        left, right = (json_lines(parsed_json(data)) for data in datas)
        return "JSON", left, right
    except ValueError:
        pass  # One of them is no JSON: they are compared as what they are.
    if one[0] == other[0] == Opcode.CLOSE:
        left, right = (_close(data) for data in datas)
        return "close", left, right
    if Opcode.BINARY not in (one[0], other[0]):
        try:
            for data in datas:
                data.decode()
            left, right = (visible_bytes(data, keep_newlines=True).split("\n") for data in datas)
            return "text", [*_chunked(left)], [*_chunked(right)]
        except UnicodeDecodeError:
            pass  # Bytes, then.
    left, right = ([data[at : at + 16].hex(" ") for at in range(0, len(data), 16)] for data in datas)
    return "hex", left, right


def _close(data: bytes) -> list[str]:
    payload = parse_close(data)
    return [f"code {payload.code}", f"reason {payload.reason}"]


def _chunked(lines: Sequence[str]) -> list[str]:
    """Cut lines that are too long to be compared inside."""
    cut: list[str] = []
    for line in lines:
        if len(line) <= _LONG_LINE:
            cut.append(line)
        else:
            cut += [line[at : at + _CHUNK] for at in range(0, len(line), _CHUNK)]
    return cut


def _differences(left: list[str], right: list[str]) -> list[Row]:
    left, right = left[:_MOST_LINES], right[:_MOST_LINES]
    rows: list[Row] = []
    after = 0
    for group in SequenceMatcher(None, left, right).get_grouped_opcodes(_CONTEXT):
        skipped = group[0][1] - after
        if skipped > 0:
            rows.append(_skipped(skipped))
        after = group[-1][2]
        for tag, low, high, low_other, high_other in group:
            if tag == "equal":
                rows += [row((line, MUTED), gutter=text("  ")) for line in left[low:high]]
                continue
            rows += _replaced(left[low:high], right[low_other:high_other])
    if after < len(left):
        rows.append(_skipped(len(left) - after))
    return rows


def _skipped(count: int) -> Row:
    return row((f"… {counted(count, 'line')} the same", MUTED), gutter=text("  "))


def _replaced(left: list[str], right: list[str]) -> list[Row]:
    if len(left) != len(right):
        return [_line("-", line, []) for line in left] + [_line("+", line, []) for line in right]
    rows: list[Row] = []
    for one, other in zip(left, right, strict=True):
        marks: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
        matcher = SequenceMatcher(None, one, other, autojunk=False)
        if matcher.quick_ratio() > 0.5:
            for tag, low, high, low_other, high_other in matcher.get_opcodes():
                if tag != "equal":
                    marks[0].append((low, high))
                    marks[1].append((low_other, high_other))
        rows += [_line("-", one, marks[0]), _line("+", other, marks[1])]
    return rows


def _line(sign: str, line: str, marks: list[tuple[int, int]]) -> Row:
    colour = BAD if sign == "-" else GOOD
    body = text((line, colour))
    # Signs that stand for what a terminal would act on are longer than it: marks would be beside the point.
    if body.plain == line:
        for low, high in marks:
            if high > low:
                body = body.stylize("bold underline", low, high)
    return Row(text((f"{sign} ", f"bold {colour}")), body)
