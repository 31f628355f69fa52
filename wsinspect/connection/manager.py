"""The one handle on a connection: start it, send on it, end it. Everything else is told through events."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from wsinspect.clock import elapsed_ns
from wsinspect.connection.attempt import Attempt
from wsinspect.connection.emitter import Clock, Emitter, Sink
from wsinspect.connection.reconnect import Reconnection
from wsinspect.connection.request import check_request_options
from wsinspect.errors import UsageError
from wsinspect.events import AttemptReason, LocalEnd, ReadyState, ReconnectGivenUp, ReconnectScheduled
from wsinspect.options import ConnectOptions, ReconnectPolicy
from wsinspect.wire.opcode import Opcode

if TYPE_CHECKING:
    from wsinspect.connection.driver import OnMessage, OpenConnection


class ConnectionManager:
    """Makes one attempt after another at `options.url` and hands every event to `sink`, in order.

    Belongs to one event loop. `clock` gives monotonic nanoseconds, `wall_clock` nanoseconds since the Unix epoch.
    `on_message(opcode, payload)` is called for each whole, valid message, in order, while the connection is open.
    `pointless()` is asked before each automatic attempt: why the one that has just failed would fail in the same way
    again, or nothing.

    Raises:
        UsageError: an option can't stand in a request (see `check_request_options`).
    """

    def __init__(
        self,
        options: ConnectOptions,
        sink: Sink,
        *,
        clock: Clock = elapsed_ns,
        wall_clock: Callable[[], int] = time.time_ns,
        environ: Mapping[str, str] = os.environ,
        on_message: OnMessage | None = None,
        pointless: Callable[[], str] | None = None,
    ) -> None:
        check_request_options(options)
        self._options = options
        self._emit = Emitter(sink, clock)
        self._wall_clock = wall_clock
        self._environ = environ
        self._on_message = on_message
        self._pointless = pointless
        self._attempt: Attempt | None = None
        self._runner: asyncio.Task[None] | None = None
        self._verdict: asyncio.Future[bool] | None = None
        """Set once the attempt that `open` waits for is open or has failed."""
        self._reconnection = Reconnection(options.reconnect)
        self._delay_s = 0.0
        """The wait before the attempt in `_next`."""
        self._wake: asyncio.Event | None = None
        """Ends the wait between two attempts."""
        self._next: tuple[ConnectOptions, AttemptReason] | None = None
        """The attempt that follows the present one."""
        self._stopped = False

    @property
    def ready_state(self) -> ReadyState:
        """Of the present attempt; CLOSED where there is none."""
        return ReadyState.CLOSED if self._attempt is None else self._attempt.ready_state

    @property
    def scheduled(self) -> bool:
        """Whether another attempt is to follow the present one by itself."""
        return self._next is not None

    async def run(self) -> None:
        """Connect, and return when the connection and every redirect and reconnect after it are over.

        A cancellation ends the attempt, recorded as CANCELLED, before it goes on. Never raises for a peer's mistake.
        """
        self._begin()
        await self._stopping_when_cancelled(self._over())

    async def open(self) -> bool:
        """Connect, and return True once OPEN, False once the attempt has failed; redirects belong to the attempt.

        The connection goes on in a task of the manager: end it with `close`, `abort` or `shutdown`.
        """
        self._begin()
        verdict = self._verdict
        assert verdict is not None
        await self._stopping_when_cancelled(asyncio.wait({verdict}))
        return verdict.result()

    async def wait_closed(self) -> None:
        """Return when nothing is connected, connecting or scheduled. A cancellation only ends the waiting."""
        await self._over()

    async def shutdown(self) -> None:
        """End whatever there is at once, recorded as CANCELLED; no task or socket is left."""
        self.abort(LocalEnd.CANCELLED)
        await self._over()

    def send_text(self, text: str, *, fragments: int = 1) -> None:
        """Send a text message in that many frames.

        Raises:
            UsageError: not OPEN, no such number of fragments, or text that is not UTF-8.
        """
        try:
            data = text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise UsageError("the text can't be encoded as UTF-8", where="text") from error
        self._open_connection("text").sender.send_message(Opcode.TEXT, data, fragments=fragments)

    def send_binary(self, data: bytes, *, fragments: int = 1) -> None:
        """Send a binary message in that many frames. Raises UsageError as `send_text`."""
        self._open_connection("binary").sender.send_message(Opcode.BINARY, data, fragments=fragments)

    def send_ping(self, payload: bytes = b"") -> None:
        """Send a Ping of at most 125 bytes. Raises UsageError."""
        from wsinspect.connection.closing import check_control_payload

        check_control_payload("ping", payload)
        self._open_connection("ping").sender.send_control(Opcode.PING, payload)

    def send_pong(self, payload: bytes = b"") -> None:
        """Send a Pong of at most 125 bytes. Raises UsageError."""
        from wsinspect.connection.closing import check_control_payload

        check_control_payload("pong", payload)
        self._open_connection("pong").sender.send_control(Opcode.PONG, payload)

    def send_raw_frame(
        self, *, fin: bool = True, rsv: int = 0, opcode: int = 1, mask: bool = True, payload: bytes = b""
    ) -> None:
        """Send one frame as described, allowed or not; `rsv` holds RSV1 to RSV3 as bits 4, 2, 1.

        Raises:
            UsageError: not OPEN, or `rsv` or `opcode` don't fit their bits.
        """
        if not 0 <= rsv <= 7:
            raise UsageError(f"reserved bits {rsv}", where="frame", allowed="0 to 7")
        if not 0 <= opcode <= 15:
            raise UsageError(f"opcode {opcode}", where="frame", allowed="0 to 15")
        self._open_connection("frame").send_raw(fin=fin, rsv=rsv, opcode=opcode, mask=mask, payload=payload)

    def close(
        self, code: int | None = 1000, reason: str = "", *, why: LocalEnd = LocalEnd.CLOSED_BY_USER
    ) -> None:
        """Start the closing handshake. While CONNECTING the attempt ends as with a browser's `close()`; while CLOSING
        or CLOSED nothing happens, except that no other attempt follows (WHATWG WebSockets, `close()`).

        Raises:
            UsageError: the code or reason can't stand in a Close frame.
        """
        # A connection that never opens has no use for the close codes.
        from wsinspect.connection.closing import close_payload

        payload = close_payload(code, reason)
        self._stop_following()
        attempt = self._attempt
        if attempt is None:
            return
        connection = attempt.connection
        if connection is not None:
            attempt.end_locally(why)
            connection.close(payload)
        elif attempt.ready_state is ReadyState.CONNECTING:
            attempt.stop(why, abort=False)

    def abort(self, why: LocalEnd = LocalEnd.ABORTED_BY_USER, note: str = "") -> None:
        """End everything at once, at any moment: no closing handshake, no further attempt."""
        self._stop_following()
        if self._attempt is not None:
            self._attempt.stop(why, note)

    def reconnect(self, options: ConnectOptions | None = None) -> None:
        """End what is there, recorded as ours, and make a new attempt, with other options if given.

        Raises:
            UsageError: an option can't stand in a request.
        """
        if options is not None:
            check_request_options(options)
            self._options = options
        if self._runner is None or self._runner.done():
            self._begin(AttemptReason.BY_USER)
            return
        self._next = (self._options, AttemptReason.BY_USER)
        self._delay_s = 0.0
        self._stopped = False
        if self._attempt is not None:
            self._attempt.stop(LocalEnd.ABORTED_BY_USER, "to connect anew")
        if self._wake is not None:
            self._wake.set()

    def set_reconnect(self, policy: ReconnectPolicy) -> None:
        """Reconnect by another policy from now on; off ends the wait for an attempt that is scheduled."""
        self._options = replace(self._options, reconnect=policy)
        self._reconnection = Reconnection(policy)
        if not policy.attempts and self._next is not None and self._next[1] is AttemptReason.RECONNECT:
            self._next = None
            if self._wake is not None:
                self._wake.set()

    def _begin(self, reason: AttemptReason = AttemptReason.FIRST) -> None:
        if self._runner is not None and not self._runner.done():
            return
        if reason is AttemptReason.FIRST and self._emit.attempt:
            reason = AttemptReason.BY_USER
        loop = asyncio.get_running_loop()
        self._stopped = False
        self._next = None
        self._wake = asyncio.Event()
        self._verdict = loop.create_future()
        self._runner = loop.create_task(self._run_attempts(self._options, reason))

    async def _run_attempts(self, options: ConnectOptions, reason: AttemptReason) -> None:
        """Make an attempt, then the one that its end asks for, until there is none."""
        redirects = 0
        try:
            while not self._stopped:
                redirects = redirects + 1 if reason is AttemptReason.REDIRECT else 0
                if reason in (AttemptReason.FIRST, AttemptReason.BY_USER):
                    self._reconnection = Reconnection(options.reconnect)
                await self._one_attempt(options, reason, options.limits.redirects - redirects)
                if self._next is None or self._next[1] is not AttemptReason.REDIRECT:
                    self._decided(is_open=False)
                await self._wait_for_next()
                if self._next is None:
                    return
                (options, reason), self._next = self._next, None
        finally:
            self._decided(is_open=False)

    async def _one_attempt(self, options: ConnectOptions, reason: AttemptReason, redirects_left: int) -> None:
        self._emit.begin_attempt()
        if self._wake is not None:
            self._wake.clear()
        attempt = self._attempt = Attempt(
            self._emit,
            options,
            reason,
            environ=self._environ,
            wall_clock=self._wall_clock,
            redirects_left=redirects_left,
            on_message=self._on_message,
            on_open=lambda: self._decided(is_open=True),
            before_end=self._choose_next,
        )
        task = attempt.start()
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            attempt.stop(LocalEnd.CANCELLED)
            await asyncio.wait({task})
            raise
        if not task.cancelled():
            task.result()

    def _choose_next(self, attempt: Attempt) -> None:
        """Decide what follows an attempt, as its last act but for saying that it is over."""
        if self._stopped or self._next is not None:
            return
        self._delay_s = 0.0
        if attempt.redirect is not None and attempt.redirect.options is not None:
            self._next = (attempt.redirect.options, AttemptReason.REDIRECT)
            return
        delay_s = self._reconnection.next_delay_s(attempt.outcome)
        pointless = self._pointless() if delay_s is not None and self._pointless is not None else ""
        why_not = self._reconnection.used_up(attempt.outcome) if delay_s is None else pointless
        if why_not:
            self._emit(ReconnectGivenUp(*self._emit.stamp(), why=why_not))
        if delay_s is None or why_not:
            return
        # Set before it is told: whoever hears of it may stop it there and then.
        self._delay_s = delay_s
        self._next = (self._options, AttemptReason.RECONNECT)
        why = attempt.outcome.message or "the connection was closed"
        number, most = self._reconnection.made, self._reconnection.policy.attempts
        stamp = self._emit.stamp()
        self._emit(ReconnectScheduled(*stamp, delay_s=delay_s, why=why, number=number, attempts=most))

    async def _wait_for_next(self) -> None:
        if self._next is None or not self._delay_s or self._wake is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(self._delay_s):
                await self._wake.wait()

    def _decided(self, *, is_open: bool) -> None:
        if self._verdict is not None and not self._verdict.done():
            self._verdict.set_result(is_open)

    async def _stopping_when_cancelled(self, waiting: Awaitable[object]) -> None:
        try:
            await waiting
        except asyncio.CancelledError:
            self.abort(LocalEnd.CANCELLED)
            await self._over()
            raise

    async def _over(self) -> None:
        while self._runner is not None and not self._runner.done():
            await asyncio.wait({self._runner})
        if self._runner is not None and not self._runner.cancelled():
            self._runner.result()

    def _stop_following(self) -> None:
        self._stopped = True
        self._next = None
        if self._wake is not None:
            self._wake.set()

    def _open_connection(self, what: str) -> OpenConnection:
        connection = None if self._attempt is None else self._attempt.connection
        if connection is None:
            state = self.ready_state
            told = "the stream has ended" if state is ReadyState.OPEN else f"the ready state is {state.value}"
            raise UsageError(f"can't send: {told}", where=what, allowed="sending while OPEN")
        return connection
