"""Certificates made when a scenario is served: authorities, and leaves with one defect each.

Keys are P-256, which takes well under a millisecond, so that serving stays instant.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A private key and its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def authority(
    common_name: str, *, organization: str = "wsinspect lab", issuer: Identity | None = None
) -> Identity:
    """Make a certificate authority: a root, or an intermediate where `issuer` signs it."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _dated(_named(key, common_name, organization, issuer), from_days=-30, to_days=3650)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(signs_certificates=True), critical=True)
    return _signed(builder, key, issuer)


def leaf(
    *names: str,
    issuer: Identity | None,
    from_days: int = -1,
    to_days: int = 90,
    issuer_url: str | None = None,
    client: bool = False,
) -> Identity:
    """Make a server's certificate, or a client's.

    `names` are host names or IP addresses for subjectAltName; without an issuer it is self-signed. Its validity
    runs `from_days` to `to_days` from now. `issuer_url` goes into Authority Information Access
    (RFC 5280 section 4.2.2.1).
    """
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _dated(_named(key, names[0], "", issuer), from_days=from_days, to_days=to_days)
    builder = builder.add_extension(
        x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(signs_certificates=False), critical=True)
    usage = ExtendedKeyUsageOID.CLIENT_AUTH if client else ExtendedKeyUsageOID.SERVER_AUTH
    builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    if issuer_url:
        access = x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(issuer_url)
        )
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    return _signed(builder, key, issuer)


def _named(
    key: ec.EllipticCurvePrivateKey, common_name: str, organization: str, issuer: Identity | None
) -> x509.CertificateBuilder:
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization)] if organization else []
    subject = x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    signer = issuer.certificate.public_key() if issuer else key.public_key()
    assert isinstance(signer, ec.EllipticCurvePublicKey)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), critical=False)
    )


def _dated(builder: x509.CertificateBuilder, *, from_days: int, to_days: int) -> x509.CertificateBuilder:
    now = datetime.now(UTC).replace(microsecond=0)
    return builder.not_valid_before(now + timedelta(days=from_days)).not_valid_after(
        now + timedelta(days=to_days)
    )


def _signed(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, issuer: Identity | None
) -> Identity:
    signing_key = issuer.key if issuer else key
    return Identity(key=key, certificate=builder.sign(signing_key, hashes.SHA256()))


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
