"""TLS records, alerts and Certificate messages as bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsinspect.wire.tls_records import (
    ALERTS,
    alert_meaning,
    alert_name,
    alert_of_openssl_reason,
    looks_like_tls,
    plaintext_protocol,
    read_certificate_message,
    read_records,
)

FATAL_UNRECOGNIZED_NAME = b"\x15\x03\x03\x00\x02\x02\x70"


@pytest.mark.parametrize(
    ("first", "tls"),
    [
        (b"", True),
        (b"\x16", True),
        (b"\x15\x03", True),
        (b"\x17\x03\x03\x00", True),
        (b"\x14\x03\x01", True),
        (b"\x18\x03", False),
        (b"\x13\x03", False),
        (b"\x16\x02", False),
        (b"HTTP/1.1 400", False),
        (b"\x80\x2e\x01", False),
    ],
)
def test_the_first_two_bytes_tell_tls_from_the_rest(first: bytes, tls: bool) -> None:
    assert looks_like_tls(first) is tls


@pytest.mark.parametrize(
    ("first", "protocol"),
    [
        (b"HTTP/1.0 400 Bad", "http"),
        (b"<html>", "http"),
        (b"SSH-2.0-x", "ssh"),
        (b"220 mail", "ftp or smtp"),
        (b"-ERR unknown command", "redis"),
        (b"\x00\x00\x12\x04\x00", "http/2"),
        (b"\x00\x00\x12\x05\x00", ""),
        (b"\x00", ""),
        (b"", ""),
        (b"whatever", ""),
    ],
)
def test_a_greeting_names_its_protocol(first: bytes, protocol: str) -> None:
    assert plaintext_protocol(first) == protocol


# RFC 8446 section 6, the enumeration of AlertDescription.
RFC_8446_ALERTS = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    22: "record_overflow",
    40: "handshake_failure",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    109: "missing_extension",
    110: "unsupported_extension",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
}


def test_every_alert_of_the_rfc_has_its_name_and_a_meaning() -> None:
    assert {code: alert_name(code) for code in RFC_8446_ALERTS} == RFC_8446_ALERTS
    assert all(row.meaning and row.code == code for code, row in ALERTS.items())
    assert len({row.name for row in ALERTS.values()}) == len(ALERTS)


def test_an_unknown_alert_keeps_its_number() -> None:
    assert alert_name(233) == "alert_233"
    assert alert_meaning(233) == "not a registered alert"


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", 116),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", 40),
        ("TLSV1_ALERT_PROTOCOL_VERSION", 70),
        ("TLSV1_UNRECOGNIZED_NAME", 112),
        ("WRONG_VERSION_NUMBER", None),
        ("DECRYPTION_FAILED_OR_BAD_RECORD_MAC", None),
        ("", None),
    ],
)
def test_openssl_names_the_alerts_that_it_received(reason: str, code: int | None) -> None:
    assert alert_of_openssl_reason(reason) == code


def test_records_are_read_one_after_the_other() -> None:
    one, two = read_records(b"\x16\x03\x01\x00\x03abc" + FATAL_UNRECOGNIZED_NAME)
    assert (one.content_type, one.version, one.length, one.fragment) == (22, 0x0301, 3, b"abc")
    assert one.alert is None
    assert two.alert == (2, 112)


def test_a_record_that_breaks_off_is_given_as_far_as_it_goes() -> None:
    (record,) = read_records(b"\x15\x03\x03\x00\x02\x02")
    assert (record.length, record.fragment, record.alert) == (2, b"\x02", None)


def test_an_encrypted_alert_is_no_plaintext_alert() -> None:
    (record,) = read_records(b"\x15\x03\x03\x00\x1a" + bytes(26))
    assert record.alert is None


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    for record in read_records(data):
        assert len(record.fragment) <= record.length
    for version in (0x0303, 0x0304):
        assert all(read_certificate_message(data, version))


def _vector(data: bytes, size: int = 3) -> bytes:
    return len(data).to_bytes(size, "big") + data


def test_certificates_are_found_in_both_layouts() -> None:
    tls_1_2 = b"\x0b" + _vector(_vector(_vector(b"leaf") + _vector(b"intermediate")))
    entries = (
        _vector(b"leaf") + _vector(b"\x00\x05\x00\x01\x00", 2) + _vector(b"intermediate") + _vector(b"", 2)
    )
    tls_1_3 = b"\x0b" + _vector(_vector(b"context", 1) + _vector(entries))
    assert read_certificate_message(tls_1_2, 0x0303) == (b"leaf", b"intermediate")
    assert read_certificate_message(tls_1_3, 0x0304) == (b"leaf", b"intermediate")


def test_an_empty_or_cut_certificate_message() -> None:
    assert read_certificate_message(b"\x0b\x00\x00\x03\x00\x00\x00", 0x0303) == ()
    assert read_certificate_message(b"\x0b\x00\x00\x04\x00\x00\x00\x00", 0x0304) == ()
    cut = b"\x0b" + _vector(_vector(_vector(b"leaf") + _vector(b"intermediate")))[:-3]
    assert read_certificate_message(cut, 0x0303) == (b"leaf",)
