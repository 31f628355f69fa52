"""The server closed over what we sent: too big, of the wrong kind, not what its application expects."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.causes.close_codes import refuses_who_we_are
from wsinspect.diagnosis.ending import cut_of, peer_close
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import last_frame, last_word_was_ours, show_frame
from wsinspect.wire.opcode import Direction

_ANSWER_S = 5.0
"""A Close frame so soon after our message is taken for the answer to it."""
_CUT_S = 1.0
"""A bare FIN has to come sooner to be taken for one."""


@cause(
    id="message-too-big",
    stage=Stage.PROTOCOL,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="The server closed with {said}: a message of ours is larger than it takes{size}",
    explanation="""1009 is the code for a message beyond the receiver's limit. Limits differ widely: 8 KiB in Tomcat, 64 KiB
    in Jetty, 1 MiB in Python's websockets, 4 MiB in aiohttp, 100 MiB in node's ws; AWS API Gateway takes frames of
    32 KiB and messages of 128 KiB.""",
    fix=(
        "Raise the server's limit: maxPayload in node's ws, max_size in Python's websockets, --ws-max-size in uvicorn, "
        "max_msg_size in aiohttp, websocket_max_message_size in tornado, setMaxTextMessageBufferSize in Java.",
        "Or send less at once: split large data into several messages, or upload it over HTTP.",
    ),
    next_test="wsinspect check --send with half of the message, then half of that, until it stays open",
    sources=(
        "RFC 6455 section 7.4.1",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/"
        "apigateway-execution-service-websocket-limits-table.html",
    ),
    supersedes=("close-other-code", "client-violates-app-protocol", "open-then-fin", "open-then-rst"),
    console=(r"\b1009\b", r"message too big", r"exceeds limit of \d+ bytes", r"read limit exceeded"),
)
def message_too_big(facts: Facts) -> Match | None:
    closed = peer_close(facts)
    if closed is None or closed.code != 1009:
        return None
    ours = last_frame(facts, Direction.SENT, data_only=True)
    sent = (show_frame(facts, ours, "our last message before"),) if ours is not None else ()
    size = f"; the last one had {_size(facts, ours)}" if ours is not None else ""
    return Match(evidence=(closed.evidence(facts), *sent), values={**closed.values, "size": size})


def _size(facts: Facts, frame: int) -> str:
    """Limits count a message as it is without compression, so that is said too."""
    log = facts.session.frames
    on_the_wire, whole = f"{log.length(frame)} bytes on the wire", log.inflated_length(frame)
    return on_the_wire if whole is None else f"{whole} bytes, {on_the_wire}"


@cause(
    id="unsupported-data",
    stage=Stage.PROTOCOL,
    side=Side.CLIENT,
    certainty=Certainty.CERTAIN,
    headline="The server closed with {said}: it does not take this kind of data",
    explanation="""1003 means that the type of a message is wrong for this endpoint, in nearly all cases binary where it
    reads text, or the other way round. In a browser the type follows from what is passed to send(): a string goes as
    text, a Blob or an ArrayBuffer as binary.""",
    fix=(
        "Send the other type: ws.send(JSON.stringify(data)) for text, ws.send(bytes) for binary.",
        "On the server, handle both types, or answer the wrong one with a message instead of closing.",
    ),
    next_test="wsinspect '{url}', and send the same content as text and as binary",
    sources=("RFC 6455 section 7.4.1",),
    supersedes=("close-other-code", "client-violates-app-protocol"),
    console=(r"\b1003\b",),
)
def unsupported_data(facts: Facts) -> Match | None:
    closed = peer_close(facts)
    if closed is None or closed.code != 1003:
        return None
    ours = last_frame(facts, Direction.SENT, data_only=True)
    sent = (show_frame(facts, ours, "our last message before"),) if ours is not None else ()
    return Match(evidence=(closed.evidence(facts), *sent), values=closed.values)


@cause(
    id="client-violates-app-protocol",
    stage=Stage.PROTOCOL,
    side=Side.CLIENT,
    certainty=Certainty.LIKELY,
    headline="The server ended it ({said}) {after} s after our message: not what it expected",
    explanation="""WebSocket carries messages, and what they must say is up to the application: GraphQL wants
    connection_init first, STOMP a CONNECT frame, SignalR a handshake with a record separator at its end. A server that
    gets something else closes. That our message was the reason is a guess from the timing.""",
    fix=(
        'Send what the protocol starts with, for GraphQL over graphql-transport-ws: {"type":"connection_init"}',
        "Offer the subprotocol that belongs to your messages, and check which one the server selected.",
        "Read the close reason and the server's last message: many say which field they missed.",
    ),
    next_test="wsinspect check --hold 10 '{url}': without a message, does it stay open?",
    sources=("RFC 6455 section 7.4", "https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md"),
    supersedes=("close-other-code",),
    console=(r"\b44(?:00|06|09)\b", r"Invalid message received"),
)
def violates_app_protocol(facts: Facts) -> Match | None:
    log, closed, cut = facts.session.frames, peer_close(facts), cut_of(facts.attempt)
    if closed is not None:
        code = closed.code or 0
        if code not in (1002, 1008) and not 4000 <= code <= 4999:
            return None
        if refuses_who_we_are(facts) in (Certainty.CERTAIN, Certainty.LIKELY):
            return None
        ours = last_frame(facts, Direction.SENT, data_only=True)
        if ours is None:
            return _unprovoked(facts) if code == 1002 else None
        after_s = (closed.frame.at_ns - log.at_ns(ours)) / 1e9
        if not 0 <= after_s <= _ANSWER_S:
            return None
        return Match(
            evidence=(closed.evidence(facts), show_frame(facts, ours, "our last message before")),
            values={**closed.values, "after": f"{after_s:.2f}"},
            candidates=("close-1008-or-44xx-auth",) if code != 1002 else (),
        )
    ours = last_word_was_ours(facts)
    end_ns = facts.end_ns
    if cut is None or cut.reset or ours is None or end_ns is None:
        return None
    after_s = (end_ns - log.at_ns(ours)) / 1e9
    if after_s > _CUT_S:
        return None
    return Match(
        evidence=(cut.evidence, show_frame(facts, ours, "our last message")),
        certainty=Certainty.POSSIBLE,
        values={"said": "FIN, no Close frame", "after": f"{after_s:.2f}"},
        candidates=("open-then-fin", "server-drain-on-deploy"),
    )


def _unprovoked(facts: Facts) -> Match | None:
    """A protocol error is claimed, and we have sent no message: often another subprotocol was wanted."""
    closed = peer_close(facts)
    if closed is None:
        return None
    return Match(
        evidence=(closed.evidence(facts),),
        certainty=Certainty.POSSIBLE,
        values=closed.values,
        headline="The server closed with {said}: it speaks of a protocol error, and we had sent no message",
    )
