"""What the frames pane is made of, without a screen: listing, picks, lines, hex, JSON, header, forms, state."""

from __future__ import annotations

import json
import os
import time

import pytest

from tests.diagnosis.story import Story, close, fin, opened, ping, received, sent_text, text
from wsinspect.errors import UsageError
from wsinspect.export.redact import Redactor
from wsinspect.lab import frames
from wsinspect.options import ConnectOptions
from wsinspect.session.query import FilterError
from wsinspect.tui.panes import frame_forms
from wsinspect.tui.panes.frame_bar import search_filter
from wsinspect.tui.panes.frame_compare import compare_rows
from wsinspect.tui.panes.frame_form import Form
from wsinspect.tui.panes.frame_forms import frames_as
from wsinspect.tui.panes.frame_hex import hex_rows, violation_rows
from wsinspect.tui.panes.frame_json import Folds, json_lines, json_rows, parsed_json
from wsinspect.tui.panes.frame_line import Columns, Look, Times, clock_time, column_names, frame_line, wrapped
from wsinspect.tui.panes.frame_listing import Choice, Listing
from wsinspect.tui.panes.frame_paths import json_paths
from wsinspect.tui.panes.frame_picks import MOST_SELECTED, Picks
from wsinspect.tui.panes.frame_rows import Shown, View, frame_rows
from wsinspect.tui.panes.frame_state import progress_bar
from wsinspect.tui.rows import FoldPlace, Row
from wsinspect.wire.violations import Violation, ViolationKind

TALK = (
    opened()
    + text("zero")
    + received(frames.text("one ", fin=False))
    + sent_text("in between")
    + received(frames.frame(frames.CONTINUATION, b"two"))
    + ping(b"beat")
    + text("last")
)


def rows_text(rows: list[Row]) -> str:
    return "\n".join(one.plain for one in rows)


def plain(story: Story) -> Redactor:
    return Redactor.for_session(story.record(), show=True)


def listing_of(story: Story, choice: Choice) -> Listing:
    record = story.record()
    listing = Listing(record.frames, choice, record.attempts)
    while not listing.done:
        listing.step(0.01)
    return listing


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [
        (Choice(), [0, 1, 2, 3, 4, 5]),
        (Choice(heartbeats=False), [0, 1, 2, 3, 5]),
        (Choice(whole=True), [0, 1, 2, 4, 5]),
        (Choice("two"), [3]),
        (Choice("two", whole=True), [1]),
        (Choice("one or two or between", whole=True), [1, 2]),
        (Choice("text or ping", heartbeats=False), [0, 1, 2, 5]),
    ],
)
def test_what_is_listed(choice: Choice, wanted: list[int]) -> None:
    listing = listing_of(TALK, choice)
    assert list(listing.numbers) == wanted
    assert [listing.number(row) for row in range(len(listing))] == wanted
    assert all(listing.row_of(number) == row for row, number in enumerate(wanted))


def test_a_frame_that_is_not_listed_leads_to_the_one_before_it() -> None:
    listing = listing_of(TALK, Choice("text received"))
    assert list(listing.numbers) == [0, 1, 5]
    assert listing.row_of(4) == 1
    assert not listing.holds(4)
    assert listing_of(TALK, Choice("zebra")).row_of(3) == -1
    with pytest.raises(IndexError):
        listing.number(3)


def test_a_listing_that_takes_no_step_is_frozen() -> None:
    record = TALK.record()
    listing = Listing(record.frames, Choice())
    assert len(listing) == 0
    assert listing.behind == 6
    listing.step(0.01)
    assert (len(listing), listing.behind) == (6, 0)
    listing.stopped = True
    assert not listing.step(0.01)


def test_a_text_that_is_no_filter_is_refused() -> None:
    with pytest.raises(FilterError):
        Listing(TALK.record().frames, Choice("size>"))


def test_marks_go_round() -> None:
    picks = Picks()
    assert picks.mark_beside(3) is None
    for number in (7, 2, 9):
        assert picks.mark(number)
    assert [picks.mark_beside(number) for number in (0, 2, 8, 9)] == [2, 7, 9, 2]
    assert [picks.mark_beside(number, backwards=True) for number in (0, 2, 8, 9)] == [9, 9, 7, 7]
    assert not picks.mark(9)
    assert picks.last_marked == 7


def test_no_more_is_selected_than_can_be_copied() -> None:
    picks = Picks()
    assert picks.add(range(MOST_SELECTED + 5)) == MOST_SELECTED
    assert not picks.select(MOST_SELECTED + 1)
    assert len(picks) == MOST_SELECTED


def test_lines_tell_time_in_three_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "TZ", "UTC")
    time.tzset()
    log = TALK.record().frames
    wall_ns = 86_400_000_000_000 * 20_000
    start = frame_line(log, 1, Look(), 100).plain
    assert f"{log.at_ns(1) / 1e9:.3f}" in start
    clock = frame_line(log, 1, Look(times=Times.CLOCK, wall_ns=wall_ns), 100).plain
    assert "00:00:00.0" in clock
    delta = frame_line(log, 1, Look(times=Times.DELTA), 100, above=0).plain
    assert f"+{(log.at_ns(1) - log.at_ns(0)) / 1e9:.3f}" in delta
    assert clock_time(1 << 80) == "??:??:??.???"
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("columns", Columns)
@pytest.mark.parametrize("times", Times)
def test_columns_stand_below_their_names(columns: Columns, times: Times) -> None:
    look = Look(columns=columns, times=times, wall_ns=1)
    names = column_names(look)
    line = frame_line(TALK.record().frames, 0, look, 120, attempt=1).plain
    assert line.index("zero") == names.index("payload")
    assert (" 1 zero" in line) is (columns is Columns.ALL)


def test_wrapped_lines_lose_nothing() -> None:
    log = (opened() + text("".join(chr(0x4E00 + n % 200) for n in range(120)))).record().frames
    line = frame_line(log, 0, Look(), 4000)
    pieces = wrapped(line, Look(), 80)
    assert "".join(content.plain for _, content in pieces) == line.plain
    assert all(content.cell_length <= 80 for _, content in pieces)
    assert [start for start, _ in pieces] == sorted({start for start, _ in pieces})


@pytest.mark.parametrize("per_line", [8, 16])
@pytest.mark.parametrize("size", [1, 7, 8, 9, 16, 17, 40])
def test_hex_lines_are_aligned_whatever_is_marked(per_line: int, size: int) -> None:
    data = bytes(range(0x41, 0x41 + size))
    rows = hex_rows(data, per_line, marked=[(0, 1), (size - 1, size)])
    assert {one.plain.index("│") for one in rows} == {10 + 3 * per_line + 1}
    assert "".join(one.plain.split("│")[1] for one in rows) == data.decode("latin-1").replace("\x7f", "·")


def test_long_bytes_are_shown_around_their_mark_until_all_are_wanted() -> None:
    data = bytes(20_000)
    rows = hex_rows(data, 16, marked=[(15_000, 15_001)])
    assert isinstance(rows[0].place, FoldPlace)
    assert isinstance(rows[-1].place, FoldPlace)
    assert any(f"{15_000 // 16 * 16:08x}" in one.plain for one in rows)
    assert len(hex_rows(data, 16, whole=True)) == 1250


@pytest.mark.parametrize("offset", [0, 7, 8, 15, 16, 19, 20])
def test_a_caret_stands_below_its_byte(offset: int) -> None:
    data = bytes(range(0x20, 0x34))
    line, caret = violation_rows(data, Violation(ViolationKind.CUT_OFF, offset, "why"), 100)
    column = caret.plain.index("^^")
    if offset < len(data):
        assert line.plain[column : column + 2] == f"{data[offset]:02x}"
    else:
        assert "the stream ended" in caret.plain


def test_a_violation_beyond_what_is_kept_has_no_bytes() -> None:
    assert violation_rows(b"ab", Violation(ViolationKind.INVALID_UTF8, 900, "why"), 100) == []


def test_json_keeps_numbers_order_and_members_that_are_written_twice() -> None:
    value = parsed_json(b'{"b": 1.50, "a": 1e400, "b": [], "c": {}, "d": [null, true, "\xc3\xa9"]}')
    lines = json_lines(value)
    assert lines[1:5] == ['  "b": 1.50,', '  "a": 1e400,', '  "b": [],', '  "c": {},']
    assert lines[-3:] == ['    "é"', "  ]", "}"]


def test_large_arrays_are_closed_at_first() -> None:
    value = parsed_json(json.dumps({"many": list(range(150)), "few": [1]}))
    folds = Folds()
    assert '"many": [ 150 items ]' in rows_text(json_rows(value, folds))
    folds.toggle("json.0")
    assert "149" in rows_text(json_rows(value, folds))
    folds.all_from(1)
    assert '"few": [ 1 item ]' in rows_text(json_rows(value, folds))


def test_what_is_no_json_is_refused() -> None:
    for data in (b"{", b"[" * 100_000, b"\xff"):
        with pytest.raises(ValueError, match=r".*"):
            parsed_json(data)


def test_a_header_tells_every_field_and_marks_the_wrong_one() -> None:
    story = opened() + received(frames.frame(frames.TEXT, b"x" * 300, mask=b"\x01\x02\x03\x04"))
    folds = Folds()
    folds.toggle("header")
    rows = rows_text(frame_rows(story.record().frames.frame(0), Shown(folds=folds)))
    assert "✗ byte 1 1... ....  MASK   1" in rows
    assert ".111 1110  length 126   the next 2 bytes hold the length" in rows
    assert "01 2c      length 300" in rows
    assert "01 02 03 04" in rows
    assert "wire 8 + 300 = 308 bytes" in rows


def test_a_finding_marks_its_bytes_on_the_wire() -> None:
    frame = TALK.record().frames.frame(0)
    rows = frame_rows(frame, Shown(byte_range=(2, 4)))
    assert "as it crossed the wire" in rows_text(rows)
    marked = next(one for one in rows if one.plain.startswith("00000000"))
    assert {span.start for span in marked.body.spans if "reverse" in str(span.style)} >= {6, 9}


@pytest.mark.parametrize("view", View)
def test_every_view_shows_every_kind_of_frame(view: View) -> None:
    story = TALK + received(frames.frame(frames.BINARY, b"\x00\xff")) + text("") + close(1001, "away") + fin()
    log = story.record().frames
    for number in range(len(log)):
        assert len(frame_rows(log.frame(number), Shown(view=view))) > 4


def test_secrets_are_masked_in_every_form() -> None:
    token = "s3cr3t-t0k3n-of-many-letters"
    story = opened(headers=(("Authorization", f"Bearer {token}"),)) + sent_text(f"auth {token}")
    record = story.record()
    redact = Redactor.for_session(record)
    for form in Form:
        written = frames_as(form, record, [0], redact)
        assert token not in written
        assert token.encode().hex() not in written
        assert "c2VjcjN0" not in written


def test_wscat_lines_are_for_texts_that_a_shell_may_be_given() -> None:
    story = opened() + text("it's") + text("two\nlines") + received(frames.frame(frames.BINARY, b"\x01"))
    lines = frames_as(Form.WSCAT, story.record(), [0, 1, 2], plain(story)).split("\n")
    assert lines[0].endswith("""--execute 'it'"'"'s'""")
    assert lines[1].startswith("# frame 2: it holds control characters")
    assert lines[2].startswith("# frame 3: wscat sends text")


def test_json_of_one_frame_is_an_object_and_of_several_an_array() -> None:
    record, redact = TALK.record(), plain(TALK)
    assert json.loads(frames_as(Form.JSON, record, [0], redact))["text"] == "zero"
    whole = json.loads(frames_as(Form.JSON, record, [0, 1], redact, whole=True))
    assert (whole[1]["type"], whole[1]["text"]) == ("message", "one two")


def test_too_much_to_copy_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame_forms, "MOST_BYTES", 6)
    with pytest.raises(UsageError, match="too much"):
        frames_as(Form.HEX, TALK.record(), [0, 5], plain(TALK))


@pytest.mark.parametrize(
    ("one", "other", "kind", "said"),
    [
        (b'{"a": 1}', b'{"a": 2}', "JSON", '-   "a": 1'),
        (b"same", b"same", "text", "the same"),
        (b"a\nb", b"a\nc", "text", "+ c"),
        (b"x" * 2000, b"x" * 1999 + b"y", "text", "lines the same"),
    ],
)
def test_payloads_are_compared_as_what_they_are(one: bytes, other: bytes, kind: str, said: str) -> None:
    story = opened() + received(frames.frame(frames.TEXT, one)) + received(frames.frame(frames.TEXT, other))
    rows = rows_text(compare_rows(story.record().frames, 0, 1))
    assert f"Payload  {kind}" in rows
    assert said in rows


def test_bytes_and_closes_are_compared_too() -> None:
    binary = (
        opened()
        + received(frames.frame(frames.BINARY, b"\x00\x01"))
        + received(frames.frame(frames.BINARY, b"\x00\x02"))
    )
    assert "- 00 01" in rows_text(compare_rows(binary.record().frames, 0, 1))
    closes = opened() + close(1000, "one")
    log = closes.record().frames
    assert "≠ direction" in rows_text(compare_rows(log, 0, 1))


@pytest.mark.parametrize(
    ("typed", "matches", "not_this"),
    [
        ("Tick", b"a Tick", b"a tick"),
        ("tick", b"a TICK", b"tock"),
        ("/t.ck/i", b"TOCK", b"tik"),
        ("/x", b"a/x", b"x"),
    ],
)
def test_what_a_search_means(typed: str, matches: bytes, not_this: bytes) -> None:
    (pattern,) = search_filter(typed).patterns
    assert pattern.is_in(matches)
    assert not pattern.is_in(not_this)


def test_paths_are_offered_from_the_frames_nearby() -> None:
    story = (
        opened() + text('{"user": {"first name": "a"}, "items": [{"id": 1}]}') + text("no json") + text("{")
    )
    assert json_paths(story.record().frames, 2) == (
        "$.user",
        '$.user["first name"]',
        "$.items",
        "$.items[*]",
        "$.items[*].id",
    )
    assert json_paths(opened().record().frames, -1) == ()


@pytest.mark.parametrize(("fraction", "bar"), [(0.0, "▱▱▱▱ 0 %"), (0.5, "▰▰▱▱ 50 %"), (1.0, "▰▰▰▰ 100 %")])
def test_progress_is_a_bar_and_a_number(fraction: float, bar: str) -> None:
    assert progress_bar(fraction, 4) == bar


def test_a_url_with_a_control_character_makes_no_command() -> None:
    story = opened(url="ws://echo.example/", origin="a\nb") + text("hello")
    options = ConnectOptions(url="ws://echo.example/", origin="a\nb")
    assert options.origin
    with pytest.raises(UsageError):
        frames_as(Form.WSCAT, story.record(), [0], plain(story))
