"""Lines of the server's log take their place among what happened here."""

from __future__ import annotations

from typing import Any

from tests.diagnosis.story import again, answered, asked, failed, happened, reached
from wsinspect.connection.replay import replay
from wsinspect.events import AttemptEnded, FailureKind, ServerLogged, Step
from wsinspect.options import Limits
from wsinspect.session.as_events import RecordAsEvents
from wsinspect.session.log_window import AFTER_NS, BEFORE_NS, lines_of, nearest, turning_point
from wsinspect.session.record import SessionRecord
from wsinspect.session.server_log import ServerLog, TimedBy

SECOND = 10**9
BEGAN = 1_714_564_800 * SECOND + 250_000_000


def line(text: str = "x", at_ns: int = 0, **fields: Any) -> ServerLogged:
    return ServerLogged(seq=0, at_ns=at_ns, attempt=0, text=text, **fields)


def test_an_exact_time_is_taken_as_it_is() -> None:
    log = ServerLog(10**6)
    placed = log.append(line(at_ns=SECOND, wall_time_ns=BEGAN + 40_000_000, precision_ns=10**6), BEGAN)
    assert (placed.at_ns, placed.timed_by, placed.coarse) == (40_000_000, TimedBy.STATED, False)


def test_a_time_to_the_second_is_as_late_as_its_reading_allows() -> None:
    log = ServerLog(10**6)
    stated = BEGAN - 250_000_000
    soon = log.append(line(at_ns=100_000_000, wall_time_ns=stated, precision_ns=SECOND), BEGAN)
    assert (soon.at_ns, soon.coarse) == (100_000_000, True)
    late = log.append(line(at_ns=9 * SECOND, wall_time_ns=stated, precision_ns=SECOND), BEGAN)
    assert late.at_ns == 750_000_000 - 1


def test_nothing_was_written_after_it_was_read() -> None:
    ahead = ServerLog(10**6).append(line(at_ns=5, wall_time_ns=BEGAN + 60 * SECOND), BEGAN)
    assert ahead.at_ns == 5


def test_lines_are_in_the_order_of_their_times_and_continuations_stay_behind() -> None:
    log = ServerLog(10**6)
    log.append(line("late", at_ns=9, wall_time_ns=BEGAN + 8), BEGAN)
    log.append(line("  at late", at_ns=9, continues=True), BEGAN)
    log.append(line("early", at_ns=10, wall_time_ns=BEGAN + 3), BEGAN)
    log.append(line("  at early", at_ns=10, continues=True), BEGAN)
    assert [one.event.text for one in log.lines] == ["early", "  at early", "late", "  at late"]
    assert [one.event.text for one in log.between(0, 8)] == ["early", "  at early"]


def test_the_oldest_lines_give_way_and_are_counted() -> None:
    record = SessionRecord(Limits(server_log_bytes=10_000))
    for number in range(1000):
        record.server_log.append(line(f"{number:>100}", at_ns=number), BEGAN)
    log = record.server_log
    assert log.seen == 1000
    assert log.dropped + len(log.lines) == 1000
    assert len(log.lines) <= 10_000 // 300 + 1
    assert log.lines[-1].event.text.strip() == "999"


def test_lines_belong_to_the_attempt_around_them() -> None:
    story = (
        asked()
        + answered("HTTP/1.1 502 Bad Gateway\nContent-Length: {length}", "x")
        + happened(AttemptEnded)
        + again()
        + reached()
    )
    record = story.record()
    first, second = record.attempts
    assert first.ended_ns is not None
    begun = second.started.at_ns
    for at_ns in (
        first.started.at_ns - BEFORE_NS - 1,
        first.started.at_ns - 5,
        begun - 1,
        begun,
        begun + 60 * SECOND,
    ):
        record.append(line(f"{at_ns}", at_ns=at_ns))
    assert [one.at_ns for one in lines_of(record, first)] == [first.started.at_ns - 5, begun - 1]
    assert [one.at_ns for one in lines_of(record, second)] == [begun, begun + 60 * SECOND]


def test_long_after_the_end_lines_are_of_others() -> None:
    record = (asked() + failed(Step.UPGRADE, FailureKind.RESET)).record()
    attempt = record.attempts[0]
    if attempt.ended_ns is None:
        record.append(AttemptEnded(seq=999, at_ns=record.last_ns, attempt=1))
    assert attempt.ended_ns is not None
    assert turning_point(attempt) is not None
    for late in (1, AFTER_NS - 1, AFTER_NS + 1):
        record.append(line(at_ns=attempt.ended_ns + late))
    assert len(lines_of(record, attempt)) == 2


def test_the_lines_nearest_to_a_moment_are_kept() -> None:
    log = ServerLog(10**6)
    for number in range(100):
        log.append(line(str(number), at_ns=number), BEGAN)
    shown, earlier, later = nearest(log.lines, 50, 9)
    assert (shown[0].at_ns, shown[-1].at_ns, earlier, later) == (45, 53, 45, 46)
    assert nearest(log.lines[:3], 50, 9) == (log.lines[:3], 0, 0)


def test_no_number_and_no_clock_of_the_session_depends_on_the_log() -> None:
    record = asked().record()
    before = (len(record.events), record.last_ns, len(record.attempts[0].events))
    version = record.version
    record.append(line(at_ns=record.last_ns + SECOND))
    assert (len(record.events), record.last_ns, len(record.attempts[0].events)) == before
    assert record.version > version


def test_a_record_that_is_saved_later_holds_the_lines_too() -> None:
    record = asked().record()
    for number in range(3):
        record.append(line(f"{number}", at_ns=record.last_ns - number))
    events = list(RecordAsEvents(record))
    again = SessionRecord()
    replay(events, again.append)
    assert again.server_log.lines == record.server_log.lines
    assert [one.event.text for one in again.server_log.lines] == ["2", "1", "0"]
