"""Events of an attempt as a whole: its steps, its ready states, its end."""

from __future__ import annotations

from wsinspect.events.stamped import Event
from wsinspect.events.vocabulary import AttemptReason, FailureKind, LocalEnd, ReadyState, Step
from wsinspect.options import ConnectOptions


class AttemptStarted(Event, frozen=True, kw_only=True, tag="attempt-started"):
    """An attempt begins. Always the attempt's first event."""

    wall_time_ns: int
    """Nanoseconds since the Unix epoch at `at_ns`."""
    options: ConnectOptions
    reason: AttemptReason


class StepStarted(Event, frozen=True, kw_only=True, tag="step-started"):
    """A step begins. Exactly one StepSucceeded or StepFailed of the same step follows."""

    step: Step
    timeout_s: float | None = None
    """When the step gives up, if it does."""


class StepSucceeded(Event, frozen=True, kw_only=True, tag="step-succeeded"):
    """The step did what it is for. OPEN succeeds when the connection ended as we asked."""

    step: Step


class StepFailed(Event, frozen=True, kw_only=True, tag="step-failed"):
    """The step failed, and the attempt with it. At most one in an attempt."""

    step: Step
    kind: FailureKind
    message: str
    """One line in words; may quote the operating system or OpenSSL."""
    code: str = ""
    """Machine-readable detail: `scheme`, `fragment`, ... of a URL, a SOCKS reply, an OpenSSL reason."""
    errno: int | None = None


class ReadyStateChanged(Event, frozen=True, kw_only=True, tag="ready-state-changed"):
    """A transition of `TRANSITIONS` took place."""

    old: ReadyState
    new: ReadyState
    reason: str


class LocallyEnded(Event, frozen=True, kw_only=True, tag="locally-ended"):
    """We decided to end the connection. At most one in an attempt; precedes what it causes."""

    why: LocalEnd
    note: str = ""


class KeepaliveExpired(Event, frozen=True, kw_only=True, tag="keepalive-expired"):
    """No pong answered our keepalive ping in time. At most one in an attempt."""

    payload: bytes
    timeout_s: float


class LimitReached(Event, frozen=True, kw_only=True, tag="limit-reached"):
    """A limit of `options.Limits` cut something off."""

    limit: str
    """The limit's field name."""
    allowed: float
    what: str

    @property
    def setting(self) -> str:
        """The limit and its value, such as `head_bytes = 65536`."""
        return (
            f"{self.limit} = {self.allowed:.0f}"
            if self.allowed % 1 == 0
            else f"{self.limit} = {self.allowed:g}"
        )


class MachineSlept(Event, frozen=True, kw_only=True, tag="machine-slept"):
    """This machine was asleep at some time between `after_ns` and `at_ns`, when that was noticed.

    Known from two clocks of which one stands still meanwhile; never told where the system has no such pair.
    """

    asleep_ns: int
    """How long, at least."""
    after_ns: int
    """When it was last known to be awake: nanoseconds since the session began."""


class ProgramStoodStill(Event, frozen=True, kw_only=True, tag="program-stood-still"):
    """This program did not run at some time between `after_ns` and `at_ns`, while the machine was awake.

    It was stopped, as by Ctrl+Z or a debugger, or got no time from a busy machine. Whatever arrived meanwhile was read late.
    """

    still_ns: int
    """How long, at least."""
    after_ns: int
    """When it was last known to run: nanoseconds since the session began."""


class ReconnectScheduled(Event, frozen=True, kw_only=True, tag="reconnect-scheduled"):
    """Another attempt follows after a wait, unless somebody stops it."""

    delay_s: float
    why: str
    number: int = 0
    """Which one of the automatic attempts it will be, counted from 1; 0 where that is not known."""
    attempts: int = 0
    """How many of them are made at most."""


class ReconnectGivenUp(Event, frozen=True, kw_only=True, tag="reconnect-given-up"):
    """Reconnecting is on, and yet no other attempt follows by itself."""

    why: str


class AttemptEnded(Event, frozen=True, kw_only=True, tag="attempt-ended"):
    """Every socket and task of the attempt is gone. Always the attempt's last event."""
