"""Causes that show when we close: a closing handshake that the peer leaves unanswered."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage, cause
from wsinspect.diagnosis.evidence import Match, at_event, at_frame, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.events import FailureKind, LocalEnd, Step


@cause(
    id="close-unanswered",
    stage=Stage.EARLY_CLOSE,
    side=Side.SERVER,
    certainty=Certainty.POSSIBLE,
    headline="The server did not answer our Close frame: {how}",
    explanation="""We asked for the end with a Close frame, and a Close frame has to come back. The connection had done what it was for, so usually nothing is
    lost; but what was still on its way to the server may not have arrived, and a browser calls such an end unclean (1006).""",
    fix=(
        "Let the server answer a Close frame with one of its own before it drops the connection; libraries do when their close function is used in place of terminate or destroy.",
        "If a proxy stands between, see that it passes Close frames on and keeps the connection until both have gone through.",
    ),
    next_test="wsinspect check --hold 0 '{url}': does it happen on a fresh connection too?",
    sources=("RFC 6455 section 5.5.1", "RFC 6455 section 7.1.2"),
    supersedes=("open-then-fin", "open-then-rst"),
)
def close_unanswered(facts: Facts) -> Match | None:
    closure = facts.attempt.closure
    sent, failure = closure.close_sent, facts.attempt.failure
    if sent is None or closure.close_received is not None or closure.locally_ended is None or failure is None:
        return None
    asked = (LocalEnd.CLOSED_BY_USER, LocalEnd.HOLD_OVER, LocalEnd.CLOSE_TIMED_OUT)
    if not facts.failed(Step.OPEN) or closure.locally_ended.why not in asked:
        return None
    waited = f"{(failure.at_ns - sent.at_ns) / 1e9:.1f} s"
    if failure.kind is FailureKind.TIMED_OUT:
        how, end = f"silence for {waited}", at_seq(failure.seq, failure.message)
    elif closure.stream_end is not None:
        word = "FIN" if facts.fin is not None else "a reset"
        how, end = (
            f"{word} after {waited}",
            at_event(closure.stream_end, f"{word}, and no Close frame before it"),
        )
    else:
        return None
    return Match(evidence=(at_frame(sent.frame, "our Close frame"), end), values={"how": how})
