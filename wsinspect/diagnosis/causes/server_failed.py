"""The peer closed and confessed an error of its own: 1011, and what frameworks write in its place."""

from __future__ import annotations

import re

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.causes.close_codes import match_close
from wsinspect.diagnosis.ending import PeerClose, peer_close
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.frames_seen import last_frame, show_frame
from wsinspect.wire.opcode import Direction

_MESSAGE_SHOWN = 200
_WEBSOCKIFY_FIX = (
    "See that what websockify connects to is up: the host and port at the end of its command line."
)
_FAILED_SAID = r"\Ainternal (?:server )?error\b"


@cause(
    id="close-1011",
    stage=Stage.EARLY_CLOSE,
    side=Side.SERVER,
    certainty=Certainty.CERTAIN,
    headline="The server closed with {said}: it says that it failed",
    explanation="""1011 is how a server confesses an error of its own (Litestar says it with 4500): an exception in the
    handler that its framework turned into a Close frame. The client did nothing that the frame complains of, though one of its messages may have
    set the error off. Only the server's log knows more.""",
    fix=(
        "Read the server's log at this moment, and mend the exception that it shows.",
        "Catch errors in the message handler and answer them with a message, so that one bad input costs one reply "
        "and not the connection.",
    ),
    next_test="wsinspect check --hold 10 '{url}' (without sending anything: does it still fail?)",
    sources=("RFC 6455 section 7.4.1", "RFC 6455 errata 3227"),
    console=(r"\b1011\b \(internal error\)", r"\b1011\b"),
)
def internal_error(facts: Facts) -> Match | None:
    closed = peer_close(facts)
    if closed is None or closed.code is None:
        return None
    private = 4000 <= closed.code <= 4999 and closed.says(_FAILED_SAID) is not None
    if private:
        return _confessed_privately(facts, closed)
    if closed.code != 1011:
        return None
    ours = last_frame(facts, Direction.SENT, data_only=True)
    theirs = last_frame(facts, Direction.RECEIVED, data_only=True)
    match = match_close(facts, closed)
    if theirs is not None and theirs + 1 == closed.frame.frame:
        message = facts.session.frames.preview(theirs, _MESSAGE_SHOWN).decode("utf-8", "replace")
        if re.match(r'\{"type":\s*"connection_error"', message):
            return Match(
                evidence=match.evidence,
                side=Side.CLIENT,
                values={**match.values, "message": message},
                headline="The GraphQL server refused our connection_init and closed with {said}: {message}",
                first_fix=(
                    "Put what the server's onConnect checks into the payload of connection_init: "
                    "new SubscriptionClient(url, { connectionParams: { token } })",
                ),
            )
    sent = (show_frame(facts, ours, "our last message before"),) if ours is not None else ()
    target_down = closed.says("failed to connect to downstream") is not None
    return Match(
        evidence=(*match.evidence, *sent),
        values=match.values,
        first_fix=(_WEBSOCKIFY_FIX,) if target_down else (),
    )


def _confessed_privately(facts: Facts, closed: PeerClose) -> Match:
    """A code of the framework's own, with the reason that goes with 1011: Litestar's 4500."""
    match = match_close(facts, closed)
    return Match(
        evidence=match.evidence,
        certainty=Certainty.LIKELY,
        values=match.values,
        supersedes=("close-other-code", "client-violates-app-protocol"),
    )
