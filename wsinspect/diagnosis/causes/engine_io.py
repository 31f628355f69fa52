"""Engine.IO's packets in a plain WebSocket: the server speaks Socket.IO, and nobody here does."""

from __future__ import annotations

import json
import re

from wsinspect.diagnosis.app_protocol import first_messages
from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.ending import cut_of, peer_close
from wsinspect.diagnosis.evidence import Match, at_frame
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import first_received, last_frame, show_frame
from wsinspect.wire.opcode import Direction

_PACKETS = (b"0", b"1", b"2", b"3", b"4", b"5", b"6", b"b")
"""First characters of the packets that a client may send, `b` for one in base64."""
_AFTER_CONNECT = (b"42", b"43", b"45", b"46")
"""Socket.IO's event and acknowledgement packets, within a message of Engine.IO."""
_REFUSED_S = 1.0
_ENGINE_IO = re.compile(rb'0\{"sid":"[^"]*".*')


@cause(
    id="plain-ws-client-to-socketio",
    stage=Stage.EARLY_CLOSE,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="The server speaks Engine.IO (Socket.IO), and nobody here answers its packets{ended}",
    explanation="""Socket.IO is a protocol of its own on top of WebSocket. Its server sends an open packet, then pings as
    text messages, and drops a client that does not answer them with text messages: after 45 s with its defaults. A
    plain WebSocket client can't talk to it.""",
    fix=(
        "Use a Socket.IO client: import { io } from 'socket.io-client'; const socket = io('{site}');",
        "Or take Socket.IO out of the server and use a plain WebSocket library there.",
        "By hand: send 40 to connect, and answer every text message 2 with 3.",
    ),
    next_test="wsinspect '{url}', then send 40, and 3 for each 2 that arrives",
    sources=(
        "https://socket.io/docs/v4/engine-io-protocol/",
        "https://socket.io/docs/v4/socket-io-protocol/",
    ),
    supersedes=(
        "close-1000-immediately",
        "close-other-code",
        "open-then-fin",
        "idle-timeout-intermediary",
        "idle-timeout-server-app",
        "max-connection-lifetime",
    ),
    console=(r"disconnect.*ping timeout",),
)
def plain_client_to_socketio(facts: Facts) -> Match | None:
    first = first_received(facts) if facts.opened else None
    if first is None:
        return None
    log = facts.session.frames
    packet = log.preview(first, 300)
    ours = last_frame(facts, Direction.SENT, data_only=True)
    if _ENGINE_IO.match(packet) and ours is not None and log.preview(ours, 2)[:2] in _AFTER_CONNECT:
        return _hung_up_on_packet(facts, ours)
    if not _ENGINE_IO.match(packet) or (ours is not None and log.preview(ours, 1)[:1] in (b"3", b"4")):
        return None
    closed, cut = peer_close(facts), cut_of(facts.attempt)
    if ours is not None and closed is not None and log.preview(ours, 1)[:1] not in _PACKETS:
        after_s = (closed.frame.at_ns - log.at_ns(ours)) / 1e9
        if 0 <= after_s <= _REFUSED_S:
            return Match(
                evidence=(
                    show_frame(facts, ours, "not a packet of Engine.IO"),
                    closed.evidence(facts),
                    at_frame(first, f"the server's first message: {packet[:120].decode('utf-8', 'replace')}"),
                ),
                headline="The server speaks Engine.IO (Socket.IO), our message is no packet of it, and the server hung up{ended}",
                values={"ended": f" {after_s:.1f} s later"},
            )
    if closed is None and cut is None and (facts.ended_by_us or facts.attempt.ended):
        return None
    theirs = last_frame(facts, Direction.RECEIVED, data_only=True)
    pinged = theirs is not None and log.preview(theirs, 2) == b"2"
    age_s = closed.age_s if closed else cut.age_s if cut else _open_for_s(facts)
    if not pinged and age_s < _ping_interval_s(packet):
        return None
    ended = closed is not None or cut is not None
    end = closed.evidence(facts) if closed else cut.evidence if cut else None
    evidence = [at_frame(first, f"the server's first message: {packet[:120].decode('utf-8', 'replace')}")]
    if pinged and theirs is not None:
        evidence.append(show_frame(facts, theirs, "Engine.IO's ping, which wants the text 3"))
    return Match(
        evidence=(*evidence, *((end,) if end is not None else ())),
        certainty=None if ended else Certainty.LIKELY,
        values={
            "ended": f"; it hung up after {age_s:.1f} s" if ended else "; it will hang up",
        },
    )


def _hung_up_on_packet(facts: Facts, ours: int) -> Match | None:
    """Socket.IO drops who sends an event before the namespace is joined, or one that it can't read."""
    log, closed = facts.session.frames, peer_close(facts)
    if closed is None or closed.code is not None:
        return None
    after_s = (closed.frame.at_ns - log.at_ns(ours)) / 1e9
    if not 0 <= after_s <= _REFUSED_S:
        return None
    joined = any(
        log.at_ns(number) < log.at_ns(ours) and payload.startswith(b"40")
        for number, payload in first_messages(facts, Direction.RECEIVED)
    )
    theirs = last_frame(facts, Direction.RECEIVED, data_only=True)
    before = (show_frame(facts, theirs, "the server's last message"),) if theirs is not None else ()
    shown = show_frame(facts, ours, "an event of Socket.IO")
    if joined:
        return Match(
            evidence=(shown, closed.evidence(facts), *before),
            certainty=Certainty.POSSIBLE,
            headline="Socket.IO's server hung up {after} s after our packet: it most likely could not read it",
            first_fix=('Write an event as 42["name", ...], with an array in JSON behind the number.',),
            values={"after": f"{after_s:.1f}"},
        )
    return Match(
        evidence=(shown, closed.evidence(facts), *before),
        certainty=Certainty.LIKELY,
        headline="Socket.IO's server hung up {after} s after our event: it had not let us into a namespace yet",
        first_fix=("Send 40 and wait for the server's 40 with a sid; 44 in its place says why it refused.",),
        values={"after": f"{after_s:.1f}"},
    )


def _ping_interval_s(packet: bytes) -> float:
    try:
        opened = json.loads(packet[1:])
    except ValueError:
        return 25.0
    interval = opened.get("pingInterval") if isinstance(opened, dict) else None
    return interval / 1000 if isinstance(interval, int | float) else 25.0


def _open_for_s(facts: Facts) -> float:
    return max(0, facts.now_ns - (facts.attempt.opened_ns or facts.now_ns)) / 1e9
