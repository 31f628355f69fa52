"""Connections that this machine slept through, or this program: nobody at the other end is to blame for giving them up."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from msgspec import Struct

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.ending import IDLE_WORDS, PING_WORDS, cut_of, peer_close
from wsinspect.diagnosis.evidence import Evidence, Match, at_event, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import last_each_way
from wsinspect.events import FailureKind, MachineSlept
from wsinspect.session.pauses import Pause, lasted_ns, long_words, pause_told
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
_SYMPTOMS_CONNECTING = (
    "tcp-timeout-blackhole",
    "tcp-reset-after-accept",
    "tcp-accept-silent",
    "tls-handshake-cut",
    "upgrade-empty-reply",
    "upgrade-hang",
    "upgrade-partial-response",
)
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
    silence if what told of it was lost. A page on a laptop sees 1006, often hours after it last worked. A program that is
    stopped, by Ctrl+Z or a debugger, or that gets no time from its machine, is given up in the same way.""",
    fix=(
        "Let the client connect anew when it wakes: a timer that comes much too late by Date.now() tells of a sleep, and "
        "in a page so do window's 'online' and document's 'visibilitychange'.",
        "Ping with a deadline for the pong, so that a connection that is gone is noticed within seconds of waking.",
        "If the connection has to last, keep the machine awake: systemd-inhibit --what=sleep on Linux.",
        "If it was wsinspect that stood still, try again and leave it running.",
    ),
    next_test="systemd-inhibit --what=sleep wsinspect check --hold {hold} '{url}': awake for as long, does it stay open?",
    sources=("clock_gettime(2): CLOCK_BOOTTIME", "systemd-inhibit(1)", "RFC 6455 section 7.1.5"),
)
def machine_slept(facts: Facts) -> Match | None:
    if not facts.attempt.pauses:
        return None
    end = _end(facts) if facts.opened else _failure(facts)
    pauses = _not_outlived(facts, end) if end is not None else ()
    if end is None or not pauses:
        return None
    paused_ns = sum(map(lasted_ns, pauses))
    quiet_ns = end.at_ns - pauses[0].after_ns
    most = paused_ns * 2 >= quiet_ns
    who = _what(pauses)
    if most:
        survived = "and the connection did not survive it" if facts.opened else "and connecting failed"
        headline = f"{who} for {{asleep}}, {survived}: {{how}}"
    else:
        ended = "the connection ended" if facts.opened else "connecting failed"
        headline = f"{who} for {{asleep}} of the {{quiet}} before {ended}: {{how}}"
    return Match(
        evidence=(
            *(at_event(one, pause_told(one)) for one in pauses[-3:]),
            end.evidence,
            *last_each_way(facts),
        ),
        certainty=None if most else Certainty.POSSIBLE,
        headline=headline,
        values={
            "asleep": long_words(paused_ns),
            "quiet": long_words(quiet_ns),
            "how": end.how,
            "hold": f"{max(60, quiet_ns // 1_000_000_000 + 1)}",
        },
        supersedes=(_SYMPTOMS if facts.opened else _SYMPTOMS_CONNECTING) if most else (),
        candidates=("idle-timeout-intermediary", "half-open-after-network-change") if facts.opened else (),
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


def _failure(facts: Facts) -> _End | None:
    """Return how a step before OPEN failed where a sleep may be why: silence, an end or a reset."""
    failure, attempt = facts.attempt.failure, facts.attempt
    silent = (FailureKind.TIMED_OUT, FailureKind.STREAM_ENDED, FailureKind.RESET)
    if failure is None or failure.kind not in silent or attempt.handshake.head is not None:
        return None
    return _End(failure.at_ns, attempt.end_frame, failure.message, at_seq(failure.seq, failure.message))


def _not_outlived(facts: Facts, end: _End) -> Sequence[Pause]:
    """Return the pauses, oldest first, after which the peer was not heard any more."""
    before = [one for one in facts.attempt.pauses if one.at_ns <= end.at_ns]
    if facts.opened:
        return [one for one in before if not _outlived(facts, one, end)]
    # While this program alone stands still, the system takes what the peer answers: it is read a moment later.
    return [one for one in before if isinstance(one, MachineSlept)]


def _outlived(facts: Facts, pause: Pause, end: _End) -> bool:
    """Say whether the peer answered after the pause, or was heard when nothing could be left over from before."""
    attempt, log = facts.attempt, facts.session.frames
    if not attempt.frame_count:
        return False

    def frame_since(at_ns: int) -> int:
        return bisect_left(log.columns.at_ns, at_ns, attempt.first_frame, end.end_frame)

    def heard_since(start: int) -> bool:
        theirs = log.find(start, end.end_frame, direction=Direction.RECEIVED, firsts=_ANY)
        # A frame that was never whole stands at the end, whenever it began.
        return theirs is not None and not log.is_cut_off(theirs)

    ours = log.find(frame_since(pause.at_ns), end.end_frame, direction=Direction.SENT, firsts=_ANY)
    return heard_since(frame_since(pause.at_ns + _BUFFERED_NS)) or (ours is not None and heard_since(ours))


def _what(pauses: Sequence[Pause]) -> str:
    """Return who did nothing, and what, at a sentence's beginning."""
    if all(isinstance(one, MachineSlept) for one in pauses):
        return "This machine was asleep"
    if any(isinstance(one, MachineSlept) for one in pauses):
        return "This machine was asleep, or wsinspect stood still,"
    return "wsinspect itself stood still"
