"""A busy feed costs the diagnosis nothing: what it asks is kept in sparse indexes."""

from __future__ import annotations

from time import perf_counter

import pytest

from tests.diagnosis.story import MASK, Move, Story, fin, idle, opened, received, sent
from wsinspect.diagnosis.engine import diagnose
from wsinspect.lab import frames

CHUNK = 20_000
TICK = frames.text('{"n":1234}')
FEEDS: dict[str, Move] = {
    "received": received(TICK * CHUNK),
    "sent": sent(frames.frame(frames.TEXT, b"x", mask=MASK) * CHUNK),
    "pings": received(frames.frame(frames.PING, b"1") * (CHUNK // 10)),
    "violating": received(frames.frame(frames.TEXT, b"x", length_bytes=2) * (CHUNK // 10)),
}


@pytest.mark.parametrize("feed", FEEDS)
def test_all_checks_take_less_than_five_milliseconds(feed: str) -> None:
    record = (opened() + Story((FEEDS[feed],) * 50) + idle(s=60) + fin()).record()
    took: list[float] = []
    for _ in range(5):
        start = perf_counter()
        findings = diagnose(record).findings
        took.append(perf_counter() - start)
    assert findings
    assert min(took) < 0.005
