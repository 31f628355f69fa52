"""Which rule of the protocol the peer broke first, and the cause that is named after it."""

from __future__ import annotations

from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import Breach, first_breach, show_frame
from wsinspect.wire.opcode import Direction
from wsinspect.wire.violations import ViolationKind as Kind

WAKE = ("open-then-fin", "open-then-rst", "max-connection-lifetime", "server-crash-on-frame")
"""What a server does once it was told, or noticed, that it broke the protocol."""

_ROOTS: tuple[tuple[str, tuple[Kind, ...]], ...] = (
    ("proto-opcode", (Kind.RESERVED_OPCODE,)),
    ("proto-rsv1-compression", (Kind.RSV_BITS, Kind.INFLATE_FAILED)),
    ("proto-masked-server", (Kind.MASKED_BY_SERVER,)),
    ("proto-control-frame", (Kind.FRAGMENTED_CONTROL, Kind.OVERSIZED_CONTROL)),
    (
        "proto-close-frame-invalid",
        (Kind.CLOSE_PAYLOAD_ONE_BYTE, Kind.CLOSE_CODE_INVALID, Kind.CLOSE_REASON_INVALID_UTF8),
    ),
    ("proto-fragmentation", (Kind.UNEXPECTED_CONTINUATION, Kind.MESSAGE_UNFINISHED)),
    ("proto-invalid-utf8", (Kind.INVALID_UTF8,)),
    ("proto-length-nonminimal", (Kind.LENGTH_NOT_MINIMAL, Kind.LENGTH_TOO_LARGE)),
)
"""A frame may break several rules at once: a nonsense opcode says more than the bits beside it."""


def peer_breach(facts: Facts, cause_id: str) -> tuple[Breach, Kind] | None:
    """Return the attempt's first breach of the peer's, and its kind, if it is this cause's."""
    breach = first_breach(facts, Direction.RECEIVED) if facts.opened else None
    if breach is None:
        return None
    for root, kinds in _ROOTS:
        kind = next((kind for kind in kinds if kind in breach.kinds), None)
        if kind is not None:
            return (breach, kind) if root == cause_id else None
    return None


def breach_match(facts: Facts, cause_id: str, headline: str | None = None) -> Match | None:
    """Return the match of this cause where the peer's first breach is its own; values `what` and `frame`."""
    found = peer_breach(facts, cause_id)
    if found is None:
        return None
    breach, kind = found
    violation = next(v for v in breach.violations if v.kind is kind)
    shown = (show_frame(facts, breach.frame),) if breach.arriving is None else ()
    return Match(
        evidence=(breach.evidence(kind), *shown),
        values={"what": violation.text, "frame": str(breach.frame + 1)},
        headline=headline,
    )
