"""The certificates that a server sent, as a tree from the issuer down to the server."""

from __future__ import annotations

from collections.abc import Iterator

from wsinspect.check.page import BAD, MUTED, Page
from wsinspect.session.attempt import Attempt
from wsinspect.wire.certificate import CertificateDescription
from wsinspect.wire.certificate_chain import ChainReport, analyse_chain, chain_notes, validity_note


def certificate_lines(attempt: Attempt, page: Page) -> Iterator[str]:
    """Yield the chain with its validity at the time of the attempt, and what stands out in it."""
    sent = attempt.tls.certificates
    if sent is None:
        return
    at_unix_s = (attempt.started.wall_time_ns + sent.at_ns - attempt.started.at_ns) / 1e9
    host = attempt.options.server_name or (attempt.target.host if attempt.target is not None else None)
    report = analyse_chain(sent.chain, host, at_unix_s)
    yield from page.section(f"Certificates that the server sent ({len(report.certificates)})")
    depth = 0
    if report.missing_issuer:
        yield from page.wrapped(page.clean(report.missing_issuer), "  ", "  ")
        yield page.styled("     not sent: a root needn't be, but this machine has to trust it", MUTED)
        depth = 1
    for index in reversed(report.path):
        yield from _certificate(report, index, depth, at_unix_s, page)
        depth += 1
    for index in report.unrelated:
        yield from _certificate(report, index, 0, at_unix_s, page)
    for note in chain_notes(report, host, at_unix_s):
        yield from page.wrapped(page.clean(note, 500), "  ! ", "    ")


def _certificate(report: ChainReport, index: int, depth: int, at_unix_s: float, page: Page) -> Iterator[str]:
    one = report.certificates[index]
    branch = "  " if depth == 0 else "  " + "   " * (depth - 1) + "+- "
    inner = " " * len(branch)
    yield from page.wrapped(page.clean(f"{index}: {one.subject or 'unreadable'}", 300), branch, inner)
    wrong = index in report.expired or index in report.not_yet_valid
    for text in page.wrapped(page.clean(validity_note(one, at_unix_s)), inner + "   "):
        yield page.styled(text, BAD) if wrong else text
    for text in _facts(one, is_leaf=index == 0):
        yield from page.wrapped(page.clean(text, 500), inner + "   ")


def _facts(one: CertificateDescription, *, is_leaf: bool) -> Iterator[str]:
    if is_leaf:
        names = ", ".join(one.names[:8]) or "no name at all"
        more = f" and {len(one.names) - 8} more" if len(one.names) > 8 else ""
        yield f"for {names}{more}"
    signed = "signed by itself" if one.self_signed else f"signed with {one.signature_algorithm}"
    yield (
        ", ".join(part for part in (one.key, signed if one.signature_algorithm else "") if part)
        or "nothing readable"
    )
