"""Pings and pongs: the round-trip times of an attempt."""

from __future__ import annotations

from array import array

from wsinspect.wire.opcode import Direction

_PENDING_KEPT = 1000


class Heartbeat:
    """The RTT series: one value for each of our pings that a pong answered (RFC 6455 section 5.5.3)."""

    def __init__(self) -> None:
        self.at_ns = array("q")
        """When each pong arrived."""
        self.rtt_ns = array("q")
        self.pings_sent = 0
        self.pings_received = 0
        self.pongs_sent = 0
        self.pongs_received = 0
        self._pending: dict[bytes, int] = {}

    def ping_sent(self, payload: bytes, at_ns: int) -> None:
        """Remember a ping of ours until its pong comes."""
        self.pings_sent += 1
        if len(self._pending) >= _PENDING_KEPT:
            del self._pending[next(iter(self._pending))]
        self._pending[payload] = at_ns

    def pong_received(self, payload: bytes, at_ns: int) -> None:
        """Match a pong; it answers every earlier ping as well (RFC 6455 section 5.5.3)."""
        self.pongs_received += 1
        sent_ns = self._pending.pop(payload, None)
        if sent_ns is None:
            return
        self.at_ns.append(at_ns)
        self.rtt_ns.append(at_ns - sent_ns)
        for earlier in [p for p, at in self._pending.items() if at <= sent_ns]:
            del self._pending[earlier]

    def count(self, direction: Direction, frames: int) -> None:
        """Count pings of the peer's, or pongs of ours: no round trip of ours depends on them."""
        if direction is Direction.RECEIVED:
            self.pings_received += frames
        else:
            self.pongs_sent += frames

    @property
    def last_rtt_ns(self) -> int | None:
        """The newest round-trip time, or None."""
        return self.rtt_ns[-1] if self.rtt_ns else None

    @property
    def unanswered(self) -> int:
        """Pings of ours that no pong has answered."""
        return len(self._pending)

    @property
    def oldest_unanswered_ns(self) -> int | None:
        """When the oldest unanswered ping was sent."""
        return min(self._pending.values(), default=None)
