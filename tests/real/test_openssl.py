"""openssl s_server: TLS handshakes that fail with an alert, and one that needs our certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from tests.real.case import Case, hold_to
from wsinspect.check.outcome import ExitCode

if TYPE_CHECKING:
    from tests.peers.certificates import Certificates
    from tests.peers.openssl import OpensslMode, OpensslServers


def failing(mode: OpensslMode, cause: str, fix: str, code: ExitCode = ExitCode.NEVER_REACHED_HTTP) -> Case:
    return Case(site=mode, scheme="wss", cause=cause, fix=fix, code=code)


CASES = (
    failing("tls1_1_only", "tls-protocol-version", "TLS ?v?1.2"),
    failing("cipher_mismatch", "tls-no-shared-cipher", "cipher"),
    failing("client_certificate_tls1_2", "tls-client-cert-required", "--cert"),
    # In TLS 1.3 our side is done before the server has looked for our certificate: its alert answers the upgrade.
    failing("client_certificate_tls1_3", "tls-client-cert-required", "--cert", ExitCode.UPGRADE_FAILED),
    # With a certificate TLS is content, and s_server answers any GET with a page of its own.
    *(
        Case(site=mode, scheme="wss", client_certificate=True, cause="http-200-not-websocket", fix="path")
        for mode in ("client_certificate_tls1_2", "client_certificate_tls1_3")
    ),
    failing("alpn_h2_only", "tls-alpn-h2-only", "http/1.1"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_openssl(case: Case, openssl: OpensslServers, certificates: Certificates) -> None:
    url = openssl(cast("OpensslMode", case.site)).url("tls", scheme="wss")
    await hold_to(case, url, certificates)
