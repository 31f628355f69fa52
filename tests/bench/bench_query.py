"""How much processor time filters and searches over a million frames of 100 bytes take: `python -m tests.bench.bench_query`."""

from __future__ import annotations

import sys
import time

from tests.wire.stream import KEY, frame
from wsinspect.session.frame_log import FrameLog
from wsinspect.session.query import FilterScan, Search, compile_filter, compile_search
from wsinspect.wire.decoder import FrameDecoder
from wsinspect.wire.opcode import Direction

FRAMES = 1_000_000
ROUNDS = 3
STEP_S = 0.01
FILTERS = (
    # Columns
    "",
    "received",
    "text",
    "sent or ping",
    "size>99 received",
    "after:1ms",
    "violations",
    # Texts
    "zebra",
    '"zebra"i',
    '"seq\\": 999999"',
    "venue",
    '"VENUE"i',
    # Regular expressions
    "/zebra\\d+/",
    "/99999\\d,/",
    '/"price": 77\\d\\d,/',
    '/"price": \\d*7,/i',
    "/buy.*abc/",
    "/(?:foo|bar)baz/",
    "/^{.*}$/",
    "/\\d{8}/",
    # JSON
    '$.side == "sell"',
    "$.price > 99990",
    "$.missing",
)


def text_of(number: int) -> bytes:
    """Return the JSON text of 100 bytes that the frame of this number carries."""
    data = b'{"seq": %d, "price": %d, "side": "buy", "venue": "somewhere far", "note": "abc"}' % (
        number,
        number * 7919 % 100_000,
    )
    return data[:-1].ljust(99) + b"}"


def frames_log(key: bytes | None = None) -> FrameLog:
    """Return a log of `FRAMES` frames: received, or with a masking key sent."""
    direction = Direction.RECEIVED if key is None else Direction.SENT
    log = FrameLog()
    decoder = FrameDecoder(direction)
    for first in range(0, FRAMES, 2500):
        chunk = b"".join(frame(0x81, text_of(number), key=key) for number in range(first, first + 2500))
        log.extend(direction, first * 1000, chunk, decoder.feed(chunk))
    return log


def _filter_ms(log: FrameLog, text: str) -> tuple[float, float, int]:
    """Return milliseconds in all, of the longest step, and frames found."""
    scan = FilterScan(log, compile_filter(text))
    began = time.process_time()
    longest = 0.0
    done = False
    while not done:
        before = time.process_time()
        done = scan.step(STEP_S).done
        longest = max(longest, time.process_time() - before)
    return (time.process_time() - began) * 1000, longest * 1000, len(scan.numbers)


def _search_ms(log: FrameLog, text: str, *, regex: bool, backwards: bool) -> float:
    search = Search(log, compile_search(text, regex=regex), origin=FRAMES // 2, backwards=backwards)
    began = time.process_time()
    while not search.done:
        search.step(STEP_S)
    return (time.process_time() - began) * 1000


def main() -> None:
    """Print a table."""
    out = sys.stdout.write
    for title, key in (("received", None), ("sent, masked", KEY)):
        log = frames_log(key)
        assert len(log) == FRAMES
        out(f"{title + f', {FRAMES:,} frames':40}{'ms':>8}{'step':>8}{'found':>12}\n")
        for text in FILTERS:
            results = [_filter_ms(log, text) for _ in range(ROUNDS)]
            took, longest, found = min(results)
            out(f"{text or 'everything':40}{took:>8.0f}{longest:>8.1f}{found:>12,}\n")
        for text, regex in (("zebra", False), (r"zebra\d", True)):
            for backwards in (False, True):
                took = min(_search_ms(log, text, regex=regex, backwards=backwards) for _ in range(ROUNDS))
                name = f"search {text}{' backwards' if backwards else ''}, not there"
                out(f"{name:40}{took:>8.0f}\n")
        log.close()


if __name__ == "__main__":
    main()
