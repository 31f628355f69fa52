"""The list of scenarios: complete, unique, cheap."""

from __future__ import annotations

import subprocess
import sys

import pytest

from wsinspect.lab.registry import scenario, scenarios
from wsinspect.lab.scenario import UnknownScenarioError

STAGES = {
    "healthy", "client", "dns", "tcp", "proxy", "tls", "http",
    "handshake", "early-close", "violation", "close-code", "idle",
}  # fmt: skip

CAUSES = [
    "client-closed-while-connecting",
    "dns-nxdomain",
    "dns-temporary-failure",
    "dns-no-address-records",
    "dns-wrong-or-sinkholed-address",
    "dns-idna-label-invalid",
    "tcp-refused",
    "tcp-localhost-ipv6-mismatch",
    "tcp-timeout-blackhole",
    "tcp-unreachable",
    "tcp-reset-after-accept",
    "wrong-service-on-port",
    "proxy-unreachable",
    "proxy-connect-denied",
    "proxy-auth-required",
    "proxy-strips-upgrade",
    "transparent-middlebox-strips-upgrade",
    "tls-interception-or-antivirus",
    "captive-portal",
    "proxy-env-applied-to-localhost",
    "tls-plain-server-on-wss",
    "ws-to-tls-port",
    "tls-self-signed",
    "tls-untrusted-ca-or-missing-intermediate",
    "tls-expired",
    "tls-not-yet-valid",
    "tls-hostname-mismatch",
    "tls-protocol-version",
    "tls-no-shared-cipher",
    "tls-sni-unrecognized",
    "tls-alpn-h2-only",
    "tls-client-cert-required",
    "tls-handshake-cut",
    "tls-handshake-timeout",
    "http-redirect",
    "http-401",
    "http-403",
    "origin-rejected",
    "http-404",
    "http-405",
    "http-426",
    "upgrade-stripped",
    "http-200-not-websocket",
    "http-429",
    "http-headers-too-large",
    "http-500",
    "http-502",
    "http-503",
    "http-504",
    "upgrade-empty-reply",
    "upgrade-rst",
    "upgrade-hang",
    "upgrade-partial-response",
    "http-400-generic",
    "http-421-or-451-etc",
    "hs-accept-mismatch",
    "hs-accept-missing",
    "hs-upgrade-missing",
    "hs-connection-missing",
    "hs-upgrade-wrong",
    "hs-duplicate-header",
    "subproto-none-returned",
    "subproto-mismatch",
    "subproto-list-returned",
    "ext-invalid",
    "ws-version-unsupported",
    "ws-key-missing",
    "hs-http10-upstream",
    "open-then-fin",
    "open-then-rst",
    "http-bytes-after-101",
    "html-after-101",
    "close-1008-or-44xx-auth",
    "close-1000-immediately",
    "close-1011",
    "close-1001-or-1012-restart",
    "close-1013-overload",
    "server-crash-on-frame",
    "open-but-buffered",
    "plain-ws-client-to-socketio",
    "proto-unmasked-client",
    "proto-masked-server",
    "proto-rsv1-compression",
    "proto-opcode",
    "proto-invalid-utf8",
    "proto-fragmentation",
    "proto-control-frame",
    "proto-close-frame-invalid",
    "proto-length-nonminimal",
    "message-too-big",
    "unsupported-data",
    "client-violates-app-protocol",
    "idle-timeout-intermediary",
    "idle-timeout-server-app",
    "keepalive-ping-timeout",
    "nat-or-firewall-silent-drop",
    "max-connection-lifetime",
    "server-drain-on-deploy",
]


@pytest.mark.parametrize("cause", CAUSES)
def test_a_cause_has_a_scenario_of_its_own_name(cause: str) -> None:
    assert scenario(cause).cause == cause


def test_an_id_is_its_cause_or_its_cause_with_a_suffix() -> None:
    for entry in scenarios():
        assert entry.stage in STAGES
        assert entry.title
        assert (
            entry.id == entry.cause
            or entry.id.startswith(f"{entry.cause or 'healthy'}-")
            or entry.id == "healthy"
        )


def test_an_unknown_id_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UnknownScenarioError) as refused:
        scenario("tcp-refusd")
    assert str(refused.value) == "unknown lab scenario 'tcp-refusd'; did you mean 'tcp-refused'?"


def test_an_unknown_id_far_from_all_points_at_the_list() -> None:
    with pytest.raises(UnknownScenarioError, match="--list"):
        scenario("zzzzzzzz")


def test_listing_loads_no_certificates_no_server_and_no_terminal_ui() -> None:
    program = (
        "import sys; from wsinspect.lab.registry import scenarios; assert scenarios(); "
        "print([name for name in sys.modules if name.split('.')[0] in ('cryptography', 'websockets', 'textual')])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
