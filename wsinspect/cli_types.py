"""What the words of a command line may be: types whose complaint is the one clear line."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from wsinspect.errors import UsageError
from wsinspect.profiles.rules import one_line, one_line_or_nothing, seconds
from wsinspect.safe_text import shortened

if TYPE_CHECKING:
    from pathlib import Path


class Typed(click.ParamType[Any]):
    """A value that one of our own parsers reads; its message is the one clear line."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self._parse(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)


SECONDS = Typed("seconds", seconds)
LINE = Typed("text", one_line)
LINE_OR_NOTHING = Typed("text", one_line_or_nothing)
FILE = Typed("file", lambda text: _path(_not_empty(text)))
FILE_NAME = Typed("file", lambda text: _not_empty(text))
TIMES_AS_FAST = Typed("speed", lambda text: _speed(text))


def _path(text: str) -> Path:
    # Only a command that takes a file pays for loading it.
    from pathlib import Path

    return Path(text)


def _speed(text: str) -> float:
    """Return how many times as fast, 0 for step by step."""
    if text == "step":
        return 0.0
    try:
        factor = float(text.removesuffix("x"))
    except ValueError:
        factor = 0.0
    if not 0.01 <= factor <= 1000:
        raise UsageError(f"{shortened(text, 40)!r} is not a speed", allowed="0.01 to 1000, or `step`")
    return factor


def number(low: float, high: float) -> Typed:
    """Return the type of a number from `low` to `high`, both of them allowed."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise UsageError(
                f"{shortened(text, 40)!r} is not a number", allowed=f"{low:g} to {high:g}"
            ) from None
        if not low <= value <= high:
            raise UsageError(f"{shortened(text, 40)!r} is out of range", allowed=f"{low:g} to {high:g}")
        return value

    return Typed("number", read)


def whole_number(low: int, high: int | None = None) -> Typed:
    """Return the type of a whole number from `low` to `high`, or without a limit, both of them allowed."""
    allowed = f"whole numbers from {low}" + (f" to {high}" if high is not None else "")

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise UsageError(f"{shortened(text, 40)!r} is not a whole number", allowed=allowed) from None
        if value < low or (high is not None and value > high):
            raise UsageError(f"{shortened(text, 40)!r} is out of range", allowed=allowed)
        return value

    return Typed("number", read)


def _not_empty(text: str) -> str:
    if not text:
        raise UsageError("is empty", allowed="the name of a file")
    return text
