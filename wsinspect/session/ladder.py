"""The ladder of an attempt: its steps and its addresses, each with its outcome and its time."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field

from wsinspect.events import Address, FailureKind, Step, StepFailed


class StepStatus(StrEnum):
    """How far a rung was climbed."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    NEVER_REACHED = "never reached"


class StepRecord(Struct):
    """One rung; all times are nanoseconds since the session began."""

    step: Step
    status: StepStatus
    started_ns: int = 0
    ended_ns: int | None = None
    timeout_s: float | None = None
    failure: StepFailed | None = None
    seq: int = 0
    """The event that a finding cites: the outcome once there is one, else the start."""

    def duration_ns(self, now_ns: int | None = None) -> int | None:
        """Return how long the step took, or takes until `now_ns`; None where neither is known."""
        end = self.ended_ns if self.ended_ns is not None else now_ns
        return (
            None if end is None or self.status is StepStatus.NEVER_REACHED else max(0, end - self.started_ns)
        )


class AddressStatus(StrEnum):
    """What became of one address."""

    PENDING = "pending"
    CONNECTED = "connected"
    FAILED = "failed"


class AddressRecord(Struct):
    """One address that was tried."""

    address: Address
    started_ns: int
    seq: int
    status: AddressStatus = AddressStatus.PENDING
    ended_ns: int | None = None
    kind: FailureKind | None = None
    message: str = ""
    local: str = ""


class Ladder(Struct):
    """The steps that an attempt has begun, in order, and the rungs that it should have climbed."""

    steps: dict[Step, StepRecord] = field(default_factory=dict)
    addresses: list[AddressRecord] = field(default_factory=list)

    def running(self) -> StepRecord | None:
        """Return the step that is under way, the innermost where one contains another."""
        for record in reversed(self.steps.values()):
            if record.status is StepStatus.RUNNING:
                return record
        return None

    def failed(self) -> StepRecord | None:
        """Return the step that failed, if one did."""
        return next((r for r in self.steps.values() if r.status is StepStatus.FAILED), None)

    def rungs(self, *, proxied: bool, secure: bool) -> list[StepRecord]:
        """Return all rungs in order, those that were not begun as NEVER_REACHED."""
        out: list[StepRecord] = []
        for step in Step:
            skipped = (step is Step.PROXY and not proxied) or (step is Step.TLS and not secure)
            if step in self.steps:
                out.append(self.steps[step])
            elif not skipped:
                out.append(StepRecord(step, StepStatus.NEVER_REACHED))
        return out
