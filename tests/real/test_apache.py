"""Apache in front of Node's `ws`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from tests.real.case import Case, healthy, hold_to

if TYPE_CHECKING:
    from tests.peers.apache import Apache, ApacheSite

CASES = (
    healthy("proxied"),
    Case(
        site="stripped",
        cause="apache-upgrade-missing",
        fix="upgrade=websocket",
        also=frozenset({"upgrade-stripped"}),
    ),
    Case(site="backend_down", cause="http-503", fix="ProxyPass|backend|server"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_apache(case: Case, apache: Apache) -> None:
    await hold_to(case, apache.url(cast("ApacheSite", case.site), case.path))
