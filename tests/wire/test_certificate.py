"""One certificate described; names matched as RFC 9525 says."""

from __future__ import annotations

import datetime
import random
from functools import cache
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.peers.certificates import Certificates, ServedCertificate
from wsinspect.wire.certificate import describe_certificate, issued_by, matches_name

START = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
END = datetime.datetime(2026, 4, 2, 3, 4, 5, tzinfo=datetime.UTC)


def ders(served: ServedCertificate) -> list[bytes]:
    return [
        each.public_bytes(Encoding.DER) for each in x509.load_pem_x509_certificates(served.chain.read_bytes())
    ]


@cache
def _ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP384R1())


def self_signed(
    *extensions: x509.ExtensionType,
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | None = None,
) -> bytes:
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Ours"),
            x509.NameAttribute(NameOID.COMMON_NAME, "a.example"),
        ]
    )
    signing = key or _ec_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(signing.public_key())
        .serial_number(0xABC)
        .not_valid_before(START)
        .not_valid_after(END)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    algorithm = None if isinstance(signing, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(signing, algorithm).public_bytes(Encoding.DER)


def test_a_leaf_is_described(certificates: Certificates) -> None:
    der, intermediate = ders(certificates.leaf)
    leaf = describe_certificate(der)
    assert (leaf.subject, leaf.common_name, leaf.issuer) == (
        "CN=localhost",
        "localhost",
        "CN=wsinspect test intermediate",
    )
    assert (leaf.dns_names, leaf.ip_addresses) == (("localhost",), ("127.0.0.1",))
    assert (leaf.key, leaf.signature_algorithm) == ("EC secp256r1", "ECDSA with SHA256")
    assert (leaf.is_ca, leaf.self_issued, leaf.self_signed, leaf.server_use) == (False, False, False, True)
    assert leaf.issuer_urls == ("http://127.0.0.1:9/intermediate.crt",)
    assert (leaf.fingerprint_sha256, leaf.size_bytes) == (sha256(der).hexdigest(), len(der))
    assert leaf.problems == ()
    assert describe_certificate(intermediate).is_ca
    assert describe_certificate(ders(certificates.client)[0]).server_use is False


def test_validity_is_judged_at_the_time_that_is_given() -> None:
    certificate = describe_certificate(self_signed())
    start, end = START.timestamp(), END.timestamp()
    assert (certificate.not_before_unix_s, certificate.not_after_unix_s) == (start, end)
    assert [certificate.not_yet_valid(at) for at in (start - 1, start, end)] == [True, False, False]
    assert [certificate.expired(at) for at in (start, end, end + 1)] == [False, False, True]


@pytest.mark.parametrize(
    ("key", "described", "signature"),
    [
        (rsa.generate_private_key(65537, 2048), "RSA 2048", "RSA with SHA256"),
        (ed25519.Ed25519PrivateKey.generate(), "Ed25519", "ED25519"),
        (_ec_key(), "EC secp384r1", "ECDSA with SHA256"),
    ],
    ids=["rsa", "ed25519", "ec"],
)
def test_keys_are_named_with_their_size(
    key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey,
    described: str,
    signature: str,
) -> None:
    certificate = describe_certificate(self_signed(key=key))
    assert (certificate.key, certificate.signature_algorithm) == (described, signature)
    assert certificate.self_signed
    assert certificate.subject == "CN=a.example,O=Ours"
    assert certificate.serial == "abc"
    assert certificate.is_ca is None


def test_the_common_name_is_no_name() -> None:
    certificate = describe_certificate(self_signed())
    assert certificate.common_name == "a.example"
    assert not certificate.covers("a.example")


@pytest.mark.parametrize(
    ("pattern", "host", "matches"),
    [
        ("example.com", "EXAMPLE.com.", True),
        ("example.com", "www.example.com", False),
        ("*.example.com", "www.example.com", True),
        ("*.Example.COM", "www.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "a.b.example.com", False),
        ("*.example.com", ".example.com", False),
        ("*.com", "example.com", False),
        ("*", "example", False),
        ("w*.example.com", "www.example.com", False),
        ("www.*.com", "www.example.com", False),
        ("", "", False),
    ],
)
def test_a_wildcard_stands_for_one_whole_leftmost_label(pattern: str, host: str, matches: bool) -> None:
    assert matches_name(pattern, host) is matches


def test_an_address_must_be_among_the_addresses(certificates: Certificates) -> None:
    leaf = describe_certificate(ders(certificates.leaf)[0])
    assert leaf.covers("127.0.0.1")
    assert not leaf.covers("127.0.0.2")
    named = describe_certificate(self_signed(x509.SubjectAlternativeName([x509.DNSName("127.0.0.1")])))
    assert not named.covers("127.0.0.1")


def test_a_signature_tells_who_issued_whom(certificates: Certificates) -> None:
    leaf, intermediate = ders(certificates.leaf)
    assert issued_by(leaf, intermediate)
    assert not issued_by(intermediate, leaf)
    assert not issued_by(leaf, b"")
    # The same names and another key.
    one, other = self_signed(), self_signed(key=ec.generate_private_key(ec.SECP256R1()))
    assert issued_by(one, one)
    assert not issued_by(one, other)


@pytest.mark.parametrize(
    "der", [b"", b"0", b"\x30\x03\x02\x01\x00", b"-----BEGIN CERTIFICATE-----", bytes(999)]
)
def test_what_is_no_certificate_is_described_as_that(der: bytes) -> None:
    certificate = describe_certificate(der)
    assert certificate.problems[0].startswith("certificate: ")
    assert certificate.size_bytes == len(der)
    assert certificate.fingerprint_sha256 == sha256(der).hexdigest()
    assert not certificate.names_readable
    assert not certificate.expired(2e9)


def test_broken_extensions_leave_the_rest_readable(certificates: Certificates) -> None:
    der = ders(certificates.leaf)[0]
    # The octets of the name `localhost` in subjectAltName, behind its tag and length: a length that is too long.
    at = der.index(b"\x82\x09localhost") + 1
    certificate = describe_certificate(der[:at] + b"\x70" + der[at + 1 :])
    assert certificate.subject == "CN=localhost"
    assert not certificate.names_readable
    assert any(problem.startswith("extensions: ") for problem in certificate.problems)


def test_damaged_certificates_never_raise(certificates: Certificates) -> None:
    der = ders(certificates.leaf)[0]
    chance = random.Random(20260102)
    readable = 0
    for _ in range(2000):
        damaged = bytearray(der)
        for _ in range(chance.choice((1, 1, 2))):
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        readable += bool(describe_certificate(bytes(damaged)).subject)
    assert 0 < readable < 2000
