"""Backoff as a table."""

from __future__ import annotations

import pytest

from wsinspect.connection.reconnect import Outcome, Reconnection
from wsinspect.events import FailureKind, LocalEnd
from wsinspect.options import ReconnectPolicy

POLICY = ReconnectPolicy(attempts=4, first_delay_s=1, factor=3, max_delay_s=10)


def upper(_: float, bound: float) -> float:
    return bound


def test_the_bound_grows_up_to_its_limit_and_ends() -> None:
    reconnection = Reconnection(POLICY, uniform=upper)
    delays = [reconnection.next_delay_s(Outcome(kind=FailureKind.REFUSED)) for _ in range(5)]
    assert delays == [1, 3, 9, 10, None]


def test_a_long_connection_begins_the_count_anew() -> None:
    reconnection = Reconnection(POLICY, uniform=upper)
    for _ in range(4):
        reconnection.next_delay_s(Outcome())
    assert reconnection.next_delay_s(Outcome(open_s=9)) is None
    assert reconnection.next_delay_s(Outcome(open_s=11)) == 1


@pytest.mark.parametrize(
    ("outcome", "again"),
    [
        (Outcome(), True),
        (Outcome(kind=FailureKind.STREAM_ENDED), True),
        (Outcome(local_end=LocalEnd.KEEPALIVE_TIMED_OUT), True),
        (Outcome(local_end=LocalEnd.STEP_FAILED, kind=FailureKind.TIMED_OUT), True),
        (Outcome(local_end=LocalEnd.ABORTED_BY_USER), False),
        (Outcome(local_end=LocalEnd.CLOSED_BY_USER), False),
        (Outcome(local_end=LocalEnd.HOLD_OVER), False),
        (Outcome(local_end=LocalEnd.CANCELLED), False),
        (Outcome(kind=FailureKind.INVALID_URL), False),
        (Outcome(kind=FailureKind.LOCAL_CONFIGURATION), False),
    ],
)
def test_whether_another_attempt_is_worth_it(outcome: Outcome, again: bool) -> None:
    assert (Reconnection(POLICY).next_delay_s(outcome) is not None) is again


def test_the_default_is_off() -> None:
    assert Reconnection(ReconnectPolicy()).next_delay_s(Outcome(kind=FailureKind.REFUSED)) is None


def test_the_wait_is_jittered() -> None:
    waits = {Reconnection(POLICY).next_delay_s(Outcome()) for _ in range(20)}
    assert len(waits) > 1
    assert all(wait is not None and 0 <= wait <= 1 for wait in waits)
