"""Numbers and times of events, and the sleeps of the machine that two clocks tell of."""

from __future__ import annotations

import asyncio
import time

import pytest

import wsinspect.clock
from tests.connection.peer import Seen, manager_for, opened, peer, server_frame
from wsinspect.connection.emitter import NOTICEABLE_SLEEP_NS, Emitter
from wsinspect.events import (
    AttemptEnded,
    AttemptStarted,
    BytesReceived,
    Event,
    Layer,
    MachineSlept,
    ProgramStoodStill,
    StepFailed,
)

S = 1_000_000_000


class Machine:
    """Its two clocks, which differ by how long it slept."""

    def __init__(self) -> None:
        self.awake_ns = 50 * S
        self.asleep_ns = 7 * S
        self.pause_ns = 0
        """How long we are kept from running between two looks at a clock."""

    def elapsed(self) -> int:
        self.awake_ns += self.pause_ns
        return self.awake_ns + self.asleep_ns

    def awake(self) -> int:
        self.awake_ns += self.pause_ns
        return self.awake_ns


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def seen() -> list[Event]:
    return []


@pytest.fixture
def emit(machine: Machine, seen: list[Event]) -> Emitter:
    """The emitter of an attempt that has begun."""
    emitter = Emitter(seen.append, machine.elapsed, machine.awake)
    emitter.begin_attempt()
    happens(emitter)
    seen.clear()
    return emitter


def happens(emit: Emitter) -> None:
    emit(AttemptEnded(*emit.stamp()))


def test_a_sleep_is_told_before_the_event_with_which_it_is_noticed(
    emit: Emitter, machine: Machine, seen: list[Event]
) -> None:
    machine.awake_ns += 2 * S
    happens(emit)
    machine.awake_ns += 3 * S
    machine.asleep_ns += 3600 * S
    happens(emit)
    happens(emit)
    assert seen == [
        AttemptEnded(seq=2, at_ns=2 * S, attempt=1),
        MachineSlept(seq=3, at_ns=3605 * S, attempt=1, asleep_ns=3600 * S, after_ns=2 * S),
        AttemptEnded(seq=4, at_ns=3605 * S, attempt=1),
        AttemptEnded(seq=5, at_ns=3605 * S, attempt=1),
    ]


def test_each_sleep_is_told_once(emit: Emitter, machine: Machine, seen: list[Event]) -> None:
    for _ in range(2):
        machine.asleep_ns += 10 * S
        happens(emit)
        happens(emit)
    assert [one.asleep_ns for one in seen if isinstance(one, MachineSlept)] == [10 * S, 10 * S]


def test_what_only_took_long_is_no_sleep(emit: Emitter, machine: Machine, seen: list[Event]) -> None:
    machine.awake_ns += 3600 * S
    machine.asleep_ns += NOTICEABLE_SLEEP_NS
    happens(emit)
    assert [type(one) for one in seen] == [AttemptEnded]


def test_being_kept_from_running_between_the_clocks_is_no_sleep(machine: Machine, seen: list[Event]) -> None:
    # A process that is stopped between two looks at a clock goes on minutes later.
    for before, after in ((0, 300 * S), (300 * S, 0), (300 * S, 300 * S)):
        machine.pause_ns = before
        emit = Emitter(seen.append, machine.elapsed, machine.awake)
        emit.begin_attempt()
        happens(emit)
        machine.pause_ns = after
        happens(emit)
        happens(emit)
    assert {type(one) for one in seen} == {AttemptEnded}


def test_a_sleep_between_two_attempts_belongs_to_neither(
    emit: Emitter, machine: Machine, seen: list[Event]
) -> None:
    machine.asleep_ns += 60 * S
    emit.begin_attempt()
    machine.asleep_ns += 60 * S
    happens(emit)
    happens(emit)
    assert [(type(one), one.attempt) for one in seen] == [(AttemptEnded, 2), (AttemptEnded, 2)]


def test_a_clock_of_ones_own_has_no_other_beside_it(machine: Machine, seen: list[Event]) -> None:
    emit = Emitter(seen.append, machine.elapsed)
    emit.begin_attempt()
    happens(emit)
    machine.asleep_ns += 3600 * S
    happens(emit)
    assert {type(one) for one in seen} == {AttemptEnded}


def test_the_systems_clocks_are_a_pair_here() -> None:
    assert wsinspect.clock.awake_ns is time.monotonic_ns
    assert Emitter(lambda _: None)._awake_clock is time.monotonic_ns


def test_beats_that_are_overdue_are_told_before_the_event_with_which_it_is_noticed(
    emit: Emitter, machine: Machine, seen: list[Event]
) -> None:
    emit.beat()
    machine.awake_ns += S // 5
    happens(emit)
    machine.awake_ns += 10 * S
    happens(emit)
    happens(emit)
    assert seen[1:] == [
        ProgramStoodStill(seq=3, at_ns=51 * S // 5, attempt=1, still_ns=97 * S // 10, after_ns=S // 5),
        AttemptEnded(seq=4, at_ns=51 * S // 5, attempt=1),
        AttemptEnded(seq=5, at_ns=51 * S // 5, attempt=1),
    ]


def test_a_late_beat_tells_by_itself(emit: Emitter, machine: Machine, seen: list[Event]) -> None:
    emit.beat()
    for late_s in (3, 60, 3):
        machine.awake_ns += late_s * S
        emit.beat()
    assert [one.still_ns for one in seen if isinstance(one, ProgramStoodStill)] == [119 * S // 2]
    assert len(seen) == 1


def test_a_sleep_between_two_beats_is_a_sleep_alone(
    emit: Emitter, machine: Machine, seen: list[Event]
) -> None:
    emit.beat()
    machine.asleep_ns += 3600 * S
    machine.awake_ns += S // 2
    emit.beat()
    assert [type(one) for one in seen] == [MachineSlept]


def test_nobody_beats_between_two_attempts(emit: Emitter, machine: Machine, seen: list[Event]) -> None:
    emit.beat()
    emit.rest()
    machine.awake_ns += 3600 * S
    emit.begin_attempt()
    happens(emit)
    emit.beat()
    assert [type(one) for one in seen] == [AttemptEnded]


async def test_a_connection_that_is_slept_through_says_so(machine: Machine) -> None:
    seen = Seen()
    woken = asyncio.Event()

    async def dropped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await opened(server_frame(0x81, b"hi"), then="fin")(reader, writer)
        await woken.wait()

    async with peer(dropped) as port:
        manager = manager_for(port, seen)
        manager._emit = Emitter(seen, machine.elapsed, machine.awake)
        await manager.open()
        await seen.until(lambda events: any(one.layer is Layer.WEBSOCKET for one in events.of(BytesReceived)))
        machine.asleep_ns += 3600 * S
        woken.set()
        await manager.wait_closed()
    assert seen.one(MachineSlept).asleep_ns == 3600 * S
    names = seen.names()
    assert names.index("MachineSlept") + 1 == names.index("StreamEnded")
    assert seen.names()[0] == AttemptStarted.__name__
    assert seen.of(StepFailed)
