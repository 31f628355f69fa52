"""Happy eyeballs on real sockets: every address has one outcome, and nothing is left behind."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from tests.connection.loopback import (
    HAS_IPV6,
    Recorder,
    ipv4,
    ipv6,
    listening,
    nothing_left_behind,
    open_files,
    port_of,
    refusing,
    silent,
    until,
)
from wsinspect.connection.step import AttemptFailedError, StepError, step
from wsinspect.connection.tcp import connect, interleaved
from wsinspect.events import (
    Address,
    AddressAttempted,
    AddressConnected,
    AddressFailed,
    FailureKind,
    Step,
    StepFailed,
)
from wsinspect.options import ConnectOptions


def options(address_delay_s: float = 0.25, tcp_timeout_s: float = 10.0) -> ConnectOptions:
    return ConnectOptions(url="", address_delay_s=address_delay_s, tcp_timeout_s=tcp_timeout_s)


def outcomes(record: Recorder) -> list[tuple[str, str]]:
    """Return `(address, outcome)` in the order of the outcomes, after checking the promise of one for each attempt."""
    attempted = [event.address for event in record.of(AddressAttempted)]
    found: list[tuple[str, str]] = []
    for event in record.events:
        if isinstance(event, AddressConnected):
            found.append((event.address.host, "connected"))
        elif isinstance(event, AddressFailed):
            found.append((event.address.host, event.kind.value))
    assert sorted(host for host, _ in found) == sorted(address.host for address in attempted)
    return found


def test_families_take_turns_after_the_first() -> None:
    a, b, c, x, y = ipv6(1, "a"), ipv6(1, "b"), ipv6(1, "c"), ipv4(1, "x"), ipv4(1, "y")
    assert interleaved([a, b, c, x, y]) == [a, x, b, y, c]
    assert interleaved([x, a]) == [x, a]
    assert interleaved([x, y]) == [x, y]
    assert interleaved([]) == []


async def test_one_address_connects() -> None:
    record = Recorder()
    with listening() as server, nothing_left_behind():
        stream = await connect(record, options(), [ipv4(port_of(server))])
        (connected,) = record.of(AddressConnected)
        assert connected.local == stream.local
        assert stream.local.startswith("127.0.0.1:")
        assert stream.peer == ipv4(port_of(server))
        await stream.close()
    assert outcomes(record) == [("127.0.0.1", "connected")]


async def test_a_refused_address_gives_way_at_once() -> None:
    record = Recorder()
    with listening("127.0.0.2") as server, nothing_left_behind():
        # The delay is longer than the test may take: only the refusal can start the second address.
        port = port_of(server)
        stream = await connect(record, options(address_delay_s=60), [ipv4(port), ipv4(port, "127.0.0.2")])
        await stream.close()
    assert outcomes(record) == [("127.0.0.1", "refused"), ("127.0.0.2", "connected")]


async def test_a_silent_address_gets_a_head_start_and_is_then_overtaken() -> None:
    record = Recorder()
    with silent() as port, listening("127.0.0.2") as server, nothing_left_behind():
        addresses = [ipv4(port), ipv4(port_of(server), "127.0.0.2")]
        stream = await connect(record, options(address_delay_s=0.05), addresses)
        await stream.close()
    assert outcomes(record) == [("127.0.0.2", "connected"), ("127.0.0.1", "cancelled")]
    first, second = record.of(AddressAttempted)
    assert second.at_ns - first.at_ns >= 0.049e9


async def test_ipv6_refused_and_ipv4_answers() -> None:
    record = Recorder()
    with listening() as server, nothing_left_behind():
        port = port_of(server)
        stream = await connect(record, options(address_delay_s=60), [ipv6(port), ipv4(port)])
        await stream.close()
    refused = "refused" if HAS_IPV6 else "unreachable"
    assert outcomes(record) == [("::1", refused), ("127.0.0.1", "connected")]


async def test_ipv6_with_a_zone() -> None:
    record = Recorder()
    with listening("::1" if HAS_IPV6 else "127.0.0.1") as server, nothing_left_behind():
        port = port_of(server)
        stream = await connect(record, options(), [ipv6(port, "::1%lo"), ipv4(port)])
        assert stream.local.startswith("[::1]:" if HAS_IPV6 else "127.0.0.1:")
        await stream.close()
    assert outcomes(record)[0] == ("::1%lo", "connected" if HAS_IPV6 else "unreachable")


async def test_ipv6_that_this_machine_lacks_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket

    def without_ipv6(family: int, kind: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
        return real(family, kind)

    record = Recorder()
    with listening() as server, nothing_left_behind():
        monkeypatch.setattr(socket, "socket", without_ipv6)
        port = port_of(server)
        stream = await connect(record, options(address_delay_s=60), [ipv6(port), ipv4(port)])
        await stream.close()
    assert outcomes(record) == [("::1", "unreachable"), ("127.0.0.1", "connected")]


async def test_an_unknown_zone_fails_its_address() -> None:
    record = Recorder()
    with pytest.raises(StepError) as caught:
        await connect(record, options(), [ipv6(80, "fe80::1%nowhere0")])
    assert caught.value.kind is FailureKind.OS_ERROR
    assert outcomes(record) == [("fe80::1%nowhere0", "os-error")]


async def test_all_refused_names_every_address() -> None:
    record = Recorder()
    with refusing() as port, nothing_left_behind(), pytest.raises(StepError) as caught:
        await connect(record, options(), [ipv4(port), ipv4(port, "127.0.0.2")])
    error = caught.value
    assert (error.kind, error.code, error.errno) == (FailureKind.REFUSED, "ECONNREFUSED", errno.ECONNREFUSED)
    assert error.message == f"127.0.0.1:{port}: Connection refused; 127.0.0.2:{port}: Connection refused"
    assert outcomes(record) == [("127.0.0.1", "refused"), ("127.0.0.2", "refused")]


async def test_many_refused_addresses_are_named_up_to_six() -> None:
    with refusing() as port, pytest.raises(StepError, match="and 4 more addresses") as caught:
        await connect(Recorder(), options(), [ipv4(port, f"127.0.0.{last}") for last in range(1, 11)])
    assert caught.value.message.count("refused") == 6


async def test_what_says_little_gives_way_to_what_says_more() -> None:
    with refusing() as port, pytest.raises(StepError) as caught:
        await connect(Recorder(), options(), [ipv6(port, "fe80::1%nowhere0"), ipv4(port)])
    assert caught.value.kind is FailureKind.REFUSED


async def test_the_steps_timeout_fails_every_pending_address_first() -> None:
    record = Recorder()
    with silent() as one, silent() as two, nothing_left_behind():
        chosen = options(address_delay_s=0.01, tcp_timeout_s=0.1)
        with pytest.raises(AttemptFailedError):
            async with step(record, Step.TCP, chosen.tcp_timeout_s):
                await connect(record, chosen, [ipv4(one), ipv4(two)])
    assert outcomes(record) == [("127.0.0.1", "timed-out"), ("127.0.0.1", "timed-out")]
    last = record.events[-1]
    assert isinstance(last, StepFailed)
    assert last.kind is FailureKind.TIMED_OUT


async def test_cancelling_is_our_own_doing() -> None:
    record = Recorder()
    with silent() as port, nothing_left_behind():
        task = asyncio.create_task(connect(record, options(), [ipv4(port)]))
        await until(lambda: bool(record.of(AddressAttempted)))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert outcomes(record) == [("127.0.0.1", "cancelled")]


@pytest.mark.parametrize("overtakes", [False, True])
@pytest.mark.parametrize("turns", range(10))
async def test_nothing_leaks_wherever_it_is_cancelled(turns: int, *, overtakes: bool) -> None:
    record = Recorder()
    with silent() as port, refusing() as closed, listening("127.0.0.2") as server, nothing_left_behind():
        answers = ipv4(port_of(server), "127.0.0.2")
        addresses = [ipv4(closed), answers] if overtakes else [ipv4(closed), ipv4(port), answers]
        task = asyncio.create_task(connect(record, options(address_delay_s=60), addresses))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            stream = await task
            stream.abort()
        outcomes(record)


async def test_out_of_file_descriptors_is_a_local_matter() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    record = Recorder()
    spare = os.open(os.devnull, os.O_RDONLY)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (spare, hard))
        with pytest.raises(StepError, match="ulimit -n") as caught:
            await connect(record, options(), [ipv4(9)])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        os.close(spare)
    assert (caught.value.kind, caught.value.errno) == (FailureKind.LOCAL_CONFIGURATION, errno.EMFILE)
    assert outcomes(record) == [("127.0.0.1", "local-configuration")]


async def test_a_unix_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "a.sock")
    with socket.socket(socket.AF_UNIX) as server, nothing_left_behind():
        server.bind(path)
        server.listen()
        stream = await connect(Recorder(), options(), [Address("unix", path)])
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"hi")
            assert await stream.read() == b"hi"
        assert stream.local == ""
        await stream.close()


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [("missing", FailureKind.OS_ERROR, "ENOENT"), ("unserved", FailureKind.REFUSED, "ECONNREFUSED")],
)
async def test_a_unix_socket_without_a_server(
    tmp_path: Path, name: str, kind: FailureKind, code: str
) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "unserved"))
        with nothing_left_behind(), pytest.raises(StepError, match=name) as caught:
            await connect(Recorder(), options(), [Address("unix", str(tmp_path / name))])
    assert (caught.value.kind, caught.value.code) == (kind, code)


async def test_a_unix_socket_with_a_full_backlog_is_tried_again(tmp_path: Path) -> None:
    path = str(tmp_path / "a.sock")
    with (
        socket.socket(socket.AF_UNIX) as server,
        socket.socket(socket.AF_UNIX) as filler,
        nothing_left_behind(),
    ):
        server.bind(path)
        server.listen(0)
        filler.connect(path)
        record = Recorder()
        task = asyncio.create_task(connect(record, options(), [Address("unix", path)]))
        await until(lambda: bool(record.of(AddressAttempted)))
        server.accept()[0].close()
        stream = await task
        await stream.close()
    assert outcomes(record) == [(path, "connected")]


async def test_no_address_at_all() -> None:
    with pytest.raises(StepError, match="no address"):
        await connect(Recorder(), options(), [])


async def test_files_are_counted() -> None:
    """The leak check itself must be able to fail."""
    before = open_files()
    with socket.socket():
        assert open_files() == before + 1
