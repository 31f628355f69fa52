"""What the program begins with, and what it loads before it begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wsinspect.options import ConnectOptions

if TYPE_CHECKING:
    from wsinspect.lab.scenario import LabSettings, Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What to begin with; nothing of it means the connect screen."""

    options: ConnectOptions | None = None
    profile: str | None = None
    recording: Path | None = None
    speed: float | None = None
    """How many times as fast as it was the recording is played, 0 step by step, None reads it at once."""
    lab: Scenario | None = None
    lab_settings: LabSettings | None = None
    changes: Mapping[str, Any] | None = None
    """Options given on the command line, laid over whatever the connect screen opens."""


_LOADED_EARLY = (
    "websockets.http11",
    "websockets.extensions.permessage_deflate",
    "wsinspect.connection.manager",
    "wsinspect.connection.upgrade",
    "wsinspect.connection.driver",
)


def warm_up() -> None:
    """Load, after the first picture, what a connection needs: done meanwhile, it would be counted as the peer's time."""
    from wsinspect.diagnosis.catalogue import load

    load()
    for module in _LOADED_EARLY:
        import_module(module)
