"""A log that was written already: its lines of a recording's time, or one line on why there are none."""

from __future__ import annotations

import calendar
import os
from pathlib import Path

import pytest

from tests.diagnosis.story import fin, idle, opened, text
from wsinspect.server_log.past import past_lines
from wsinspect.session.server_log import TimedBy

BEGAN = calendar.timegm((2024, 5, 1, 12, 0, 0)) * 10**9
SECOND = 10**9
LOG = """2024-05-01T11:59:50Z long before
  at nothing
2024-05-01T12:00:01.250Z it came
Traceback (most recent call last):
2024-05-01T12:00:02Z it went
2024-05-01T12:09:00Z long after
"""


def written(folder: Path, content: str) -> Path:
    path = folder / "app.log"
    path.write_text(content)
    return path


def test_the_lines_of_the_recordings_time_are_found(tmp_path: Path) -> None:
    lines, why = past_lines(written(tmp_path, LOG), BEGAN, 3 * SECOND)
    assert why == ""
    assert [line.text.partition("Z ")[2] or line.text for line in lines] == [
        "it came",
        "Traceback (most recent call last):",
        "it went",
    ]


def test_they_get_their_places_in_a_record(tmp_path: Path) -> None:
    record = (opened() + text("a") + idle(s=3) + text("b") + fin()).record()
    lines, _ = past_lines(written(tmp_path, LOG), BEGAN, record.last_ns)
    for line in lines:
        record.server_log.append(line, BEGAN)
    placed = record.server_log.lines
    assert [line.timed_by for line in placed] == [TimedBy.STATED, TimedBy.CONTINUES, TimedBy.STATED]
    assert placed[0].at_ns == placed[1].at_ns == 1250 * 10**6
    # A time to the second may be as late as the end of that second.
    assert placed[2].at_ns == 3 * SECOND - 1


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("no time\nhere\n", "no line of it states a time, so that none has a place in the recording"),
        (
            "2024-05-02T11:00:00Z a\n2024-05-02T11:30:00Z b\n",
            "its lines are of 2024-05-02 11:00:00 to 2024-05-02 11:30:00, "
            "the recording is of 2024-05-01 12:00:00 to 2024-05-01 12:00:03 (UTC)",
        ),
        ("", "no line of it states a time, so that none has a place in the recording"),
    ],
)
def test_why_there_are_none_is_said(content: str, why: str, tmp_path: Path) -> None:
    assert past_lines(written(tmp_path, content), BEGAN, 3 * SECOND) == ([], why)


def test_what_can_not_be_read_to_its_end_is_not_begun(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert past_lines(pipe, BEGAN, SECOND)[1].startswith("is no file")
    assert past_lines(tmp_path / "missing", BEGAN, SECOND)[1] == "can't be read: No such file or directory"


def test_the_newest_line_tells_the_zone_of_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wsinspect.server_log.past._BLOCK", 64)
    monkeypatch.setattr("wsinspect.server_log.past._TAIL", 64)
    path = written(tmp_path, "2024-05-01 17:30:01 first\n" + "2024-05-01 17:30:02 next\n" * 20)
    os.utime(path, ns=(BEGAN + 2 * SECOND, BEGAN + 2 * SECOND))
    lines, _ = past_lines(path, BEGAN, 3 * SECOND)
    assert len(lines) == 21
    assert len({line.shifted_s for line in lines}) == 1
    assert lines[0].wall_time_ns == BEGAN + SECOND


def test_of_a_very_long_log_the_newest_lines_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wsinspect.server_log.past.MAX_BYTES", 100)
    path = written(tmp_path, "".join(f"2024-05-01T12:00:01.{number:03}Z line\n" for number in range(50)))
    lines, _ = past_lines(path, BEGAN, 3 * SECOND)
    assert [line.text[-9:-6] for line in lines] == ["047", "048", "049"]
