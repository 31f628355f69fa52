"""What a scenario is: one reproducible story, and what to point wsinspect at to see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from wsinspect.errors import WsinspectError, nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class LabSettings:
    """How the lab is to be served."""

    time_scale: float = 1.0
    """Multiplies every delay, the length of a flood, and every client timeout that a story is built on. Where a cause is told by a product's own
    number of seconds, only 1 shows it."""

    def scaled(self, delay_s: float, *, at_least_s: float = 0.0) -> float:
        """Return the delay in this lab; `at_least_s` where a shorter one would be another story."""
        return max(delay_s * self.time_scale, at_least_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabEndpoint:
    """What to point wsinspect at. Valid only while the scenario's context is entered."""

    url: str
    overrides: Mapping[str, object]
    """Fields of `ConnectOptions` that the story needs, by name."""
    send: tuple[str, ...] = ()
    """Text messages that the client must send after the opening handshake for the fault to show."""
    hold_s: float = 2.0
    """How long to hold an open connection; longer than the fault takes."""
    abort_after_s: float | None = None
    """When the person has to abort for the fault to show; None where the peer does it alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One story. `serve` starts it on a free loopback port; leaving the context ends every task and socket."""

    id: str
    """The cause that it reproduces, with a suffix where several scenarios show the same cause."""
    stage: str
    title: str
    """One line for a list."""
    cause: str | None
    """The id that it reproduces; None for a healthy endpoint, where nobody is to blame."""
    serve: Callable[[LabSettings], AbstractAsyncContextManager[LabEndpoint]]
    likelier: str | None = None
    """The id that has to be the first finding in place of `cause`, where the same bytes have a likelier reading; `cause` is
    then among the others."""
    takes_s: float | None = None
    """How long the fault takes at time scale 1, where that is a product's own number; None for a few seconds at most."""

    @property
    def answer(self) -> str | None:
        """The id that has to be the first finding; None where nobody may be blamed."""
        return self.likelier or self.cause


class UnknownScenarioError(WsinspectError):
    """No scenario has this id."""

    def __init__(self, scenario_id: str, known: Iterable[str]) -> None:
        super().__init__(scenario_id)
        self.scenario_id = scenario_id
        self.hint = nearest(scenario_id, known)

    def __str__(self) -> str:
        hint = self.hint or "`wsinspect lab --list` shows them all"
        return f"unknown lab scenario {self.scenario_id!r}; {hint}"
