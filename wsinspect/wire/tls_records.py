"""TLS as it looks on the wire: record headers, alerts and the Certificate message (RFC 8446). Pure and tolerant."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum

from msgspec import Struct


class ContentType(IntEnum):
    """RFC 8446 section 5.1."""

    CHANGE_CIPHER_SPEC = 20
    ALERT = 21
    HANDSHAKE = 22
    APPLICATION_DATA = 23


class HandshakeType(IntEnum):
    """The messages that are looked into (RFC 8446 section 4)."""

    CERTIFICATE = 11
    CERTIFICATE_REQUEST = 13


class AlertLevel(IntEnum):
    """RFC 8446 section 6; in TLS 1.3 the level says nothing, every alert but two ends the connection."""

    WARNING = 1
    FATAL = 2


CLOSE_NOTIFY = 0
TLS_1_3 = 0x0304
RECORD_HEADER_BYTES = 5
HANDSHAKE_HEADER_BYTES = 4


class AlertDescription(Struct, frozen=True):
    """One row of the alert registry."""

    code: int
    name: str
    """As in RFC 8446 section 6, e.g. `handshake_failure`."""
    meaning: str
    """What the side that sent it wants to say, in words."""


ALERTS: dict[int, AlertDescription] = {
    row.code: row
    for row in (
        AlertDescription(0, "close_notify", "nothing more will be sent on this connection"),
        AlertDescription(10, "unexpected_message", "a message came that does not belong here"),
        AlertDescription(20, "bad_record_mac", "a record did not decrypt: damaged or altered on the way"),
        AlertDescription(21, "decryption_failed", "a record did not decrypt (TLS 1.0 and older)"),
        AlertDescription(22, "record_overflow", "a record is too long, as when the bytes are not TLS at all"),
        AlertDescription(30, "decompression_failure", "a record did not decompress (TLS 1.2 and older)"),
        AlertDescription(
            40,
            "handshake_failure",
            "no common ground: cipher suites, a missing client certificate (TLS 1.2), or no certificate for this name",
        ),
        AlertDescription(41, "no_certificate", "there is no certificate to send (SSL 3.0)"),
        AlertDescription(42, "bad_certificate", "the certificate is damaged, or its signature is wrong"),
        AlertDescription(43, "unsupported_certificate", "the certificate is of a kind that is not supported"),
        AlertDescription(44, "certificate_revoked", "the certificate was revoked by its issuer"),
        AlertDescription(45, "certificate_expired", "the certificate is expired or not yet valid"),
        AlertDescription(46, "certificate_unknown", "the certificate is not acceptable for another reason"),
        AlertDescription(47, "illegal_parameter", "a field in the handshake is wrong or contradicts another"),
        AlertDescription(48, "unknown_ca", "the certificate's issuer is not known or not trusted"),
        AlertDescription(
            49, "access_denied", "the certificate is valid, but whoever it names may not come in"
        ),
        AlertDescription(50, "decode_error", "a message could not be parsed"),
        AlertDescription(51, "decrypt_error", "a signature or a Finished message did not verify"),
        AlertDescription(60, "export_restriction", "export rules were broken (TLS 1.0)"),
        AlertDescription(70, "protocol_version", "the offered TLS versions are not supported"),
        AlertDescription(71, "insufficient_security", "the offered cipher suites are too weak"),
        AlertDescription(
            80, "internal_error", "an error of its own, often a front end without a certificate for this name"
        ),
        AlertDescription(
            86, "inappropriate_fallback", "the client retried with an older version than it needs"
        ),
        AlertDescription(90, "user_canceled", "the handshake was given up, not for a protocol error"),
        AlertDescription(100, "no_renegotiation", "a new handshake on this connection is refused (TLS 1.2)"),
        AlertDescription(109, "missing_extension", "an extension that the handshake needs is missing"),
        AlertDescription(110, "unsupported_extension", "an extension came that was not offered"),
        AlertDescription(111, "certificate_unobtainable", "the client certificate's URL gave nothing"),
        AlertDescription(112, "unrecognized_name", "no server of this name (SNI) lives here"),
        AlertDescription(113, "bad_certificate_status_response", "the OCSP answer is wrong or unacceptable"),
        AlertDescription(114, "bad_certificate_hash_value", "the client certificate does not match its hash"),
        AlertDescription(115, "unknown_psk_identity", "the pre-shared key is not known"),
        AlertDescription(116, "certificate_required", "a client certificate is required, and none was sent"),
        AlertDescription(117, "general_error", "an error that no other alert describes"),
        AlertDescription(120, "no_application_protocol", "none of the offered ALPN protocols is spoken here"),
        AlertDescription(121, "ech_required", "Encrypted Client Hello is required"),
    )
}


def alert_name(code: int) -> str:
    """Return the registered name of an alert, or `alert_N` for a number that has none."""
    known = ALERTS.get(code)
    return known.name if known else f"alert_{code}"


def alert_meaning(code: int) -> str:
    """Return what an alert means, in words."""
    known = ALERTS.get(code)
    return known.meaning if known else "not a registered alert"


def alert_of_openssl_reason(reason: str) -> int | None:
    """Return the received alert that an OpenSSL reason such as `TLSV13_ALERT_CERTIFICATE_REQUIRED` names."""
    prefix, _, rest = reason.lower().partition("_")
    if not prefix.startswith(("tlsv", "sslv")):
        return None
    wanted = rest.removeprefix("alert_")
    return next((row.code for row in ALERTS.values() if row.name == wanted), None)


def looks_like_tls(first: bytes) -> bool:
    """Say whether `first`, the beginning of what a peer sent, can be a TLS record; True for no bytes at all.

    A record begins with its content type, 20 to 23, and a version 3.x (RFC 8446 section 5.1).
    """
    if first and not ContentType.CHANGE_CIPHER_SPEC <= first[0] <= ContentType.APPLICATION_DATA:
        return False
    return len(first) < 2 or first[1] == 3


# What other protocols say when they are greeted with a ClientHello, or unasked.
_GREETINGS: tuple[tuple[bytes, str], ...] = (
    (b"HTTP/", "http"),
    (b"<", "http"),
    (b"SSH-", "ssh"),
    (b"220", "ftp or smtp"),
    (b"+OK", "pop3"),
    (b"* OK", "imap"),
    (b"-ERR", "redis"),
    (b"RFB ", "vnc"),
    (b"\x05", "socks"),
    (b"\x00\x00", "http/2"),
)


def plaintext_protocol(first: bytes) -> str:
    """Guess the protocol of an answer that is not TLS from its beginning; empty when it is none we know."""
    if first[:2] == b"\x00\x00" and first[3:4] not in (b"\x04", b"\x07"):
        return ""  # a server's first HTTP/2 frame is SETTINGS or GOAWAY (RFC 9113 section 3.4)
    return next((name for greeting, name in _GREETINGS if first.startswith(greeting)), "")


class Record(Struct, frozen=True):
    """One TLS record, or what there is of it."""

    content_type: int
    version: int
    """As in the header, e.g. 0x0303; TLS 1.3 says 0x0303 here too."""
    length: int
    """Length of the fragment as the header declares it, in bytes."""
    fragment: bytes
    """Shorter than `length` when the data ends inside the record."""

    @property
    def alert(self) -> tuple[int, int] | None:
        """Level and code when the record is a whole plaintext alert; an encrypted one is longer than two bytes."""
        if self.content_type == ContentType.ALERT and self.length == 2 == len(self.fragment):
            return self.fragment[0], self.fragment[1]
        return None


def read_records(data: bytes) -> Iterator[Record]:
    """Yield the records of `data` in order, the last one possibly cut off; stops at bytes that are no record."""
    position = 0
    while len(data) - position >= RECORD_HEADER_BYTES and looks_like_tls(data[position : position + 2]):
        version = int.from_bytes(data[position + 1 : position + 3])
        length = int.from_bytes(data[position + 3 : position + 5])
        position += RECORD_HEADER_BYTES
        yield Record(
            data[position - RECORD_HEADER_BYTES], version, length, data[position : position + length]
        )
        position += length


def read_certificate_message(message: bytes, version: int) -> tuple[bytes, ...]:
    """Return the DER certificates of a Certificate message, in the order in which they were sent.

    Args:
        message: the whole handshake message, its header of 4 bytes included.
        version: the negotiated version, e.g. 0x0304; TLS 1.3 has another layout than its predecessors.

    A message that breaks off gives the certificates before the break. Source: RFC 8446 section 4.4.2, RFC 5246 section 7.4.2.
    """
    body = memoryview(message)[HANDSHAKE_HEADER_BYTES:]
    if version >= TLS_1_3 and body:
        body = body[1 + body[0] :]  # certificate_request_context
    entries = body[3 : 3 + int.from_bytes(body[:3])]
    found: list[bytes] = []
    while len(entries) >= 3:
        length = int.from_bytes(entries[:3])
        if not 0 < length <= len(entries) - 3:
            break
        found.append(bytes(entries[3 : 3 + length]))
        entries = entries[3 + length :]
        if version >= TLS_1_3:
            entries = entries[2 + int.from_bytes(entries[:2]) :]  # the entry's extensions
    return tuple(found)
