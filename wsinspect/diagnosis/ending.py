"""How the peer ended an open connection, where it was the peer: what early closes and idle cuts are told by."""

from __future__ import annotations

import re

from msgspec import Struct

from wsinspect.diagnosis.evidence import Evidence, at_frame, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import at_second, last_word_was_ours
from wsinspect.events import StreamReset
from wsinspect.session.attempt import Attempt
from wsinspect.session.closure import CloseFrame
from wsinspect.wire.violations import ViolationKind

_SURELY_IDLE_S = 10.0
"""Silence that is no pause in a conversation."""
_NOTICEABLE_S = 0.4
_GOING_S = 1.0
_ANSWER_NS = 1_000_000_000
"""A cut so soon after our message is taken for the answer to it."""


class Cut(Struct, frozen=True, kw_only=True):
    """The byte stream of an open connection ended from the other side, without a Close frame of anybody's."""

    reset: bool
    """RST, or the kernel gave up; else FIN."""
    seq: int
    errno: int | None
    age_s: float
    """From the opening to the end."""
    silence_s: float
    """Since the last byte in either direction."""
    tls: str = ""
    """What TLS adds to it: whether the peer announced the end."""

    @property
    def idle(self) -> bool:
        """Whether silence stands out before the cut: seconds of it, or most of the connection's short life."""
        mostly_silent = self.silence_s >= _NOTICEABLE_S and self.silence_s >= self.age_s / 2
        return self.silence_s >= _SURELY_IDLE_S or (self.age_s > 1.0 and mostly_silent)

    @property
    def word(self) -> str:
        """`FIN` or `RST`."""
        return "RST" if self.reset else "FIN"

    @property
    def evidence(self) -> Evidence:
        """Point at the end of the stream."""
        return at_seq(
            self.seq,
            f"{self.word}{self.tls} and no Close frame, {self.age_s:.2f} s after the opening and"
            f" {self.silence_s:.2f} s after the last byte in either direction",
        )


def cut_of(attempt: Attempt) -> Cut | None:
    """Return how an attempt's open connection was cut from the other side; None where it was not."""
    closure, end = attempt.closure, attempt.closure.stream_end
    if attempt.opened_ns is None or end is None:
        return None
    ours = closure.locally_ended
    if closure.close_sent or closure.close_received or (ours is not None and ours.seq < end.seq):
        return None
    tls = ""
    if attempt.secure:
        tls = ", announced by TLS close_notify," if closure.close_notify else ", without TLS close_notify,"
    last_byte = max(attempt.opened_ns, attempt.last_sent_ns or 0, attempt.last_received_ns or 0)
    return Cut(
        reset=isinstance(end, StreamReset),
        seq=end.seq,
        errno=end.errno if isinstance(end, StreamReset) else None,
        age_s=(end.at_ns - attempt.opened_ns) / 1e9,
        silence_s=max(0, end.at_ns - last_byte) / 1e9,
        tls=tls,
    )


def in_traffic(facts: Facts, cut: Cut) -> bool:
    """Say whether a connection that had got going was cut while bytes were flowing, and not over a message of ours."""
    if cut.idle or cut.age_s <= _GOING_S:
        return False
    ours, end_ns = last_word_was_ours(facts), facts.end_ns
    return ours is None or end_ns is None or end_ns - facts.session.frames.at_ns(ours) > _ANSWER_NS


CLOSE_LOOKALIKES = (ViolationKind.RSV_BITS, ViolationKind.FRAGMENTED_CONTROL, ViolationKind.CUT_OFF)
"""What foreign bytes are marked with when they happen to read like a Close frame."""


IDLE_WORDS = r"idle|inactiv|no activity|session timed? ?out"
"""What a Close frame's reason has in it where silence is the reason."""
PING_WORDS = r"ping time|pong time|no pong|no response from ping|heartbeat"
"""What it has in it where a ping stayed without an answer."""


class PeerClose(Struct, frozen=True, kw_only=True):
    """The Close frame with which the peer began the closing handshake."""

    frame: CloseFrame
    age_s: float
    """From the opening to the Close frame."""
    silence_s: float
    """Since the last frame of either side before it."""

    @property
    def code(self) -> int | None:
        """Its code, None where it had none."""
        return self.frame.payload.code

    @property
    def reason(self) -> str:
        """Its reason, empty where it had none. May say anything."""
        return self.frame.payload.reason

    @property
    def values(self) -> dict[str, str]:
        """For the braces of texts: `code`, `said` (the code with its reason) and `age`."""
        code = "no code" if self.code is None else str(self.code)
        said = f"{code} '{self.reason}'" if self.reason else code
        return {"code": code, "said": said, "age": f"{self.age_s:.1f}"}

    def evidence(self, facts: Facts) -> Evidence:
        """Point at the Close frame."""
        when = at_second(self.frame.at_ns, facts)
        return at_frame(self.frame.frame, f"the peer's Close frame, {when}: {self.values['said']}")

    def says(self, pattern: str) -> re.Match[str] | None:
        """Search the reason, whatever its case."""
        return re.search(pattern, self.reason, re.IGNORECASE)


def peer_close(facts: Facts) -> PeerClose | None:
    """Return the peer's Close frame where it was the peer that began to close; None where we did or nobody has."""
    attempt = facts.attempt
    received, sent = attempt.closure.close_received, attempt.closure.close_sent
    if received is None or attempt.opened_ns is None or facts.ended_by_us:
        return None
    if sent is not None and sent.frame < received.frame:
        return None
    log = facts.session.frames
    if any(violation.kind in CLOSE_LOOKALIKES for violation in log.violations(received.frame)):
        return None
    before = received.frame - 1
    since = log.at_ns(before) if before >= attempt.first_frame else attempt.opened_ns
    return PeerClose(
        frame=received,
        age_s=max(0, received.at_ns - attempt.opened_ns) / 1e9,
        silence_s=max(0, received.at_ns - since) / 1e9,
    )
