"""What our own side can get wrong about TLS: one clear line each, before a byte is sent."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from tests.connection.tls_peers import over_tls, server_context, serving, tls_step, wait_over_tls
from tests.peers.certificates import Certificates, make_certificates
from wsinspect.connection.emitter import Emitter
from wsinspect.connection.step import StepError
from wsinspect.connection.tls import start_tls
from wsinspect.connection.tls_context import client_context
from wsinspect.events import Event, FailureKind
from wsinspect.options import ConnectOptions

URL = "wss://localhost/"


@dataclass(frozen=True)
class Mistake:
    id: str
    options: Callable[[Certificates, Path], ConnectOptions]
    code: str
    says: str


def _encrypted_key(certificates: Certificates, folder: Path) -> str:
    key = serialization.load_pem_private_key(certificates.client.key.read_bytes(), None)
    file = folder / "encrypted.key"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    return str(file)


def _text_file(folder: Path) -> str:
    file = folder / "text.pem"
    file.write_text("no certificate in here\n")
    return str(file)


def _client(certificates: Certificates, key: str | None) -> ConnectOptions:
    return ConnectOptions(url=URL, cert_file=str(certificates.client.chain), key_file=key)


MISTAKES = [
    Mistake(
        "ca-missing",
        lambda _c, folder: ConnectOptions(url=URL, ca_file=str(folder / "none.pem")),
        "ca-file",
        "cannot be read: No such file or directory",
    ),
    Mistake(
        "ca-is-a-directory",
        lambda _c, folder: ConnectOptions(url=URL, ca_file=str(folder)),
        "ca-file",
        "cannot be read: Is a directory",
    ),
    Mistake(
        "ca-is-no-pem",
        lambda _c, folder: ConnectOptions(url=URL, ca_file=_text_file(folder)),
        "ca-file",
        "holds no PEM certificate",
    ),
    Mistake(
        "ca-with-nul",
        lambda _c, _f: ConnectOptions(url=URL, ca_file="a\0b"),
        "ca-file",
        "is no file name",
    ),
    Mistake(
        "certificate-missing",
        lambda c, folder: ConnectOptions(
            url=URL, cert_file=str(folder / "none.pem"), key_file=str(c.client.key)
        ),
        "client-certificate",
        "the client certificate",
    ),
    Mistake(
        "key-missing",
        lambda c, folder: _client(c, str(folder / "none.key")),
        "client-certificate",
        "the client key",
    ),
    Mistake(
        "certificate-without-key",
        lambda c, _f: _client(c, None),
        "client-certificate",
        "a key in a file of its own must be named too",
    ),
    Mistake(
        "key-without-certificate",
        lambda c, _f: ConnectOptions(url=URL, key_file=str(c.client.key)),
        "client-certificate",
        "needs its certificate",
    ),
    Mistake(
        "key-of-another",
        lambda c, _f: _client(c, str(c.leaf.key)),
        "client-certificate",
        "belongs to another certificate",
    ),
    Mistake(
        "key-encrypted",
        lambda c, folder: _client(c, _encrypted_key(c, folder)),
        "client-certificate",
        "the key is encrypted",
    ),
    Mistake(
        "key-is-no-pem",
        lambda c, folder: _client(c, _text_file(folder)),
        "client-certificate",
        "not a PEM certificate and its PEM key",
    ),
    Mistake(
        "versions-crossed",
        lambda _c, _f: ConnectOptions(url=URL, min_tls="1.3", max_tls="1.2"),
        "tls-versions",
        "1.3 is above the highest, 1.2",
    ),
    Mistake("alpn-empty-name", lambda _c, _f: ConnectOptions(url=URL, alpn=("",)), "alpn", "1 to 255 bytes"),
    Mistake("alpn-not-ascii", lambda _c, _f: ConnectOptions(url=URL, alpn=("é",)), "alpn", "ASCII"),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.id)
def test_a_mistake_of_our_own_is_one_clear_line(
    certificates: Certificates, tmp_path: Path, mistake: Mistake
) -> None:
    with pytest.raises(StepError) as failed:
        client_context(mistake.options(certificates, tmp_path))
    error = failed.value
    assert error.kind is FailureKind.LOCAL_CONFIGURATION
    assert error.code == mistake.code
    assert mistake.says in error.message
    assert "\n" not in error.message


class _Silent:
    """A stream that must never be used."""

    async def read(self) -> bytes:
        raise AssertionError

    def write(self, data: bytes) -> None:
        raise AssertionError(data)

    async def drain(self) -> None:
        raise AssertionError

    async def close(self) -> None:
        raise AssertionError

    def abort(self) -> None:
        raise AssertionError


@pytest.mark.parametrize("name", ["", ".example", "a..b", "x" * 64 + ".example"])
async def test_a_name_that_no_server_can_have(certificates: Certificates, name: str) -> None:
    events: list[Event] = []
    options = ConnectOptions(url=URL, ca_file=str(certificates.root))
    with pytest.raises(StepError) as failed:
        await start_tls(Emitter(events.append), options, _Silent(), name)
    assert (failed.value.kind, failed.value.code) == (FailureKind.LOCAL_CONFIGURATION, "server-name")
    assert not events


def test_a_context_is_made_once_and_anew_when_its_file_changes(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path)
    options = ConnectOptions(url=URL, ca_file=str(certificates.root))
    first = client_context(options)
    assert client_context(options) is first
    certificates.root.write_bytes(certificates.root.read_bytes() * 2)
    assert client_context(options) is not first


async def test_whom_the_user_names_is_trusted_even_if_it_is_no_root(
    certificates: Certificates, tmp_path: Path
) -> None:
    chain = certificates.leaf.chain.read_text()
    intermediate = tmp_path / "intermediate.pem"
    intermediate.write_text(chain[chain.rindex("-----BEGIN") :])
    options = ConnectOptions(url=URL, ca_file=str(intermediate))
    with serving(over_tls(server_context(certificates.leaf), wait_over_tls)) as port:
        outcome = await tls_step(port, options)
        await outcome.open.close()


async def test_the_key_log_names_this_connections_keys(
    certificates: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_log = tmp_path / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(key_log))
    options = ConnectOptions(url=URL, ca_file=str(certificates.root))
    with serving(over_tls(server_context(certificates.leaf), wait_over_tls)) as port:
        outcome = await tls_step(port, options)
        await outcome.open.close()
    client_random = outcome.sent[11:43].hex()
    assert f"CLIENT_TRAFFIC_SECRET_0 {client_random} " in key_log.read_text()
    assert key_log.stat().st_mode & 0o777 == 0o600


async def test_a_key_log_that_cannot_be_written_is_said(
    certificates: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "none" / "keys.log"))
    with pytest.raises(StepError) as failed:
        client_context(ConnectOptions(url=URL, ca_file=str(certificates.root)))
    assert (failed.value.kind, failed.value.code) == (FailureKind.LOCAL_CONFIGURATION, "key-log")
    assert "SSLKEYLOGFILE" in failed.value.message
    assert os.strerror(2) in failed.value.message


@pytest.mark.parametrize(
    ("options", "lowest", "highest"),
    [
        (ConnectOptions(url=URL), "TLSv1_2", "TLSv1_3"),
        (ConnectOptions(url=URL, min_tls="1.3"), "TLSv1_3", "TLSv1_3"),
        (ConnectOptions(url=URL, max_tls="1.2"), "TLSv1_2", "TLSv1_2"),
        (ConnectOptions(url=URL, max_tls="1.0"), "TLSv1", "TLSv1"),
        (ConnectOptions(url=URL, min_tls="1.1"), "TLSv1_1", "TLSv1_3"),
    ],
)
def test_versions_are_limited_as_asked(options: ConnectOptions, lowest: str, highest: str) -> None:
    context = client_context(options)
    tls = context.start(ssl.MemoryBIO(), ssl.MemoryBIO(), "localhost", lambda *_: None)
    assert (tls.context.minimum_version.name, tls.context.maximum_version.name) == (lowest, highest)
