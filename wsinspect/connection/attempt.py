"""One attempt: up the ladder, through the open connection, down to a closed socket. Nothing of it outlives it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from wsinspect.connection.emitter import Emitter
from wsinspect.connection.ladder import Ladder
from wsinspect.connection.pulse import Pulse
from wsinspect.connection.ready_states import ReadyStates
from wsinspect.connection.reconnect import Outcome
from wsinspect.connection.step import AttemptFailedError, StepError, step
from wsinspect.connection.stream import StreamResetError
from wsinspect.connection.stream_end import PeerEnd
from wsinspect.events import (
    AttemptEnded,
    AttemptReason,
    AttemptStarted,
    FailureKind,
    LimitReached,
    LocalEnd,
    LocallyEnded,
    ReadyState,
    Step,
    StreamClosedLocally,
)
from wsinspect.options import ConnectOptions

if TYPE_CHECKING:
    from wsinspect.connection.driver import OnMessage, OpenConnection
    from wsinspect.connection.redirect import Redirect

GOODBYE_S = 1.0
"""How long sending the rest, close_notify and FIN may take before the socket is freed at once."""


class Attempt:
    """One attempt, run in a task of its own; `stop` ends it at any moment."""

    def __init__(
        self,
        emit: Emitter,
        options: ConnectOptions,
        reason: AttemptReason,
        *,
        environ: Mapping[str, str],
        wall_clock: Callable[[], int],
        redirects_left: int,
        on_message: OnMessage | None,
        on_open: Callable[[], None],
        before_end: Callable[[Attempt], None],
    ) -> None:
        self._emit = emit
        self.options = options
        self._reason = reason
        self._environ = environ
        self._wall_clock = wall_clock
        self._redirects_left = redirects_left
        self._on_message = on_message
        self._on_open = on_open
        self._before_end = before_end
        self._ready = ReadyStates(emit)
        self._peer_end = PeerEnd(emit)
        self._ladder = Ladder(emit, options, environ, self._peer_end)
        self._connection: OpenConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self._started = False
        self._ended = False
        self._abort = False
        """Whether the socket is to be freed without a goodbye."""
        self._early_end: tuple[LocalEnd, str] | None = None
        """A decision to end it that was taken before it had begun."""
        self._opened_at: float | None = None
        self.outcome = Outcome()
        self.redirect: Redirect | None = None

    @property
    def ready_state(self) -> ReadyState:
        """CONNECTING until the 101, CLOSED once the socket is gone."""
        return self._ready.current

    @property
    def connection(self) -> OpenConnection | None:
        """The connection while something can be sent on it."""
        if self._ready.current is not ReadyState.OPEN or self._connection is None or self._connection.over:
            return None
        return self._connection

    def start(self) -> asyncio.Task[None]:
        """Run in a task of its own; whoever starts it keeps the task."""
        self._task = asyncio.get_running_loop().create_task(self._run())
        return self._task

    def end_locally(self, why: LocalEnd, note: str = "") -> None:
        """Record that we decided to end it; only the first decision counts."""
        if self.outcome.local_end is not None or self._ended:
            return
        self.outcome.local_end = why
        if self._started:
            self._emit(LocallyEnded(*self._emit.stamp(), why=why, note=note))
        else:
            self._early_end = (why, note)

    def stop(self, why: LocalEnd, note: str = "", *, abort: bool = True) -> None:
        """End it now, whatever it is doing; with `abort` without a goodbye to the peer."""
        if self._ended:
            return
        self._abort = self._abort or abort
        self.end_locally(why, note)
        if not abort and self._ready.current is ReadyState.CONNECTING and self._started:
            self._ready.move(ReadyState.CLOSING, "closed before the connection was established")
        if self._task is not None and self._started:
            self._task.cancel()

    async def _run(self) -> None:
        emit = self._emit
        emit(
            AttemptStarted(
                *emit.stamp(), wall_time_ns=self._wall_clock(), options=self.options, reason=self._reason
            )
        )
        self._started = True
        pulse = Pulse(emit)
        pulse.start()
        try:
            await self._live()
        finally:
            pulse.stop()

    async def _live(self) -> None:
        emit = self._emit
        stray: asyncio.CancelledError | None = None
        try:
            if self._early_end is None:
                await self._connect_and_stay()
            else:
                why, note = self._early_end
                emit(LocallyEnded(*emit.stamp(), why=why, note=note))
        except AttemptFailedError as error:
            self._end_after_failure(error)
        except asyncio.CancelledError as error:
            stray = None if self.outcome.local_end is not None else error
            self._abort = self._abort or stray is not None
            self.end_locally(LocalEnd.CANCELLED)
        except BaseException:
            # A defect of ours, or of the sink: the socket must not outlive it.
            self._ended = True
            if self._ladder.stream is not None:
                self._ladder.stream.abort()
            raise
        if self._opened_at is not None:
            self.outcome.open_s = asyncio.get_running_loop().time() - self._opened_at
        await self._free_stream()
        self._before_end(self)
        self._ended = True
        self._ready.move(ReadyState.CLOSED, self._closed_because())
        emit(AttemptEnded(*emit.stamp()))
        if stray is not None:
            raise stray

    async def _connect_and_stay(self) -> None:
        target, stream = await self._ladder.climb()
        # Loaded only now: an attempt that never reaches HTTP is told of sooner without them.
        from wsinspect.connection.driver import OpenConnection
        from wsinspect.connection.upgrade import OpeningHandshake

        handshake = OpeningHandshake(self._emit, self.options, target, stream, self._peer_end)
        try:
            async with step(self._emit, Step.UPGRADE, self.options.upgrade_timeout_s):
                upgraded = await handshake.run(collect_messages=self._on_message is not None)
        except AttemptFailedError:
            if handshake.response is not None:
                from wsinspect.connection.redirect import redirect_of

                self.redirect = redirect_of(self.options, target, handshake.response)
            raise
        if self.outcome.local_end is not None:
            # The wish to end it came with the last event: the cancellation arrives here, before we call it open.
            await asyncio.sleep(0)
        connection = self._connection = OpenConnection(
            self._emit,
            self.options,
            stream,
            upgraded,
            ready=self._ready,
            peer_end=self._peer_end,
            end_locally=self.end_locally,
            on_message=self._on_message,
        )
        self._opened_at = asyncio.get_running_loop().time()
        self._ready.move(ReadyState.OPEN, "the opening handshake is done")
        self._on_open()
        async with step(self._emit, Step.OPEN):
            await connection.run()

    def _end_after_failure(self, error: AttemptFailedError) -> None:
        """Record what the failure of a step means for what still stands."""
        cause = error.__cause__
        self.outcome.kind = cause.kind if isinstance(cause, StepError) else FailureKind.TIMED_OUT
        self.outcome.message = str(error)
        redirect = self.redirect
        if redirect is not None and redirect.options is not None and self._redirects_left <= 0:
            allowed = self.options.limits.redirects
            stamp = self._emit.stamp()
            self._emit(
                LimitReached(*stamp, limit="redirects", allowed=allowed, what="one more redirect arrived")
            )
            redirect = self.redirect = None
        if redirect is not None and redirect.options is not None:
            self.end_locally(LocalEnd.REDIRECTED, redirect.note)
        elif self._ladder.stream is not None and not self._peer_end.seen:
            self.end_locally(LocalEnd.STEP_FAILED, "" if redirect is None else redirect.note)

    async def _free_stream(self) -> None:
        stream = self._ladder.stream
        if stream is None:
            return
        if self._peer_end.was_reset:
            stream.abort()
            return
        if self._abort:
            stream.abort()
        else:
            try:
                async with asyncio.timeout(GOODBYE_S):
                    await stream.close()
            except (StreamResetError, TimeoutError, asyncio.CancelledError):
                # A second wish to end it cuts the goodbye short; either way the socket is freed here and now.
                self._abort = True
                stream.abort()
        frames = self._peer_end.left_by_us()
        self._emit(StreamClosedLocally(*self._emit.stamp(), frames=frames, aborted=self._abort))

    def _closed_because(self) -> str:
        if self.outcome.local_end not in (None, LocalEnd.STEP_FAILED):
            return f"ended by us: {self.outcome.local_end}"
        return self.outcome.message or "the closing handshake is done and the stream is closed"
