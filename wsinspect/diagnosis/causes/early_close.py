"""A valid 101, and then the connection is of no use: cut at once, cut by a message, dumb (RFC 6455 section 7.1.5)."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.ending import cut_of, in_traffic
from wsinspect.diagnosis.evidence import Evidence, Match, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import (
    has_data,
    last_each_way,
    last_frame,
    last_word_was_ours,
    show_frame,
)
from wsinspect.events import FailureKind, Step
from wsinspect.wire.opcode import Direction

_AT_ONCE_S = 1.0
_SOON_S = 5.0
_EARLY_S = 10.0
"""So young, a connection that is cut in the middle of traffic has met no limit of its age."""
_ANSWER_S = 5.0
"""A cut so soon after our message is taken for the answer to it."""


@cause(
    id="open-then-fin",
    stage=Stage.EARLY_CLOSE,
    side=Side.SERVER,
    certainty=Certainty.LIKELY,
    headline="The server accepted the WebSocket and hung up {age} s later, without a Close frame",
    explanation="""The handshake was perfect, then the server ended the stream without saying goodbye. Usually the handler
    returned or threw right after accepting, so its framework tore the socket down; a process that exits or a balancer
    that takes an instance out looks alike. A browser shows 1006 and prints nothing.""",
    fix=(
        "Read the server's log at this moment: an exception in the handler leaves its trace there.",
        "Keep the handler running as long as the socket lives: a loop that receives messages, or an await on its end.",
        "If the server expects a first message, a subprotocol or a token, give it what it expects and compare.",
    ),
    next_test="wsinspect check --send 'YOUR FIRST MESSAGE' '{url}'",
    sources=("RFC 6455 section 7.1.5", "RFC 6455 section 7.1.1"),
    console=(
        r"The network connection was lost",
        r"no close frame received or sent",
        r"unexpected EOF",
        r"Connection to remote host was lost",
        r"without completing the close handshake",
        r"transport close",
    ),
)
def open_then_fin(facts: Facts) -> Match | None:
    cut = cut_of(facts.attempt)
    if cut is None or cut.reset or cut.age_s > _EARLY_S:
        return None
    silent, spoke = not facts.attempt.websocket_bytes_received, has_data(facts, Direction.SENT)
    at_once = (silent and cut.age_s <= _SOON_S) or (not spoke and cut.age_s <= _AT_ONCE_S)
    if not at_once and not in_traffic(facts, cut):
        return None
    certain_enough = silent and not spoke and cut.age_s <= _AT_ONCE_S
    return Match(
        evidence=(cut.evidence, *_last_frames(facts)),
        certainty=None if certain_enough else Certainty.POSSIBLE,
        values={"age": f"{cut.age_s:.2f}"},
        first_fix=_of_autobahn(facts) if spoke else (),
        candidates=("client-violates-app-protocol",) if spoke else ("server-drain-on-deploy",),
    )


@cause(
    id="open-then-rst",
    stage=Stage.EARLY_CLOSE,
    side=Side.SERVER,
    certainty=Certainty.LIKELY,
    headline="The server accepted the WebSocket, and {age} s later the connection was reset",
    explanation="""A reset right after a good handshake means that the other end threw the connection away: a process
    that crashed, a socket destroyed with bytes unread, or a proxy that aborts instead of closing. Firefox says that
    the connection was interrupted; Chromium says nothing and reports 1006.""",
    fix=(
        "Look for a crash or a forced end of the server's process, and for terminate() or destroy() in its code.",
        "Connect past the proxies: if the reset stays away, one of them makes it.",
    ),
    next_test="wsinspect check --connect-to {host}:{port}:BACKEND:PORT '{url}' (straight to the backend, past the proxies)",
    sources=("RFC 9293 section 3.10.7", "RFC 6455 section 7.1.5"),
    console=(r"was interrupted while the page was loading", r"Connection reset without closing handshake"),
)
def open_then_rst(facts: Facts) -> Match | None:
    cut = cut_of(facts.attempt)
    if cut is None or not cut.reset or cut.age_s > _EARLY_S:
        return None
    soon = cut.age_s <= _SOON_S and not has_data(facts, Direction.SENT)
    if not soon and not in_traffic(facts, cut):
        return None
    at_once = cut.age_s <= _AT_ONCE_S and not facts.attempt.websocket_bytes_received
    return Match(
        evidence=(cut.evidence, *_last_frames(facts)),
        certainty=None if at_once else Certainty.POSSIBLE,
        values={"age": f"{cut.age_s:.2f}"},
    )


@cause(
    id="server-crash-on-frame",
    stage=Stage.EARLY_CLOSE,
    side=Side.SERVER,
    certainty=Certainty.POSSIBLE,
    headline="The connection was reset {after} s after our {message}{refused}",
    explanation="""The last thing before the reset was a message of ours, so the server may have died of it. A node server
    whose sockets have no error listener ends its whole process on one malformed or oversized frame, and then every
    client loses its connection at the same moment.""",
    fix=(
        "In node, listen for errors on every socket: ws.on('error', (error) => log(error));",
        "Look whether the server's process was restarted at this moment, and for its last log line.",
    ),
    next_test="wsinspect check '{url}', at once and three times: refused connections mean that the process is gone",
    sources=("https://github.com/websockets/ws/issues/1140", "RFC 6455 section 7.1.5"),
    supersedes=("open-then-rst", "max-connection-lifetime"),
)
def crash_on_frame(facts: Facts) -> Match | None:
    cut = cut_of(facts.attempt)
    ours = last_word_was_ours(facts)
    end_ns = facts.end_ns
    if cut is None or not cut.reset or ours is None or end_ns is None:
        return None
    after_s = (end_ns - facts.session.frames.at_ns(ours)) / 1e9
    if after_s > _ANSWER_S or _quiet_before(facts, ours) >= 30:
        return None
    refused = next(
        (
            other.failure
            for other in facts.session.attempts
            if other.number > facts.attempt.number
            and other.failure is not None
            and (other.failure.step, other.failure.kind) == (Step.TCP, FailureKind.REFUSED)
        ),
        None,
    )
    evidence: tuple[Evidence, ...] = (cut.evidence, show_frame(facts, ours, "our last message"))
    if refused is not None:
        evidence = (*evidence, at_seq(refused.seq, "the next attempt was refused: nothing listens any more"))
    return Match(
        evidence=evidence,
        certainty=Certainty.LIKELY if refused is not None else None,
        values={
            "after": f"{after_s:.2f}",
            "message": f"message of {facts.session.frames.length(ours)} bytes",
            "refused": ", and the next attempt was refused" if refused is not None else "",
        },
        first_fix=_of_autobahn(facts),
        candidates=("client-violates-app-protocol", *(("message-too-big",) if _of_autobahn(facts) else ())),
    )


def _of_autobahn(facts: Facts) -> tuple[str, ...]:
    """Return the step for autobahn, which names itself in its 101 and breaks a rule of its own with a bare cut."""
    if not facts.header("Server").startswith("AutobahnPython"):
        return ()
    return (
        "autobahn cuts without a Close frame where a message is over maxMessagePayloadSize or breaks the protocol: "
        "factory.setProtocolOptions(failByDrop=False) lets it say why; exceptions in handlers are in its log.",
    )


@cause(
    id="open-but-buffered",
    stage=Stage.EARLY_CLOSE,
    side=Side.NETWORK,
    certainty=Certainty.LIKELY,
    headline="The WebSocket is open, and not one frame has come through it: our ping is unanswered for {waited} s",
    explanation="""A WebSocket server answers a ping by itself, so the handshake was answered by something that does not
    carry frames. Likely an antivirus program or proxy that understands the 101 and then waits for the end of the
    response; a server whose event loop is blocked would look the same.""",
    fix=(
        "Use wss://, so that nothing on the way can look inside and hold the bytes back.",
        "Switch the antivirus program's web shield off for a test, or exclude the host from HTTPS scanning.",
        "Keep a fallback, such as long polling, for users behind such boxes.",
    ),
    next_test="wsinspect check --ping-interval 2 '{url}' from another network",
    sources=("RFC 6455 section 5.5.2", "https://github.com/socketio/engine.io/issues/123"),
    supersedes=("nat-or-firewall-silent-drop",),
)
def open_but_buffered(facts: Facts) -> Match | None:
    attempt = facts.attempt
    if not facts.opened or attempt.websocket_bytes_received or (facts.ended_by_us and not _gave_up(facts)):
        return None
    if cut_of(attempt) is not None:
        return None
    since = attempt.heartbeat.oldest_unanswered_ns
    expired = attempt.closure.keepalive_expired
    if since is None:
        return None
    until = expired.at_ns if expired is not None else facts.now_ns
    waited_s = (until - since) / 1e9
    if expired is None and (attempt.ended or waited_s < max(2.0, attempt.options.ping_timeout_s / 4)):
        return None
    ping = last_frame(facts, Direction.SENT)
    seq = (
        expired.seq
        if expired is not None
        else attempt.ladder.steps[Step.OPEN].seq
        if (Step.OPEN in attempt.ladder.steps)
        else 0
    )
    return Match(
        evidence=(
            at_seq(seq, f"open, 0 bytes received since, {attempt.websocket_bytes_sent} bytes sent"),
            *((show_frame(facts, ping, "no answer"),) if ping is not None else ()),
        ),
        certainty=None if expired is not None else Certainty.POSSIBLE,
        values={"waited": f"{waited_s:.1f}"},
    )


def _gave_up(facts: Facts) -> bool:
    return facts.attempt.closure.keepalive_expired is not None


def _last_frames(facts: Facts) -> tuple[Evidence, ...]:
    nothing = at_seq(facts.attempt.handshake.response_seq, "no frame went either way after the 101")
    return last_each_way(facts) or (nothing,)


def _quiet_before(facts: Facts, number: int) -> float:
    """Return the seconds without a frame before this one."""
    before = number - 1
    if before < facts.attempt.first_frame:
        return 0.0
    log = facts.session.frames
    return (log.at_ns(number) - log.at_ns(before)) / 1e9
