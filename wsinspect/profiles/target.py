"""What somebody typed or pasted as the target: a URL, a curl command, a profile's name, a recording."""

from __future__ import annotations

import os
import re
from typing import IO, TYPE_CHECKING, TextIO

from msgspec import Struct

from wsinspect.errors import UsageError, nearest
from wsinspect.options import ConnectOptions

if TYPE_CHECKING:
    from pathlib import Path

_HEADER_LINE = b'{"wsinspect":'
_LONGEST_TEXT = 1_000_000
_SUFFIXES = (".jsonl", ".har")
_ALLOWED = "ws://…, wss://…, host:port, a name of `wsinspect profiles list`, a recording, a curl command, a HAR entry"
_HAR_BEGIN = rb'(?:\xef\xbb\xbf)?\s*\{\s*"log"\s*:'


class Target(Struct, frozen=True):
    """Something to connect to."""

    options: ConnectOptions
    profile: str | None = None


class Recording(Struct, frozen=True):
    """A recording to open."""

    path: Path


def read_target(text: str, *, stdin: TextIO | None = None) -> Target | Recording:
    """Understand one argument or pasted text; `-` reads it from `stdin`, where there is one.

    The URL itself is checked when it is connected to.

    Raises:
        UsageError: it is none of these; the nearest profile is named.
    """
    if text == "-":
        if stdin is None:
            raise UsageError("standard input is closed", where="-", allowed=_ALLOWED)
        return _from_stdin(stdin)
    text = text.strip()
    if not text:
        raise UsageError("the target is empty", allowed=_ALLOWED)
    if text[0] == "{":
        from wsinspect.profiles.pasted_har import parse_har

        return Target(parse_har(_in_utf8(text)))
    if "://" in text and " " not in text:
        return Target(ConnectOptions(url=_in_utf8(text)))
    return _other_than_url(text)


def _in_utf8(url: str) -> str:
    position = next((at for at, char in enumerate(url, 1) if "\ud800" <= char <= "\udfff"), None)
    if position is not None:
        raise UsageError(f"character {position} is not UTF-8", where="URL", allowed="text in UTF-8")
    return url


def _other_than_url(text: str) -> Target | Recording:
    # A URL, the usual thing, pays for none of these.
    from pathlib import Path

    from wsinspect.profiles.curl import looks_like_curl, parse_curl
    from wsinspect.profiles.store import load_profile, load_profiles
    from wsinspect.safe_text import shortened, visible

    if looks_like_curl(text):
        return Target(parse_curl(text))
    if "://" in text or "\n" in text:
        return Target(ConnectOptions(url=_in_utf8(text)))
    if Path(text).suffix in _SUFFIXES or text.startswith((os.sep, f".{os.sep}", f"..{os.sep}", "~")):
        return Recording(_recording(text))
    profiles = load_profiles()
    if text in profiles:
        return Target(load_profile(text).options(), text)
    if _is_file(Path(text)):
        return Recording(Path(text))
    if _could_be_host(text):
        return Target(ConnectOptions(url=_in_utf8(text)))
    raise UsageError(
        f"{shortened(visible(text), 80)!r} is neither a URL, a saved profile nor a file",
        allowed=_ALLOWED,
        hint=nearest(text, profiles),
    )


def _recording(text: str) -> Path:
    from pathlib import Path

    from wsinspect.safe_text import shortened, visible

    what = ""
    try:
        path = Path(text).expanduser()
        path.stat()
        if not path.is_dir():
            return path
        what = "this is a folder"
    except FileNotFoundError:
        what = "there is no such file"
    except (OSError, ValueError, RuntimeError) as error:
        # A name too long, a NUL in it, a home folder that nobody knows.
        what = f"can't be read: {error.strerror if isinstance(error, OSError) else error}"
    raise UsageError(what, where=shortened(visible(text), 200), allowed="a recording made with -o")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _could_be_host(text: str) -> bool:
    host = text.partition("/")[0]
    if " " in text or not any(char.isalnum() for char in host):
        return False
    return "." in host or ":" in host or host.lower() == "localhost"


def _from_stdin(stdin: TextIO) -> Target | Recording:
    """A recording may be large and holds bytes of any kind, so it is copied aside, for its owner alone, and deleted at exit."""
    source: IO[bytes] = stdin.buffer
    try:
        first = source.readline(_LONGEST_TEXT)
        if first.startswith(_HEADER_LINE):
            return Recording(_copied_aside(first, source))
        rest = source.read(_LONGEST_TEXT)
        if re.match(_HAR_BEGIN, first + rest[:64]):
            return Recording(_copied_aside(first + rest, source))
    except OSError as error:
        raise UsageError(f"can't be read: {error.strerror}", where="standard input") from error
    try:
        text = (first + rest).decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise UsageError(
            f"byte {error.start} is not UTF-8", where="standard input", allowed=_ALLOWED
        ) from error
    if not text:
        raise UsageError("standard input is empty", where="-", allowed=_ALLOWED)
    if text == "-":
        raise UsageError("standard input says '-' again", where="-", allowed=_ALLOWED)
    return read_target(text)


def _copied_aside(first: bytes, source: IO[bytes]) -> Path:
    import atexit
    import shutil
    import tempfile
    from pathlib import Path

    try:
        with tempfile.NamedTemporaryFile("wb", prefix="wsinspect-", suffix=".jsonl", delete=False) as file:
            atexit.register(Path(file.name).unlink, missing_ok=True)
            file.write(first)
            shutil.copyfileobj(source, file)
    except OSError as error:
        raise UsageError(f"can't be copied aside: {error.strerror}", where="standard input") from error
    return Path(file.name)
