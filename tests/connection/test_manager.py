"""The manager: every end at every moment, attempts in a row, and what it refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from tests.connection.peer import (
    Seen,
    accept,
    close_frame,
    manager_for,
    opened,
    peer,
    read_frame,
    request_of,
    run_against,
    switching,
)
from wsinspect.connection.manager import ConnectionManager
from wsinspect.errors import UsageError
from wsinspect.events import (
    TRANSITIONS,
    AttemptEnded,
    AttemptReason,
    AttemptStarted,
    Event,
    FailureKind,
    LimitReached,
    LocalEnd,
    LocallyEnded,
    ReadyState,
    ReadyStateChanged,
    ReconnectGivenUp,
    ReconnectScheduled,
    Step,
    StepFailed,
    StepStarted,
    StepSucceeded,
)
from wsinspect.options import ConnectOptions, Limits, ReconnectPolicy

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter


def holds_promises(events: list[Event]) -> None:
    """Check what the events' own descriptions promise, attempt by attempt."""
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    for attempt in {event.attempt for event in events}:
        own = [event for event in events if event.attempt == attempt]
        assert isinstance(own[0], AttemptStarted)
        assert isinstance(own[-1], AttemptEnded)
        assert sum(isinstance(event, LocallyEnded) for event in own) <= 1
        assert sum(isinstance(event, StepFailed) for event in own) <= 1
        started = [event.step for event in own if isinstance(event, StepStarted)]
        ended = [event.step for event in own if isinstance(event, StepSucceeded | StepFailed)]
        assert started == ended
        state = ReadyState.CONNECTING
        for event in own:
            if isinstance(event, ReadyStateChanged):
                assert event.old is state
                assert event.new in TRANSITIONS[state]
                state = event.new
        assert state is ReadyState.CLOSED


def others() -> list[str]:
    """Tasks of a manager or an attempt that are still there."""
    names = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()]
    return [name for name in names if name.startswith(("ConnectionManager.", "Attempt."))]


def moves(seen: Seen) -> list[ReadyState]:
    return [event.new for event in seen.of(ReadyStateChanged)]


async def hang(reader: Reader, writer: Writer) -> None:
    await reader.read()


OPEN, CLOSING, CLOSED = ReadyState.OPEN, ReadyState.CLOSING, ReadyState.CLOSED


@pytest.mark.parametrize(
    ("script", "act", "expected", "why"),
    [
        (hang, lambda m: m.abort(), [CLOSED], LocalEnd.ABORTED_BY_USER),
        (hang, lambda m: m.close(), [CLOSING, CLOSED], LocalEnd.CLOSED_BY_USER),
        (opened(), lambda m: m.abort(), [OPEN, CLOSED], LocalEnd.ABORTED_BY_USER),
        (opened(), lambda m: m.close(why=LocalEnd.HOLD_OVER), [OPEN, CLOSING, CLOSED], LocalEnd.HOLD_OVER),
        (opened(close_frame(), then="fin"), lambda m: None, [OPEN, CLOSING, CLOSED], None),
        (opened(then="fin"), lambda m: None, [OPEN, CLOSED], None),
        (opened(then="rst"), lambda m: None, [OPEN, CLOSED], None),
        (opened(b"\x83\x00"), lambda m: None, [OPEN, CLOSING, CLOSED], LocalEnd.PEER_VIOLATED_PROTOCOL),
    ],
)
async def test_ready_states(
    script: Callable[[Reader, Writer], Any],
    act: Callable[[ConnectionManager], None],
    expected: list[ReadyState],
    why: LocalEnd | None,
) -> None:
    seen = Seen()
    async with peer(script) as port, asyncio.timeout(60):
        manager = manager_for(port, seen, close_timeout_s=0.1)
        running = asyncio.ensure_future(manager.run())
        step = Step.UPGRADE if script is hang else Step.OPEN
        await seen.until(lambda s: any(event.step is step for event in s.of(StepStarted)))
        act(manager)
        await running
        assert manager.ready_state is CLOSED
    assert moves(seen) == expected
    assert [event.why for event in seen.of(LocallyEnded)] == ([] if why is None else [why])
    holds_promises(seen)


async def how_many_events() -> int:
    return len(await run_against(opened(close_frame(), then="fin")))


ENDS: dict[str, Callable[[ConnectionManager, asyncio.Future[None]], object]] = {
    "abort": lambda manager, _: manager.abort(),
    "close": lambda manager, _: manager.close(),
    "cancel": lambda _, running: running.cancel(),
}


@pytest.mark.parametrize("end", ENDS)
async def test_an_end_after_any_event_leaves_nothing_and_keeps_every_promise(end: str) -> None:
    """The wish to end it comes from within the sink, after each event of a whole connection in turn."""
    async with peer(opened(close_frame(), then="fin")) as port, asyncio.timeout(30):
        for position in range(1, await how_many_events() + 1):
            seen, state = await ended_after(position, port, ENDS[end])
            holds_promises(seen)
            assert state is CLOSED
            assert not others(), f"after event {position}"


async def ended_after(
    position: int, port: int, end: Callable[[ConnectionManager, asyncio.Future[None]], object]
) -> tuple[Seen, ReadyState]:
    """Run one connection and end it from within the sink as soon as it has that many events."""
    seen = Seen()

    def sink(event: Event) -> None:
        seen(event)
        if len(seen) == position:
            end(manager, running)

    manager = manager_for(port, sink, close_timeout_s=0.2)
    running: asyncio.Future[None] = asyncio.ensure_future(manager.run())
    await asyncio.wait({running})
    await manager.shutdown()
    return seen, manager.ready_state


@pytest.mark.parametrize("end", ENDS)
async def test_an_end_after_any_turn_of_the_loop_leaves_nothing(end: str) -> None:
    """The wish to end it comes from outside, whatever the connection is waiting for."""
    async with peer(opened(close_frame(), then="fin")) as port, asyncio.timeout(30):
        for turns in range(40):
            seen = Seen()
            manager = manager_for(port, seen, close_timeout_s=0.2)
            running: asyncio.Future[None] = asyncio.ensure_future(manager.run())
            for _ in range(turns):
                await asyncio.sleep(0)
            ENDS[end](manager, running)
            await asyncio.wait({running})
            await manager.shutdown()
            if seen:
                holds_promises(seen)
            assert not others(), f"after {turns} turns"


async def test_a_cancelled_run_is_recorded_before_it_goes_on() -> None:
    seen = Seen()
    async with peer(opened()) as port:
        manager = manager_for(port, seen)
        running = asyncio.ensure_future(manager.run())
        await seen.until(lambda s: manager.ready_state is OPEN)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert seen.one(LocallyEnded).why is LocalEnd.CANCELLED
    assert seen.one(StepFailed).kind is FailureKind.CANCELLED
    names = seen.names()
    assert names.index("LocallyEnded") < names.index("StepFailed") < names.index("StreamClosedLocally")
    assert names[-1] == "AttemptEnded"


async def test_shutdown_while_open() -> None:
    seen = Seen()
    async with peer(opened()) as port:
        manager = manager_for(port, seen)
        assert await manager.open()
        await manager.shutdown()
        await manager.shutdown()
    assert seen.one(LocallyEnded).why is LocalEnd.CANCELLED
    holds_promises(seen)


async def test_a_sink_that_fails_leaves_no_socket() -> None:
    left = asyncio.Event()

    async def script(reader: Reader, writer: Writer) -> None:
        try:
            await accept(reader, writer)
            await reader.read()
        finally:
            left.set()

    def sink(event: Event) -> None:
        if isinstance(event, StepStarted) and event.step is Step.OPEN:
            raise ZeroDivisionError

    async with peer(script) as port, asyncio.timeout(60):
        manager = manager_for(port, sink)
        with pytest.raises(ZeroDivisionError):
            await manager.run()
        await left.wait()
    assert not others()


async def test_open_says_whether_it_opened() -> None:
    seen = Seen()
    async with peer(opened()) as port:
        manager = manager_for(port, seen)
        assert await manager.open() is True
        await manager.shutdown()
    manager = ConnectionManager(ConnectOptions(url="ftp://x/"), seen, environ={})
    assert await manager.open() is False
    assert seen.of(StepFailed)[-1].kind is FailureKind.INVALID_URL
    assert seen.of(StepFailed)[-1].code == "scheme"


async def test_a_refused_port_is_a_failed_tcp_step() -> None:
    async with peer(hang) as port:
        pass
    seen = Seen()
    await manager_for(port, seen).run()
    assert (seen.one(StepFailed).step, seen.one(StepFailed).kind) == (Step.TCP, FailureKind.REFUSED)
    assert not seen.of(LocallyEnded)
    holds_promises(seen)


@pytest.mark.parametrize(
    ("act", "named"),
    [
        (lambda m: m.send_ping(b"x" * 126), "ping: the payload has 126 bytes"),
        (lambda m: m.send_pong(b"x" * 126), "pong: the payload has 126 bytes"),
        (lambda m: m.close(1005), "1005"),
        (lambda m: m.close(1006), "1006"),
        (lambda m: m.close(0), "code 0"),
        (lambda m: m.close(5000), "5000"),
        (lambda m: m.close(None, "why"), "needs a close code"),
        (lambda m: m.close(1000, "ü" * 62), "124 bytes"),
        (lambda m: m.close(1000, "\ud800"), "UTF-8"),
        (lambda m: m.send_text("\ud800"), "UTF-8"),
        (lambda m: m.send_text("x", fragments=0), "fragments"),
        (lambda m: m.send_raw_frame(rsv=8), "reserved bits 8"),
        (lambda m: m.send_raw_frame(opcode=16), "opcode 16"),
    ],
)
async def test_what_cannot_be_sent_is_refused_in_one_line(
    act: Callable[[ConnectionManager], None], named: str
) -> None:
    seen = Seen()
    async with peer(opened()) as port:
        manager = manager_for(port, seen)
        assert await manager.open()
        with pytest.raises(UsageError) as caught:
            act(manager)
        assert manager.ready_state is ReadyState.OPEN
        await manager.shutdown()
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_nothing_can_be_sent_unless_open() -> None:
    manager = ConnectionManager(ConnectOptions(url="ws://127.0.0.1/"), Seen(), environ={})
    for send in (manager.send_binary, manager.send_ping, manager.send_pong):
        with pytest.raises(UsageError, match="the ready state is CLOSED"):
            send(b"x")
    manager.close()
    manager.abort()


def test_options_that_break_the_request_are_refused_at_once() -> None:
    with pytest.raises(UsageError):
        ConnectionManager(ConnectOptions(url="ws://x/", headers=(("a b", "c"),)), Seen())


async def test_reconnect_by_the_user_ends_the_old_attempt_and_makes_another() -> None:
    seen = Seen()
    async with peer(opened()) as port, asyncio.timeout(60):
        manager = manager_for(port, seen)
        assert await manager.open()
        manager.reconnect(ConnectOptions(url=f"ws://127.0.0.1:{port}/other"))
        await seen.until(lambda s: s[-1].attempt == 2 and manager.ready_state is OPEN)
        await manager.shutdown()
        manager.reconnect()
        await seen.until(lambda s: s[-1].attempt == 3 and manager.ready_state is OPEN)
        await manager.shutdown()
    holds_promises(seen)
    assert [event.reason for event in seen.of(AttemptStarted)] == [
        AttemptReason.FIRST,
        AttemptReason.BY_USER,
        AttemptReason.BY_USER,
    ]
    assert seen.of(AttemptStarted)[2].options.url.endswith("/other")
    assert seen.of(LocallyEnded)[0].why is LocalEnd.ABORTED_BY_USER


async def test_reconnecting_by_policy() -> None:
    # On a busy machine a connection is open for a while; one that stays open for `max_delay_s` begins the count anew.
    policy = ReconnectPolicy(attempts=2, first_delay_s=0.01, factor=2, max_delay_s=60)
    seen = await run_against(opened(then="fin"), reconnect=policy)
    holds_promises(seen)
    reasons = [event.reason for event in seen.of(AttemptStarted)]
    assert reasons == [AttemptReason.FIRST, AttemptReason.RECONNECT, AttemptReason.RECONNECT]
    assert all(0 <= event.delay_s <= 0.02 for event in seen.of(ReconnectScheduled))


async def test_a_scheduled_reconnect_can_be_stopped_or_hurried() -> None:
    seen = Seen()
    async with peer(opened(then="fin")) as port, asyncio.timeout(60):
        manager = manager_for(
            port, seen, reconnect=ReconnectPolicy(attempts=9, first_delay_s=1e6, max_delay_s=1e6)
        )
        running = asyncio.ensure_future(manager.run())
        await seen.until(lambda s: s[-1:] and isinstance(s[-1], AttemptEnded))
        manager.reconnect()
        await seen.until(lambda s: len(s.of(AttemptEnded)) == 2)
        manager.abort()
        await running
    assert [event.reason for event in seen.of(AttemptStarted)] == [AttemptReason.FIRST, AttemptReason.BY_USER]
    assert not others()


async def test_a_scheduled_reconnect_can_be_stopped_as_it_is_announced() -> None:
    seen = Seen()

    def sink(event: Event) -> None:
        seen(event)
        if isinstance(event, ReconnectScheduled):
            manager.abort()

    async with peer(opened(then="fin")) as port, asyncio.timeout(60):
        manager = manager_for(
            port, sink, reconnect=ReconnectPolicy(attempts=9, first_delay_s=1e6, max_delay_s=1e6)
        )
        await manager.run()
    assert len(seen.of(AttemptStarted)) == 1
    holds_promises(seen)


def redirecting(location: Callable[[int], str], hops: int = 1) -> Callable[[list[bytes]], Any]:
    """A peer that redirects this often and then accepts; keeps the requests."""

    def make(requests: list[bytes]) -> Any:
        async def script(reader: Reader, writer: Writer) -> None:
            request = await request_of(reader)
            requests.append(request)
            if len(requests) <= hops:
                port = writer.get_extra_info("sockname")[1]
                writer.write(
                    f"HTTP/1.1 302 Found\r\nLocation: {location(port)}\r\nContent-Length: 0\r\n\r\n".encode()
                )
                return
            writer.write(switching(request) + close_frame())
            await read_frame(reader)

        return script

    return make


async def test_redirects_are_followed_only_when_asked() -> None:
    requests: list[bytes] = []
    seen = await run_against(redirecting(lambda _: "/b")(requests))
    assert len(requests) == 1
    assert seen.one(StepFailed).code == "302"
    requests = []
    seen = await run_against(
        redirecting(lambda _: "/b?c")(requests), follow_redirects=True, cookies=("a=1",), bearer="t"
    )
    assert requests[1].startswith(b"GET /b?c HTTP/1.1\r\n")
    assert b"Cookie: a=1" in requests[1]
    assert b"Bearer t" in requests[1]
    assert seen.one(LocallyEnded).why is LocalEnd.REDIRECTED
    assert [event.reason for event in seen.of(AttemptStarted)] == [
        AttemptReason.FIRST,
        AttemptReason.REDIRECT,
    ]
    holds_promises(seen)


async def test_credentials_stay_with_their_origin() -> None:
    requests: list[bytes] = []
    seen = await run_against(
        redirecting(lambda port: f"http://localhost:{port}/b")(requests),
        follow_redirects=True,
        cookies=("a=1",),
        basic_auth="u:p",
        headers=(("X-Api-Key", "k"), ("Accept-Language", "de")),
    )
    assert b"Host: localhost:" in requests[1]
    for secret in (b"Cookie", b"Authorization", b"X-Api-Key"):
        assert secret in requests[0]
        assert secret not in requests[1]
    assert b"Accept-Language: de" in requests[1]
    assert seen.one(LocallyEnded).note == "not sent to another origin: Authorization, Cookie, X-Api-Key"


async def test_redirects_end_at_the_limit() -> None:
    requests: list[bytes] = []
    seen = await run_against(
        redirecting(lambda _: "/again", hops=99)(requests), follow_redirects=True, limits=Limits(redirects=2)
    )
    assert len(requests) == 3
    assert seen.one(LimitReached).limit == "redirects"
    holds_promises(seen)


async def test_echo_through_on_message() -> None:
    got: list[object] = []

    async def ask(server: ServerConnection) -> None:
        for message in ("hi", b"\0", "ü" * 70000):
            await server.send(message)
            got.append(await server.recv() == message)

    seen = Seen()
    async with serve(ask, "127.0.0.1", 0, ping_interval=None) as server, asyncio.timeout(60):
        port = next(iter(server.sockets)).getsockname()[1]

        def echo(opcode: int, payload: bytes) -> None:
            if opcode == 1:
                manager.send_text(payload.decode())
            else:
                manager.send_binary(payload)

        manager = ConnectionManager(
            ConnectOptions(url=f"ws://127.0.0.1:{port}/"), seen, environ={}, on_message=echo
        )
        await manager.run()
    assert got == [True, True, True]
    assert seen.of(StepSucceeded)[-1].step is Step.OPEN
    holds_promises(seen)


async def test_a_pointless_attempt_is_not_made() -> None:
    seen = Seen()
    async with peer(opened(then="fin")) as port, asyncio.timeout(60):
        options = ConnectOptions(url=f"ws://127.0.0.1:{port}/", reconnect=ReconnectPolicy(attempts=9))
        await ConnectionManager(options, seen, environ={}, pointless=lambda: "it says no").run()
    assert len(seen.of(AttemptStarted)) == 1
    assert [event.why for event in seen.of(ReconnectGivenUp)] == ["it says no"]
    assert seen.of(ReconnectScheduled) == []
    holds_promises(seen)


async def test_attempts_that_are_used_up_are_told_and_an_end_of_ours_is_not() -> None:
    policy = ReconnectPolicy(attempts=1, first_delay_s=0.01)
    seen = await run_against(opened(then="fin"), reconnect=policy)
    assert [event.why for event in seen.of(ReconnectGivenUp)] == ["no attempt is left of 1"]
    assert [(event.number, event.attempts) for event in seen.of(ReconnectScheduled)] == [(1, 1)]
    assert (await run_against(opened(then="fin"))).of(ReconnectGivenUp) == []


async def test_another_policy_holds_from_now_on() -> None:
    seen = Seen()
    async with peer(opened(then="fin")) as port, asyncio.timeout(60):
        manager = manager_for(
            port, seen, reconnect=ReconnectPolicy(attempts=9, first_delay_s=1e6, max_delay_s=1e6)
        )
        running = asyncio.ensure_future(manager.run())
        await seen.until(lambda s: s[-1:] and isinstance(s[-1], AttemptEnded))
        waits = [manager.scheduled]
        manager.set_reconnect(ReconnectPolicy())
        await running
        waits.append(manager.scheduled)
    assert waits == [True, False]
    assert len(seen.of(AttemptStarted)) == 1
    assert not others()
