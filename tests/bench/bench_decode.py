"""How many frames a second are decoded and kept, and what a kept frame costs: `python -m tests.bench.bench_decode`."""

from __future__ import annotations

import gc
import random
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.bench.watched import resident_bytes
from tests.wire.stream import KEY, frame
from wsinspect.options import Limits
from wsinspect.session.frame_log import FrameLog
from wsinspect.wire.decoder import FrameDecoder
from wsinspect.wire.inflate import DeflateParams
from wsinspect.wire.opcode import Direction

CHUNK = 256 * 1024
ROUNDS = 3


@dataclass(frozen=True)
class Scenario:
    name: str
    stream: Callable[[], bytes]
    direction: Direction = Direction.RECEIVED
    deflate: DeflateParams | None = None
    chunk: int = CHUNK


def _varied(smallest: int, largest: int, alphabet: str = "abcdefghij") -> bytes:
    source = random.Random(5)
    text = "".join(source.choice(alphabet) for _ in range(2 * largest))
    frames = []
    for _ in range(200_000):
        size = source.randint(smallest, largest)
        frames.append(frame(0x81, text[:size].encode()[:size].decode(errors="ignore").encode()))
    return b"".join(frames)


def _compressed() -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    frames = []
    for number in range(50_000):
        data = b'{"sequence": %d, "price": %d, "symbol": "ABCDEF", "side": "buy", "venue": "somewhere"}' % (
            number,
            number * 7919 % 100_000,
        )
        frames.append(frame(0xC1, (compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]))
    return b"".join(frames)


TEXT = b"x" * 100
SCENARIOS = (
    Scenario("uniform, 100 bytes", lambda: frame(0x81, TEXT) * 400_000),
    Scenario("uniform, 64 KiB chunks", lambda: frame(0x81, TEXT) * 400_000, chunk=65536),
    Scenario("uniform, 16 KiB chunks", lambda: frame(0x81, TEXT) * 200_000, chunk=16384),
    Scenario("uniform, Cyrillic", lambda: frame(0x81, "с".encode() * 50) * 400_000),
    Scenario("uniform, 4 KiB", lambda: frame(0x81, TEXT * 41) * 40_000),
    Scenario("varied, 20 to 120 bytes", lambda: _varied(20, 120)),
    Scenario("varied, 20 to 300 bytes", lambda: _varied(20, 300)),
    Scenario("varied, Cyrillic", lambda: _varied(20, 120, "абвгдеёжсязя")),
    Scenario("text and binary in turn", lambda: (frame(0x81, TEXT) + frame(0x82, b"\xff" * 90)) * 100_000),
    Scenario("a ping after each ten", lambda: (frame(0x81, TEXT) * 10 + frame(0x89, b"1")) * 20_000),
    Scenario(
        "fragmented in three",
        lambda: (frame(1, TEXT[:34]) + frame(0, TEXT[:33]) + frame(0x80, TEXT[:33])) * 60_000,
    ),
    Scenario("pings", lambda: frame(0x89, b"12345678") * 100_000),
    Scenario("sent, masked", lambda: frame(0x81, TEXT, key=KEY) * 100_000, Direction.SENT),
    Scenario("compressed", _compressed, deflate=DeflateParams()),
    Scenario("masked by the server", lambda: frame(0x81, TEXT, key=KEY) * 100_000),
    Scenario("one frame a chunk", lambda: frame(0x81, TEXT) * 100_000, chunk=102),
)


def _chunks(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def _ingest(scenario: Scenario, chunks: list[bytes]) -> tuple[int, float]:
    decoder = FrameDecoder(scenario.direction, deflate=scenario.deflate)
    log = FrameLog()
    began = time.perf_counter()
    for at_ns, chunk in enumerate(chunks):
        log.extend(scenario.direction, at_ns, chunk, decoder.feed(chunk))
    seconds = time.perf_counter() - began
    log.close()
    return len(log), seconds


def _bytes_a_frame(frames: int) -> float:
    chunk = frame(0x81, TEXT) * 2500
    log = FrameLog(Limits(memory_bytes=1024 * 1024))
    decoder = FrameDecoder(Direction.RECEIVED)
    gc.collect()
    before = resident_bytes()
    while len(log) < frames:
        log.extend(Direction.RECEIVED, len(log), chunk, decoder.feed(chunk))
    after = resident_bytes()
    log.close()
    return (after - before - 1024 * 1024) / frames


def main() -> None:
    """Print a table."""
    out = sys.stdout.write
    # First, while the process holds nothing else that it could give back.
    out(f"{'resident bytes a frame, 5 million':34}{_bytes_a_frame(5_000_000):>12.1f}\n")
    out(f"{'decode and keep, best of ' + str(ROUNDS):34}{'frames/s':>12}{'MB/s':>8}\n")
    for scenario in SCENARIOS:
        stream = scenario.stream()
        chunks = list(_chunks(stream, scenario.chunk))
        results = [_ingest(scenario, chunks) for _ in range(ROUNDS)]
        frames, seconds = min(results, key=lambda result: result[1])
        out(f"{scenario.name:34}{frames / seconds:>12,.0f}{len(stream) / seconds / 1e6:>8,.0f}\n")


if __name__ == "__main__":
    main()
