"""A frame's header bit by bit (RFC 6455 section 5.2)."""

from __future__ import annotations

from wsinspect.tui.rows import BAD, MUTED, STRONG, FoldPlace, Part, Row, heading_parts, row, text
from wsinspect.tui.wording import FAILED_SIGN
from wsinspect.wire.frames import Frame
from wsinspect.wire.opcode import Opcode, opcode_name
from wsinspect.wire.violations import ViolationKind

FOLD = "header"
_MEANINGS = {
    Opcode.CONTINUATION: "a further fragment of a message",
    Opcode.TEXT: "UTF-8 text",
    Opcode.BINARY: "bytes",
    Opcode.CLOSE: "ends the connection",
    Opcode.PING: "asks for a pong",
    Opcode.PONG: "answers a ping, or just says that somebody is there",
}
_WRONG_AT = {
    ViolationKind.RSV_BITS: ("RSV1", "RSV2", "RSV3"),
    ViolationKind.RESERVED_OPCODE: ("opcode",),
    ViolationKind.UNEXPECTED_CONTINUATION: ("opcode",),
    ViolationKind.MESSAGE_UNFINISHED: ("opcode",),
    ViolationKind.AFTER_CLOSE: ("opcode",),
    ViolationKind.FRAGMENTED_CONTROL: ("FIN",),
    ViolationKind.MASKED_BY_SERVER: ("MASK",),
    ViolationKind.UNMASKED_BY_CLIENT: ("MASK",),
    ViolationKind.OVERSIZED_CONTROL: ("length",),
    ViolationKind.LENGTH_NOT_MINIMAL: ("length",),
    ViolationKind.LENGTH_TOO_LARGE: ("length",),
}
"""Where in the header a rule was broken."""


def header_rows(frame: Frame, *, opened: bool) -> list[Row]:
    """Return the header: on one line, or with `opened` a line for each field."""
    raw = frame.raw[: frame.header_size]
    sign = "▾ " if opened else "▸ "
    title = row(
        *heading_parts("Header", f"{len(raw)} bytes: {raw.hex(' ')}"),
        gutter=text(sign),
        place=FoldPlace(FOLD),
    )
    return [title, *(_fields(frame) if opened else _one_line(frame))]


def _wrong(frame: Frame) -> set[str]:
    names = {name for violation in frame.violations for name in _WRONG_AT.get(violation.kind, ())}
    # Only the reserved bits that are set are the fault.
    unset = {("RSV1", frame.rsv1), ("RSV2", frame.rsv2), ("RSV3", frame.rsv3)}
    return names - {name for name, value in unset if not value}


def _one_line(frame: Frame) -> list[Row]:
    wrong = _wrong(frame)
    bits = (("FIN", frame.fin), ("RSV1", frame.rsv1), ("RSV2", frame.rsv2), ("RSV3", frame.rsv3))
    parts: list[Part] = []
    for name, value in bits:
        parts += _bit(name, value, name in wrong)
    parts += _named("opcode", f"0x{frame.opcode:x} {opcode_name(frame.opcode)}", "opcode" in wrong)
    parts += _bit("MASK", frame.masked, "MASK" in wrong)
    code = frame.raw[1] & 0x7F if len(frame.raw) > 1 else 0
    form = {126: "16-bit length", 127: "64-bit length"}.get(code, "7-bit length")
    parts += _named(form, str(frame.payload_length), "length" in wrong)
    if frame.masking_key is not None:
        parts += _named("key", frame.masking_key.hex(" "), False)
    return [row(*parts, gutter=text("  "))]


def _bit(name: str, value: bool, wrong: bool) -> list[Part]:
    return _named(name, "1" if value else "0", wrong, strong=value)


def _named(name: str, value: str, wrong: bool, *, strong: bool = True) -> list[Part]:
    style = f"bold {BAD}" if wrong else STRONG if strong else ""
    return [(f"{FAILED_SIGN} " if wrong else "", BAD), (f"{name} ", MUTED), (value, style), "  "]


def _fields(frame: Frame) -> list[Row]:
    raw = frame.raw
    first = raw[0] if raw else 0
    second = raw[1] if len(raw) > 1 else 0
    code = second & 0x7F
    rsv1 = (
        "compressed: permessage-deflate (RFC 7692)" if frame.compressed else "no extension gives it a meaning"
    )
    opcode = frame.opcode
    meaning = (
        _MEANINGS[Opcode(opcode)] if opcode in list(Opcode) else "reserved: nothing has this meaning yet"
    )
    lines = [
        ("byte 0", _bits(first, 0, 1), "FIN", int(frame.fin), _fin(frame)),
        ("", _bits(first, 1, 1), "RSV1", int(frame.rsv1), rsv1 if frame.rsv1 else ""),
        (
            "",
            _bits(first, 2, 1),
            "RSV2",
            int(frame.rsv2),
            "no extension gives it a meaning" if frame.rsv2 else "",
        ),
        (
            "",
            _bits(first, 3, 1),
            "RSV3",
            int(frame.rsv3),
            "no extension gives it a meaning" if frame.rsv3 else "",
        ),
        ("", _bits(first, 4, 4), "opcode", f"0x{opcode:x}", f"{opcode_name(opcode)}: {meaning}"),
        ("byte 1", _bits(second, 0, 1), "MASK", int(frame.masked), _mask(frame)),
        ("", _bits(second, 1, 7), "length", code, _length(code)),
    ]
    extended = {126: 2, 127: 8}.get(code, 0)
    if extended:
        lines.append(
            (
                f"{2}-{1 + extended}",
                raw[2 : 2 + extended].hex(" "),
                "length",
                frame.payload_length,
                "payload bytes",
            )
        )
    if frame.masking_key is not None:
        at = frame.header_size - 4
        lines.append(
            (f"{at}-{at + 3}", frame.masking_key.hex(" "), "key", "", "XORed with the payload, over and over")
        )
    wrong = _wrong(frame)
    rows = []
    for where, bits, name, value, said in lines:
        bad = name in wrong
        rows.append(
            row(
                (f"{bits:<10} ", MUTED),
                (f"{name:<7}", f"bold {BAD}" if bad else ""),
                (f"{value!s:<5} ", f"bold {BAD}" if bad else STRONG),
                (said, MUTED),
                gutter=text((f"{FAILED_SIGN if bad else ' '} ", BAD), (f"{where:<7}", MUTED)),
            )
        )
    return rows


def _bits(byte: int, first: int, count: int) -> str:
    digits = "".join(str(byte >> (7 - at) & 1) if first <= at < first + count else "." for at in range(8))
    return f"{digits[:4]} {digits[4:]}"


def _fin(frame: Frame) -> str:
    if not frame.fin:
        return "more fragments follow"
    return "the last fragment of its message" if frame.opcode == Opcode.CONTINUATION else "a whole message"


def _mask(frame: Frame) -> str:
    return (
        "the payload is masked: clients must"
        if frame.masked
        else "the payload is as it is: servers must not mask"
    )


def _length(code: int) -> str:
    if code < 126:
        return "payload bytes"
    return "the next 2 bytes hold the length" if code == 126 else "the next 8 bytes hold the length"
