"""Where frames begin and end in a chunk. Only lengths matter here; what the frames mean is read elsewhere.

This is the hot loop. A server that sends frames of one size is found out after two of them, and the rest of the run is
measured with slices, which cost nanoseconds a frame; frames of changing size take one turn of a short loop each.
"""

from __future__ import annotations

import sys
from array import array

from msgspec import Struct, field

from wsinspect.wire.frames import HEADER_SIZES

_SIZES = tuple(0 if code & 0x7F > 125 else HEADER_SIZES[code] + (code & 0x7F) for code in range(256))
"""By a header's second byte: the whole frame's size, 0 if the length stands in further bytes."""
_LONGEST_PATIENCE = 64
_SHORT_RUN = 8
_HIGH, _LOW = (1, 0) if sys.byteorder == "little" else (0, 1)


class Boundaries(Struct):
    """Complete frames of one chunk."""

    firsts: bytearray = field(default_factory=bytearray)
    """First header bytes."""
    seconds: bytearray = field(default_factory=bytearray)
    """Second header bytes."""
    starts: list[int] = field(default_factory=list)
    """Offsets in the chunk."""
    lengths: list[int] = field(default_factory=list)
    """Payload lengths."""
    wasteful: list[int] = field(default_factory=list)
    """Indices of frames whose length could have taken fewer bytes."""
    end: int = 0
    """Offset in the chunk after the last complete frame."""


def headers_column(firsts: bytes | bytearray, seconds: bytes | bytearray) -> array[int]:
    """Return `first << 8 | second` for each pair."""
    pairs = bytearray(2 * len(firsts))
    pairs[_HIGH::2] = firsts
    pairs[_LOW::2] = seconds
    column = array("H")
    column.frombytes(bytes(pairs))
    return column


def find_boundaries(data: bytes, position: int, most_frames: int = sys.maxsize) -> Boundaries:
    """Return the complete frames of `data` from `position` on, where a frame begins: that many of them at most."""
    found = Boundaries()
    starts, lengths, seconds = found.starts, found.lengths, found.seconds
    sizes, header_sizes = _SIZES, HEADER_SIZES
    end = len(data)
    previous = 0
    patience = skip = 0
    gathered = 0
    """Frames whose first bytes are in `found.firsts`."""
    while position + 1 < end and len(starts) < most_frames:
        second = data[position + 1]
        size = sizes[second]
        if size:
            length = second & 0x7F
        else:
            header = header_sizes[second]
            if position + header > end:
                break
            if second & 0x7F == 126:
                length = data[position + 2] << 8 | data[position + 3]
                minimal = length > 125
            else:
                length = int.from_bytes(data[position + 2 : position + 10], "big")
                minimal = length > 65535
            if not minimal:
                found.wasteful.append(len(starts))
            size = header + length
        following = position + size
        if following > end:
            break
        starts.append(position)
        lengths.append(length)
        seconds.append(second)
        position = following
        if size != previous:
            previous = size
        elif skip:
            skip -= 1
        else:
            run = min(_run_length(data, position, size, second, length), most_frames - len(starts))
            if run < _SHORT_RUN:
                # Sizes that repeat by chance must not be probed each time.
                patience = skip = min(2 * patience + 1, _LONGEST_PATIENCE)
            else:
                patience = 0
            if run:
                if found.wasteful and found.wasteful[-1] == len(starts) - 1:
                    found.wasteful.extend(range(len(starts), len(starts) + run))
                following = position + run * size
                found.firsts += bytes(map(data.__getitem__, starts[gathered:]))
                found.firsts += data[position:following:size]
                starts.extend(range(position, following, size))
                lengths.extend([length] * run)
                seconds.extend(bytes((second,)) * run)
                gathered = len(starts)
                position = following
    found.end = position
    found.firsts += bytes(map(data.__getitem__, starts[gathered:]))
    # The loop notes a wasteful length before it knows whether the frame is complete.
    if found.wasteful and found.wasteful[-1] == len(starts):
        found.wasteful.pop()
    return found


def _run_length(data: bytes, position: int, size: int, second: int, length: int) -> int:
    """Return how many complete frames from `position` on have this second byte and length.

    Looks a little further each time, so that a run that ends soon costs little in a chunk that is long.
    """
    code = second & 0x7F
    extended = b"" if code < 126 else length.to_bytes(2 if code == 126 else 8, "big")
    signature = bytes((second,)) + extended
    most = (len(data) - position) // size
    run, probe = 0, 2 * _SHORT_RUN
    while run < most:
        step = same = min(probe, most - run)
        begin = position + run * size
        for place, byte in enumerate(signature, 1):
            column = data[begin + place : begin + same * size : size]
            same = len(column) - len(column.lstrip(bytes((byte,))))
        run += same
        if same < step:
            break
        probe *= 8
    return run
