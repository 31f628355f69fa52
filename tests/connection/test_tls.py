"""The TLS step against servers that are right, and wrong in one way each."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from itertools import pairwise

import pytest

from tests.connection.tls_peers import (
    answering,
    over_tls,
    resetting,
    server_context,
    serving,
    tls_step,
    wait_for_end,
    wait_over_tls,
)
from tests.peers.certificates import Certificates, ServedCertificate
from tests.peers.openssl import OpensslMode, OpensslServers
from wsinspect.connection.tls import TlsFailedError
from wsinspect.events import (
    BytesReceived,
    BytesSent,
    FailureKind,
    Layer,
    StepSucceeded,
    TlsCertificateRequested,
    TlsEstablished,
    TlsPeerCertificates,
    TlsStarted,
    TlsVerificationFailed,
)
from wsinspect.options import ConnectOptions
from wsinspect.wire.certificate import describe_certificate
from wsinspect.wire.tls_records import read_records

URL = "wss://localhost/"


@pytest.fixture
def trusting(certificates: Certificates) -> ConnectOptions:
    """Options that trust the test authority."""
    return ConnectOptions(url=URL, ca_file=str(certificates.root))


async def test_a_good_server_is_established_with_its_bytes_before_what_they_caused(
    certificates: Certificates, trusting: ConnectOptions
) -> None:
    with serving(over_tls(server_context(certificates.leaf, alpn=("http/1.1",)), wait_over_tls)) as port:
        outcome = await tls_step(port, trusting)
        await outcome.open.close()
    assert outcome.names == [
        "StepStarted",
        "TlsStarted",
        "BytesSent",
        "BytesReceived",
        "TlsPeerCertificates",
        "BytesSent",
        "TlsEstablished",
        "StepSucceeded",
        "TlsAlert",
    ]
    started, established = outcome.one(TlsStarted), outcome.one(TlsEstablished)
    assert (started.server_name, started.alpn, started.verify) == ("localhost", ("http/1.1",), True)
    assert started.trust == str(certificates.root)
    assert (established.version, established.alpn) == ("TLSv1.3", "http/1.1")
    assert not established.client_certificate_sent
    assert outcome.alerts == [("SENT", 1, 0)]
    assert {event.layer for event in outcome.of(BytesSent)} == {Layer.TLS}
    assert {event.layer for event in outcome.of(BytesReceived)} == {Layer.TLS}
    assert all(one.seq + 1 == other.seq for one, other in pairwise(outcome.events))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_the_chain_is_recorded_as_sent(
    certificates: Certificates, trusting: ConnectOptions, version: ssl.TLSVersion
) -> None:
    with serving(over_tls(server_context(certificates.leaf, only=version), wait_over_tls)) as port:
        outcome = await tls_step(port, trusting)
        await outcome.open.close()
    names = [describe_certificate(der).common_name for der in outcome.one(TlsPeerCertificates).chain]
    assert names == ["localhost", "wsinspect test intermediate"]


@dataclass(frozen=True)
class Refused:
    served: str
    code: int
    words: str
    alert: int
    chain: int


REFUSED = [
    Refused("self_signed", 18, "self-signed certificate", 48, 1),
    Refused("expired", 10, "certificate has expired", 45, 2),
    Refused("not_yet_valid", 9, "certificate is not yet valid", 42, 2),
    Refused("wrong_host", 62, "Hostname mismatch", 42, 2),
    Refused("missing_intermediate", 20, "unable to get local issuer certificate", 48, 1),
]


@pytest.mark.parametrize("story", REFUSED, ids=lambda story: story.served)
async def test_a_refused_certificate_is_described_and_our_alert_reaches_the_server(
    certificates: Certificates, trusting: ConnectOptions, story: Refused
) -> None:
    served: ServedCertificate = getattr(certificates, story.served)
    heard: list[str] = []

    def server(connection: socket.socket) -> None:
        context = server_context(served)
        try:
            context.wrap_socket(connection, server_side=True)
        except ssl.SSLError as error:
            heard.append(error.reason or "")

    with serving(server) as port:
        outcome = await tls_step(port, trusting)
    refused = outcome.one(TlsVerificationFailed)
    assert refused.code == story.code
    assert story.words in refused.message
    assert outcome.failure.kind is FailureKind.TLS_VERIFICATION
    assert outcome.failure.code == "CERTIFICATE_VERIFY_FAILED"
    assert story.words in outcome.failure.message
    assert len(outcome.one(TlsPeerCertificates).chain) == story.chain
    assert outcome.alerts == [("SENT", 2, story.alert)]
    assert outcome.names[-5:] == [
        "TlsPeerCertificates",
        "TlsVerificationFailed",
        "TlsAlert",
        "BytesSent",
        "StepFailed",
    ]
    assert heard, "the server never learned why"
    assert "ALERT" in heard[0]


@pytest.mark.parametrize("story", REFUSED, ids=lambda story: story.served)
async def test_insecure_accepts_what_verification_refuses_and_still_records_the_chain(
    certificates: Certificates, story: Refused
) -> None:
    served: ServedCertificate = getattr(certificates, story.served)
    with serving(over_tls(server_context(served), wait_over_tls)) as port:
        outcome = await tls_step(port, ConnectOptions(url=URL, insecure=True))
        await outcome.open.close()
    assert (outcome.one(TlsStarted).verify, outcome.one(TlsStarted).trust) == (False, "none")
    assert len(outcome.one(TlsPeerCertificates).chain) == story.chain


async def test_the_system_does_not_trust_a_private_authority(certificates: Certificates) -> None:
    with serving(over_tls(server_context(certificates.leaf), wait_over_tls)) as port:
        outcome = await tls_step(port, ConnectOptions(url=URL))
    assert outcome.one(TlsStarted).trust == "system"
    assert outcome.one(TlsVerificationFailed).code in {19, 20}


async def test_the_system_trusts_what_its_trust_file_names(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.root))
    with serving(over_tls(server_context(certificates.leaf), wait_over_tls)) as port:
        outcome = await tls_step(port, ConnectOptions(url=URL))
        await outcome.open.close()
    assert outcome.one(TlsStarted).trust == "system"
    assert outcome.of(StepSucceeded)


@pytest.mark.parametrize(
    ("host", "override", "server_name", "accepted"),
    [
        ("localhost", None, "localhost", True),
        ("localhost.", None, "localhost", True),
        ("127.0.0.1", None, None, True),
        ("127.0.0.2", None, None, False),
        ("::1", None, None, False),
        ("other.example", None, "other.example", False),
        ("127.0.0.2", "localhost", "localhost", True),
        ("localhost", "other.example", "other.example", False),
    ],
)
async def test_the_name_that_is_sent_is_the_name_that_is_checked(
    certificates: Certificates, host: str, override: str | None, server_name: str | None, accepted: bool
) -> None:
    options = ConnectOptions(url=URL, ca_file=str(certificates.root), server_name=override)
    asked: list[str | None] = []
    context = server_context(certificates.leaf)
    context.sni_callback = lambda _tls, name, _context: asked.append(name)
    with serving(over_tls(context, wait_over_tls)) as port:
        outcome = await tls_step(port, options, host)
        if outcome.stream is not None:
            await outcome.stream.close()
    assert (outcome.stream is not None) == accepted
    assert [outcome.one(TlsStarted).server_name] == asked == [server_name]
    if not accepted:
        assert outcome.one(TlsVerificationFailed).code == (62 if server_name else 64)


HTTP_400 = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "protocol"),
    [
        (HTTP_400, "http"),
        (b"H", ""),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "ssh"),
        (b"\x16\x05nonsense", ""),
        (b"\x00\x00\x12\x04\x00\x00\x00\x00\x00", "http/2"),
    ],
)
async def test_an_answer_that_is_not_tls_is_recorded_whole(
    trusting: ConnectOptions, answer: bytes, protocol: str
) -> None:
    with serving(answering(answer)) as port:
        outcome = await tls_step(port, trusting)
    assert (outcome.failure.kind, outcome.failure.code) == (FailureKind.TLS_PLAINTEXT, protocol)
    assert outcome.received == answer


async def test_a_plaintext_answer_in_pieces_is_waited_for(trusting: ConnectOptions) -> None:
    def server(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in HTTP_400:
            connection.sendall(bytes((byte,)))
        wait_for_end(connection)  # no FIN: the wait for the rest ends by itself

    with serving(server) as port:
        outcome = await tls_step(port, trusting)
    assert outcome.failure.kind is FailureKind.TLS_PLAINTEXT
    assert outcome.received == HTTP_400


@pytest.mark.parametrize(
    ("level", "code", "name"),
    [
        (2, 112, "unrecognized_name"),
        (2, 70, "protocol_version"),
        (2, 80, "internal_error"),
        (2, 120, "no_application_protocol"),
        (2, 200, "alert_200"),
        (1, 0, "close_notify"),
    ],
)
async def test_an_alert_says_why_the_server_gave_up(
    trusting: ConnectOptions, level: int, code: int, name: str
) -> None:
    with serving(answering(bytes((21, 3, 3, 0, 2, level, code)))) as port:
        outcome = await tls_step(port, trusting)
    assert (outcome.failure.kind, outcome.failure.code) == (FailureKind.TLS_ALERT, name)
    assert ("RECEIVED", level, code) in outcome.alerts
    assert outcome.received.endswith(bytes((level, code)))


async def test_fin_in_answer_to_the_client_hello(trusting: ConnectOptions) -> None:
    with serving(answering(b"")) as port:
        outcome = await tls_step(port, trusting)
    assert outcome.failure.kind is FailureKind.STREAM_ENDED
    assert "without a byte" in outcome.failure.message
    assert next(read_records(outcome.sent)).content_type == 22


async def test_fin_in_the_middle_of_a_record(trusting: ConnectOptions) -> None:
    with serving(answering(b"\x16\x03\x03\x00")) as port:
        outcome = await tls_step(port, trusting)
    assert outcome.failure.kind is FailureKind.STREAM_ENDED
    assert "in the middle" in outcome.failure.message


async def test_rst_in_answer_to_the_client_hello(trusting: ConnectOptions) -> None:
    with serving(resetting) as port:
        outcome = await tls_step(port, trusting)
    assert outcome.failure.kind is FailureKind.RESET
    assert outcome.failure.errno


async def test_silence_runs_into_the_timeout(trusting: ConnectOptions) -> None:
    with serving(wait_for_end) as port:
        outcome = await tls_step(port, trusting, timeout_s=0.05)
    assert outcome.failure.kind is FailureKind.TIMED_OUT
    assert outcome.names == ["StepStarted", "TlsStarted", "BytesSent", "StepFailed"]


async def test_records_that_make_no_sense_are_an_error_of_tls(trusting: ConnectOptions) -> None:
    with serving(answering(b"\x16\x03\x03\x00\x04\x01\x00\x00\x00")) as port:
        outcome = await tls_step(port, trusting)
    assert outcome.failure.kind is FailureKind.TLS_ERROR
    assert outcome.failure.code == "UNEXPECTED_MESSAGE"
    assert outcome.alerts == [("SENT", 2, 10)]


@pytest.mark.parametrize(
    ("mode", "alert"),
    [("tls1_1_only", 70), ("cipher_mismatch", 40), ("alpn_h2_only", 120), ("client_certificate_tls1_2", 40)],
)
async def test_openssl_refuses_with_an_alert(
    openssl: OpensslServers, trusting: ConnectOptions, mode: OpensslMode, alert: int
) -> None:
    outcome = await tls_step(openssl(mode).port("tls"), trusting)
    assert outcome.failure.kind is FailureKind.TLS_ALERT
    assert outcome.alerts == [("RECEIVED", 2, alert)]
    assert bool(outcome.of(TlsCertificateRequested)) == mode.startswith("client_certificate")


async def test_old_versions_work_when_they_are_asked_for(
    openssl: OpensslServers, certificates: Certificates
) -> None:
    options = ConnectOptions(url=URL, ca_file=str(certificates.root), max_tls="1.1")
    outcome = await tls_step(openssl("tls1_1_only").port("tls"), options)
    assert outcome.one(TlsEstablished).version == "TLSv1.1"
    await outcome.open.close()


async def test_tls_1_3_refuses_a_missing_client_certificate_after_the_handshake(
    openssl: OpensslServers, trusting: ConnectOptions
) -> None:
    outcome = await tls_step(openssl("client_certificate_tls1_3").port("tls"), trusting)
    assert outcome.of(TlsCertificateRequested)
    assert not outcome.one(TlsEstablished).client_certificate_sent
    with pytest.raises(TlsFailedError) as failed:
        await outcome.open.read()
    assert failed.value.alert == 116
    assert outcome.alerts == [("RECEIVED", 2, 116)]
    await outcome.open.close()


@pytest.mark.parametrize("mode", ["client_certificate_tls1_2", "client_certificate_tls1_3"])
async def test_a_client_certificate_is_sent_when_it_is_asked_for(
    openssl: OpensslServers, certificates: Certificates, mode: OpensslMode
) -> None:
    client = certificates.client
    options = ConnectOptions(
        url=URL, ca_file=str(certificates.root), cert_file=str(client.chain), key_file=str(client.key)
    )
    outcome = await tls_step(openssl(mode).port("tls"), options)
    assert outcome.one(TlsEstablished).client_certificate_sent
    outcome.open.write(b"GET / HTTP/1.0\r\n\r\n")
    assert (await outcome.open.read()).startswith(b"HTTP/1.0 200")
    await outcome.open.close()


async def test_without_messages_from_python_alerts_are_read_from_the_records(
    trusting: ConnectOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wsinspect.connection.tls_context._set_message_callback", lambda *_: False)
    monkeypatch.setenv("SSL_CERT_DIR", "/nonexistent/so-that-no-cached-context-serves")
    with serving(answering(bytes((21, 3, 3, 0, 2, 2, 112)))) as port:
        outcome = await tls_step(port, trusting)
    assert (outcome.failure.kind, outcome.failure.code) == (FailureKind.TLS_ALERT, "unrecognized_name")
    assert outcome.alerts == [("RECEIVED", 2, 112)]
