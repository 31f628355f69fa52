"""Stories in which everything that a peer or a person can fill in is filled with `plant`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.diagnosis.story import (
    Story,
    asked,
    close,
    failed,
    fin,
    opened,
    ping,
    raw_answer,
    reached,
    received,
    sent_text,
    started,
)
from tests.tui.stage import over, told
from wsinspect.connection.recorder import Recorder
from wsinspect.events import FailureKind, Step
from wsinspect.lab import frames


def refused(plant: str, **options: Any) -> Story:
    """The server says 403, in every field what was planted."""
    field = plant.encode("utf-8", "surrogatepass")
    body = b"<html><title>" + field + b"</title>" + field * 3
    head = (
        b"HTTP/1.1 403 "
        + field
        + b"\r\nServer: "
        + field
        + b"\r\nX-"
        + field
        + b": 1\r\nLocation: ws://h/"
        + field
    )
    head += (
        b"\r\nSec-WebSocket-Protocol: " + field + b"\r\nVia: " + field + b"\r\nContent-Type: text/html\r\n"
    )
    head += f"Content-Length: {len(body)}\r\n\r\n".encode()
    return asked(**options) + raw_answer(head + body) + fin() + over()


def talking(plant: str, **options: Any) -> Story:
    """It opens; every payload, kind of frame and the close reason hold what was planted."""
    field = plant.encode("utf-8", "surrogatepass")
    reason = plant.encode("utf-8", "ignore")[:100].decode("utf-8", "ignore")
    return (
        opened(answer=("Server: it",), **options)
        + received(frames.frame(frames.TEXT, field))
        + received(frames.frame(frames.BINARY, field))
        + received(frames.frame(0x3, field[:100]))
        + ping(field[:100])
        + sent_text(plant.encode("utf-8", "replace").decode())
        + close(1008, reason)
        + fin()
        + over()
    )


def unreachable(plant: str, step: Step, kind: FailureKind, **options: Any) -> Story:
    """A step fails, and what the system says of it holds what was planted."""
    begin = started(**options) if step is Step.RESOLVE else started(**options) + reached()
    return begin + failed(step, kind, f"it said {plant}") + over()


def stories(plant: str, **options: Any) -> dict[str, Story]:
    """Return every story by name."""
    return {
        "refused": refused(plant, **options),
        "talking": talking(plant, **options),
        "dns": unreachable(plant, Step.RESOLVE, FailureKind.OS_ERROR, **options),
        "tls": unreachable(plant, Step.TLS, FailureKind.TLS_VERIFICATION, **options),
        "tcp": unreachable(plant, Step.TCP, FailureKind.OS_ERROR, **options),
    }


def recording(story: Story, path: Path) -> Path:
    """Save a story as a recording."""
    recorder = Recorder(path)
    for event in told(story):
        recorder(event)
    recorder.close()
    return path
