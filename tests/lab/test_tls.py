"""Real TLS peers: what OpenSSL on the client's side makes of them."""

from __future__ import annotations

import ssl

import pytest

from tests.lab.raw_client import REQUEST, hear, served, trusting


@pytest.mark.parametrize(
    ("scenario_id", "verify_code"),
    [
        ("tls-self-signed", 18),
        ("tls-self-signed-root", 19),
        ("tls-untrusted-ca-or-missing-intermediate", 20),
        ("tls-untrusted-ca-or-missing-intermediate-chain", 20),
        ("tls-interception-or-antivirus", 20),
        ("tls-expired", 10),
        ("tls-not-yet-valid", 9),
        ("tls-hostname-mismatch", 62),
        ("tls-hostname-mismatch-ip", 64),
    ],
)
async def test_a_certificate_fails_for_its_one_reason(scenario_id: str, verify_code: int) -> None:
    async with served(scenario_id) as endpoint:
        name = "127.0.0.1" if "chat." not in endpoint.url else "chat.lab.test"
        with pytest.raises(ssl.SSLCertVerificationError) as refused:
            await hear(endpoint, context=trusting(endpoint), server_name=name)
    assert refused.value.verify_code == verify_code


@pytest.mark.parametrize(
    ("scenario_id", "reason"),
    [
        ("tls-protocol-version", "TLSV1_ALERT_PROTOCOL_VERSION"),
        ("tls-no-shared-cipher", "HANDSHAKE_FAILURE"),
        ("tls-sni-unrecognized", "UNRECOGNIZED_NAME"),
        ("tls-client-cert-required-tls12", "HANDSHAKE_FAILURE"),
        ("tls-client-cert-required", "CERTIFICATE_REQUIRED"),
    ],
)
async def test_a_server_refuses_with_its_alert(scenario_id: str, reason: str) -> None:
    async with served(scenario_id) as endpoint:
        name = "127.0.0.1" if "chat." not in endpoint.url else "chat.lab.test"
        with pytest.raises(ssl.SSLError) as refused:
            await hear(endpoint, REQUEST, context=trusting(endpoint), server_name=name)
    assert reason in (refused.value.reason or "")


async def test_a_port_for_http2_answers_with_settings() -> None:
    async with served("tls-alpn-h2-only-settings") as endpoint:
        heard = await hear(endpoint, REQUEST, context=trusting(endpoint), server_name="127.0.0.1")
    assert heard.data[:9] == bytes.fromhex("000012040000000000")
    assert heard.end == "fin"


async def test_a_hanging_upgrade_shakes_hands_and_then_says_nothing() -> None:
    async with served("upgrade-hang") as endpoint:
        heard = await hear(
            endpoint, REQUEST, context=trusting(endpoint), server_name="127.0.0.1", patience_s=0.15
        )
    assert (heard.data, heard.end) == (b"", "silence")
