"""JSON paths that occur in the frames around one, to be offered while a filter is typed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from wsinspect.session.frame_log import FrameLog

_FRAMES, _BYTES, _PATHS, _DEPTH = 200, 4096, 60, 4
_PLAIN = re.compile(r"[A-Za-z_][\w-]*")


def json_paths(frames: FrameLog, around: int) -> tuple[str, ...]:
    """Return paths such as `$.user.name`, of at most 200 frames up to the one given, the nearest first."""
    found: dict[str, None] = {}
    last = min(max(around, 0), len(frames) - 1)
    for number in range(last, max(-1, last - _FRAMES), -1):
        if frames.opcode(number) >= 8 or frames.length(number) > _BYTES:
            continue
        data = frames.preview(number, _BYTES)
        if data[:1] not in (b"{", b"["):
            continue
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            continue
        for path in _paths(value, "$", 0):
            found[path] = None
            if len(found) >= _PATHS:
                return tuple(found)
    return tuple(found)


def _paths(value: object, path: str, depth: int) -> Iterator[str]:
    if depth > _DEPTH:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            step = f".{name}" if _PLAIN.fullmatch(name) else f"[{json.dumps(name, ensure_ascii=False)}]"
            yield path + step
            yield from _paths(inner, path + step, depth + 1)
    elif isinstance(value, list) and value:
        yield f"{path}[*]"
        yield from _paths(value[0], f"{path}[*]", depth + 1)
