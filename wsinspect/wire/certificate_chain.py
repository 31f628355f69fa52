"""What a server's Certificate message adds up to: order, missing links, validity, and whether it is for this host."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from wsinspect.wire.certificate import CertificateDescription, describe_certificate, issued_by


class ChainReport(Struct, frozen=True, kw_only=True):
    """The certificates that a server sent, related to each other, to a host and to a time. Indices are as sent."""

    certificates: tuple[CertificateDescription, ...]
    path: tuple[int, ...]
    """From the leaf up, each issued by the next, as far as the server's certificates go."""
    unrelated: tuple[int, ...]
    """Sent, but no part of the path."""
    expired: tuple[int, ...]
    not_yet_valid: tuple[int, ...]
    covers_host: bool | None
    """Whether the leaf's names include the host; None without a host or readable names."""

    @property
    def leaf(self) -> CertificateDescription | None:
        """The server's own certificate; None if it sent none."""
        return self.certificates[0] if self.certificates else None

    @property
    def top(self) -> CertificateDescription | None:
        """The last of the path: its issuer, unless it is self-signed, must be found in the client's trust."""
        return self.certificates[self.path[-1]] if self.path else None

    @property
    def in_order(self) -> bool:
        """Whether each certificate is followed by its issuer, as RFC 5246 section 7.4.2 wants it."""
        return self.path == tuple(range(len(self.path)))

    @property
    def self_signed_leaf(self) -> bool:
        """Whether the server's certificate is signed by its own key, so that no authority vouches for it."""
        return self.leaf is not None and self.leaf.self_signed

    @property
    def includes_root(self) -> bool:
        """Whether the path ends in a self-signed authority; that one is trusted only if the client has it already."""
        return len(self.path) > 1 and self.top is not None and self.top.self_signed

    @property
    def missing_issuer(self) -> str:
        """Name of the issuer that was not sent: a root, which needn't be, or a missing intermediate. Empty if none."""
        return self.top.issuer if self.top and not self.top.self_signed else ""

    @property
    def intermediate_missing(self) -> bool:
        """Whether the leaf came without its issuer although it names where to fetch it.

        Public authorities never issue leaves from a root, and they all put that address in.
        """
        leaf = self.leaf
        return leaf is not None and len(self.path) == 1 and not leaf.self_issued and bool(leaf.issuer_urls)


def analyse_chain(chain: Sequence[bytes], host: str | None, at_unix_s: float) -> ChainReport:
    """Relate the DER certificates of a Certificate message, leaf first, to `host` and to a time.

    Args:
        host: DNS name in ASCII or IP address that the client wanted; None leaves names unchecked.
        at_unix_s: seconds since the Unix epoch at which validity is judged.
    """
    certificates = tuple(map(describe_certificate, chain))
    path = _path(chain)
    leaf = certificates[0] if certificates else None
    return ChainReport(
        certificates=certificates,
        path=path,
        unrelated=tuple(index for index in range(len(chain)) if index not in path),
        expired=tuple(index for index, each in enumerate(certificates) if each.expired(at_unix_s)),
        not_yet_valid=tuple(
            index for index, each in enumerate(certificates) if each.not_yet_valid(at_unix_s)
        ),
        covers_host=leaf.covers(host) if leaf and leaf.names_readable and host else None,
    )


def _path(chain: Sequence[bytes]) -> tuple[int, ...]:
    if not chain:
        return ()
    path = [0]
    while not issued_by(chain[path[-1]], chain[path[-1]]):
        above = (
            index
            for index in range(len(chain))
            if index not in path and issued_by(chain[path[-1]], chain[index])
        )
        following = next(above, None)
        if following is None:
            break
        path.append(following)
    return tuple(path)


def validity_note(certificate: CertificateDescription, at_unix_s: float) -> str:
    """Say in words how a certificate stands at a time: `expired 3 days ago (2026-01-02 03:04 UTC)`."""
    start, end = certificate.not_before_unix_s, certificate.not_after_unix_s
    if start is None or end is None:
        return "validity not readable"
    if at_unix_s > end:
        return f"expired {_span(at_unix_s - end)} ago ({_date(end)})"
    if at_unix_s < start:
        return f"not valid for another {_span(start - at_unix_s)} (from {_date(start)})"
    return f"valid for another {_span(end - at_unix_s)} (until {_date(end)})"


def chain_notes(report: ChainReport, host: str | None, at_unix_s: float) -> tuple[str, ...]:
    """Say what stands out in a chain, a sentence each; a chain without fault gives none."""
    leaf = report.leaf
    if leaf is None:
        return ("the server sent no certificate",)
    notes = [
        f"certificate {index} cannot be read: {'; '.join(each.problems)}"
        for index, each in enumerate(report.certificates)
        if each.problems
    ]
    notes += [
        f"certificate {index} ({_title(report.certificates[index])}) {validity_note(report.certificates[index], at_unix_s)}"
        for index in (*report.expired, *report.not_yet_valid)
    ]
    if report.covers_host is False:
        notes.append(f"the certificate is not for {host}, but for {_listed(leaf)}")
    if report.self_signed_leaf:
        notes.append("the certificate is self-signed: no authority vouches for it")
    if report.intermediate_missing:
        notes.append(f"the server does not send the certificate of its issuer, {leaf.issuer}")
    if not report.in_order:
        notes.append("the certificates are not in the order of the chain")
    if report.unrelated:
        those = ", ".join(f"{index} ({_title(report.certificates[index])})" for index in report.unrelated)
        notes.append(f"sent without being part of the chain: {those}")
    if leaf.server_use is False:
        notes.append("the certificate's extended key usage does not allow a TLS server")
    return tuple(notes)


def _title(certificate: CertificateDescription) -> str:
    return certificate.common_name or certificate.subject or "without a subject"


def _listed(certificate: CertificateDescription) -> str:
    names = certificate.names
    if not names and certificate.common_name:
        return f"no name at all; its common name {certificate.common_name} does not count"
    shown = ", ".join(names[:8]) or "no name at all"
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown


def _date(unix_s: float) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=unix_s)).strftime("%Y-%m-%d %H:%M UTC")


def _span(seconds: float) -> str:
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count != 1 else ''}"
    return f"{int(seconds)} s"
