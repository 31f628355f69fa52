"""Through squid: CONNECT allowed and denied, with and without credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from urllib.parse import quote

import pytest

from tests.peers.process import HOST
from tests.peers.squid import SQUID_PASSWORD, SQUID_USER
from tests.real.case import Case, healthy, hold_to
from wsinspect.check.outcome import ExitCode

if TYPE_CHECKING:
    from tests.peers.certificates import Certificates
    from tests.peers.nginx import Nginx
    from tests.peers.squid import Squid, SquidSite

RIGHT = f"{SQUID_USER}:{quote(SQUID_PASSWORD)}@"

CASES = (
    (healthy("allow"), ""),
    (healthy("allow", scheme="wss"), ""),
    (healthy("authenticate", scheme="wss"), RIGHT),
    (
        Case(
            site="deny",
            cause="proxy-connect-denied",
            code=ExitCode.NEVER_REACHED_HTTP,
            fix="CONNECT|443",
        ),
        "",
    ),
    (
        Case(
            site="authenticate",
            cause="proxy-auth-required",
            code=ExitCode.NEVER_REACHED_HTTP,
            fix="user:password|credentials",
        ),
        "",
    ),
    (
        Case(
            site="authenticate",
            scheme="wss",
            cause="proxy-auth-required",
            code=ExitCode.NEVER_REACHED_HTTP,
            fix="user:password|credentials",
        ),
        "somebody:else@",
    ),
)


@pytest.mark.parametrize(("case", "credentials"), CASES, ids=str)
async def test_squid(
    case: Case, credentials: str, squid: Squid, nginx: Nginx, certificates: Certificates
) -> None:
    proxy = f"http://{credentials}{HOST}:{squid.port(cast('SquidSite', case.site))}"
    url = nginx.url("tls", scheme="wss") if case.scheme == "wss" else nginx.url("proxied")
    await hold_to(case, url, certificates, proxy=proxy)


async def test_a_target_that_refuses_behind_squid(squid: Squid) -> None:
    """Nothing listens on port 9: squid answers 503 in its own name, which is neither denial nor the proxy's absence."""
    case = Case(
        site="allow", cause="proxy-tunnel-broken", code=ExitCode.NEVER_REACHED_HTTP, fix="target|squid|proxy"
    )
    await hold_to(case, f"ws://{HOST}:9/", proxy=f"http://{HOST}:{squid.port('allow')}")


async def test_squid_asked_as_if_it_were_the_server(squid: Squid) -> None:
    case = Case(site="allow", cause="forward-proxy-as-server", fix="-x|accel")
    await hold_to(case, f"ws://{HOST}:{squid.port('allow')}/chat")
