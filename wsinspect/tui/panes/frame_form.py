"""In which forms frames can be copied."""

from __future__ import annotations

from enum import StrEnum


class Form(StrEnum):
    """How frames are written."""

    TEXT = "text"
    HEX = "hex"
    BASE64 = "base64"
    JSON = "JSON"
    WSCAT = "wscat"


MEANINGS = {
    Form.TEXT: "payloads as they read; binary ones as digits",
    Form.HEX: "a line of hexadecimal digits for each payload",
    Form.BASE64: "a line of base64 for each payload",
    Form.JSON: "time, direction, opcode, lengths, payload, violations",
    Form.WSCAT: "a command for each text, which sends it again",
}
