"""Chunks of one stream that follow each other in a recording, put together: reading them so costs per byte, not per chunk."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby
from typing import cast

from msgspec import Struct

from wsinspect.events import BytesReceived, BytesSent, Event, Layer
from wsinspect.events.codec import SavedReceived, SavedSent, event_of
from wsinspect.wire.frame_batch import FrameBatch
from wsinspect.wire.frames import HEADER_SIZES

_CHUNKS = ({SavedReceived}, {SavedSent})


class ChunkRun(Struct, frozen=True):
    """Several chunks as one event, which has the number and the time of the last, and when each of them came."""

    event: BytesSent | BytesReceived
    sizes: list[int]
    """Bytes of each chunk, which make up the event's data."""
    times: list[int]
    """Nanoseconds, one for each chunk."""

    def timed(self, batch: FrameBatch, before: int) -> FrameBatch:
        """Give each frame of a batch the time of the chunk that completed it.

        `before` is how many bytes of the stream came before the run.
        """
        count = len(batch)
        if not count:
            return batch
        ends = array("Q", accumulate(self.sizes, initial=before))
        after = HEADER_SIZES[batch.headers[-1] & 0xFF] + batch.lengths[-1] + batch.starts[-1]
        # A frame ends where the next begins.
        if ends[-1] == after and ends[:-1] == batch.starts:
            batch.times = array("q", self.times)
            return batch
        frame_ends = batch.starts[1:]
        frame_ends.append(after)
        times = array("q")
        done = 0
        for end, at_ns in zip(ends[1:], self.times, strict=True):
            until = bisect_right(frame_ends, end, done)
            times.extend(array("q", (at_ns,)) * (until - done))
            done = until
        batch.times = times
        return batch


def gathered(saved: Sequence[Event]) -> Iterator[Event | ChunkRun]:
    """Yield events in order; chunks of the WEBSOCKET layer with nothing between them are put together."""
    if len(saved) > 1 and (chunks := _as_one_run(saved)):
        yield _joined(chunks)
        return
    for stream, run in groupby(saved, _stream):
        if stream is None:
            yield from map(event_of, run)
            continue
        several = [chunk for chunk in run if isinstance(chunk, SavedReceived | SavedSent)]
        yield _joined(several) if len(several) > 1 else event_of(several[0])


def _as_one_run(saved: Sequence[Event]) -> Sequence[SavedReceived | SavedSent]:
    """Return all of it if it is one run, else nothing: in a flood it is, and asking so costs a tenth of asking each."""
    if set(map(type, saved)) not in _CHUNKS:
        return ()
    chunks = cast("Sequence[SavedReceived | SavedSent]", saved)
    alike = {chunk.layer for chunk in chunks} == {Layer.WEBSOCKET} and len({c.attempt for c in chunks}) == 1
    return chunks if alike else ()


def _stream(saved: Event) -> tuple[type[Event], int] | None:
    if isinstance(saved, SavedReceived | SavedSent) and saved.layer is Layer.WEBSOCKET:
        return type(saved), saved.attempt
    return None


def _joined(chunks: Sequence[SavedReceived | SavedSent]) -> ChunkRun:
    last = chunks[-1]
    parts = [chunk.data for chunk in chunks]
    made = BytesReceived if isinstance(last, SavedReceived) else BytesSent
    event = made(
        seq=last.seq, at_ns=last.at_ns, attempt=last.attempt, layer=Layer.WEBSOCKET, data=b"".join(parts)
    )
    return ChunkRun(event, list(map(len, parts)), [chunk.at_ns for chunk in chunks])
