"""What a run comes to: an outcome, an exit code."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from wsinspect.events import LocalEnd, Step
from wsinspect.session.attempt import Attempt


class ExitCode(IntEnum):
    """Exit codes of `check`; scripts rely on them."""

    AS_ASKED = 0
    """Opened, and ended as asked."""
    ENDED_EARLY = 1
    """Opened, then ended early or uncleanly."""
    USAGE = 2
    """Wrong usage, profile or file."""
    NEVER_REACHED_HTTP = 3
    """Resolve, TCP, proxy or TLS failed."""
    UPGRADE_FAILED = 4
    """The upgrade was refused or invalid."""
    INTERRUPTED = 130


class Outcome(StrEnum):
    """`outcome` of the JSON report."""

    OPEN = "open"
    """Opened, and stayed open until we closed it, or until its clean end with `--echo`."""
    CLOSED = "closed"
    """Opened, then ended early or uncleanly."""
    FAILED = "failed"
    """Never opened."""


def outcome(attempt: Attempt, *, until_peer_closes: bool = False) -> Outcome:
    """Return what an ended attempt comes to; with `until_peer_closes`, the peer's clean close is as asked."""
    if attempt.opened_ns is None:
        return Outcome.FAILED
    closure = attempt.closure
    ours = closure.locally_ended is not None and closure.locally_ended.why in (
        LocalEnd.HOLD_OVER,
        LocalEnd.CLOSED_BY_USER,
    )
    if closure.clean and (ours or until_peer_closes):
        return Outcome.OPEN
    return Outcome.CLOSED


def exit_code(attempt: Attempt | None, *, until_peer_closes: bool = False) -> ExitCode:
    """Return the exit code of an ended attempt; None is a run that never began one."""
    if attempt is None:
        return ExitCode.USAGE
    if attempt.opened_ns is not None:
        asked = outcome(attempt, until_peer_closes=until_peer_closes) is Outcome.OPEN
        return ExitCode.AS_ASKED if asked else ExitCode.ENDED_EARLY
    failure = attempt.failure
    if failure is None:
        return ExitCode.INTERRUPTED
    if failure.step is Step.URL:
        return ExitCode.USAGE
    return ExitCode.UPGRADE_FAILED if failure.step is Step.UPGRADE else ExitCode.NEVER_REACHED_HTTP
