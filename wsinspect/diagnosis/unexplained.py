"""The honest last resort: an attempt failed and no cause claims it."""

from __future__ import annotations

from wsinspect.diagnosis.cause import Certainty, Side, Stage
from wsinspect.diagnosis.evidence import at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.finding import Finding
from wsinspect.events import FailureKind, LocalEnd, Step
from wsinspect.safe_text import visible
from wsinspect.session.ladder import StepStatus

_STAGES = {
    Step.URL: Stage.CLIENT,
    Step.RESOLVE: Stage.DNS,
    Step.TCP: Stage.TCP,
    Step.PROXY: Stage.PROXY,
    Step.TLS: Stage.TLS,
    Step.UPGRADE: Stage.HTTP,
    Step.OPEN: Stage.EARLY_CLOSE,
}


def _as_we_wanted(facts: Facts) -> bool:
    """Say whether the failure is only that we stopped: closed, aborted, reconnected or left."""
    ended = facts.attempt.closure.locally_ended
    return (
        facts.failure_kind is FailureKind.CANCELLED
        and ended is not None
        and ended.why is not LocalEnd.PEER_VIOLATED_PROTOCOL
    )


def unexplained(facts: Facts) -> Finding | None:
    """Say what happened, at which step, and what is ruled out; None where nothing failed."""
    failure = facts.attempt.failure
    if failure is None or _as_we_wanted(facts):
        return None
    passed = [str(r.step) for r in facts.attempt.rungs() if r.status is StepStatus.SUCCEEDED]
    ruled_out = f" What worked, and is ruled out: {', '.join(passed)}." if passed else ""
    return Finding(
        cause="unexplained",
        stage=_STAGES[failure.step],
        certainty=Certainty.POSSIBLE,
        side=Side.UNKNOWN,
        headline=f"The step '{failure.step}' failed: {visible(failure.message)}",
        explanation=f"No known cause fits these bytes, so this is only what was seen.{ruled_out}",
        evidence=(at_seq(failure.seq, f"{failure.kind}: {failure.message}"),),
        fix=("Read the bytes around the failed step, and the log of the other side at the same moment.",),
        next_test="Try again, from another network and straight to the server without proxies, and compare.",
        sources=("RFC 6455 section 7.1.7",),
        attempt=facts.attempt.number,
    )
