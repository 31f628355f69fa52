"""haproxy in front of Node's `ws`: its timeouts, its own refusals, its TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from tests.real.case import Case, healthy, hold_to
from wsinspect.check.outcome import ExitCode
from wsinspect.check.run import CheckPlan

if TYPE_CHECKING:
    from tests.peers.certificates import Certificates
    from tests.peers.haproxy import Haproxy, HaproxySite

CASES = (
    healthy("proxied"),
    healthy("tls", scheme="wss"),
    # Offered http/1.1 alone, haproxy falls back to serving without ALPN: that works, so nobody is to blame.
    healthy("alpn_h2_only", scheme="wss"),
    Case(
        site="tunnel_timeout",
        # haproxy leaves no mark on a 101, so only the silence can tell, once the session has been seen to work.
        plan=CheckPlan(hold_s=30.0, send=("echo this",)),
        cause="idle-timeout-intermediary",
        code=ExitCode.ENDED_EARLY,
        fix="timeout tunnel",
    ),
    Case(site="no_server", cause="http-503", fix="health|server"),
    Case(site="deny_403", cause="http-403", fix="http-request deny|rule"),
    Case(site="deny_429", cause="http-429", fix="[Rr]etry-After|back|limit"),
    Case(
        site="strict_sni",
        scheme="wss",
        host="localhost",
        cause="tls-sni-unrecognized",
        code=ExitCode.NEVER_REACHED_HTTP,
        fix="strict-sni|crt|certificate",
    ),
    Case(
        site="alpn_h2_only",
        scheme="wss",
        options={"alpn": ("h2", "http/1.1")},
        cause="tls-alpn-h2-only",
        fix="http/1.1",
    ),
    Case(site="tls", cause="upgrade-empty-reply", names=frozenset({"ws-to-tls-port"}), fix="wss://"),
    Case(
        site="proxied",
        scheme="wss",
        cause="tls-plain-server-on-wss",
        code=ExitCode.NEVER_REACHED_HTTP,
        fix="ws://",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_haproxy(case: Case, haproxy: Haproxy, certificates: Certificates) -> None:
    url = haproxy.url(cast("HaproxySite", case.site), case.path, scheme=case.scheme, host=case.host)
    await hold_to(case, url, certificates)
