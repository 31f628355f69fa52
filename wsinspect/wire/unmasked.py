"""Many frames of a chunk at once, their payloads unmasked, and masked again (RFC 6455 section 5.3)."""

from __future__ import annotations

from itertools import chain
from operator import add

from wsinspect.wire.boundaries import Boundaries, find_boundaries
from wsinspect.wire.frames import HEADER_SIZES, masking, parse_header, unmask

_WITHOUT_MASK = bytes(range(128))


def unmasked(data: bytes, found: Boundaries) -> bytes:
    """Return the frames of `data` that were found, as they lie there but for the payloads, which are unmasked.

    A frame without a mask stays as it is.
    """
    starts, end = found.starts, found.end
    if found.seconds.translate(None, _WITHOUT_MASK) != found.seconds:
        return _mixed(data, found)
    bodies = list(map(add, starts, map(HEADER_SIZES.__getitem__, found.seconds)))
    get = data.__getitem__
    heads = map(get, map(slice, starts, bodies))
    keys = map(get, map(slice, [body - 4 for body in bodies], bodies))
    payloads = map(get, map(slice, bodies, [*starts[1:], end]))
    return b"".join(chain.from_iterable(zip(heads, map(masking(), payloads, keys), strict=True)))


def _mixed(data: bytes, found: Boundaries) -> bytes:
    parts: list[bytes] = []
    apply = masking()
    ends = [*found.starts[1:], found.end]
    for start, end, second in zip(found.starts, ends, found.seconds, strict=True):
        if second < 0x80:
            parts.append(data[start:end])
        else:
            body = start + HEADER_SIZES[second]
            parts += (data[start:body], apply(data[body:end], data[body - 4 : body]))
    return b"".join(parts)


def masked_again(kept: bytes) -> bytes:
    """Return bytes whose payloads were unmasked, from the first byte of a frame on, as they crossed the wire."""
    found = find_boundaries(kept, 0)
    # Masking is the same operation as unmasking.
    whole = unmasked(kept, found)
    rest = kept[found.end :]
    header = parse_header(rest)
    if header is not None and header.masking_key is not None:
        rest = rest[: header.size] + unmask(rest[header.size :], header.masking_key)
    return whole + rest
