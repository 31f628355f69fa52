"""The mask over values of any shape."""

from __future__ import annotations

from typing import Any

from wsinspect.export.redact import Redactor


def masked(value: Any, redact: Redactor) -> Any:
    """Return builtins with every string masked, keys as they are."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: masked(item, redact) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item, redact) for item in value]
    return value
