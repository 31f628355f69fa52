"""Bytes of a log become lines that know their time, in any chunking."""

from __future__ import annotations

import calendar

import pytest

from wsinspect.events import ServerLogged
from wsinspect.server_log.lines import MAX_LINE_BYTES, LogLines

WALL = calendar.timegm((2024, 5, 1, 12, 0, 0)) * 10**9
SECOND = 10**9
TRACE = b"""2024-05-01 12:00:00,001 ERROR app failed
Traceback (most recent call last):
  File "app.py", line 3, in ws
ValueError: no
2024-05-01 12:00:00,002 INFO next
"""


def read(
    *parts: bytes, every_ns: int = 0, reader: LogLines | None = None, wall_ns: int = WALL
) -> list[ServerLogged]:
    lines = reader or LogLines(calendar.timegm)
    found: list[ServerLogged] = []
    for number, part in enumerate(parts):
        found += lines.feed(part, at_ns=number * every_ns, wall_ns=wall_ns + number * every_ns)
    return found


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_any_chunking_gives_the_same_lines(size: int) -> None:
    parts = [TRACE[at : at + size] for at in range(0, len(TRACE), size)]
    assert read(*parts) == read(TRACE)


def test_a_stack_trace_belongs_to_the_line_that_has_the_time() -> None:
    found = read(TRACE)
    assert [line.continues for line in found] == [False, True, True, True, False]
    assert found[0].wall_time_ns == WALL + 10**6
    assert found[1].wall_time_ns is None


def test_a_line_without_a_time_that_comes_much_later_stands_by_itself() -> None:
    found = read(b"12:00:00 up\n", b"a note\n", b"\tmore of it\n", every_ns=5 * SECOND)
    assert [line.continues for line in found] == [False, False, False]
    assert found[1].at_ns == 5 * SECOND


def test_an_indented_line_belongs_to_the_one_before_it_however_late() -> None:
    found = read(b"12:00:00 up\n", b"   at app.js:3\n", every_ns=5 * SECOND)
    assert [line.continues for line in found] == [False, True]


def test_lines_without_any_time_are_timed_by_their_arrival() -> None:
    found = read(b"INFO: started\nINFO: 403\n")
    assert [(line.continues, line.wall_time_ns) for line in found] == [(False, None)] * 2


def test_ends_and_blank_lines_are_no_part_of_what_was_written() -> None:
    assert [line.text for line in read(b"a\r\n\r\n  \nb\n")] == ["a", "b"]


def test_bytes_that_are_not_utf8_are_shown() -> None:
    assert read(b"caf\xe9 \x1b[31m\n")[0].text == "caf\\xe9 \x1b[31m"


def test_a_very_long_line_is_cut_and_says_so() -> None:
    parts = [b"x" * 4096] * 100
    found = read(*parts, b"\nnext\n")
    assert found[0].text.endswith(f"… (+{4096 * 100 - MAX_LINE_BYTES} bytes)")
    assert len(found[0].text) < MAX_LINE_BYTES + 40
    assert found[1].text == "next"


def test_what_is_no_text_is_left_out_and_counted() -> None:
    reader = LogLines(calendar.timegm)
    assert [line.text for line in read(b"\x7fELF\0\1\n\0\0\0\0whole\n", reader=reader)] == ["whole"]
    assert reader.not_text == 1


def test_an_unfinished_line_is_told_at_the_end() -> None:
    reader = LogLines(calendar.timegm)
    assert read(b"half", reader=reader) == []
    assert [line.text for line in reader.flush(at_ns=1, wall_ns=WALL)] == ["half"]
    assert reader.flush(at_ns=1, wall_ns=WALL) == []


def test_a_log_in_another_zone_is_moved_into_ours() -> None:
    found = read(
        b"2024/05/01 10:00:00 [error] a\n2024/05/01 10:00:00 [error] b\n", wall_ns=WALL + SECOND // 2
    )
    assert [(line.wall_time_ns, line.shifted_s) for line in found] == [(WALL, 7200)] * 2
    named = read(b"2024-05-01T10:00:00Z a\n")
    assert (named[0].wall_time_ns, named[0].shifted_s) == (WALL - 7200 * SECOND, 0)


def test_old_lines_tell_the_zone_by_when_the_file_was_written() -> None:
    reader = LogLines(calendar.timegm)
    hour = 3600 * SECOND
    found = reader.feed(b"2024/05/01 05:00:00 a\n", at_ns=0, wall_ns=WALL, written_ns=WALL - 5 * hour)
    assert (found[0].wall_time_ns, found[0].shifted_s) == (WALL - 5 * hour, 7200)


def test_a_clock_that_is_merely_wrong_is_left_as_it_is() -> None:
    assert read(b"2024/05/01 11:50:00 a\n")[0].shifted_s == 0
