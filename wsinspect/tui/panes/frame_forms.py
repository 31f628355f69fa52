"""Frames as text to be copied: as they read, as hex, base64, JSON, or lines that send them again with wscat."""

from __future__ import annotations

import json
import re
import shlex
from base64 import b64encode
from collections.abc import Iterator, Sequence

from wsinspect.errors import UsageError
from wsinspect.export.commands import commands
from wsinspect.export.frame_objects import frame_object, message_object
from wsinspect.export.payloads import Payloads
from wsinspect.export.redact import Redactor
from wsinspect.session.messages import Message, message_of
from wsinspect.session.record import SessionRecord
from wsinspect.tui.panes.frame_form import Form
from wsinspect.tui.panes.frame_rows import frame_text
from wsinspect.wire.opcode import Opcode, opcode_name

MOST_BYTES = 8_000_000
"""Application data that is copied at once; an export has no such limit."""
_CONTROL = r"[\x00-\x1f\x7f-\x9f\u2028\u2029]"


def frames_as(
    form: Form, record: SessionRecord, numbers: Sequence[int], redact: Redactor, *, whole: bool = False
) -> str:
    """Return frames in a form, secrets masked; with `whole`, each stands for its message.

    Raises:
        UsageError: there is too much of it, or no command can be made.
    """
    lines = lines_as(form, record, numbers, redact, whole=whole)
    return "\n".join(line for line in lines if line is not None)


def lines_as(
    form: Form, record: SessionRecord, numbers: Sequence[int], redact: Redactor, *, whole: bool = False
) -> Iterator[str | None]:
    """Yield what `frames_as` joins, in short steps, some of which give no line but None.

    Raises:
        UsageError: as there.
    """
    log = record.frames
    payloads = Payloads(log, redact)
    objects: list[dict[str, object]] = []
    left = MOST_BYTES
    for number in numbers:
        message = message_of(log, number) if whole else None
        if message is not None and message.first == message.last:
            message = None
        left -= _size(record, number, message)
        if left < 0:
            raise UsageError(
                "that is too much to be copied",
                allowed=f"{MOST_BYTES // 1_000_000} MB",
                hint="export it instead",
            )
        if form is Form.JSON:
            objects.append(_object(record, number, message, payloads))
            yield None
            continue
        opcode = log.opcode(number) if message is None else message.opcode
        data = payloads.of_frame(number) if message is None else payloads.of_message(message)
        match form:
            case Form.TEXT:
                yield frame_text(opcode, data)
            case Form.HEX:
                yield data.hex()
            case Form.BASE64:
                yield b64encode(data).decode("ascii")
            case _:
                yield _wscat(record, number, opcode, data, redact)
    if form is Form.JSON:
        yield _json(objects)


def _size(record: SessionRecord, number: int, message: Message | None) -> int:
    numbers = [number] if message is None else message.fragments
    sizes = (record.frames.inflated_length(one) for one in numbers)
    return sum(
        record.frames.length(one) if size is None else size for one, size in zip(numbers, sizes, strict=True)
    )


def _object(
    record: SessionRecord, number: int, message: Message | None, payloads: Payloads
) -> dict[str, object]:
    attempt = record.attempt_of_frame(number)
    assert attempt is not None
    if message is None:
        return frame_object(record.frames, number, attempt, payloads)
    return message_object(message, attempt, record.frames.at_ns(message.last), payloads)


def _json(objects: list[dict[str, object]]) -> str:
    # As in a file: whatever a peer sent, a terminal into which this is pasted acts on none of it.
    written = json.dumps(objects[0] if len(objects) == 1 else objects, indent=2)
    return written.replace("\x7f", "\\u007f")


def _wscat(record: SessionRecord, number: int, opcode: int, data: bytes, redact: Redactor) -> str:
    attempt = record.attempt_of_frame(number)
    if opcode not in (Opcode.TEXT, Opcode.CONTINUATION):
        return f"# frame {number + 1}: wscat sends text, and this is {opcode_name(opcode)}"
    try:
        payload = data.decode()
    except UnicodeDecodeError:
        return f"# frame {number + 1}: wscat sends text, and this is no UTF-8"
    if re.search(_CONTROL, payload):
        return f"# frame {number + 1}: it holds control characters, which no shell should be given"
    assert attempt is not None
    wscat = next(one for one in commands(attempt.options, redact) if one.tool == "wscat")
    joined = " ".join(line.strip().removesuffix("\\").strip() for line in wscat.text.splitlines())
    return f"{joined} --execute {shlex.quote(payload)}"
