"""Whatever a peer sends stands on the screen as visible signs: no control character, no markup, in any pane."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.diagnosis.story import Story, answered, asked, close, fin, opened, ping, received, text
from tests.tui.stage import screen_text, staged
from wsinspect.diagnosis.engine import diagnose
from wsinspect.lab import frames
from wsinspect.session.record import SessionRecord
from wsinspect.tui.panes.diagnosis_rows import diagnosis_rows
from wsinspect.tui.panes.frame_compare import compare_rows
from wsinspect.tui.panes.frame_line import Look, frame_line
from wsinspect.tui.panes.frame_rows import Shown, View, frame_rows
from wsinspect.tui.panes.handshake_rows import handshake_rows, handshake_text
from wsinspect.tui.panes.timeline_rows import timeline_rows
from wsinspect.tui.rows import Row
from wsinspect.tui.rows import text as safe

EVIL = "\x1b]0;HACKED\x07\x9b31m[/bold][red]markup[/] \u202eover\u2066\u200b\ud83d\ude00\x00\x7f"
EVIL_LATIN = "\x1b]0;HACKED\x07\x9b31m[/bold][red]markup"
ACTING = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff\ud800-\udfff]")

REFUSED = (
    asked()
    + answered(
        f"HTTP/1.1 403 {EVIL_LATIN}\nServer: {EVIL_LATIN}\nX-{EVIL_LATIN}: 1\nContent-Length: {{length}}",
        EVIL.encode("utf-8", "surrogatepass"),
    )
    + fin()
)
TALKING = (
    opened(answer=(f"Sec-WebSocket-Protocol: {EVIL_LATIN}", f"Server: {EVIL_LATIN}"))
    + received(frames.frame(frames.TEXT, EVIL.encode("utf-8", "surrogatepass")))
    + received(frames.frame(frames.BINARY, EVIL_LATIN.encode()))
    + received(frames.frame(0x3, b"\x1b[2J"))
    + ping(EVIL_LATIN.encode())
    + text('{"key": "\\u001b]0;x\\u0007"}')
    + close(1000, EVIL_LATIN)
    + fin()
)


def every_row(record: SessionRecord) -> list[Row]:
    """Return what all the panes would show of a record."""
    rows: list[Row] = []
    for attempt in record.attempts:
        rows += timeline_rows(record, attempt, record.last_ns, 80)
        rows += handshake_rows(attempt)
        rows += diagnosis_rows(attempt, diagnose(record, attempt), record.last_ns)
    for number in range(len(record.frames)):
        for view in View:
            rows += frame_rows(record.frames.frame(number), Shown(view=view))
        for whole in (False, True):
            rows.append(Row(safe(), frame_line(record.frames, number, Look(whole=whole), 120)))
            rows += compare_rows(record.frames, 0, number, whole=whole)
    return rows


@pytest.mark.parametrize("story", [REFUSED, TALKING], ids=["refused", "talking"])
@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
async def test_no_control_character_is_on_any_pane(story: Story, size: tuple[int, int]) -> None:
    async with staged(story, size=size) as stage:
        for key in ("1", "2", "3", "home", "enter", "down", "down", "4", "question_mark", "escape"):
            await stage.press(key)
            for line in screen_text(stage.app).splitlines():
                assert not ACTING.search(line), repr(line)
        assert not ACTING.search(stage.app.title + stage.app.sub_title)


@pytest.mark.parametrize("story", [REFUSED, TALKING], ids=["refused", "talking"])
def test_no_row_holds_a_control_character(story: Story) -> None:
    for row in every_row(story.record()):
        assert not ACTING.search(row.plain), repr(row.plain)


async def test_markup_is_literal() -> None:
    async with staged(TALKING) as stage:
        assert "[/bold]" in stage.screen_text()


async def test_a_notification_shows_markup_and_signs_literally() -> None:
    async with staged(TALKING) as stage:
        stage.app.tell(f"{EVIL_LATIN}", bad=True)
        await stage.settle()
        shown = stage.screen_text()
        assert "[/bold][red]markup" in shown
        assert not any(ACTING.search(line) for line in shown.splitlines())


def test_the_handshake_dump_for_the_clipboard_is_safe() -> None:
    dump = handshake_text(REFUSED.record().attempts[0])
    assert not any(ACTING.search(line) for line in dump.split("\n"))


@given(st.lists(st.binary(max_size=60), max_size=4), st.binary(max_size=300))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes_make_safe_rows(payloads: list[bytes], noise: bytes) -> None:
    story = opened()
    for payload in payloads:
        story = story + received(frames.frame(frames.TEXT, payload))
    story = story + received(noise) + fin()
    for row in every_row(story.record()):
        assert not ACTING.search(row.plain), repr(row.plain)


@given(st.binary(max_size=400))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_answer_makes_safe_rows(answer: bytes) -> None:
    from tests.diagnosis.story import raw_answer

    story = asked() + raw_answer(b"HTTP/1.1 " + answer) + fin()
    for row in every_row(story.record()):
        assert not ACTING.search(row.plain), repr(row.plain)
