"""Two opening handshakes beside each other: what is gone, new or different is marked, what always differs is muted."""

from __future__ import annotations

from tests.diagnosis.story import Story, answered, asked, opened
from tests.tui.stage import staged
from wsinspect.session.record import SessionRecord
from wsinspect.tui.panes.handshake_compare import choices_beside, handshake_compare_rows
from wsinspect.tui.rows import MUTED, Row

_HEAD = "HTTP/1.1 {status}\nDate: {date}\nServer: nginx\nContent-Length: {{length}}"


def _story() -> Story:
    first = asked() + answered(_HEAD.format(status="403 Forbidden", date="Mon"), "no\n")
    second = asked(headers=(("X-New", "1"),)) + answered(
        _HEAD.format(status="502 Bad Gateway", date="Tue"), "not\n"
    )
    return Story(first.moves + second.moves)


def _rows(record: SessionRecord) -> dict[str, Row]:
    first, second = record.attempts
    return {one.body.plain: one for one in handshake_compare_rows(first, second)}


def test_what_differs_is_marked() -> None:
    rows = _rows(_story().record())
    assert rows["HTTP/1.1 403 Forbidden"].gutter.plain == "- "
    assert rows["HTTP/1.1 502 Bad Gateway"].gutter.plain == "+ "
    assert rows["Server: nginx"].gutter.plain == "  "
    assert rows["3 and 4 bytes, different from byte 2 on"].gutter.plain == "≠ "


def test_what_always_differs_is_muted() -> None:
    rows = _rows(_story().record())
    for text in ("Date: Mon", "Date: Tue"):
        assert rows[text].gutter.plain == "~ "
        assert str(rows[text].body.spans[0].style) == MUTED


async def test_a_key_compares_with_the_attempt_before() -> None:
    async with staged(_story()) as stage:
        await stage.press("C")
        shown = stage.screen_text()
        assert "Handshakes of attempts 1 and 2" in shown
        assert "~ Date: Mon" in shown
        await stage.press("escape")
        assert stage.app.screen is stage.app.inspector


async def test_one_attempt_alone_is_told() -> None:
    async with staged(opened()) as stage:
        await stage.press("C")
        assert "no other attempt" in stage.told()


async def test_of_several_one_is_chosen() -> None:
    story = _story()
    three = Story(story.moves + asked().moves)
    async with staged(three) as stage:
        record = stage.app.session.record
        assert [one.id for one in choices_beside(record.attempts[1], record.attempts)] == ["1", "3"]
        await stage.press("C")
        assert "Compare attempt 3 with" in stage.screen_text()
        await stage.press("down", "enter")
        assert "Handshakes of attempts 1 and 3" in stage.screen_text()
