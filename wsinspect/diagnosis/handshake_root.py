"""Which check of a 101 failed first: the root of a refused handshake, and the others its companions."""

from __future__ import annotations

from wsinspect.diagnosis.evidence import Evidence, Match, at_seq
from wsinspect.diagnosis.facts import Facts
from wsinspect.diagnosis.quoting import known, quote_field, quote_status
from wsinspect.wire.handshake import CheckName, HandshakeCheck


def root_check(facts: Facts, *names: CheckName) -> HandshakeCheck | None:
    """Return the first failing check of a 101 if it is one of `names`: the others are its companions."""
    if facts.status != 101:
        return None
    first = next((check for check in facts.attempt.checks if not check.ok), None)
    return first if first is not None and first.name in names else None


def check_evidence(facts: Facts, check: HandshakeCheck) -> tuple[Evidence, ...]:
    """Point at the field that fails, and name what else is wrong with the same answer."""
    seq = facts.attempt.handshake.response_seq
    arrived = quote_field(facts, check.field)
    wanted = at_seq(seq, f"{check.field}: wanted {check.requirement}, arrived {check.arrived}")
    others = [c.detail for c in facts.attempt.checks if not c.ok and c.name is not check.name]
    also = at_seq(seq, f"wrong in the same answer: {'; '.join(others)}") if others else None
    return known(arrived, wanted, also, quote_status(facts))


def refused_for(facts: Facts, check: HandshakeCheck | None, **values: str) -> Match | None:
    if check is None:
        return None
    return Match(evidence=check_evidence(facts, check), values={"arrived": check.arrived, **values})
