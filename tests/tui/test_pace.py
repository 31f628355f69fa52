"""Keys come first, and showing what arrives takes a share of the time, not all of it."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Iterator

import pytest

from wsinspect.tui import pace as module
from wsinspect.tui.pace import Pace, shorten_pauses


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_showing_rests_in_proportion_to_what_it_took() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert pace.begin()
    assert not pace.begin()
    clock.now_s += 0.035
    pace.painted()
    clock.now_s += 0.060
    assert not pace.begin()
    clock.now_s += 0.010
    assert pace.begin()


def test_what_a_key_changed_is_painted_first() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.key()
    assert not pace.begin()
    clock.now_s += 0.079
    assert not pace.begin()
    clock.now_s += 0.002
    assert pace.begin()


def test_who_types_without_a_pause_sees_what_arrives_all_the_same() -> None:
    clock = Clock()
    pace = Pace(clock)
    begun = []
    for _ in range(100):
        pace.key()
        if pace.begin():
            pace.painted()
            begun.append(clock.now_s)
        clock.now_s += 0.02
    assert len(begun) in (3, 4)


def test_what_is_urgent_does_not_wait() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.key()
    assert pace.begin(urgent=True)


def test_a_picture_that_is_never_painted_stops_nothing() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert pace.begin()
    clock.now_s += 0.51
    assert pace.begin()


@pytest.mark.parametrize("took_s", [2.0, 60.0])
def test_no_rest_is_long(took_s: float) -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.begin()
    clock.now_s += took_s
    pace.painted()
    clock.now_s += 0.51
    assert pace.begin()


@pytest.fixture
def interpreter_kept() -> Iterator[None]:
    before = sys.getswitchinterval(), gc.get_threshold()
    yield
    sys.setswitchinterval(before[0])
    gc.set_threshold(*before[1])


@pytest.mark.usefixtures("interpreter_kept")
async def test_what_was_made_at_the_start_is_not_gone_through_again(monkeypatch: pytest.MonkeyPatch) -> None:
    frozen = asyncio.Event()
    monkeypatch.setattr(gc, "freeze", frozen.set)
    monkeypatch.setattr(module, "_STARTED_S", 0.0)
    shorten_pauses(asyncio.get_running_loop())
    assert sys.getswitchinterval() < 0.002
    await frozen.wait()
    assert gc.get_threshold()[0] < 10_000
