"""Section 5 of the catalogue: certificates that we refused, with real ones."""

from __future__ import annotations

from functools import cache

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.diagnosis.story import Story, answered, asked, failed, fin, happened, opened, switched, we_abort
from tests.diagnosis.table import Row, check, fires, silent
from tests.diagnosis.test_causes_tls import hello
from wsinspect.diagnosis.cause import Certainty
from wsinspect.events import FailureKind, Step, TlsPeerCertificates, TlsVerificationFailed
from wsinspect.lab.certificates import Identity, authority, leaf

CERTAIN = Certainty.CERTAIN


@cache
def root() -> Identity:
    return authority("Some Root")


@cache
def intermediate() -> Identity:
    return authority("Some Intermediate", issuer=root())


@cache
def gateway() -> Identity:
    return authority("Zscaler Intermediate Root CA", organization="Zscaler Inc.")


def der(*identities: Identity) -> tuple[bytes, ...]:
    return tuple(identity.certificate.public_bytes(Encoding.DER) for identity in identities)


def refused(code: int, *chain: Identity, message: str = "the verifier's words", **options: object) -> Story:
    story = hello("wss://h.io/", **options) + happened(TlsPeerCertificates, chain=der(*chain))
    story += happened(TlsVerificationFailed, code=code, message=message)
    return story + failed(Step.TLS, FailureKind.TLS_VERIFICATION, f"not accepted: {message}")


SELF_SIGNED = leaf("h.io", issuer=None)
ROOTED = leaf("h.io", issuer=root())
ROWS = (
    fires("tls-self-signed", CERTAIN, refused(18, SELF_SIGNED)),
    fires("tls-self-signed", CERTAIN, refused(19, ROOTED, root())),
    silent("tls-self-signed", refused(20, ROOTED)),
    silent("tls-self-signed", opened("wss://h.io/") + happened(TlsPeerCertificates, chain=der(SELF_SIGNED))),
    fires("tls-untrusted-ca-or-missing-intermediate", CERTAIN, refused(20, ROOTED)),
    fires("tls-untrusted-ca-or-missing-intermediate", CERTAIN, refused(21, ROOTED)),
    silent("tls-untrusted-ca-or-missing-intermediate", refused(18, SELF_SIGNED)),
    fires("tls-expired", CERTAIN, refused(10, leaf("h.io", issuer=root(), from_days=-90, to_days=-3))),
    silent("tls-expired", refused(9, ROOTED)),
    fires("tls-not-yet-valid", CERTAIN, refused(9, leaf("h.io", issuer=root(), from_days=3))),
    silent("tls-not-yet-valid", refused(10, ROOTED)),
    fires("tls-hostname-mismatch", CERTAIN, refused(62, leaf("other.io", "www.other.io", issuer=root()))),
    fires("tls-hostname-mismatch", CERTAIN, refused(64, leaf("other.io", issuer=root()))),
    silent("tls-hostname-mismatch", refused(20, leaf("other.io", issuer=root()))),
    fires("tls-certificate-refused", CERTAIN, refused(26, leaf("h.io", issuer=root(), client=True), message="unsuitable certificate purpose")),
    fires("tls-certificate-refused", CERTAIN, refused(23, ROOTED, message="certificate revoked")),
    silent("tls-certificate-refused", refused(10, ROOTED)),
    fires("tls-interception-or-antivirus", CERTAIN, refused(19, leaf("h.io", issuer=gateway()), gateway())),
    fires("tls-interception-or-antivirus", CERTAIN, refused(20, leaf("h.io", issuer=gateway()))),
    silent("tls-interception-or-antivirus", refused(19, ROOTED, root())),
    silent("tls-interception-or-antivirus", asked("wss://h.io/") + happened(TlsPeerCertificates, chain=der(leaf("h.io", issuer=gateway()))) + switched()),
    silent("tls-interception-or-antivirus", hello() + happened(TlsPeerCertificates, chain=der(leaf("h.io", issuer=gateway()))) + we_abort()),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_certificates(row: Row) -> None:
    check(row)


def test_an_interceptor_is_named_where_it_only_breaks_the_upgrade() -> None:
    seen = happened(TlsPeerCertificates, chain=der(leaf("h.io", issuer=gateway())))
    found = (asked("wss://h.io/") + seen + answered("HTTP/1.1 403 Forbidden") + fin()).causes()
    assert "tls-interception-or-antivirus" in found


def test_a_missing_intermediate_is_told_with_where_to_get_it() -> None:
    lonely = leaf("h.io", issuer=intermediate(), issuer_url="http://ca.test/i.cer")
    answer = refused(20, lonely).diagnose().answer
    assert answer is not None
    assert answer.headline.startswith("The server of h.io sends its certificate without the intermediate")
    assert "Some Intermediate" in answer.headline
    assert "http://ca.test/i.cer" in answer.fix[0]
    whole = refused(20, lonely, intermediate()).diagnose().answer
    assert whole is not None
    assert "Some Root" in whole.headline


@pytest.mark.parametrize(
    ("story", "words"),
    [
        (refused(10, leaf("h.io", issuer=root(), from_days=-90, to_days=-3)), ["h.io", "expired on 20"]),
        (refused(62, leaf("other.io", issuer=root())), ["for other.io", "asks for h.io"]),
        (refused(62, leaf("other.io", issuer=root()), server_name="sni.io"), ["asks for sni.io"]),
        (refused(26, ROOTED, message="unsuitable certificate purpose"), ["unsuitable certificate purpose"]),
    ],
)
def test_headlines_name_names_and_days(story: Story, words: list[str]) -> None:
    answer = story.diagnose().answer
    assert answer is not None
    for word in words:
        assert word in answer.headline


def test_every_certificate_is_evidence() -> None:
    answer = refused(19, ROOTED, root()).diagnose().answer
    assert answer is not None
    assert len(answer.evidence) == 3
    assert "code 19" in answer.evidence[0].text
    assert "certificate 0: CN=h.io" in answer.evidence[1].text


def test_a_refusal_whose_certificates_nobody_saw_is_told_all_the_same() -> None:
    story = hello("wss://h.io/") + happened(TlsVerificationFailed, code=18, message="self-signed certificate")
    answer = (story + failed(Step.TLS, FailureKind.TLS_VERIFICATION, "x")).diagnose().answer
    assert answer is not None
    assert answer.cause == "tls-self-signed"


def test_bytes_that_are_no_certificate_do_not_stop_the_answer() -> None:
    story = hello("wss://h.io/") + happened(TlsPeerCertificates, chain=(b"\x30\x03junk", b""))
    story += happened(TlsVerificationFailed, code=21, message="unable to verify the first certificate")
    answer = (story + failed(Step.TLS, FailureKind.TLS_VERIFICATION, "x")).diagnose().answer
    assert answer is not None
    assert answer.cause == "tls-untrusted-ca-or-missing-intermediate"
