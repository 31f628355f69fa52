"""Frames that RFC 6455 does not allow, told by their headers: the first breach is the root, the rest its wake."""

from __future__ import annotations

from wsinspect.diagnosis.breaches import WAKE, breach_match
from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.ending import peer_close
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import first_breach, last_frame, show_frame
from wsinspect.wire.opcode import Direction
from wsinspect.wire.violations import ViolationKind as Kind


@cause(
    id="proto-masked-server",
    stage=Stage.PROTOCOL,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The server masked frame {frame}, and servers must not",
    explanation="""Masking is for the client's frames alone; a client must fail the connection on a masked one, and
    Chromium does, while Firefox reads on. It comes from server code that reuses a client's frame writer, or from a
    proxy that takes the client's side twice.""",
    fix=(
        "On the server, write frames without a mask: the mask bit of the second byte is 0.",
        "If a library writes them, it was made as a client: create its server side.",
    ),
    next_test="wsinspect check --connect-to {host}:{port}:BACKEND:PORT '{url}' (straight to the backend, past the proxies)",
    sources=("RFC 6455 section 5.1",),
    supersedes=WAKE,
    console=(r"A server must not mask any frames",),
)
def masked_server(facts: Facts) -> Match | None:
    return breach_match(facts, "proto-masked-server")


@cause(
    id="proto-unmasked-client",
    stage=Stage.PROTOCOL,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="We sent a frame without a mask, and a client's frames must have one",
    explanation="""A server has to close on an unmasked frame of a client. Clients that write frames by hand forget the
    mask; where the client did mask and the server still complains, the stream between them got out of step.""",
    fix=(
        "Mask every frame of the client with a fresh random key of four bytes.",
        "Better: let a WebSocket library write the frames.",
    ),
    next_test="wsinspect check --send hello '{url}': these frames are masked, so the complaint should be gone",
    sources=("RFC 6455 section 5.1", "RFC 6455 section 5.3"),
    supersedes=(*WAKE, "client-violates-app-protocol"),
    console=(r"MASK must be set",),
)
def unmasked_client(facts: Facts) -> Match | None:
    breach = first_breach(facts, Direction.SENT) if facts.opened else None
    closed = peer_close(facts)
    if breach is not None and Kind.UNMASKED_BY_CLIENT in breach.kinds:
        end = (closed.evidence(facts),) if closed is not None else ()
        return Match(evidence=(breach.evidence(Kind.UNMASKED_BY_CLIENT), *end))
    if closed is None or closed.code != 1002 or not closed.says(r"\bmask"):
        return None
    ours = last_frame(facts, Direction.SENT, data_only=True)
    sent = (show_frame(facts, ours, "it was masked"),) if ours is not None else ()
    # Our own record shows masks, so what is certain is the complaint alone.
    return Match(
        evidence=(closed.evidence(facts), *sent),
        certainty=Certainty.LIKELY,
        side=Side.UNKNOWN,
        values=closed.values,
        headline="The server closed with {said}: it says that our frame had no mask",
    )


@cause(
    id="proto-opcode",
    stage=Stage.PROTOCOL,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="Frame {frame} of the server has an opcode that does not exist: {what}",
    explanation="""Nobody uses the reserved opcodes on purpose. What stands where a frame should begin is most likely the
    middle of something else: a length that was written wrong, two threads that wrote at once, or text that was put on
    the socket without a frame.""",
    fix=(
        "Send from one place: put a lock or a queue in front of everything that writes to the socket.",
        "Read the bytes of the frame before this one: is its length what its payload is?",
    ),
    next_test="wsinspect check --no-compression '{url}', and compare at which frame it breaks",
    sources=("RFC 6455 section 5.2", "RFC 6455 section 11.8"),
    supersedes=WAKE,
    console=(r"Unrecognized frame opcode",),
)
def reserved_opcode(facts: Facts) -> Match | None:
    return breach_match(facts, "proto-opcode")


@cause(
    id="proto-control-frame",
    stage=Stage.PROTOCOL,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="Control frame {frame} of the server breaks the rules: {what}",
    explanation="""Pings, pongs and Close frames have at most 125 payload bytes and come in one piece. A long close reason
    is the usual way to break this; another is a ping that carries application data.""",
    fix=(
        "Shorten close reasons to 123 bytes, counted in UTF-8.",
        "Put data into messages, not into pings.",
    ),
    next_test="wsinspect '{url}', and look at the frame's header in its details",
    sources=("RFC 6455 section 5.5",),
    supersedes=WAKE,
    console=(r"Invalid frame header", r"[Cc]ontrol frames? (?:must not be fragmented|too long)"),
)
def control_frame(facts: Facts) -> Match | None:
    return breach_match(facts, "proto-control-frame")


@cause(
    id="proto-close-frame-invalid",
    stage=Stage.PROTOCOL,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The server's Close frame is not valid: {what}",
    explanation="""The server wanted to close and wrote the frame wrong, so clients answer with a protocol error and report
    that in place of its reason. Codes such as 1005, 1006 and 1015 are names for what was not received; they must never
    be sent, though it is an easy thing to copy them from an API into close().""",
    fix=(
        "Close with 1000, 1001, or a code from 3000 to 4999.",
        "Give the reason in UTF-8, at most 123 bytes, after a code of two bytes.",
    ),
    next_test="wsinspect '{url}', and look at the Close frame's bytes",
    sources=("RFC 6455 section 5.5.1", "RFC 6455 section 7.4"),
    supersedes=(*WAKE, "close-other-code", "close-1000-immediately"),
    console=(
        r"broken close frame",
        r"close frame containing a reserved status code",
        r"close frame containing invalid UTF-8",
    ),
)
def close_frame_invalid(facts: Facts) -> Match | None:
    return breach_match(facts, "proto-close-frame-invalid")


@cause(
    id="proto-length-nonminimal",
    stage=Stage.PROTOCOL,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The length of frame {frame} of the server is written wrong: {what}",
    explanation="""A payload's length must take the shortest of three forms. Browsers check it and fail the connection;
    many libraries don't, so the server may have worked with those alone. It is a mistake of whoever writes the frames
    by hand.""",
    fix=(
        "Write lengths up to 125 in 7 bits, up to 65535 in 16, and only longer ones in 64.",
        "Better: let a WebSocket library write the frames.",
    ),
    next_test="wsinspect '{url}', and look at the frame's header in its details",
    sources=("RFC 6455 section 5.2",),
    supersedes=WAKE,
    console=(r"Invalid frame header",),
)
def length_nonminimal(facts: Facts) -> Match | None:
    return breach_match(facts, "proto-length-nonminimal")
