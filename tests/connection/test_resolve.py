"""Names to addresses: rules, families, limits, the resolver's refusals, and a resolver that never answers."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from typing import Any

import pytest

from tests.connection.loopback import Recorder, nothing_left_behind, until
from wsinspect.connection.resolve import destination, resolve
from wsinspect.connection.step import AttemptFailedError, StepError, step
from wsinspect.events import Address, FailureKind, LimitReached, NameResolved, Step, StepFailed
from wsinspect.options import ConnectOptions, ConnectToRule, Limits, ResolveRule

OPTIONS = ConnectOptions(url="ws://example.test/")


def entry(host: str, family: int = socket.AF_INET, scope: int = 0) -> tuple[Any, ...]:
    sockaddr = (host, 80) if family == socket.AF_INET else (host, 80, 0, scope)
    return family, socket.SOCK_STREAM, 6, "", sockaddr


@pytest.fixture
def system_says(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the system's resolver answer, or raise, what the test says; gives the list of its questions."""

    def says(answer: Any) -> list[tuple[Any, ...]]:
        asked: list[tuple[Any, ...]] = []

        def getaddrinfo(*args: Any) -> Any:
            asked.append(args)
            if isinstance(answer, BaseException):
                raise answer
            return answer

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return asked

    return says


async def test_every_address_of_the_system_in_its_order_without_duplicates(system_says: Any) -> None:
    asked = system_says(
        [
            entry("::1", socket.AF_INET6),
            entry("192.0.2.1"),
            entry("192.0.2.1"),
            entry("fe80::1", socket.AF_INET6, 1),
        ]
    )
    record = Recorder()
    with nothing_left_behind():
        found = await resolve(record, OPTIONS, "example.test", 80)
    assert found == [
        Address("ipv6", "::1", 80),
        Address("ipv4", "192.0.2.1", 80),
        Address("ipv6", f"fe80::1%{socket.if_indextoname(1)}", 80),
    ]
    (event,) = record.of(NameResolved)
    assert (event.host, event.port, event.source, event.dropped) == ("example.test", 80, "resolver", 0)
    assert list(event.addresses) == found
    assert asked == [(b"example.test", 80, socket.AF_UNSPEC, socket.SOCK_STREAM)]


async def test_a_name_of_this_machine() -> None:
    found = await resolve(Recorder(), ConnectOptions(url="", family="ipv4"), "localhost", 8080)
    assert found == [Address("ipv4", "127.0.0.1", 8080)]


@pytest.mark.parametrize(
    ("family", "asked_family"),
    [("any", socket.AF_UNSPEC), ("ipv4", socket.AF_INET), ("ipv6", socket.AF_INET6)],
)
async def test_the_family_is_asked_for(system_says: Any, family: Any, asked_family: int) -> None:
    asked = system_says([entry("192.0.2.1"), entry("::1", socket.AF_INET6)])
    found = await resolve(Recorder(), ConnectOptions(url="", family=family), "example.test", 80)
    assert asked[0][2] == asked_family
    assert {each.family for each in found} == ({"ipv4", "ipv6"} if family == "any" else {family})


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "fe80::1%lo"])
async def test_a_literal_asks_nobody(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setattr(threading.Thread, "start", lambda self: pytest.fail("a thread was started"))
    record = Recorder()
    (address,) = await resolve(record, OPTIONS, host, 80)
    assert address == Address("ipv6" if ":" in host else "ipv4", host, 80)
    assert record.of(NameResolved)[0].source == "literal"


async def test_a_literal_of_the_other_family() -> None:
    with pytest.raises(StepError, match="IPv4 addresses, and only IPv6") as caught:
        await resolve(Recorder(), ConnectOptions(url="", family="ipv6"), "127.0.0.1", 80)
    assert (caught.value.kind, caught.value.code) == (FailureKind.NAME_WITHOUT_ADDRESS, "family")


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (
            socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
            FailureKind.NAME_NOT_FOUND,
            "EAI_NONAME",
        ),
        (
            socket.gaierror(socket.EAI_AGAIN, "Temporary failure"),
            FailureKind.NAME_TEMPORARY_FAILURE,
            "EAI_AGAIN",
        ),
        (socket.gaierror(socket.EAI_NODATA, "No address"), FailureKind.NAME_WITHOUT_ADDRESS, "EAI_NODATA"),
        (
            socket.gaierror(socket.EAI_ADDRFAMILY, "family"),
            FailureKind.NAME_WITHOUT_ADDRESS,
            "EAI_ADDRFAMILY",
        ),
        (socket.gaierror(socket.EAI_FAIL, "Non-recoverable"), FailureKind.OS_ERROR, "EAI_FAIL"),
        (OSError(24, "Too many open files"), FailureKind.OS_ERROR, ""),
        ([], FailureKind.NAME_WITHOUT_ADDRESS, "EAI_NODATA"),
    ],
)
async def test_what_the_resolver_refuses(system_says: Any, answer: Any, kind: FailureKind, code: str) -> None:
    system_says(answer)
    record = Recorder()
    with pytest.raises(StepError, match=r"example\.test") as caught:
        await resolve(record, OPTIONS, "example.test", 80)
    assert (caught.value.kind, caught.value.code) == (kind, code)
    assert record.events == []


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".test", "a b.test", "a\0b.test", ".test"])
async def test_a_name_that_no_resolver_can_be_asked_for(system_says: Any, host: str) -> None:
    asked = system_says([])
    with pytest.raises(StepError) as caught:
        await resolve(Recorder(), OPTIONS, host, 80)
    assert caught.value.kind is FailureKind.NAME_INVALID
    assert asked == []


@pytest.mark.parametrize(
    ("rules", "host", "port", "expected"),
    [
        (
            [ResolveRule(host="a.test", port=80, addresses=("192.0.2.1", "[::1]"))],
            "a.test",
            80,
            ["192.0.2.1", "::1"],
        ),
        ([ResolveRule(host="A.test.", port=0, addresses=("192.0.2.1",))], "a.test", 81, ["192.0.2.1"]),
        ([ResolveRule(host="*", port=0, addresses=("192.0.2.1",))], "b.test", 80, ["192.0.2.1"]),
        (
            [
                ResolveRule(host="a.test", port=80, addresses=("192.0.2.1",)),
                ResolveRule(host="a.test", port=80, addresses=("192.0.2.2",)),
                ResolveRule(host="*", port=0, addresses=("192.0.2.3",)),
            ],
            "a.test",
            80,
            ["192.0.2.2"],
        ),
    ],
)
async def test_resolve_rules_replace_the_resolver(
    system_says: Any, rules: list[ResolveRule], host: str, port: int, expected: list[str]
) -> None:
    asked = system_says([])
    record = Recorder()
    found = await resolve(record, ConnectOptions(url="", resolve=tuple(rules)), host, port)
    assert [(each.host, each.port) for each in found] == [(each, port) for each in expected]
    assert record.of(NameResolved)[0].source == "--resolve"
    assert asked == []


@pytest.mark.parametrize(("host", "port"), [("b.test", 80), ("a.test", 81)])
async def test_resolve_rules_for_others_do_not_apply(system_says: Any, host: str, port: int) -> None:
    system_says([entry("198.51.100.1")])
    rule = ResolveRule(host="a.test", port=80, addresses=("192.0.2.1",))
    (address,) = await resolve(Recorder(), ConnectOptions(url="", resolve=(rule,)), host, port)
    assert address.host == "198.51.100.1"


async def test_rules_can_be_left_out(system_says: Any) -> None:
    system_says([entry("198.51.100.1")])
    options = ConnectOptions(
        url="",
        resolve=(ResolveRule(host="*", port=0, addresses=("192.0.2.1",)),),
        connect_to=(ConnectToRule(host="", port=0, to_host="192.0.2.2", to_port=0),),
    )
    (address,) = await resolve(Recorder(), options, "proxy.test", 80, apply_rules=False)
    assert address.host == "198.51.100.1"


async def test_a_resolve_rule_without_an_address() -> None:
    rule = ResolveRule(host="a.test", port=80, addresses=("elsewhere.test",))
    with pytest.raises(
        StepError, match=r"--resolve a\.test:80: 'elsewhere\.test' is not an IP address"
    ) as caught:
        await resolve(Recorder(), ConnectOptions(url="", resolve=(rule,)), "a.test", 80)
    assert caught.value.kind is FailureKind.LOCAL_CONFIGURATION


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (("a.test", 80, "b.test", 81), ("b.test", 81)),
        (("", 80, "b.test", 0), ("b.test", 80)),
        (("A.TEST", 0, "", 81), ("a.test", 81)),
        (("a.test", 80, "[::1]", 81), ("::1", 81)),
        (("c.test", 80, "b.test", 81), ("a.test", 80)),
        (("a.test", 81, "b.test", 81), ("a.test", 80)),
    ],
)
def test_connect_to(rule: tuple[str, int, str, int], expected: tuple[str, int]) -> None:
    host, port, to_host, to_port = rule
    rules = (ConnectToRule(host=host, port=port, to_host=to_host, to_port=to_port),)
    assert destination(ConnectOptions(url="", connect_to=rules), "a.test", 80) == expected


async def test_connect_to_is_resolved_by_the_rules_in_turn() -> None:
    options = ConnectOptions(
        url="",
        connect_to=(ConnectToRule(host="a.test", port=80, to_host="b.test", to_port=81),),
        resolve=(ResolveRule(host="b.test", port=81, addresses=("192.0.2.1",)),),
    )
    assert await resolve(Recorder(), options, "a.test", 80) == [Address("ipv4", "192.0.2.1", 81)]


async def test_connect_to_an_address_is_named_as_the_source() -> None:
    record = Recorder()
    rule = ConnectToRule(host="", port=0, to_host="127.0.0.2", to_port=0)
    await resolve(record, ConnectOptions(url="", connect_to=(rule,)), "a.test", 80)
    (event,) = record.of(NameResolved)
    assert (event.host, event.source) == ("127.0.0.2", "--connect-to")


async def test_addresses_beyond_the_limit_are_counted(system_says: Any) -> None:
    system_says([entry(f"192.0.2.{last}") for last in range(1, 6)])
    record = Recorder()
    found = await resolve(record, ConnectOptions(url="", limits=Limits(addresses=2)), "example.test", 80)
    assert [each.host for each in found] == ["192.0.2.1", "192.0.2.2"]
    assert record.of(NameResolved)[0].dropped == 3
    (limit,) = record.of(LimitReached)
    assert (limit.limit, limit.allowed) == ("addresses", 2)


@pytest.fixture
def stuck_resolver(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A resolver that answers only when the test is over."""
    release, asked = threading.Event(), threading.Event()

    def getaddrinfo(*_: Any) -> Any:
        asked.set()
        release.wait(30)
        return [entry("192.0.2.1")]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield asked
    release.set()
    for thread in threading.enumerate():
        if thread.name.startswith("resolve "):
            thread.join(30)


async def test_the_timeout_does_not_wait_for_the_resolver(stuck_resolver: Any) -> None:
    record = Recorder()
    with nothing_left_behind(), pytest.raises(AttemptFailedError):
        async with step(record, Step.RESOLVE, 0.02):
            await resolve(record, OPTIONS, "example.test", 80)
    assert record.of(StepFailed)[0].kind is FailureKind.TIMED_OUT


async def test_cancelling_does_not_wait_for_the_resolver(stuck_resolver: Any) -> None:
    with nothing_left_behind():
        task = asyncio.create_task(resolve(Recorder(), OPTIONS, "example.test", 80))
        await until(stuck_resolver.is_set)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def test_the_program_ends_while_the_resolver_hangs() -> None:
    script = """
import asyncio, socket, threading
from wsinspect.connection.emitter import Emitter
from wsinspect.connection.resolve import resolve
from wsinspect.options import ConnectOptions
socket.getaddrinfo = lambda *_: threading.Event().wait()
async def main():
    try:
        async with asyncio.timeout(0.02):
            await resolve(Emitter(print), ConnectOptions(url=""), "example.test", 80)
    except TimeoutError:
        print("gave up")
asyncio.run(main())
"""
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert (ended.stdout, ended.stderr) == ("gave up\n", "")
