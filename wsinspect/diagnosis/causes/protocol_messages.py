"""Messages of the server that RFC 6455 and RFC 7692 do not allow: compression, fragments, text that is no text."""

from __future__ import annotations

from wsinspect.diagnosis.breaches import WAKE, breach_match, peer_breach
from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause, describe
from wsinspect.diagnosis.ending import peer_close
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import first_breach, last_frame, show_frame
from wsinspect.wire.opcode import Direction
from wsinspect.wire.violations import ViolationKind as Kind


@cause(
    id="proto-rsv1-compression",
    stage=Stage.PROTOCOL,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="Frame {frame} of the server uses a reserved bit that nothing negotiated: {what}",
    explanation="""The first reserved bit marks a compressed message, and is allowed only if both sides agreed on
    permessage-deflate. Guesses at why they disagree: a proxy dropped Sec-WebSocket-Extensions in one direction, or a
    compressor has a bug.""",
    fix=(
        "Switch compression off on the server, in node's ws with perMessageDeflate: false, and see whether it holds.",
        "Let the proxies pass Sec-WebSocket-Extensions on, both ways.",
        "Update the server's WebSocket library.",
    ),
    next_test="wsinspect check --no-compression '{url}'",
    sources=("RFC 6455 section 5.2", "RFC 7692 section 6"),
    supersedes=WAKE,
    console=(r"One or more reserved bits are on", r"RSV1 must be clear", r"Invalid frame header"),
)
def rsv1_compression(facts: Facts) -> Match | None:
    found = peer_breach(facts, "proto-rsv1-compression")
    inflating = found is not None and found[1] is Kind.INFLATE_FAILED
    headline = "A compressed message of the server, frame {frame}, can't be inflated: {what}"
    return breach_match(facts, "proto-rsv1-compression", headline if inflating else None)


describe(
    id="safari-nsurlsession-compression",
    stage=Stage.PROTOCOL,
    side=Side.CLIENT,
    certainty=Certainty.LIKELY,
    headline="Safari 15.0 to 15.3 fails on compressed messages",
    explanation="""Those releases of Safari, on macOS and iOS, moved WebSockets to another network library whose
    compression had bugs: the connection dies at the first compressed message, with a protocol error or 1006, in Safari
    alone. wsinspect is not Safari, so it can't see this.""",
    fix=(
        "Don't negotiate permessage-deflate with these releases: look at the User-Agent of the upgrade on the server.",
        "Or switch compression off: the cost is bandwidth.",
        "Users can update to 15.4, or switch 'NSURLSession WebSocket' off in Safari's experimental features.",
    ),
    next_test="wsinspect check '{url}' holds, and Safari's console shows a protocol error after the first message",
    sources=(
        "https://github.com/uNetworking/uWebSockets/issues/1347",
        "https://github.com/gorilla/websocket/issues/731",
        "https://github.com/nats-io/nats.ws/issues/113",
    ),
    console=(r"The operation couldn.t be completed\. Protocol error",),
)


@cause(
    id="proto-fragmentation",
    stage=Stage.PROTOCOL,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The server mixed up the fragments of its messages at frame {frame}: {what}",
    explanation="""The fragments of one message must follow each other, with nothing but control frames between them. By
    far the usual reason is two tasks or threads of the server that write messages at the same time, without a lock
    around the whole message.""",
    fix=(
        "Send whole messages under one lock, or from one task: Go's gorilla allows one concurrent writer, "
        "and so do most libraries.",
        "In Tomcat and other JSR 356 servers, wait for the end of a send before the next, or use the async remote.",
    ),
    next_test="wsinspect check --hold 60 '{url}' while several messages at once are sent",
    sources=("RFC 6455 section 5.4",),
    supersedes=WAKE,
    console=(
        r"Received unexpected continuation frame",
        r"start of new message but previous message is unfinished",
    ),
)
def fragmentation(facts: Facts) -> Match | None:
    return breach_match(facts, "proto-fragmentation")


@cause(
    id="proto-invalid-utf8",
    stage=Stage.PROTOCOL,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="Text frame {frame} of the server is not UTF-8: {what}",
    explanation="""A text message has to be UTF-8, and the receiver fails the connection if it is not. It is either binary
    data that was sent as text, or text in another encoding such as Latin-1, or a character that was cut in half where
    a buffer ended.""",
    fix=(
        "Send binary data as binary: opcode 2, bytes instead of a string.",
        "Encode text as UTF-8 before it is sent, and cut only decoded text, never its bytes.",
    ),
    next_test="wsinspect '{url}', and look at the offending byte in the frame's details",
    sources=("RFC 6455 section 5.6", "RFC 6455 section 8.1"),
    supersedes=(*WAKE, "client-violates-app-protocol"),
    console=(r"Could not decode a text frame as UTF-8", r"\b1007\b"),
)
def invalid_utf8(facts: Facts) -> Match | None:
    found = breach_match(facts, "proto-invalid-utf8")
    if found is not None:
        return found
    closed = peer_close(facts)
    if closed is None or closed.code != 1007:
        return None
    breach = first_breach(facts, Direction.SENT)
    ours = last_frame(facts, Direction.SENT, data_only=True)
    if breach is not None and Kind.INVALID_UTF8 in breach.kinds:
        return Match(
            evidence=(breach.evidence(Kind.INVALID_UTF8), closed.evidence(facts)),
            side=Side.CLIENT,
            values=closed.values,
            headline="We sent a text frame that is not UTF-8, and the server closed with {said}",
        )
    sent = (show_frame(facts, ours, "our last message before"),) if ours is not None else ()
    return Match(
        evidence=(closed.evidence(facts), *sent),
        certainty=Certainty.LIKELY,
        side=Side.CLIENT,
        values=closed.values,
        headline="The server closed with {said}: it says that a message of ours did not fit its type",
    )
