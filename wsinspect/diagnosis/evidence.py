"""What a finding stands on: places in the record, so that selecting one shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field

from wsinspect.events import Event

if TYPE_CHECKING:
    from wsinspect.diagnosis.cause import Certainty, Side


class Evidence(Struct, frozen=True, kw_only=True):
    """One fact and where it stands. `text` may quote the peer: not yet safe for a terminal."""

    text: str
    event: int | None = None
    """The event's `seq`."""
    frame: int | None = None
    """The frame's number in the frame log, from 0; shown from 1."""
    byte_range: tuple[int, int] | None = None
    """First and one past the last byte within the frame, or within the response as received."""

    @property
    def ref(self) -> str:
        """`event 12`, `frame 3`, `frame 3 byte 0-2`, or `record` for a fact about the whole of it."""
        if self.frame is not None:
            place = f"frame {self.frame + 1}"
        elif self.event is not None:
            place = f"event {self.event}"
        else:
            return "record"
        if self.byte_range is not None:
            place += f" byte {self.byte_range[0]}-{self.byte_range[1] - 1}"
        return place


def at_event(event: Event, text: str, byte_range: tuple[int, int] | None = None) -> Evidence:
    """Point at an event."""
    return Evidence(text=text, event=event.seq, byte_range=byte_range)


def at_seq(seq: int, text: str, byte_range: tuple[int, int] | None = None) -> Evidence:
    """Point at an event by its number."""
    return Evidence(text=text, event=seq, byte_range=byte_range)


def at_frame(number: int, text: str, byte_range: tuple[int, int] | None = None) -> Evidence:
    """Point at a frame, numbered from 0."""
    return Evidence(text=text, frame=number, byte_range=byte_range)


class Match(Struct, frozen=True, kw_only=True):
    """A cause was found. What is None is taken from the cause."""

    evidence: tuple[Evidence, ...]
    """At least one; the most telling first."""
    certainty: Certainty | None = None
    side: Side | None = None
    headline: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    """For the braces in the cause's texts; safe or not, they are made visible when filled in."""
    first_fix: tuple[str, ...] = ()
    """Steps that these bytes suggest, before the cause's own."""
    supersedes: tuple[str, ...] = ()
    """Symptoms that are hidden beyond the cause's own, because these bytes allow it."""
    candidates: tuple[str, ...] = ()
    """Ids of causes that these bytes can't tell from this one."""
