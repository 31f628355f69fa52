"""The engine: asks every cause that can apply, hides symptoms, ranks what is left."""

from __future__ import annotations

import re
from collections.abc import Mapping

from wsinspect.diagnosis.catalogue import load
from wsinspect.diagnosis.cause import Cause, Certainty
from wsinspect.diagnosis.evidence import Match
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.finding import Diagnosis, Finding
from wsinspect.diagnosis.unexplained import unexplained
from wsinspect.diagnosis.waiting import waiting
from wsinspect.events import Step
from wsinspect.safe_text import visible
from wsinspect.session.attempt import Attempt
from wsinspect.session.record import SessionRecord

_RANK = {Certainty.CERTAIN: 0, Certainty.LIKELY: 1, Certainty.POSSIBLE: 2}
_BRACES = r"\{([a-z_]+)\}"


def diagnose(session: SessionRecord, attempt: Attempt | None = None, now_ns: int | None = None) -> Diagnosis:
    """Say why an attempt, the newest by default, ended or is stuck.

    Pure: the same record and `now_ns` (nanoseconds since the session began, for what is overdue; the newest
    event's time by default) give the same answer. Works at any moment of an attempt.
    """
    attempt = attempt or session.current
    if attempt is None:
        return Diagnosis(findings=())
    facts = Facts(session, attempt, now_ns)
    reached = max((list(Step).index(step) for step in attempt.ladder.steps), default=0)
    causes = load(list(Step)[reached])
    matched: list[tuple[Cause, Match]] = []
    for cause in causes.values():
        match = cause.check(facts) if cause.check is not None else None
        if match is not None:
            matched.append((cause, match))
    hidden = {s for cause, match in matched for s in (*cause.supersedes, *match.supersedes)}
    findings = [_finding(cause, match, facts) for cause, match in matched if cause.id not in hidden]
    findings.sort(key=lambda finding: _RANK[finding.certainty])
    if not findings:
        fallback = unexplained(facts)
        findings = [fallback] if fallback is not None else []
    return Diagnosis(findings=tuple(findings), waiting=waiting(facts))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with `{name}` replaced by the values known, made safe; unknown names stay as they are."""
    return re.sub(_BRACES, lambda m: visible(values[m[1]]) if m[1] in values else m[0], text)


def _finding(cause: Cause, match: Match, facts: Facts) -> Finding:
    values = {**facts.values, **match.values}
    return Finding(
        cause=cause.id,
        stage=cause.stage,
        certainty=match.certainty or cause.certainty,
        side=match.side or cause.side,
        headline=fill(match.headline or cause.headline, values),
        explanation=fill(cause.explanation, values),
        evidence=match.evidence,
        fix=tuple(fill(step, values) for step in (*match.first_fix, *cause.fix)),
        next_test=fill(cause.next_test, values),
        sources=cause.sources,
        candidates=match.candidates,
        attempt=facts.attempt.number,
    )
