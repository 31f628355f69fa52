"""Figures as people read them."""

from __future__ import annotations

import pytest

from wsinspect.tui import wording


@pytest.mark.parametrize(
    ("ns", "shown"),
    [
        (None, ""),
        (0, "0 µs"),
        (38_400, "38 µs"),
        (1_240_000, "1.2 ms"),
        (123_000_000, "123 ms"),
        (3_440_000_000, "3.4 s"),
        (125_000_000_000, "2:05"),
        (3_725_000_000_000, "1:02:05"),
    ],
)
def test_durations(ns: int | None, shown: str) -> None:
    assert wording.duration(ns) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1500, "1.5 kB"),
        (999_600, "1.0 MB"),
        (123_000_000, "123 MB"),
        (5 * 10**12, "5000 GB"),
    ],
)
def test_sizes(count: int, shown: str) -> None:
    assert wording.size(count) == shown


def test_a_bar_is_as_wide_as_asked_and_never_empty() -> None:
    for start, end in ((0, 0), (0, 100), (99, 100), (50, 51), (100, 100)):
        before, on, after = wording.bar(start, end, 0, 100, 12)
        assert before + on + after == 12
        assert on >= 1
    assert wording.bar(0, 100, 0, 100, 12) == (0, 12, 0)


def test_a_sparkline_shows_the_newest_values() -> None:
    assert wording.sparkline([1, 2, 4, 8], 2) == "▄█"
    assert wording.sparkline([], 5) == ""
