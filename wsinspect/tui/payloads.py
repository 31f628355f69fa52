"""Payloads as they are typed: hex, base64, JSON, a file's path. Mistakes are UsageErrors that name their place."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from pathlib import Path
from typing import NoReturn

from wsinspect.errors import UsageError

FILE_BYTES = 64 * 1024 * 1024
"""The longest file that is sent as one message."""
_BASE64 = re.compile(r"[A-Za-z0-9+/_\-]")


def utf8(text: str) -> bytes:
    """Encode text. Raises UsageError for half a surrogate pair."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"character {error.start + 1} can't be sent as UTF-8") from error


def parse_hex(typed: str) -> bytes:
    """Read hex digits, with or without blanks, colons, commas, `0x` and `\\x` between them.

    Raises:
        UsageError: names the column of what is not a hex digit, or an odd number of digits.
    """
    digits: list[str] = []
    at = 0
    while at < len(typed):
        if typed[at : at + 2].lower() in ("0x", "\\x"):
            at += 2
        elif typed[at] in " \t\n:,-":
            at += 1
        elif typed[at] in "0123456789abcdefABCDEF":
            digits.append(typed[at])
            at += 1
        else:
            raise UsageError(
                f"{typed[at]!r} at column {at + 1} is not a hex digit", allowed="0-9 a-f, blanks between"
            )
    if len(digits) % 2:
        raise UsageError(f"{len(digits)} hex digits are not whole bytes", allowed="two digits a byte")
    return bytes.fromhex("".join(digits))


def parse_base64(typed: str) -> bytes:
    """Read base64 in either alphabet of RFC 4648, blanks and line ends between, padding at the end or left out.

    Raises:
        UsageError: names the column of what is no base64, or says what is missing.
    """
    bare = re.sub(r"\s", "", typed)
    unpadded = bare.rstrip("=")
    for at, character in enumerate(typed, 1):
        # A padding sign in the middle is one too.
        inside = len(re.sub(r"\s", "", typed[:at])) <= len(unpadded)
        if not character.isspace() and not _BASE64.match(character) and (character != "=" or inside):
            raise UsageError(
                f"{character!r} at column {at} is not base64", allowed="A-Z a-z 0-9 + / or - _, then ="
            )
    padding = len(bare) - len(unpadded)
    if len(unpadded) % 4 == 1 or (padding and (len(bare) % 4 or padding > 2)):
        raise UsageError(
            f"{len(bare)} characters of base64 are not whole bytes", allowed="four for three bytes"
        )
    standard = unpadded.translate(str.maketrans("-_", "+/"))
    return b64decode(standard + "=" * (-len(standard) % 4))


def check_json(typed: str) -> None:
    """Refuse what is not JSON (RFC 8259).

    Raises:
        UsageError: names line, column and what was expected there.
    """
    try:
        json.loads(typed, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        what = error.msg[:1].lower() + error.msg[1:]
        raise UsageError(f"not JSON at line {error.lineno}, column {error.colno}: {what}") from error
    except RecursionError as error:
        raise UsageError("JSON nested too deeply to be checked", hint="/text sends it as it is") from error
    except ValueError as error:
        raise UsageError(f"not JSON: {error}") from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def file_path(typed: str) -> tuple[Path, int]:
    """Return the path and size in bytes of the regular file that is named.

    Raises:
        UsageError: there is none, or it is longer than a message may be.
    """
    if not typed.strip():
        raise UsageError("no file is named", allowed="/file PATH, /file -t PATH to send it as text")
    try:
        path = Path(typed.strip()).expanduser()
        # A pipe or a device might never end.
        if path.is_dir() or (path.exists() and not path.is_file()):
            raise UsageError("this is no regular file", where=str(path))
        size = path.stat().st_size
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError(getattr(error, "strerror", None) or str(error), where=typed.strip()) from error
    if size > FILE_BYTES:
        raise UsageError(f"{size} bytes are too many", where=str(path), allowed=f"{FILE_BYTES} bytes")
    return path, size


def read_file(typed: str, *, as_text: bool) -> bytes:
    """Return the content of the file that is named.

    Raises:
        UsageError: as `file_path`; it can't be read; as text it is not UTF-8.
    """
    path, _ = file_path(typed)
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"can't be read: {error.strerror}", where=str(path)) from error
    if len(content) > FILE_BYTES:
        raise UsageError("it has grown too long", where=str(path), allowed=f"{FILE_BYTES} bytes")
    if as_text:
        try:
            content.decode()
        except UnicodeDecodeError as error:
            raise UsageError(
                f"byte {error.start} is not UTF-8", where=str(path), hint="/file PATH sends it as binary"
            ) from error
    return content
