"""What is exported in steps is the session as it was when that began."""

from __future__ import annotations

import pytest

from tests.diagnosis.story import Story, close, fin, opened, ping, sent_text, text
from tests.tui.stage import told
from wsinspect.export.formats import FORMATS, export_session
from wsinspect.session.record import SessionRecord
from wsinspect.session.snapshot import snapshot

BEFORE = opened() + text("one") + sent_text("two") + ping(b"p")


def recorded(story: Story) -> SessionRecord:
    record = SessionRecord()
    for event in told(story):
        record.append(event)
    return record


@pytest.mark.parametrize("name", FORMATS)
def test_what_happens_meanwhile_is_not_in_it(name: str) -> None:
    wanted = b"".join(export_session(recorded(BEFORE), name))
    record = recorded(BEFORE)
    frozen, frames = snapshot(record)
    pieces = export_session(frozen, name)
    found = next(pieces)
    for event in told(BEFORE + text("three") + close(1000) + fin())[len(told(BEFORE)) :]:
        record.append(event)
    found += b"".join(pieces)
    if name == "markdown":  # It says when it was made.
        wanted, found = wanted[:200], found[:200]
    assert found == wanted
    assert len(record.frames) == len(frames) + 3
    if name not in ("markdown", "raw"):
        assert frames.fraction > 0.5


def test_of_nothing_nothing_is_left_to_do() -> None:
    assert snapshot(SessionRecord())[1].fraction == 0.0
