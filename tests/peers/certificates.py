"""A test authority and the certificates that real TLS servers of the tests present, right and wrong in one way each.

root -> intermediate -> leaf, as in a public chain: a server must send the intermediate along, and the root file alone is
what a client trusts.
"""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LOOPBACK_NAMES = ("localhost", "127.0.0.1")
WRONG_HOST = "elsewhere.example"
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class ServedCertificate:
    """PEM files: what is presented (leaf first), its private key, and both in one file as haproxy wants it."""

    chain: Path
    key: Path
    bundle: Path


@dataclass(frozen=True)
class Certificates:
    """One authority, and a certificate for each way in which verification ends."""

    root: Path
    """PEM of the root: the only file that a client needs to trust."""
    leaf: ServedCertificate
    """For localhost and 127.0.0.1, valid today, intermediate included."""
    self_signed: ServedCertificate
    expired: ServedCertificate
    not_yet_valid: ServedCertificate
    wrong_host: ServedCertificate
    """For `WRONG_HOST` only."""
    missing_intermediate: ServedCertificate
    """The right leaf alone, although it names where its issuer could be fetched."""
    client: ServedCertificate


@dataclass(frozen=True)
class _Issuer:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _alternative_names(hosts: Sequence[str]) -> x509.SubjectAlternativeName:
    names: list[x509.GeneralName] = []
    for host in hosts:
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(host)))
        except ValueError:
            names.append(x509.DNSName(host))
    return x509.SubjectAlternativeName(names)


def _signed(
    subject: str,
    issuer: _Issuer | None,
    *,
    authority: bool = False,
    hosts: Sequence[str] = (),
    starts_in: datetime.timedelta = -DAY,
    ends_in: datetime.timedelta = 30 * DAY,
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
) -> _Issuer:
    """A certificate and its key, signed by `issuer` or, without one, by itself."""
    now = datetime.datetime.now(datetime.UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    signing_key = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer.certificate.subject if issuer else _name(subject))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + starts_in)
        .not_valid_after(now + ends_in)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False
        )
    )
    if authority:
        builder = builder.add_extension(
            x509.KeyUsage(
                digital_signature=False,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    else:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    if hosts:
        builder = builder.add_extension(_alternative_names(hosts), critical=False)
    if issuer and not authority:
        # Port 9 (discard) on loopback: nothing answers there, so a client that tries to fetch the issuer gets nowhere.
        where = x509.UniformResourceIdentifier("http://127.0.0.1:9/intermediate.crt")
        access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, where)
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    return _Issuer(builder.sign(signing_key, hashes.SHA256()), key)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write(folder: Path, name: str, served: _Issuer, *intermediates: _Issuer) -> ServedCertificate:
    chain_pem = b"".join(_pem(each.certificate) for each in (served, *intermediates))
    key_pem = served.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    files = ServedCertificate(folder / f"{name}.pem", folder / f"{name}.key", folder / f"{name}.bundle.pem")
    files.chain.write_bytes(chain_pem)
    files.key.write_bytes(key_pem)
    files.bundle.write_bytes(chain_pem + key_pem)
    return files


def make_certificates(folder: Path) -> Certificates:
    """Make a fresh authority and all its certificates as PEM files in `folder`."""
    root = _signed("wsinspect test root", None, authority=True)
    middle = _signed("wsinspect test intermediate", root, authority=True)
    leaf = _signed("localhost", middle, hosts=LOOPBACK_NAMES)
    expired = _signed("localhost", middle, hosts=LOOPBACK_NAMES, starts_in=-30 * DAY, ends_in=-DAY)
    not_yet_valid = _signed("localhost", middle, hosts=LOOPBACK_NAMES, starts_in=DAY)
    wrong_host = _signed(WRONG_HOST, middle, hosts=(WRONG_HOST,))
    client = _signed("wsinspect test client", middle, usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    root_file = folder / "root.pem"
    root_file.write_bytes(_pem(root.certificate))
    return Certificates(
        root=root_file,
        leaf=_write(folder, "leaf", leaf, middle),
        self_signed=_write(folder, "self-signed", _signed("localhost", None, hosts=LOOPBACK_NAMES)),
        expired=_write(folder, "expired", expired, middle),
        not_yet_valid=_write(folder, "not-yet-valid", not_yet_valid, middle),
        wrong_host=_write(folder, "wrong-host", wrong_host, middle),
        missing_intermediate=_write(folder, "missing-intermediate", leaf),
        client=_write(folder, "client", client, middle),
    )
