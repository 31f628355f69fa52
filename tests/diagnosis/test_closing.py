"""A closing handshake that stays unanswered, and ends that are nobody's fault."""

from __future__ import annotations

import pytest

from tests.diagnosis.story import again, close, fin, idle, opened, reset, text, we_abort, we_close
from tests.diagnosis.table import Row, check, fires, silent
from wsinspect.diagnosis.cause import Certainty

POSSIBLE = Certainty.POSSIBLE

ROWS = (
    fires("close-unanswered", POSSIBLE, opened() + text("hi") + idle(s=2) + we_close() + idle(s=0.1) + fin()),
    fires(
        "close-unanswered", POSSIBLE, opened() + text("hi") + idle(s=2) + we_close() + idle(s=0.1) + reset()
    ),
    silent(
        "close-unanswered",
        opened() + text("hi") + idle(s=2) + we_close() + close(1000, answered=False) + fin(),
    ),
    silent("close-unanswered", opened() + text("hi") + idle(s=2) + fin()),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_story(row: Row) -> None:
    check(row)


def test_an_abort_of_ours_after_open_blames_nobody() -> None:
    assert (opened() + text("hi") + idle(s=2) + we_abort()).causes() == []


def test_a_reconnect_of_ours_blames_nobody() -> None:
    story = opened() + text("hi") + idle(s=2) + we_abort() + again()
    assert story.record().attempts[0].failure is not None
    assert story.causes() == []
