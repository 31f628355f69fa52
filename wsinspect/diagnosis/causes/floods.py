"""Peers that send more than anybody can use: bombs, storms of control frames, crumbs, and what follows a Close."""

from __future__ import annotations

from bisect import bisect_left

from wsinspect.diagnosis.breaches import WAKE
from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.ending import CLOSE_LOOKALIKES
from wsinspect.diagnosis.evidence import Match, at_event
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import first_breach, last_frame, show_frame
from wsinspect.options import LIMITS_TABLE
from wsinspect.wire.opcode import Direction, Opcode
from wsinspect.wire.violations import ViolationKind

_STORM_FRAMES = 1000
_STORM_S = 10.0
"""So many control frames in so little time are no keepalive."""
_CRUMBS = 10_000
_CRUMB_BYTES = 16
"""So many fragments with so few bytes each, headers included, are no way to send a message."""


@cause(
    id="message-inflates-beyond-limit",
    stage=Stage.PROTOCOL,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="A compressed message of the server inflates to more than {limit} bytes, so we closed with 1009",
    explanation="""A compressed byte can stand for a thousand, so a small message may need more memory than there is. Clients
    have limits for it and close with 1009; without one they die. Either the message is really that large, or somebody
    tries what a client can take.""",
    fix=(
        "Send large data in several messages, or over HTTP.",
        "If the client is yours, keep a limit on inflated sizes there: ws has maxPayload, websockets max_size.",
        "The limit is wsinspect's own, message_bytes = {limit}; a profile may say another: " + LIMITS_TABLE,
    ),
    next_test="wsinspect check --no-compression '{url}': how large is the message on the wire then?",
    sources=("RFC 7692 section 8", "RFC 6455 section 7.4.1", "RFC 6455 section 10.4"),
    supersedes=WAKE,
    console=(r"Max payload size exceeded", r"message too big"),
)
def inflates_beyond_limit(facts: Facts) -> Match | None:
    reached = next((one for one in facts.attempt.limits if one.limit == "message_bytes"), None)
    if reached is None or not facts.opened:
        return None
    number = last_frame(facts, Direction.RECEIVED, data_only=True)
    shown = (show_frame(facts, number),) if number is not None else ()
    return Match(
        evidence=(at_event(reached, reached.what), *shown), values={"limit": f"{reached.allowed:.0f}"}
    )


@cause(
    id="control-frame-flood",
    stage=Stage.PROTOCOL,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The server sent {count} {name} frames, {burst} of them within {seconds} s",
    explanation="""Pings are there to notice a dead connection; a few in a minute do that. So many of them only cost: each
    ping has to be answered, and a client that is slow to answer falls behind. Mostly a timer was set in the wrong unit, or
    is started again for each message and never stopped.""",
    fix=(
        "Look for the timer that pings: is its interval in seconds where milliseconds are wanted, or is it started twice?",
        "Ping every 20 to 60 s, and once per connection.",
    ),
    next_test="wsinspect '{url}' with the filter `opcode:ping`: how far apart are they?",
    sources=("RFC 6455 section 5.5.2", "RFC 6455 section 5.5.3"),
)
def control_frame_flood(facts: Facts) -> Match | None:
    if not facts.opened:
        return None
    attempt, log = facts.attempt, facts.session.frames
    for opcode, name in ((Opcode.PING, "ping"), (Opcode.PONG, "pong")):
        numbers = log.controls(Direction.RECEIVED, opcode)
        start = bisect_left(numbers, attempt.first_frame)
        stop = bisect_left(numbers, attempt.end_frame)
        if stop - start < _STORM_FRAMES:
            continue
        # A storm mostly begins or ends the traffic; looking at all of a million would cost more than it tells.
        for first, last in ((start, start + _STORM_FRAMES - 1), (stop - _STORM_FRAMES, stop - 1)):
            seconds = (log.at_ns(numbers[last]) - log.at_ns(numbers[first])) / 1e9
            if seconds <= _STORM_S:
                return Match(
                    evidence=(show_frame(facts, numbers[first]), show_frame(facts, numbers[last])),
                    values={
                        "count": str(stop - start),
                        "name": name,
                        "burst": str(_STORM_FRAMES),
                        "seconds": f"{seconds:.2f}",
                    },
                )
    return None


@cause(
    id="fragment-flood",
    stage=Stage.PROTOCOL,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The server cuts its messages into crumbs: {count} fragments, {average} bytes a frame with its header",
    explanation="""A message may come in fragments of any size, and every one of them costs its header and a turn of the
    receiver's loop. Fragments of a few bytes make more work than data; some clients hold each of them as an object and
    run out of memory. It comes from code that flushes after every write.""",
    fix=(
        "Collect what is written and send it in one frame, or in fragments of some kilobytes.",
        "Look for a stream that is piped into the socket byte by byte, and put a buffer in between.",
    ),
    next_test="wsinspect '{url}', and look at the lengths in the frame list",
    sources=("RFC 6455 section 5.4",),
)
def fragment_flood(facts: Facts) -> Match | None:
    attempt = facts.attempt
    if attempt.end_frame - attempt.first_frame < _CRUMBS:
        return None
    log = facts.session.frames
    firsts = log.columns.firsts
    fragments = firsts.count(0x00, attempt.first_frame, attempt.end_frame)
    average = attempt.websocket_bytes_received / (attempt.end_frame - attempt.first_frame)
    # Ours are masked and few: what is counted here in such numbers came from the peer.
    if fragments < _CRUMBS or average > _CRUMB_BYTES:
        return None
    number = last_frame(facts, Direction.RECEIVED, data_only=True)
    return Match(
        evidence=(show_frame(facts, number, "one of them"),) if number is not None else (),
        values={"count": str(fragments), "average": f"{average:.1f}"},
    )


@cause(
    id="frames-after-close",
    stage=Stage.PROTOCOL,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The server went on sending after its Close frame: {count} frames more",
    explanation="""A Close frame is the last one of its direction. What comes after it is thrown away by every client, so
    if it is data, nobody ever gets it. Usually one part of the server closes while another still writes; a Close that is
    sent again and again comes from an error handler that closes on every error.""",
    fix=(
        "Stop what writes before close() is called: cancel the timers and tasks of this connection.",
        "Wait for what is queued to be written, then close.",
        "Close once: remember that it was done.",
    ),
    next_test="wsinspect '{url}', and read the frames after the Close frame: who writes them?",
    sources=("RFC 6455 section 5.5.1", "RFC 6455 section 1.4"),
)
def frames_after_close(facts: Facts) -> Match | None:
    closed = facts.attempt.closure.close_received
    if closed is None or not facts.opened or closed.payload.violations:
        return None
    log = facts.session.frames
    if any(violation.kind in CLOSE_LOOKALIKES for violation in log.violations(closed.frame)):
        return None
    numbers = log.violating
    start = bisect_left(numbers, closed.frame + 1)
    stop = bisect_left(numbers, facts.attempt.end_frame)
    if start == stop or first_breach(facts, Direction.RECEIVED) is not None:
        return None
    first = numbers[start]
    if [violation.kind for violation in log.violations(first)] != [ViolationKind.AFTER_CLOSE]:
        return None
    return Match(
        evidence=(show_frame(facts, closed.frame), show_frame(facts, first, "the first one after it")),
        values={"count": str(stop - start)},
    )
