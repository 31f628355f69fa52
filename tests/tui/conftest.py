"""What the tests of the terminal UI share: no test touches the person's own files or clipboard."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import textual.app
import textual.pilot
import textual.screen
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.css.types import CSSLocation

from tests.faults.program import Terminal
from tests.tui.idle import wait_for_idle, without_painting
from wsinspect.tui.key_hints import use_keymap


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Profiles and recent targets live in a folder of the test."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("TEXTUAL_THEME", raising=False)
    return tmp_path


@pytest.fixture(autouse=True)
def usual_keys() -> Iterator[None]:
    """A keymap of one test is not in the hints of the next."""
    yield
    use_keymap({})


@pytest.fixture(autouse=True, scope="package")
def one_time_zone() -> Iterator[None]:
    """Clocks on the screen are local time, and pictures are compared with those of other machines."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(autouse=True, scope="package")
def rare_collections() -> Iterator[None]:
    """Python looks for garbage among what pytest and Textual have loaded over and over: a third of the time otherwise."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


_RULES: dict[object, list[RuleSet]] = {}
_parse_rules = Stylesheet._parse_rules


def _parsed_once(
    self: Stylesheet, css: str, read_from: CSSLocation, *rest: Any, **more: Any
) -> list[RuleSet]:
    """Return the rules of a style sheet, which are the same for every app that has the same theme."""
    key = (css, read_from, rest, *more.values(), frozenset(self._variables.items()))
    if key not in _RULES:
        _RULES[key] = _parse_rules(self, css, read_from, *rest, **more)
    return _RULES[key]


@pytest.fixture(autouse=True)
def quick_pilot(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pilot goes on as soon as the app is at rest, and nothing is painted that no test looks at."""
    monkeypatch.setattr(Stylesheet, "_parse_rules", _parsed_once)
    monkeypatch.setattr(textual.pilot, "wait_for_idle", wait_for_idle)
    monkeypatch.setattr(textual.app, "wait_for_idle", wait_for_idle)
    monkeypatch.setattr(textual.screen.Screen, "_compositor_refresh", without_painting)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Start the program on a terminal of 120x36; what is left of it at the end is killed."""
    terminals: list[Terminal] = []

    def begin(*arguments: str, **changes: Any) -> Terminal:
        terminals.append(Terminal(*arguments, home=tmp_path, **changes))
        return terminals[-1]

    yield begin
    for terminal in terminals:
        terminal.kill()
