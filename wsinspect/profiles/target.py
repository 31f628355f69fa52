"""What somebody typed or pasted as the target: a URL, a curl command, a profile's name, a recording."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TextIO

from msgspec import Struct
from msgspec.structs import replace

from wsinspect.errors import UsageError, nearest
from wsinspect.options import ConnectOptions
from wsinspect.profiles.curl import looks_like_curl, parse_curl
from wsinspect.profiles.store import load_profile, load_profiles

_HEADER_LINE = '{"wsinspect":'


class Target(Struct, frozen=True):
    """Something to connect to."""

    options: ConnectOptions
    profile: str | None = None


class Recording(Struct, frozen=True):
    """A recording to open."""

    path: Path


def read_target(text: str, *, stdin: TextIO | None = None) -> Target | Recording:
    """Understand one argument or pasted text; `-` reads it from `stdin`.

    The URL itself is checked when it is connected to.

    Raises:
        UsageError: it is none of these; the nearest profile is named.
    """
    if text == "-" and stdin is not None:
        return _from_stdin(stdin)
    text = text.strip()
    if looks_like_curl(text):
        return Target(parse_curl(text))
    if "://" in text or "\n" in text:
        return Target(ConnectOptions(url=text))
    path = Path(text).expanduser()
    if path.suffix in (".jsonl", ".har") or os.sep in text[:1] or text.startswith(("./", "../", "~")):
        if not path.is_file():
            raise UsageError("there is no such file", where=text, allowed="a recording made with -o")
        return Recording(path)
    profiles = load_profiles()
    if text in profiles:
        return Target(load_profile(text).options(), text)
    if path.is_file():
        return Recording(path)
    if _could_be_host(text):
        return Target(ConnectOptions(url=text))
    raise UsageError(
        f"{text!r} is neither a URL, a saved profile nor a file",
        allowed="ws://…, wss://…, host:port, a name of `wsinspect profiles list`, a recording",
        hint=nearest(text, profiles),
    )


def _could_be_host(text: str) -> bool:
    host = text.partition("/")[0]
    return bool(host) and " " not in text and ("." in host or ":" in host or host.lower() == "localhost")


def _from_stdin(stdin: TextIO) -> Target | Recording:
    first = stdin.readline()
    if first.startswith(_HEADER_LINE):
        import tempfile

        with tempfile.NamedTemporaryFile("w", suffix=".jsonl", delete=False, encoding="utf-8") as file:
            file.write(first)
            for line in stdin:
                file.write(line)
        return Recording(Path(file.name))
    rest = stdin.read(1_000_000)
    text = (first + rest).strip()
    if not text:
        raise UsageError(
            "standard input is empty",
            where="-",
            allowed="a URL, a curl command, a profile's name or a recording",
        )
    found = read_target(text)
    return replace(found) if isinstance(found, Target) else found
