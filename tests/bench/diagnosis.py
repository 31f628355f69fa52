"""How long the diagnosis of a session of a million frames takes, after its last event."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from tests.bench.table import Row, best
from tests.diagnosis.story import MASK, Move, Story, fin, idle, opened, received, sent
from tests.peers.certificates import Certificates
from wsinspect.diagnosis.engine import diagnose
from wsinspect.lab import frames

CHUNK = 20_000
CHUNKS = 50
FEEDS: dict[str, Move] = {
    "received": received(frames.text('{"n":1234}') * CHUNK),
    "sent": sent(frames.frame(frames.TEXT, b"x", mask=MASK) * CHUNK),
    "all violating": received(frames.frame(frames.TEXT, b"x", length_bytes=2) * CHUNK),
}


def rows(_: Certificates, __: Path) -> Iterator[Row]:
    """Yield a row a feed, beside the same story with a single chunk of it."""
    for name, feed in FEEDS.items():
        yield Row(
            f"diagnosis of a million frames, {name}",
            _ms(feed, CHUNKS),
            "ms",
            "of 20,000",
            _ms(feed, 1),
            lower=True,
        )


def _ms(feed: Move, chunks: int) -> float:
    record = (opened() + Story((feed,) * chunks) + idle(s=60) + fin()).record()

    def once() -> float:
        start = perf_counter()
        diagnose(record)
        return (perf_counter() - start) * 1e3

    return best(once, smallest=True)
