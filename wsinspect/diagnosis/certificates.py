"""The peer's certificates, described once for the causes that ask about them."""

from __future__ import annotations

from datetime import UTC, datetime

from wsinspect.diagnosis.facts import Facts
from wsinspect.wire.certificate import CertificateDescription, describe_certificate

NOT_YET_VALID, EXPIRED = 9, 10
SELF_SIGNED_LEAF, SELF_SIGNED_IN_CHAIN = 18, 19
NO_ISSUER, UNVERIFIED_LEAF = 20, 21
HOST_MISMATCH, ADDRESS_MISMATCH = 62, 64

_INTERCEPTORS = (
    "Zscaler", "Netskope", "Fortinet", "FortiGate", "Palo Alto", "Blue Coat", "Symantec SSL Visibility", "Cisco Umbrella",
    "Forcepoint", "Websense", "Sophos", "Check Point", "WatchGuard", "SonicWall", "Barracuda", "McAfee Web Gateway",
    "Avast", "AVG Technologies", "Kaspersky", "ESET SSL Filter", "Bitdefender", "Dr.Web", "Norton Web", "NordVPN Threat",
    "AdGuard", "mitmproxy", "Charles Proxy", "Fiddler", "PortSwigger", "Burp", "Cato Networks", "iboss", "Menlo Security",
    "Lightspeed", "Smoothwall", "Securly", "GoGuardian", "Untangle", "Skyhigh",
)  # fmt: skip


def chain(facts: Facts) -> list[CertificateDescription]:
    """Return what the peer sent, the leaf first; empty where no Certificate message was seen."""
    sent = facts.attempt.tls.certificates
    return [describe_certificate(der) for der in sent.chain] if sent is not None else []


def verification_code(facts: Facts) -> int | None:
    """Return the X509_V_ERR_ number for which we refused the certificate, or None."""
    failed = facts.attempt.tls.verification
    return failed.code if failed is not None else None


def interceptor(facts: Facts) -> str | None:
    """Return the name of the interception product that issued the certificate, or None."""
    for description in chain(facts):
        issued = f"{description.issuer} {description.subject}"
        for name in _INTERCEPTORS:
            if name.lower() in issued.lower():
                return name
    return None


def day(unix_s: int | None) -> str:
    """Return a date that a person can read, UTC."""
    if unix_s is None:
        return "an unreadable date"
    try:
        return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return "an absurd date"


def names(description: CertificateDescription, limit: int = 6) -> str:
    """Return the names that a certificate is for, shortened."""
    found = description.names
    if not found:
        return (
            f"no name at all (common name {description.common_name})"
            if description.common_name
            else "no name at all"
        )
    more = f" and {len(found) - limit} more" if len(found) > limit else ""
    return ", ".join(found[:limit]) + more
