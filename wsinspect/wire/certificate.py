"""What a certificate says, in words and figures; a DER that can't be read is described as such, never an error."""

from __future__ import annotations

import hashlib
import ipaddress
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from cryptography import x509

T = TypeVar("T")
E = TypeVar("E", bound="x509.ExtensionType")


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateDescription:
    """One certificate. All text comes from the peer. A field that can't be read is empty or None, and `problems` says so."""

    fingerprint_sha256: str
    """Of the DER: 64 hexadecimal digits."""
    size_bytes: int
    subject: str = ""
    """Distinguished name (RFC 4514)."""
    common_name: str = ""
    """The subject's; no client of today checks host names against it."""
    dns_names: tuple[str, ...] = ()
    """subjectAltName, wildcards as they are."""
    ip_addresses: tuple[str, ...] = ()
    """subjectAltName."""
    issuer: str = ""
    serial: str = ""
    """Hexadecimal."""
    not_before_unix_s: int | None = None
    not_after_unix_s: int | None = None
    key: str = ""
    """`RSA 2048`, `EC secp256r1`, `Ed25519`, ..."""
    signature_algorithm: str = ""
    """`RSA with SHA256`, `ECDSA with SHA384`, ..., or the number of one that has no name here."""
    is_ca: bool | None = None
    """The CA flag of basicConstraints; None without that extension."""
    self_issued: bool = False
    """Subject and issuer are the same name."""
    self_signed: bool = False
    """Its own key made its signature."""
    server_use: bool | None = None
    """Whether extendedKeyUsage allows a TLS server; None where it limits nothing."""
    issuer_urls: tuple[str, ...] = ()
    """Where the issuer's certificate can be fetched (authority information access)."""
    names_readable: bool = True
    """Whether `dns_names` and `ip_addresses` are all that there are."""
    problems: tuple[str, ...] = ()
    """What could not be read, each with the reason."""

    @property
    def names(self) -> tuple[str, ...]:
        """All names and addresses that the certificate is for."""
        return self.dns_names + self.ip_addresses

    def expired(self, at_unix_s: float) -> bool:
        """Say whether it was no longer valid at this time; False when it has no readable end."""
        return self.not_after_unix_s is not None and at_unix_s > self.not_after_unix_s

    def not_yet_valid(self, at_unix_s: float) -> bool:
        """Say whether it was not valid yet at this time; False when it has no readable beginning."""
        return self.not_before_unix_s is not None and at_unix_s < self.not_before_unix_s

    def covers(self, host: str) -> bool:
        """Say whether the names include `host`, a DNS name in ASCII or an IP address.

        Source: RFC 9525 sections 6.3 and 6.4: `*` stands for exactly one whole label, the leftmost; an address must be
        among the addresses, never among the names; the common name does not count.
        """
        address = _address(host)
        if address is not None:
            return any(_address(each) == address for each in self.ip_addresses)
        return any(matches_name(pattern, host) for pattern in self.dns_names)


def matches_name(pattern: str, host: str) -> bool:
    """Say whether a certificate's DNS name, perhaps with a wildcard, stands for `host` (RFC 9525 section 6.3)."""
    pattern, host = pattern.lower().removesuffix("."), host.lower().removesuffix(".")
    if not pattern.startswith("*."):
        return bool(host) and pattern == host
    label, _, parent = host.partition(".")
    # OpenSSL and browsers want two labels behind the star: `*.com` matches nothing.
    return bool(label) and parent == pattern[2:] and "." in parent


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None


@lru_cache(maxsize=128)
def describe_certificate(der: bytes) -> CertificateDescription:
    """Describe one DER certificate. Whatever is wrong with it is said in `problems`."""
    from cryptography import x509

    fingerprint, size_bytes = hashlib.sha256(der).hexdigest(), len(der)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cryptography announces that it will refuse some oddities one day
        facts = _Facts()
        certificate = facts.get("certificate", lambda: x509.load_der_x509_certificate(der), None)
        if certificate is None:
            return CertificateDescription(
                fingerprint_sha256=fingerprint,
                size_bytes=size_bytes,
                names_readable=False,
                problems=tuple(facts.problems),
            )
        subject = facts.get("subject", lambda: certificate.subject, None)
        issuer = facts.get("issuer", lambda: certificate.issuer, None)
        alternative = facts.extension(certificate, x509.SubjectAlternativeName)
        constraints = facts.extension(certificate, x509.BasicConstraints)
        usage = facts.extension(certificate, x509.ExtendedKeyUsage)
        access = facts.extension(certificate, x509.AuthorityInformationAccess)
        return CertificateDescription(
            fingerprint_sha256=fingerprint,
            size_bytes=size_bytes,
            subject=facts.get("subject", lambda: subject.rfc4514_string() if subject else "", ""),
            common_name=facts.get("subject", lambda: _common_name(subject), ""),
            dns_names=facts.get("names", lambda: _dns_names(alternative), ()),
            ip_addresses=facts.get("names", lambda: _ip_addresses(alternative), ()),
            issuer=facts.get("issuer", lambda: issuer.rfc4514_string() if issuer else "", ""),
            serial=facts.get("serial number", lambda: f"{certificate.serial_number:x}", ""),
            not_before_unix_s=facts.get(
                "validity", lambda: int(certificate.not_valid_before_utc.timestamp()), None
            ),
            not_after_unix_s=facts.get(
                "validity", lambda: int(certificate.not_valid_after_utc.timestamp()), None
            ),
            key=facts.get("public key", lambda: _key(certificate), ""),
            signature_algorithm=facts.get("signature algorithm", lambda: _signature(certificate), ""),
            is_ca=constraints.ca if constraints else None,
            self_issued=subject is not None and subject == issuer,
            self_signed=facts.get("signature", lambda: _signed_by(certificate, certificate), False),
            server_use=_allows_server(usage) if usage else None,
            issuer_urls=facts.get("issuer's place", lambda: _issuer_urls(access), ()),
            names_readable=not any(each.startswith(("extensions:", "names:")) for each in facts.problems),
            problems=tuple(dict.fromkeys(facts.problems)),
        )


@lru_cache(maxsize=256)
def issued_by(der: bytes, issuer_der: bytes) -> bool:
    """Say whether the second DER certificate issued the first: the names meet and the signature verifies.

    Where the signature's algorithm is not supported, the names decide. False when either can't be read.
    """
    from cryptography import x509

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _Facts().get(
            "signature",
            lambda: _signed_by(
                x509.load_der_x509_certificate(der), x509.load_der_x509_certificate(issuer_der)
            ),
            False,
        )


def _signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    if certificate.issuer != issuer.subject:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError):
        return False
    except (TypeError, UnsupportedAlgorithm):
        return True
    return True


def _common_name(subject: x509.Name | None) -> str:
    from cryptography.x509.oid import NameOID

    found = subject.get_attributes_for_oid(NameOID.COMMON_NAME) if subject else []
    return str(found[-1].value) if found else ""


def _dns_names(alternative: x509.SubjectAlternativeName | None) -> tuple[str, ...]:
    from cryptography import x509

    return tuple(alternative.get_values_for_type(x509.DNSName)) if alternative else ()


def _ip_addresses(alternative: x509.SubjectAlternativeName | None) -> tuple[str, ...]:
    from cryptography import x509

    return tuple(map(str, alternative.get_values_for_type(x509.IPAddress))) if alternative else ()


def _allows_server(usage: x509.ExtendedKeyUsage) -> bool:
    from cryptography.x509.oid import ExtendedKeyUsageOID

    return ExtendedKeyUsageOID.SERVER_AUTH in usage or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in usage


def _issuer_urls(access: x509.AuthorityInformationAccess | None) -> tuple[str, ...]:
    from cryptography import x509
    from cryptography.x509.oid import AuthorityInformationAccessOID

    return tuple(
        each.access_location.value
        for each in access or ()
        if each.access_method == AuthorityInformationAccessOID.CA_ISSUERS
        and isinstance(each.access_location, x509.UniformResourceIdentifier)
    )


def _key(certificate: x509.Certificate) -> str:
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    if isinstance(key, dsa.DSAPublicKey):
        return f"DSA {key.key_size}"
    return type(key).__name__.lstrip("_").removesuffix("PublicKey")


def _signature(certificate: x509.Certificate) -> str:
    from cryptography.x509.oid import SignatureAlgorithmOID

    oid = certificate.signature_algorithm_oid
    constant = next((name for name, value in vars(SignatureAlgorithmOID).items() if value == oid), None)
    return constant.replace("_WITH_", " with ") if constant else oid.dotted_string


class _Facts:
    """Reads one fact after the other, so that a broken one does not hide the rest."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def get(self, what: str, read: Callable[[], T], otherwise: T) -> T:
        """Return what `read` returns, or `otherwise` and a problem."""
        from cryptography import x509
        from cryptography.exceptions import UnsupportedAlgorithm

        try:
            return read()
        except (
            ValueError,
            TypeError,
            KeyError,  # a string type that no table has, before cryptography 50
            OverflowError,
            UnsupportedAlgorithm,
            x509.DuplicateExtension,
            x509.InvalidVersion,
            x509.UnsupportedGeneralNameType,
        ) as error:
            self.problems.append(f"{what}: {' '.join(str(error).split()) or type(error).__name__}")
            return otherwise

    def extension(self, certificate: x509.Certificate, kind: type[E]) -> E | None:
        """Return the extension's value, None when it is absent or can't be read."""
        from cryptography import x509

        def read() -> E | None:
            try:
                return certificate.extensions.get_extension_for_class(kind).value
            except x509.ExtensionNotFound:
                return None

        return self.get("extensions", read, None)
