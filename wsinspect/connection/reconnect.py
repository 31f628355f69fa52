"""Reconnecting: whether another attempt is worth it, and after which wait."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from wsinspect.events import FailureKind, LocalEnd
from wsinspect.options import ReconnectPolicy


class Outcome(Struct):
    """How an attempt went, as far as it matters for the next one."""

    kind: FailureKind | None = None
    message: str = ""
    local_end: LocalEnd | None = None
    open_s: float = 0.0
    """How long the connection was open."""


_AS_ASKED = frozenset(
    {LocalEnd.ABORTED_BY_USER, LocalEnd.CLOSED_BY_USER, LocalEnd.HOLD_OVER, LocalEnd.CANCELLED}
)
_HOPELESS = frozenset({FailureKind.INVALID_URL, FailureKind.LOCAL_CONFIGURATION, FailureKind.NAME_INVALID})
"""What the next attempt would meet again, whatever the network does."""


def _uniform(low: float, high: float) -> float:
    # Only a connection that is made anew pays for loading the generator.
    from random import uniform

    return uniform(low, high)


class Reconnection:
    """Exponential backoff with full jitter: each wait is uniform between 0 and a bound that grows by `factor`."""

    def __init__(
        self, policy: ReconnectPolicy, *, uniform: Callable[[float, float], float] = _uniform
    ) -> None:
        self._policy = policy
        self._uniform = uniform
        self._made = 0

    @property
    def policy(self) -> ReconnectPolicy:
        """What was asked for."""
        return self._policy

    @property
    def made(self) -> int:
        """How many attempts it has asked for since the count began."""
        return self._made

    def used_up(self, outcome: Outcome) -> str:
        """Say why `next_delay_s` gave None although reconnecting is on, or nothing where somebody wanted the end."""
        if not self._policy.attempts or outcome.local_end in _AS_ASKED:
            return ""
        if outcome.kind in _HOPELESS:
            return "it would fail in the same way again"
        return f"no attempt is left of {self._policy.attempts}"

    def next_delay_s(self, outcome: Outcome) -> float | None:
        """Return how long to wait before the next attempt, or None if there is to be none.

        A connection that stayed open for longer than `max_delay_s` begins the count anew.
        """
        if outcome.local_end in _AS_ASKED or outcome.kind in _HOPELESS:
            return None
        if outcome.open_s > self._policy.max_delay_s:
            self._made = 0
        if self._made >= self._policy.attempts:
            return None
        bound = min(self._policy.max_delay_s, self._policy.first_delay_s * self._policy.factor**self._made)
        self._made += 1
        return self._uniform(0, bound)
