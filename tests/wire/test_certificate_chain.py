"""Chains as servers send them, right and wrong in one way each."""

from __future__ import annotations

import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.peers.certificates import Certificates, ServedCertificate
from tests.wire.test_certificate import END, START, ders, self_signed
from wsinspect.wire.certificate import describe_certificate
from wsinspect.wire.certificate_chain import analyse_chain, chain_notes, validity_note


def _root(certificates: Certificates) -> bytes:
    return x509.load_pem_x509_certificate(certificates.root.read_bytes()).public_bytes(Encoding.DER)


def test_a_good_chain_gives_no_note(certificates: Certificates) -> None:
    now = time.time()
    report = analyse_chain(ders(certificates.leaf), "localhost", now)
    assert (report.path, report.unrelated, report.in_order) == ((0, 1), (), True)
    assert (report.covers_host, report.includes_root, report.intermediate_missing) == (True, False, False)
    assert report.missing_issuer == "CN=wsinspect test root"
    assert chain_notes(report, "localhost", now) == ()


def test_a_root_that_is_sent_along_is_the_end_of_the_path(certificates: Certificates) -> None:
    report = analyse_chain([*ders(certificates.leaf), _root(certificates)], "localhost", time.time())
    assert report.path == (0, 1, 2)
    assert report.includes_root
    assert report.missing_issuer == ""


NOTES = {
    "self_signed": "the certificate is self-signed",
    "expired": "certificate 0 (localhost) expired 1 day ago",
    "not_yet_valid": "certificate 0 (localhost) not valid for another 23 hours",
    "wrong_host": "not for localhost, but for elsewhere.example",
    "missing_intermediate": "does not send the certificate of its issuer, CN=wsinspect test intermediate",
    "client": "does not allow a TLS server",
}


@pytest.mark.parametrize("served", NOTES)
def test_what_stands_out_is_said(certificates: Certificates, served: str) -> None:
    chain: ServedCertificate = getattr(certificates, served)
    now = time.time()
    host = None if served == "client" else "localhost"
    (note,) = chain_notes(analyse_chain(ders(chain), host, now), host, now)
    assert NOTES[served] in note


def test_only_a_leaf_alone_that_names_its_issuers_place_misses_an_intermediate(
    certificates: Certificates,
) -> None:
    missing = {
        name: analyse_chain(ders(getattr(certificates, name)), "localhost", time.time()).intermediate_missing
        for name in ("leaf", "self_signed", "missing_intermediate")
    }
    assert missing == {"leaf": False, "self_signed": False, "missing_intermediate": True}


def test_a_chain_out_of_order_and_a_stranger_in_it(certificates: Certificates) -> None:
    leaf, intermediate = ders(certificates.leaf)
    report = analyse_chain([leaf, self_signed(), _root(certificates), intermediate], "localhost", time.time())
    assert report.path == (0, 3, 2)
    assert report.unrelated == (1,)
    assert not report.in_order
    notes = chain_notes(report, "localhost", START.timestamp())
    assert "the certificates are not in the order of the chain" in notes
    assert "sent without being part of the chain: 1 (a.example)" in notes


def test_an_issuer_with_the_right_name_and_the_wrong_key_is_no_issuer(certificates: Certificates) -> None:
    damaged = bytearray(ders(certificates.leaf)[0])
    damaged[-1] ^= 1
    report = analyse_chain([bytes(damaged), ders(certificates.leaf)[1]], "localhost", time.time())
    assert (report.path, report.unrelated) == ((0,), (1,))


def test_an_empty_chain_and_one_that_cannot_be_read() -> None:
    empty = analyse_chain([], "localhost", 0)
    assert (empty.path, empty.leaf, empty.top, empty.covers_host) == ((), None, None, None)
    assert chain_notes(empty, "localhost", 0) == ("the server sent no certificate",)
    absurd = analyse_chain([b"absurd", b""], "localhost", 0)
    assert (absurd.covers_host, absurd.self_signed_leaf, absurd.intermediate_missing) == (None, False, False)
    assert chain_notes(absurd, "localhost", 0)[0].startswith("certificate 0 cannot be read")


@pytest.mark.parametrize(
    ("at", "note"),
    [
        (START.timestamp() - 7200, "not valid for another 2 hours (from 2026-01-02 03:04 UTC)"),
        (START.timestamp(), "valid for another 90 days (until 2026-04-02 03:04 UTC)"),
        (END.timestamp() + 61, "expired 1 minute ago (2026-04-02 03:04 UTC)"),
        (END.timestamp() + 5, "expired 5 s ago (2026-04-02 03:04 UTC)"),
    ],
)
def test_validity_in_words(at: float, note: str) -> None:
    assert validity_note(describe_certificate(self_signed()), at) == note


def test_names_of_a_certificate_for_many_are_counted() -> None:
    names = x509.SubjectAlternativeName([x509.DNSName(f"n{index}.example") for index in range(10)])
    at = START.timestamp()
    (mismatch, _) = chain_notes(analyse_chain([self_signed(names)], "other.example", at), "other.example", at)
    assert mismatch.endswith("n7.example and 2 more")
    (nameless, _) = chain_notes(analyse_chain([self_signed()], "a.example", at), "a.example", at)
    assert "its common name a.example does not count" in nameless
