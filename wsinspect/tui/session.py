"""What the screens work on: the record, the connection behind it, and the time since the session began."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import structs

from wsinspect.clock import elapsed_ns
from wsinspect.errors import UsageError
from wsinspect.events import Event, ReadyState, ReadyStateChanged
from wsinspect.options import ConnectOptions, ReconnectPolicy
from wsinspect.session.record import SessionRecord
from wsinspect.tui.key_hints import sentences
from wsinspect.tui.outgoing import Bits, Kind, Outgoing
from wsinspect.tui.replaying import Replaying

if TYPE_CHECKING:
    from wsinspect.lab.scenario import LabSettings, Scenario
    from wsinspect.server_log.weave import LogWeaver

Sink = Callable[[Event], None]
Clock = Callable[[], int]
_GOING_AWAY = 1001
_LINES_AT_ONCE = 500
_GOODBYE_S = 0.4
"""How long the peer may take to answer our Close when the program is left."""


class Connection(Protocol):
    """What of `ConnectionManager` is used here."""

    @property
    def ready_state(self) -> ReadyState: ...
    async def run(self) -> None: ...
    async def wait_closed(self) -> None: ...
    async def shutdown(self) -> None: ...
    def send_text(self, text: str, *, fragments: int = 1) -> None: ...
    def send_binary(self, data: bytes, *, fragments: int = 1) -> None: ...
    def send_ping(self, payload: bytes = b"") -> None: ...
    def send_pong(self, payload: bytes = b"") -> None: ...
    def send_raw_frame(
        self, *, fin: bool = True, rsv: int = 0, opcode: int = 1, mask: bool = True, payload: bytes = b""
    ) -> None: ...
    def close(self, code: int | None = 1000, reason: str = "") -> None: ...
    def abort(self) -> None: ...
    def reconnect(self, options: ConnectOptions | None = None) -> None: ...
    @property
    def scheduled(self) -> bool: ...
    def set_reconnect(self, policy: ReconnectPolicy) -> None: ...


class Recorder(Protocol):
    """Saves every event; `problem` says why it had to stop, if it had to, `dropped_events` how much came after that."""

    problem: str | None
    dropped_events: int

    def __call__(self, event: Event) -> None: ...


Pointless = Callable[[], str]
"""Says why an attempt like the one that has just failed would fail again, or nothing."""
MakeConnection = Callable[[ConnectOptions, Sink, Pointless], Connection]


def _manager(options: ConnectOptions, sink: Sink, pointless: Pointless) -> Connection:
    # Imported here: sockets, TLS and websockets are not needed for the first paint.
    from wsinspect.connection.manager import ConnectionManager

    return ConnectionManager(options, sink, pointless=pointless)


class Session(Replaying):
    """One record and at most one connection that feeds it. Belongs to one event loop."""

    def __init__(
        self,
        *,
        make_connection: MakeConnection = _manager,
        clock: Clock = elapsed_ns,
        server_log: Path | None = None,
    ) -> None:
        super().__init__()
        self.recorder: Recorder | None = None
        """What saves the session, if anything does."""
        self._make_connection = make_connection
        self._clock = clock
        self._connection: Connection | None = None
        self._began_ns: int | None = None
        self._send_when_open: tuple[str, ...] = ()
        self._closing = asyncio.Event()
        self._server_log = server_log
        self._weaver: LogWeaver | None = None

    @property
    def used(self) -> bool:
        """Whether anything has been, or is being, recorded or read here."""
        return self.live or bool(self.record.attempts) or bool(self._tasks)

    @property
    def live(self) -> bool:
        """Whether there is, or was, a connection of ours, rather than a recording."""
        return self._connection is not None

    def now_ns(self) -> int:
        """Nanoseconds since the session began; for a recording, the time that has come in it."""
        if self.playback is not None:
            return max(self.record.last_ns, self.playback.now_ns())
        if self._began_ns is None or not self.live:
            return self.record.last_ns
        return max(self.record.last_ns, self._clock() - self._began_ns)

    def _sink(self, event: Event) -> None:
        if self._began_ns is None:
            self._began_ns = self._clock() - event.at_ns
        if self.recorder is not None:
            self.recorder(event)
        self.record.append(event)
        if self._weaver is not None:
            self._weaver.saw(event)
        if self._send_when_open and isinstance(event, ReadyStateChanged) and event.new is ReadyState.OPEN:
            asyncio.get_running_loop().call_soon(self._send_lab_texts)

    def connect(self, options: ConnectOptions) -> None:
        """Make an attempt; one that is under way is ended first.

        Raises:
            UsageError: an option can't stand in a request.
        """
        if self._connection is None:
            if not self.record.attempts:
                self.record = SessionRecord(options.limits)
            self._follow_server_log()
            self._connection = self._make_connection(options, self._sink, self._pointless)
            self._run(self._connection.run())
        else:
            self._connection.reconnect(options)
            self._run(self._connection.wait_closed())
        self.options = options

    def _follow_server_log(self) -> None:
        if self._server_log is None or self._weaver is not None:
            return
        from wsinspect.server_log.weave import LogWeaver

        name = self._server_log.name
        self._weaver = LogWeaver(
            self._server_log,
            self._sink,
            changed=lambda trouble: self.record.tell_of_log(name, trouble),
            clock=self._clock,
        )
        self.record.tell_of_log(name, "")
        self._run(self._weaver.run())

    async def _read_to_end(self) -> None:
        """Weave the server's log into a recording that was read."""
        log, record = self._server_log, self.record
        if log is None or not record.attempts:
            return
        if record.server_log.lines:
            self.on_problem(f"{log.name} is not woven in: the recording holds lines of a log already")
            return
        from wsinspect.server_log.past import past_lines

        begun = record.attempts[-1].started
        lines, why = await asyncio.to_thread(
            past_lines, log, begun.wall_time_ns - begun.at_ns, record.last_ns
        )
        record.tell_of_log(log.name, why)
        for count, line in enumerate(lines, 1):
            if not count % _LINES_AT_ONCE:
                await asyncio.sleep(0)
            # Another recording may be read meanwhile; nothing is added to a record that was let go.
            if record is not self.record:
                return
            record.append(line)
        if why:
            self.on_problem(f"{log.name} is not woven in: {why}")

    def _pointless(self) -> str:
        from wsinspect.diagnosis.engine import diagnose
        from wsinspect.diagnosis.retrying import pointless

        attempt = self.record.current
        return "" if attempt is None else pointless(attempt, diagnose(self.record, attempt, self.now_ns()))

    @property
    def retry_at_ns(self) -> int | None:
        """When the next attempt begins by itself, if one is to."""
        attempt = self.record.current
        if self._connection is None or attempt is None or attempt.reconnect is None:
            return None
        if not self._connection.scheduled:
            return None
        return attempt.reconnect.at_ns + int(attempt.reconnect.delay_s * 1e9)

    def set_reconnect(self, policy: ReconnectPolicy) -> None:
        """Reconnect by this policy from now on.

        Raises:
            UsageError: nothing was connected to yet.
        """
        if self.options is None:
            raise UsageError("there is nothing to connect to yet")
        self.options = structs.replace(self.options, reconnect=policy)
        if self._connection is not None:
            self._connection.set_reconnect(policy)

    def reconnect(self) -> None:
        """Make another attempt with the same options.

        Raises:
            UsageError: nothing was connected to yet.
        """
        if self.options is None:
            raise UsageError("there is nothing to connect to yet")
        self.connect(self.options)

    @property
    def can_disconnect(self) -> bool:
        """Whether there is something that `disconnect` would end."""
        connection = self._connection
        return connection is not None and (
            connection.ready_state is not ReadyState.CLOSED or connection.scheduled
        )

    def disconnect(self) -> str:
        """Close with 1000 while open, abort at any other moment; return what was done, in words."""
        connection = self._connection
        if connection is None:
            return "nothing is connected"
        match connection.ready_state:
            case ReadyState.OPEN:
                connection.close(1000, "")
                return "closing with 1000"
            case ReadyState.CLOSED:
                waiting = connection.scheduled
                connection.abort()
                return "no other attempt follows" if waiting else "nothing is connected"
            case state:
                connection.abort()
                return f"aborted while {state}"

    def send(self, outgoing: Outgoing) -> None:
        """Send a frame that was typed.

        Raises:
            UsageError: not OPEN, or a frame that can't be sent.
        """
        connection = self._connection
        if connection is None:
            raise UsageError("nothing is connected")
        match outgoing.kind:
            case Kind.TEXT:
                connection.send_text(outgoing.payload.decode(), fragments=outgoing.fragments)
            case Kind.BINARY:
                connection.send_binary(outgoing.payload, fragments=outgoing.fragments)
            case Kind.PING:
                connection.send_ping(outgoing.payload)
            case Kind.PONG:
                connection.send_pong(outgoing.payload)
            case Kind.RAW:
                bits = outgoing.bits or Bits()
                connection.send_raw_frame(
                    fin=bits.fin,
                    rsv=bits.rsv,
                    opcode=bits.opcode,
                    mask=bits.mask,
                    payload=outgoing.payload,
                )
            case Kind.CLOSE:
                if connection.ready_state is not ReadyState.OPEN:
                    raise UsageError(
                        f"can't close: the ready state is {connection.ready_state}",
                        allowed="closing while OPEN",
                    )
                connection.close(outgoing.code, outgoing.reason)

    def serve_lab(self, scenario: Scenario, settings: LabSettings) -> None:
        """Serve a lab scenario for as long as the session lives, and connect to it."""
        self._run(self._lab(scenario, settings))

    async def _lab(self, scenario: Scenario, settings: LabSettings) -> None:
        async with scenario.serve(settings) as endpoint:
            self._send_when_open = endpoint.send
            if endpoint.abort_after_s is not None:
                self.on_hint(
                    sentences("the fault of this one is yours: press {disconnect} while it connects")
                )
            # The environment's proxies stay out of a story on loopback.
            changes: dict[str, Any] = {"proxy": "", **endpoint.overrides}
            self.connect(structs.replace(ConnectOptions(url=endpoint.url), **changes))
            await self._closing.wait()

    def _send_lab_texts(self) -> None:
        for text in self._send_when_open:
            with suppress(UsageError):  # the story may have ended the connection already
                if self._connection is not None:
                    self._connection.send_text(text)

    async def aclose(self) -> None:
        """End whatever there is: with a Close 1001 where a peer is there to answer it. Leaves no task and no socket."""
        connection = self._connection
        if connection is not None:
            if connection.ready_state is ReadyState.OPEN:
                with suppress(UsageError, TimeoutError):
                    connection.close(_GOING_AWAY, "")
                    async with asyncio.timeout(_GOODBYE_S):
                        await connection.wait_closed()
            await connection.shutdown()
        self._closing.set()
        if self._weaver is not None:
            self._weaver.stop()
        tasks = list(self._tasks)
        for task in tasks:
            if connection is None:
                task.cancel()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=3)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self.record.close()
