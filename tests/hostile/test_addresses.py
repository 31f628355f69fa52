"""Names with a hundred addresses."""

from __future__ import annotations

from typing import Any

from tests.connection.loopback import refusing, silent
from tests.hostile.ordeal import endure, nothing_left
from wsinspect.options import Limits, ResolveRule


def hundred(port: int) -> dict[str, Any]:
    addresses = tuple(f"127.0.0.{n}" for n in range(1, 101))
    return {"resolve": (ResolveRule(host="many.test", port=port, addresses=addresses),)}


async def test_a_hundred_addresses_that_refuse() -> None:
    with refusing() as port:
        async with nothing_left():
            ordeal = await endure(f"ws://many.test:{port}/", **hundred(port))
    assert ordeal.failed == ("tcp", "refused")
    assert ordeal.limits == {"addresses"}
    assert len(ordeal.attempt.ladder.addresses) == Limits().addresses
    assert ordeal.attempt.resolved is not None
    assert ordeal.attempt.resolved.dropped == 100 - Limits().addresses


async def test_a_hundred_addresses_of_which_one_says_nothing_share_one_deadline() -> None:
    # Only the first of them is silent; nobody is at the others, and refusing is quick.
    with silent() as port:
        rules = hundred(port)
        options: dict[str, Any] = {"tcp_timeout_s": 0.5, "address_delay_s": 0.01}
        async with nothing_left():
            ordeal = await endure(f"ws://many.test:{port}/", **rules, **options)
    assert ordeal.failed == ("tcp", "timed-out")
