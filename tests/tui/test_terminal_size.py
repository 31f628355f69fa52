"""A size that is told late does not stay."""

from __future__ import annotations

import os

import pytest
from textual.events import Resize
from textual.geometry import Size

from wsinspect.tui.terminal_size import corrected

LATE = Resize(Size(1, 1), Size(1, 1))


def test_the_terminal_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("LINES", raising=False)
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((120, 36)))
    assert corrected(LATE).size == Size(120, 36)
    right = Resize(Size(120, 36), Size(120, 36))
    assert corrected(right) is right
    monkeypatch.setenv("COLUMNS", "80")
    assert corrected(LATE) is LATE


def test_what_is_no_terminal_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: int) -> os.terminal_size:
        raise OSError(25, "Inappropriate ioctl for device")

    monkeypatch.setattr(os, "get_terminal_size", fails)
    assert corrected(LATE) is LATE
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((0, 0)))
    assert corrected(LATE) is LATE
