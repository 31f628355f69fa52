"""Connections that this machine slept through: nobody at the other end is to blame for giving them up."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from msgspec import Struct

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.ending import IDLE_WORDS, PING_WORDS, cut_of, peer_close
from wsinspect.diagnosis.evidence import Evidence, Match, at_event, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import last_each_way
from wsinspect.events import MachineSlept
from wsinspect.wire.opcode import Direction

_BUFFERED_NS = 5_000_000_000
"""What arrives so soon after waking may have been sent while we slept; what arrives later shows that the peer is there."""
_SYMPTOMS = (
    "idle-timeout-intermediary",
    "idle-timeout-server-app",
    "keepalive-ping-timeout",
    "nat-or-firewall-silent-drop",
    "half-open-after-network-change",
    "max-connection-lifetime",
    "server-crash-on-frame",
    "client-violates-app-protocol",
    "open-but-buffered",
    "open-then-fin",
    "open-then-rst",
)
"""What the end of a connection looks like whose client slept."""
_ANY = bytes([1]) * 256


class _End(Struct, frozen=True):
    """How the connection ended, as a sleep can explain it."""

    at_ns: int
    end_frame: int
    """One past the last frame that may show that the connection outlived the sleep."""
    how: str
    evidence: Evidence


@cause(
    id="machine-slept",
    stage=Stage.IDLE,
    side=Side.CLIENT,
    certainty=Certainty.LIKELY,
    headline="This machine was asleep for {asleep}, and the connection did not survive it: {how}",
    explanation="""A machine that sleeps answers no ping and sends none, while the timers of servers, proxies and routers go
    on: they take the connection for idle or dead and give it up. On waking the client finds a reset or an end, or
    silence if what told of it was lost. A page on a laptop sees 1006, often hours after it last worked.""",
    fix=(
        "Let the client connect anew when it wakes: a timer that comes much too late by Date.now() tells of a sleep, and "
        "in a page so do window's 'online' and document's 'visibilitychange'.",
        "Ping with a deadline for the pong, so that a connection that is gone is noticed within seconds of waking.",
        "If the connection has to last, keep the machine awake: systemd-inhibit --what=sleep on Linux.",
    ),
    next_test="systemd-inhibit --what=sleep wsinspect check --hold {hold} '{url}': awake for as long, does it stay open?",
    sources=("clock_gettime(2): CLOCK_BOOTTIME", "systemd-inhibit(1)", "RFC 6455 section 7.1.5"),
)
def machine_slept(facts: Facts) -> Match | None:
    if not facts.opened or not facts.attempt.sleeps:
        return None
    end = _end(facts)
    sleeps = _not_outlived(facts, end) if end is not None else ()
    if end is None or not sleeps:
        return None
    asleep_ns = sum(one.asleep_ns for one in sleeps)
    quiet_ns = end.at_ns - sleeps[0].after_ns
    most = asleep_ns * 2 >= quiet_ns
    return Match(
        evidence=(*(_shown(one) for one in sleeps[-3:]), end.evidence, *last_each_way(facts)),
        certainty=None if most else Certainty.POSSIBLE,
        headline=None
        if most
        else "This machine was asleep for {asleep} of the {quiet} before the connection ended: {how}",
        values={
            "asleep": _long(asleep_ns),
            "quiet": _long(quiet_ns),
            "how": end.how,
            "hold": f"{max(60, quiet_ns // 1_000_000_000 + 1)}",
        },
        supersedes=_SYMPTOMS if most else (),
        candidates=("idle-timeout-intermediary", "half-open-after-network-change"),
    )


def _end(facts: Facts) -> _End | None:
    """Return how the peer or the network ended it, unless the peer's Close frame speaks of something else."""
    attempt = facts.attempt
    closed, cut, expired = peer_close(facts), cut_of(attempt), attempt.closure.keepalive_expired
    if closed is not None:
        if not closed.says(f"{IDLE_WORDS}|{PING_WORDS}"):
            return None
        how = f"the server closed with {closed.values['said']}"
        return _End(closed.frame.at_ns, closed.frame.frame, how, closed.evidence(facts))
    if expired is not None:
        how = f"no pong within {expired.timeout_s:g} s"
        return _End(expired.at_ns, attempt.end_frame, how, at_seq(expired.seq, how))
    if cut is None or facts.end_ns is None:
        return None
    return _End(facts.end_ns, attempt.end_frame, cut.word, cut.evidence)


def _not_outlived(facts: Facts, end: _End) -> Sequence[MachineSlept]:
    """Return the sleeps of the open connection, oldest first, after which the peer was not heard any more."""
    opened_ns = facts.attempt.opened_ns or 0
    sleeps = [one for one in facts.attempt.sleeps if opened_ns <= one.at_ns <= end.at_ns]
    return [one for one in sleeps if not _outlived(facts, one, end)]


def _outlived(facts: Facts, slept: MachineSlept, end: _End) -> bool:
    """Say whether the peer answered after the sleep, or was heard when nothing could be left over from before."""
    attempt, log = facts.attempt, facts.session.frames
    if not attempt.frame_count:
        return False

    def frame_since(at_ns: int) -> int:
        return bisect_left(log.columns.at_ns, at_ns, attempt.first_frame, end.end_frame)

    def heard_since(start: int) -> bool:
        theirs = log.find(start, end.end_frame, direction=Direction.RECEIVED, firsts=_ANY)
        # A frame that was never whole stands at the end, whenever it began.
        return theirs is not None and not log.is_cut_off(theirs)

    ours = log.find(frame_since(slept.at_ns), end.end_frame, direction=Direction.SENT, firsts=_ANY)
    return heard_since(frame_since(slept.at_ns + _BUFFERED_NS)) or (ours is not None and heard_since(ours))


def _shown(slept: MachineSlept) -> Evidence:
    between = f"between {slept.after_ns / 1e9:.1f} s and {slept.at_ns / 1e9:.1f} s of the session"
    return at_event(slept, f"this machine slept for {_long(slept.asleep_ns)}, {between}")


def _long(ns: int) -> str:
    """Return nanoseconds as `12 s`, `5 min` or `8 h 3 min`."""
    seconds = ns // 1_000_000_000
    if seconds < 120:
        return f"{seconds} s"
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
