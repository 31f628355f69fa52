"""Every step is started, then succeeded or failed: one context manager holds that promise."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wsinspect.connection.deadline import within
from wsinspect.connection.emitter import Emitter
from wsinspect.events import FailureKind, Step, StepFailed, StepStarted, StepSucceeded


class StepError(Exception):
    """A step can't do what it is for; becomes a StepFailed with the same fields."""

    def __init__(self, kind: FailureKind, message: str, *, code: str = "", errno: int | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.code = code
        self.errno = errno


class AttemptFailedError(Exception):
    """The attempt is over; the StepFailed that says why has been recorded."""


@asynccontextmanager
async def step(emit: Emitter, name: Step, timeout_s: float | None = None) -> AsyncIterator[None]:
    """Record the start and the outcome of the step `name` around the block.

    A `StepError` inside, or running out of `timeout_s` seconds, is recorded as StepFailed and leaves as
    `AttemptFailedError`. A cancellation is recorded as CANCELLED and goes on.
    """
    emit(StepStarted(*emit.stamp(), step=name, timeout_s=timeout_s))
    try:
        async with within(timeout_s):
            yield
    except StepError as error:
        emit(
            StepFailed(
                *emit.stamp(),
                step=name,
                kind=error.kind,
                message=error.message,
                code=error.code,
                errno=error.errno,
            )
        )
        raise AttemptFailedError(error.message) from error
    except TimeoutError as error:
        message = f"gave up after {timeout_s:g} s" if timeout_s is not None else "timed out"
        emit(StepFailed(*emit.stamp(), step=name, kind=FailureKind.TIMED_OUT, message=message))
        raise AttemptFailedError(message) from error
    except asyncio.CancelledError:
        emit(
            StepFailed(
                *emit.stamp(), step=name, kind=FailureKind.CANCELLED, message="stopped by our own side"
            )
        )
        raise
    emit(StepSucceeded(*emit.stamp(), step=name))
