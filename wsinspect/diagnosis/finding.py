"""What the engine returns: findings, ranked, and what is being waited for."""

from __future__ import annotations

from msgspec import Struct

from wsinspect.diagnosis.cause import Certainty, Side, Stage
from wsinspect.diagnosis.evidence import Evidence
from wsinspect.events import Step


class Finding(Struct, frozen=True, kw_only=True):
    """One answer to why. All texts are safe for a terminal."""

    cause: str
    """The cause's id."""
    stage: Stage
    certainty: Certainty
    side: Side
    headline: str
    explanation: str
    evidence: tuple[Evidence, ...]
    fix: tuple[str, ...]
    next_test: str
    sources: tuple[str, ...]
    candidates: tuple[str, ...] = ()
    attempt: int = 0


class Waiting(Struct, frozen=True, kw_only=True):
    """What an attempt in progress waits for."""

    step: Step
    text: str
    """`TLS: ClientHello sent 3.2 s ago, no byte back`."""
    since_ns: int
    overdue: bool
    """Longer than a healthy peer takes."""
    gives_up_in_s: float | None = None


class Diagnosis(Struct, frozen=True, kw_only=True):
    """Findings of one attempt, the answer first, and what it waits for, if it does."""

    findings: tuple[Finding, ...]
    waiting: Waiting | None = None

    @property
    def answer(self) -> Finding | None:
        """The first finding, or None where nobody is to blame."""
        return self.findings[0] if self.findings else None
