"""TLS that is cut, bent or endless, and certificates that say absurd things."""

from __future__ import annotations

import asyncio
import datetime
import ssl
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import repeat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID, ObjectIdentifier

from tests.connection.peer import close_frame, hang_up_soon, peer, request_of, reset, server_frame, switching
from tests.connection.tls_peers import server_context
from tests.hostile.ordeal import against, endure, nothing_left
from tests.peers.certificates import Certificates, ServedCertificate
from wsinspect.session.tls_facts import TlsFacts
from wsinspect.wire.certificate import describe_certificate

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
STEP_BYTES = 97
"""Over sockets, every offset of some three kilobytes would take a minute; without them they are tried in
`test_tls_offsets`."""


async def say_hello_and_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A healthy server: 101, a message, the closing handshake."""
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        writer.write(switching(await request_of(reader)) + server_frame(0x81, b"hello") + close_frame(1000))
        await reader.read(100)
    writer.close()
    with suppress(ConnectionError, ssl.SSLError):
        await writer.wait_closed()


class Meddler:
    """A relay in front of `port` that cuts or bends what the server sends."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.keep: int | None = None
        """How many bytes are let through before the stream ends; None is all."""
        self.end = "fin"
        self.bend: int | None = None
        """The byte that is changed."""
        self.seen = 0
        """Bytes that the server sent."""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.seen = 0
        upstream, upstream_writer = await asyncio.open_connection("127.0.0.1", self._port)

        async def upwards() -> None:
            with suppress(ConnectionError):
                while data := await reader.read(65536):
                    upstream_writer.write(data)
                    await upstream_writer.drain()
                upstream_writer.write_eof()

        up = asyncio.ensure_future(upwards())
        try:
            await self._downwards(upstream, writer)
            await up
        finally:
            up.cancel()
            upstream_writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await upstream_writer.wait_closed()

    async def _downwards(self, upstream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await upstream.read(65536):
            if self.bend is not None and self.seen <= self.bend < self.seen + len(data):
                at = self.bend - self.seen
                data = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]
            self.seen += len(data)
            if self.keep is not None and self.seen >= self.keep:
                writer.write(data[: len(data) - (self.seen - self.keep)])
                await writer.drain()
                if self.end == "rst":
                    reset(writer)
                    return
                break
            writer.write(data)
            await writer.drain()
        writer.write_eof()


@asynccontextmanager
async def meddling(context: ssl.SSLContext) -> AsyncIterator[tuple[Meddler, str]]:
    """A TLS server behind a meddler; yields the meddler and the URL."""
    server = await asyncio.start_server(say_hello_and_close, "127.0.0.1", 0, ssl=context)
    try:
        meddler = Meddler(server.sockets[0].getsockname()[1])
        async with peer(meddler) as port:
            yield meddler, f"wss://127.0.0.1:{port}/"
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
@pytest.mark.parametrize("end", ["fin", "rst"])
async def test_tls_that_is_cut_off_at_many_offsets(
    certificates: Certificates, version: ssl.TLSVersion, end: str
) -> None:
    context = server_context(certificates.leaf, only=version)
    async with meddling(context) as (meddler, url):
        whole = await endure(url, ca_file=str(certificates.root))
        assert whole.failed is None
        failures = {"tls": 0, "upgrade": 0, "open": 0}
        meddler.end = end
        for keep in range(0, meddler.seen, STEP_BYTES):
            meddler.keep = keep
            ordeal = await endure(url, ca_file=str(certificates.root))
            if ordeal.failed is not None:
                step, kind = ordeal.failed
                failures[step] += 1
                assert kind == ("stream-ended" if end == "fin" else "reset")
        # A cut behind the peer's Close harms nothing: no close_notify is needed then.
        assert failures["tls"] > 5
        assert failures["upgrade"] > 0


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
async def test_tls_with_a_wrong_byte_anywhere(certificates: Certificates, version: ssl.TLSVersion) -> None:
    async with meddling(server_context(certificates.leaf, only=version)) as (meddler, url):
        whole = await endure(url, ca_file=str(certificates.root))
        assert whole.failed is None
        failures = 0
        for bend in range(0, meddler.seen, STEP_BYTES):
            meddler.bend = bend
            ordeal = await endure(
                url, ca_file=str(certificates.root), tls_timeout_s=0.2, upgrade_timeout_s=0.2
            )
            failures += ordeal.failed is not None
        assert failures > 10


def record(content_type: int, fragment: bytes) -> bytes:
    """One plaintext TLS 1.2 record."""
    return bytes([content_type, 3, 3]) + len(fragment).to_bytes(2, "big") + fragment


SERVER_HELLO = record(
    22,
    b"\x02"
    + (49).to_bytes(3, "big")
    + b"\x03\x03"
    + bytes(32)
    + b"\x00\xc0\x2f\x00"
    + b"\0\x09\xff\x01\0\x01\0\0\x23\0\0",
)
HELLO_REQUESTS = record(22, bytes(4) * 4000)


@pytest.mark.parametrize(
    "flood",
    [
        pytest.param(HELLO_REQUESTS, id="hello-requests"),
        pytest.param(record(20, b"\x01") * 1000, id="change-cipher-spec"),
        pytest.param(record(21, b"\x01\x5a") * 1000, id="warnings"),
        pytest.param(record(22, b"") * 1000, id="empty-records"),
        pytest.param(record(22, b"\x0b\xff\xff\xff" + b"x" * 16000), id="certificate-of-16-megabytes"),
        pytest.param(record(23, b"x" * 16384), id="application-data"),
        pytest.param(b"\x16\x03\x03\xff\xff" + bytes(65535), id="oversized-records"),
    ],
)
@pytest.mark.parametrize("first", [b"", SERVER_HELLO], ids=["at-once", "after-server-hello"])
async def test_tls_that_never_ends(first: bytes, flood: bytes) -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(5)
        writer.write(first)
        for _ in repeat(None):
            writer.write(flood)
            await writer.drain()
            await asyncio.sleep(0)

    ordeal = await against(endless, scheme="wss", tls_timeout_s=20.0)
    assert ordeal.failed == ("tls", "tls-error")
    assert ordeal.limits == ({"tls_handshake_bytes"} if flood is HELLO_REQUESTS else set())


async def test_a_tls_port_that_closes_before_the_hello() -> None:
    ordeal = await against(hang_up_soon, scheme="wss")
    assert ordeal.failed == ("tls", "stream-ended")


DAY = datetime.timedelta(days=1)
NOW = datetime.datetime.now(datetime.UTC)


def certificate(
    folder: Path,
    *,
    subject: str = "localhost",
    names: tuple[x509.GeneralName, ...] = (x509.DNSName("localhost"),),
    begins: datetime.datetime = NOW - DAY,
    ends: datetime.datetime = NOW + DAY,
    extension: bytes = b"",
    key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | None = None,
) -> ServedCertificate:
    """Write a self-signed certificate of these fields."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about names that no authority would sign
        common_name = [x509.NameAttribute(NameOID.COMMON_NAME, subject, _validate=False)] if subject else []
    name = x509.Name(common_name)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = (
        builder.serial_number(x509.random_serial_number()).not_valid_before(begins).not_valid_after(ends)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if extension:
        unknown = x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4.5"), extension)
        builder = builder.add_extension(unknown, critical=False)
    digest = hashes.SHA256() if isinstance(key, ec.EllipticCurvePrivateKey) else None
    pem = builder.sign(key, digest).public_bytes(serialization.Encoding.PEM)
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    files = ServedCertificate(folder / "absurd.pem", folder / "absurd.key", folder / "absurd.bundle.pem")
    files.chain.write_bytes(pem)
    files.key.write_bytes(key_pem)
    return files


def absurdities() -> Iterator[tuple[str, dict[str, object]]]:
    """Fields that a certificate may have, by name."""
    yield "no subject and no names", {"subject": "", "names": ()}
    yield "control characters", {"subject": "a\x1b]0;owned\x07\r\nb\u202e"}
    yield "a subject of 20 kB", {"subject": "x" * 20_000}
    yield "four thousand names", {"names": tuple(x509.DNSName(f"host-{n}.example") for n in range(4000))}
    yield (
        "wildcards",
        {"names": tuple(map(x509.DNSName, ("*", "*.*", "*.com", "**.a", "a*b.c", "", ".", "[bold]x")))},
    )
    yield (
        "names of other kinds",
        {
            "names": (
                x509.RFC822Name("a@b"),
                x509.RegisteredID(ObjectIdentifier("1.2.3")),
                x509.UniformResourceIdentifier("http://[/"),
            )
        },
    )
    yield (
        "from 1950 to 9999",
        {
            "begins": datetime.datetime(1950, 1, 1, tzinfo=datetime.UTC),
            "ends": datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC),
        },
    )
    yield "backwards", {"begins": NOW - DAY, "ends": NOW - DAY}
    yield "an extension of 60 kB", {"extension": bytes(60_000)}


@pytest.mark.parametrize(
    ("fields", "insecure"),
    [(fields, insecure) for _, fields in absurdities() for insecure in (False, True)],
    ids=[
        f"{name}, {'accepted' if insecure else 'verified'}"
        for name, _ in absurdities()
        for insecure in (False, True)
    ],
)
async def test_a_certificate_that_says_absurd_things(
    tmp_path: Path, fields: dict[str, object], insecure: bool
) -> None:
    context = server_context(certificate(tmp_path, **fields))  # type: ignore[arg-type]  # fields as `certificate` has them
    server = await asyncio.start_server(say_hello_and_close, "127.0.0.1", 0, ssl=context)
    try:
        async with nothing_left():
            ordeal = await endure(f"wss://127.0.0.1:{server.sockets[0].getsockname()[1]}/", insecure=insecure)
    finally:
        server.close()
        await server.wait_closed()
    if insecure:
        assert ordeal.failed is None
    else:
        assert ordeal.failed == ("tls", "tls-verification")
    assert described(ordeal.attempt.tls)


def described(facts: TlsFacts) -> bool:
    """Say whether the leaf came along and can be described without a failure."""
    assert facts.certificates is not None
    return bool(describe_certificate(facts.certificates.chain[0]).fingerprint_sha256)
