"""What a run comes to: a table of stories."""

from __future__ import annotations

import pytest

from tests.diagnosis.story import (
    Story,
    answered,
    asked,
    begun,
    close,
    connected,
    failed,
    fin,
    keepalive_expired,
    opened,
    reset,
    resolved,
    started,
    we_abort,
    we_close,
)
from tests.diagnosis.test_causes_client import refused_url
from tests.diagnosis.test_causes_proxy import at_proxy
from wsinspect.check.outcome import ExitCode, Outcome, exit_code, outcome
from wsinspect.events import FailureKind, LocalEnd, Step

HELD = opened() + we_close(why=LocalEnd.HOLD_OVER)


@pytest.mark.parametrize(
    ("story", "code", "what"),
    [
        (HELD + close(1000, answered=False) + fin(), ExitCode.AS_ASKED, Outcome.OPEN),
        (HELD + fin(), ExitCode.ENDED_EARLY, Outcome.CLOSED),
        (opened() + close(1000) + fin(), ExitCode.ENDED_EARLY, Outcome.CLOSED),
        (opened() + fin(), ExitCode.ENDED_EARLY, Outcome.CLOSED),
        (opened() + reset(), ExitCode.ENDED_EARLY, Outcome.CLOSED),
        (opened() + keepalive_expired(), ExitCode.ENDED_EARLY, Outcome.CLOSED),
        (refused_url("scheme"), ExitCode.USAGE, Outcome.FAILED),
        (started() + begun(Step.RESOLVE) + failed(Step.RESOLVE, FailureKind.NAME_NOT_FOUND), ExitCode.NEVER_REACHED_HTTP, Outcome.FAILED),
        (started() + resolved("192.0.2.1") + begun(Step.TCP) + failed(Step.TCP, FailureKind.REFUSED), ExitCode.NEVER_REACHED_HTTP, Outcome.FAILED),
        (at_proxy() + failed(Step.PROXY, FailureKind.PROXY_REFUSED), ExitCode.NEVER_REACHED_HTTP, Outcome.FAILED),
        (started("wss://h/") + resolved("192.0.2.1") + connected() + begun(Step.TLS) + fin(), ExitCode.NEVER_REACHED_HTTP, Outcome.FAILED),
        (asked() + answered("HTTP/1.1 403 Forbidden") + fin(), ExitCode.UPGRADE_FAILED, Outcome.FAILED),
        (asked() + answered("HTTP/1.1 101 ok\nUpgrade: websocket"), ExitCode.UPGRADE_FAILED, Outcome.FAILED),
        (asked() + fin(), ExitCode.UPGRADE_FAILED, Outcome.FAILED),
        (asked() + we_abort(), ExitCode.UPGRADE_FAILED, Outcome.FAILED),
        (started(), ExitCode.INTERRUPTED, Outcome.FAILED),
    ],
)  # fmt: skip
def test_exit_codes(story: Story, code: ExitCode, what: Outcome) -> None:
    attempt = story.record().current
    assert attempt is not None
    assert exit_code(attempt) is code
    assert outcome(attempt) is what


def test_a_run_that_never_began_is_wrong_usage() -> None:
    assert exit_code(None) is ExitCode.USAGE


def test_the_peers_clean_close_is_as_asked_where_it_was_waited_for() -> None:
    for story, code in (
        (opened() + close(1000) + fin(), ExitCode.AS_ASKED),
        (opened() + close(1011) + fin(), ExitCode.AS_ASKED),
        (opened() + fin(), ExitCode.ENDED_EARLY),
    ):
        attempt = story.record().current
        assert attempt is not None
        assert exit_code(attempt, until_peer_closes=True) is code
