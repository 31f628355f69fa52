"""Keys come first, and showing what arrives takes a share of the time, not all of it."""

from __future__ import annotations

import pytest

from wsinspect.tui.pace import Pace


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
    clock.now_s += 0.031
    assert pace.begin()


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
