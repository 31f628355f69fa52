"""Each time limit of `ConnectOptions` bites where it should, and the answer says after how many seconds."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

from tests.connection.loopback import refusing, silent
from tests.connection.peer import accept, peer
from wsinspect.check.report import report
from wsinspect.check.run import CheckPlan, run_check
from wsinspect.check.text import text_report
from wsinspect.diagnosis.engine import diagnose
from wsinspect.export.redact import Redactor
from wsinspect.options import ConnectOptions, ReconnectPolicy
from wsinspect.session.record import SessionRecord

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter


async def mute(reader: Reader, writer: Writer) -> None:
    """Read, and never answer."""
    while await reader.read(65536):
        pass


async def deaf(reader: Reader, writer: Writer) -> None:
    """Open, and never say anything again."""
    await accept(reader, writer)
    await mute(reader, writer)


@contextmanager
def stuck_resolver() -> Iterator[None]:
    """Names are never answered while the block runs."""
    release, system = threading.Event(), socket.getaddrinfo

    def getaddrinfo(host: Any, *arguments: Any, **named: Any) -> Any:
        if host in ("stuck.test", b"stuck.test"):
            release.wait(30)
        return system("127.0.0.1", *arguments, **named)

    vars(socket)["getaddrinfo"] = getaddrinfo
    try:
        yield
    finally:
        vars(socket)["getaddrinfo"] = system
        release.set()
        for thread in threading.enumerate():
            if thread.name.startswith("resolve "):
                thread.join(30)


class Case(NamedTuple):
    """How a time limit is made to bite."""

    options: dict[str, Any]
    cause: str
    """The answer."""
    said: str
    """What the text says of the limit."""
    script: Callable[[Reader, Writer], Any] | None = mute
    hold_s: float = 5.0


WS, WSS = "ws://127.0.0.1:{port}/", "wss://127.0.0.1:{port}/"
CASES = {
    "resolve_timeout_s": Case({"url": "ws://stuck.test/"}, "dns-temporary-failure", "gave up after 0.15 s"),
    "tcp_timeout_s": Case({"url": WS}, "tcp-timeout-blackhole", "gave up after 0.15 s", None),
    "proxy_timeout_s": Case(
        {"url": "ws://h.test/", "proxy": "http://127.0.0.1:{port}"},
        "proxy-tunnel-broken",
        "gave up after 0.15 s",
    ),
    "tls_timeout_s": Case({"url": WSS}, "tls-handshake-timeout", "gave up after 0.15 s"),
    "upgrade_timeout_s": Case({"url": WS}, "upgrade-hang", "gave up after 0.15 s"),
    "close_timeout_s": Case({"url": WS}, "close-unanswered", "within 0.15 s", deaf, 0.0),
    "ping_timeout_s": Case({"url": WS, "ping_interval_s": 0.05}, "open-but-buffered", "within 0.15 s", deaf),
}
NO_LIMIT = {"ping_interval_s", "address_delay_s"}
"""Seconds after which something begins, and nothing ends."""


def test_every_time_limit_has_a_case() -> None:
    seconds = {name for name in ConnectOptions.__struct_fields__ if name.endswith("_s")}
    assert seconds == CASES.keys() | NO_LIMIT


@pytest.mark.parametrize("name", CASES)
async def test_a_time_limit_bites_and_is_told(name: str) -> None:
    case = CASES[name]
    record = SessionRecord()

    async def run(port: int) -> None:
        texts = {key: text.format(port=port) for key, text in case.options.items() if isinstance(text, str)}
        options = ConnectOptions(
            **{"proxy": "", "close_timeout_s": 0.05, **case.options, **texts, name: 0.15}
        )
        async with asyncio.timeout(60):
            await run_check(options, CheckPlan(hold_s=case.hold_s), record)

    with stuck_resolver(), silent() as nobody:
        if case.script is None:
            await run(nobody)
        else:
            async with peer(case.script) as port:
                await run(port)
    found, redact = diagnose(record), Redactor()
    assert found.answer is not None
    assert found.answer.cause == case.cause
    assert case.said in text_report(record, found, redact, width=400)
    assert case.cause in [finding["cause"] for finding in report(record, found, redact)["findings"]]
    record.close()


async def test_reconnecting_ends_after_its_number_of_attempts_and_says_so() -> None:
    record = SessionRecord()
    policy = ReconnectPolicy(attempts=2, first_delay_s=0.0, max_delay_s=0.0)
    with refusing() as port:
        options = ConnectOptions(url=f"ws://127.0.0.1:{port}/", proxy="", reconnect=policy)
        await run_check(options, CheckPlan(hold_s=5.0), record)
    assert len(record.attempts) == 3
    assert record.attempts[-1].reconnect_given_up is not None
    assert record.attempts[-1].reconnect_given_up.why == "no attempt is left of 2"
    record.close()
