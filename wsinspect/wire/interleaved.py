"""Frames of both directions in the one order in which they were completed."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import compress, count
from operator import itemgetter

from msgspec import Struct

from wsinspect.wire.frame_batch import FrameBatch
from wsinspect.wire.opcode import Direction

_MARKS = tuple(bytes(int(value == direction) for value in range(256)) for direction in Direction)


class Interleaved(Struct, frozen=True):
    """The columns of two batches as one."""

    batch: FrameBatch
    """Headers, lengths, starts and times of all frames; and violations, controls and the indices of compressed frames,
    each by its index here. Starts are still offsets in the stream of the frame's own direction."""
    places: tuple[Sequence[int], Sequence[int]]
    """For each direction, the index here of each of its frames."""


def interleaved(sent: FrameBatch, received: FrameBatch, order: bytes) -> Interleaved:
    """Put two batches together, both with times; `order` is the direction of each frame, in order."""
    places = tuple(list(compress(count(), order.translate(marks))) for marks in _MARKS)
    turns = (iter(range(len(sent))), iter(range(len(sent), len(order))))
    # From a list of all of one direction and then all of the other, by the turn that each frame has.
    picked = itemgetter(*map(next, map(turns.__getitem__, order)), 0)

    def column(code: str, one: array[int], other: array[int]) -> array[int]:
        return array(code, picked(one + other)[:-1])

    batch = FrameBatch(
        headers=column("H", sent.headers, received.headers),
        lengths=column("Q", sent.lengths, received.lengths),
        starts=column("Q", sent.starts, received.starts),
        times=column("q", sent.times or array("q"), received.times or array("q")),
    )
    for one, place in zip((sent, received), places, strict=True):
        batch.compressed += [place[index] for index in one.compressed]
        batch.not_inflated += [place[index] for index in one.not_inflated]
        batch.violations += [(place[index], violation) for index, violation in one.violations]
        batch.controls += [(place[index], opcode, payload) for index, opcode, payload in one.controls]
    for several in (batch.violations, batch.controls):
        several.sort(key=itemgetter(0))
    return Interleaved(batch, (places[Direction.SENT], places[Direction.RECEIVED]))
