"""Chunks that follow each other in a recording, put together: reading them so costs per byte, not per chunk."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, compress, groupby
from typing import cast

from msgspec import Struct

from wsinspect.events import BytesReceived, BytesSent, Direction, Event, Layer
from wsinspect.events.codec import SavedReceived, SavedSent, event_of
from wsinspect.wire.frame_batch import FrameBatch
from wsinspect.wire.frames import HEADER_SIZES

_Chunk = SavedReceived | SavedSent
_DIRECTIONS: dict[type[Event], Direction] = {SavedReceived: Direction.RECEIVED, SavedSent: Direction.SENT}
_IS_SENT = bytes(int(value == Direction.SENT) for value in range(256))


class SavedEvents(Struct, frozen=True):
    """Events as they are saved, and what they have in common: to ask each of a million costs more than to read it."""

    events: list[Event]
    kinds: set[type[Event]]
    attempts: set[int]

    @classmethod
    def of(cls, events: list[Event]) -> SavedEvents:
        """Find out what these have in common."""
        return cls(events, set(map(type, events)), {event.attempt for event in events})


class ChunkRun(Struct, frozen=True):
    """Several chunks of one stream as one event, which has the number and the time of the last, and when each came."""

    event: BytesSent | BytesReceived
    sizes: list[int]
    """Bytes of each chunk, which make up the event's data."""
    times: list[int]
    """Nanoseconds, one for each chunk."""

    def timed(self, batch: FrameBatch, before: int) -> Sequence[int] | None:
        """Give each frame of the batch that the run completed the time of its chunk.

        `before` is how many bytes of the stream came before the run. Returns how many frames each chunk completed; None
        if each completed one, as is usual where there is no hurry.
        """
        size, count = self.sizes[0], len(self.sizes)
        if size and self.sizes.count(size) == count:
            # Chunks of one size are usual in a flood, and need not be added up one by one.
            ends = array("Q", range(before, before + size * count + 1, size))
        else:
            ends = array("Q", accumulate(self.sizes, initial=before))
        # A frame ends where the next begins.
        frame_ends = batch.starts[1:]
        if batch.headers:
            frame_ends.append(HEADER_SIZES[batch.headers[-1] & 0xFF] + batch.lengths[-1] + batch.starts[-1])
        del ends[0]
        if frame_ends == ends:
            batch.times = array("q", self.times)
            return None
        batch.times = times = array("q")
        counts = []
        done = 0
        for end, at_ns in zip(ends, self.times, strict=True):
            until = bisect_right(frame_ends, end, done)
            times.extend(array("q", (at_ns,)) * (until - done))
            counts.append(until - done)
            done = until
        return counts


class Exchange(Struct, frozen=True):
    """Chunks of both streams of a connection, in turns."""

    sent: ChunkRun
    received: ChunkRun
    turns: bytes
    """The direction of each chunk, in order."""


def gathered(saved: SavedEvents) -> Iterator[Event | ChunkRun | Exchange]:
    """Yield events in order; chunks of the WEBSOCKET layer with nothing else between them are put together."""
    events = saved.events
    if len(saved.attempts) == 1 and saved.kinds <= _DIRECTIONS.keys():
        chunks = cast("Sequence[_Chunk]", events)
        if {chunk.layer for chunk in chunks} == {Layer.WEBSOCKET}:
            # In a flood there is nothing else.
            yield _together(chunks)
            return
    for attempt, run in groupby(events, _attempt_of_chunk):
        if attempt is None:
            yield from map(event_of, run)
        else:
            yield _together([chunk for chunk in run if isinstance(chunk, _Chunk)])


def in_turns(turns: bytes, sent: Sequence[int] | None, received: Sequence[int] | None) -> bytes:
    """Return the direction of each frame, from that of each chunk and how many frames it completed, None being one each."""
    if sent is None and received is None:
        return turns
    counts = [
        iter(turns.count(bytes((direction,))) * (1,) if one is None else one)
        for direction, one in enumerate((sent, received))
    ]
    return b"".join(bytes((direction,)) * next(counts[direction]) for direction in turns)


def _attempt_of_chunk(saved: Event) -> int | None:
    return saved.attempt if isinstance(saved, _Chunk) and saved.layer is Layer.WEBSOCKET else None


def _together(chunks: Sequence[_Chunk]) -> Event | ChunkRun | Exchange:
    if len(chunks) == 1:
        return event_of(chunks[0])
    if len(set(map(type, chunks))) == 1:
        return _joined(chunks)
    turns = bytes(map(_DIRECTIONS.__getitem__, map(type, chunks)))
    sent = _joined(list(compress(chunks, turns.translate(_IS_SENT))))
    return Exchange(sent, _joined(list(compress(chunks, turns))), turns)


def _joined(chunks: Sequence[_Chunk]) -> ChunkRun:
    last = chunks[-1]
    parts = [chunk.data for chunk in chunks]
    made = BytesReceived if isinstance(last, SavedReceived) else BytesSent
    event = made(
        seq=last.seq, at_ns=last.at_ns, attempt=last.attempt, layer=Layer.WEBSOCKET, data=b"".join(parts)
    )
    return ChunkRun(event, list(map(len, parts)), [chunk.at_ns for chunk in chunks])
