"""nginx in front of Node's `ws`: proxying right and wrong, its own pages, its TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from tests.real.case import Case, healthy, hold_to
from wsinspect.check.outcome import ExitCode
from wsinspect.check.run import CheckPlan

if TYPE_CHECKING:
    from tests.peers.certificates import Certificates
    from tests.peers.nginx import Nginx, NginxSite

TLS = ExitCode.NEVER_REACHED_HTTP

CASES = (
    healthy("proxied"),
    healthy("proxied", plan=CheckPlan(hold_s=0.3, send=("round", "trip"))),
    healthy("proxied", host="localhost"),
    healthy("tls", scheme="wss"),
    healthy("tls", scheme="wss", host="localhost", options={"max_tls": "1.2"}),
    healthy("tls_client_certificate", scheme="wss", client_certificate=True),
    healthy("tls_self_signed", scheme="wss", options={"insecure": True}),
    Case(
        site="stripped",
        cause="nginx-upgrade-headers-missing",
        fix=r"proxy_set_header Upgrade \$http_upgrade",
        also=frozenset({"upgrade-stripped"}),
    ),
    Case(site="backend_down", cause="http-502", fix="proxy_pass|backend|upstream"),
    Case(
        site="read_timeout",
        cause="nginx-read-timeout",
        code=ExitCode.ENDED_EARLY,
        fix="proxy_read_timeout",
    ),
    Case(site="drop", cause="upgrade-empty-reply", fix="444"),
    Case(site="spa", cause="http-200-not-websocket", fix="location"),
    healthy("http10"),
    healthy("auth_basic", options={"basic_auth": "somebody:password"}),
    Case(site="auth_basic", cause="http-401", fix="--user|cookie|token"),
    Case(site="deny", cause="http-403", fix="rule|deny|Origin"),
    Case(site="redirect", cause="http-redirect", fix="wss://"),
    Case(site="gateway_timeout", cause="http-504", fix="handler"),
    Case(site="backend_speaks_plain", cause="http-502", fix="TLS"),
    Case(site="tls", cause="ws-to-tls-port", fix="wss://"),
    Case(site="proxied", scheme="wss", cause="tls-plain-server-on-wss", code=TLS, fix="ws://"),
    Case(site="tls_self_signed", scheme="wss", cause="tls-self-signed", code=TLS, fix="--cacert|trust"),
    Case(site="tls_expired", scheme="wss", cause="tls-expired", code=TLS, fix="[Rr]enew"),
    Case(site="tls_not_yet_valid", scheme="wss", cause="tls-not-yet-valid", code=TLS, fix="clock"),
    Case(
        site="tls_wrong_host",
        scheme="wss",
        host="localhost",
        cause="tls-hostname-mismatch",
        code=TLS,
        fix=r"elsewhere\.example",
    ),
    Case(
        site="tls_missing_intermediate",
        scheme="wss",
        cause="tls-untrusted-ca-or-missing-intermediate",
        code=TLS,
        fix="fullchain|ssl_certificate",
    ),
    Case(
        site="tls",
        scheme="wss",
        options={"ca_file": None},
        cause="tls-untrusted-ca-or-missing-intermediate",
        code=TLS,
        fix="--cacert",
    ),
    Case(
        site="tls_client_certificate",
        scheme="wss",
        cause="tls-client-cert-required",
        fix="--cert",
    ),
    Case(
        site="proxied",
        path="/?" + "token=x&" * 2000,
        cause="http-headers-too-large",
        fix="large_client_header_buffers",
    ),
    Case(
        site="proxied",
        options={"cookies": tuple(f"c{number}={'x' * 500}" for number in range(40))},
        cause="http-headers-too-large",
        fix="large_client_header_buffers|[Cc]ookie",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_nginx(case: Case, nginx: Nginx, certificates: Certificates) -> None:
    url = nginx.url(cast("NginxSite", case.site), case.path, scheme=case.scheme, host=case.host)
    await hold_to(case, url, certificates)


async def test_nginx_limits_requests(nginx: Nginx) -> None:
    """The first request of the minute is let through, the second is told that the server is busy."""
    await hold_to(healthy("limit"), nginx.url("limit"))
    await hold_to(Case(site="limit", cause="http-503", fix="limit_"), nginx.url("limit"))
