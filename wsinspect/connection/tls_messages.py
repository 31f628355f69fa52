"""What TLS itself says, encrypted or not: alerts, the peer's certificates, the request for ours."""

from __future__ import annotations

from wsinspect.connection.emitter import Emitter
from wsinspect.events import (
    Direction,
    Event,
    TlsAlert,
    TlsCertificateRequested,
    TlsPeerCertificates,
)
from wsinspect.wire.tls_records import (
    CLOSE_NOTIFY,
    AlertLevel,
    ContentType,
    HandshakeType,
    alert_of_openssl_reason,
    read_certificate_message,
    read_records,
)


class MessageTap:
    """Turns the messages that OpenSSL reports into events.

    OpenSSL reports in the middle of a call, so events wait for `flush`, between calls: an exception of the sink
    would be lost inside OpenSSL, and a refused certificate is to be recorded before the alert that says so.
    """

    def __init__(self, emit: Emitter, *, reports_messages: bool) -> None:
        self._emit = emit
        self._reports_messages = reports_messages
        self._notes: list[tuple[str, int, int, bytes]] = []
        self._alerts_received: set[int] = set()
        self.fatal_alert_received: int | None = None
        """The alert with which the peer ended the handshake or the connection; its level may say warning."""
        self.close_notify_received = False
        self.certificates_seen = False
        self.client_certificate_sent = False

    def listen(self, direction: str, version: int, content_type: int, data: bytes) -> None:
        """Take one message from OpenSSL; `direction` is `read` or `write`."""
        self._notes.append((direction, version, content_type, data))
        if content_type == ContentType.ALERT and direction == "read" and len(data) == 2:
            self._alert_received(*data)

    def listen_to_records(self, direction: str, data: bytes) -> None:
        """Find plaintext alerts in the bytes below TLS, where OpenSSL reports no messages."""
        if self._reports_messages:
            return
        for record in read_records(data):
            if record.alert:
                self.listen(direction, record.version, ContentType.ALERT, record.fragment)

    def note_openssl_reason(self, reason: str) -> None:
        """Take the alert that OpenSSL gave up for: fatal whatever its level says, and maybe not heard of otherwise."""
        code = alert_of_openssl_reason(reason)
        if code is None or self.fatal_alert_received is not None:
            return
        if code not in self._alerts_received:
            self.listen("read", 0, ContentType.ALERT, bytes((AlertLevel.FATAL, code)))
        self.fatal_alert_received = code

    def note_certificate(self, der: bytes | None) -> None:
        """Take the peer's leaf from OpenSSL, where its message was not seen: alone is better than nothing."""
        if der and not self.certificates_seen:
            self.certificates_seen = True
            self._emit(TlsPeerCertificates(*self._emit.stamp(), chain=(der,)))

    def _alert_received(self, level: int, code: int) -> None:
        self._alerts_received.add(code)
        if code == CLOSE_NOTIFY:
            self.close_notify_received = True
        elif level == AlertLevel.FATAL:
            self.fatal_alert_received = code

    def flush(self, *, sent: bool = True) -> None:
        """Emit what was heard since the last time; with `sent` False, what we sent ourselves waits."""
        if not self._notes:
            return
        notes, self._notes = self._notes, []
        for note in notes:
            if note[0] == "write" and not sent:
                self._notes.append(note)
            else:
                self._tell(*note)

    def _tell(self, direction: str, version: int, content_type: int, data: bytes) -> None:
        received = direction == "read"
        event: Event | None = None
        if content_type == ContentType.ALERT:
            if len(data) == 2:
                event = TlsAlert(
                    *self._emit.stamp(),
                    direction=Direction.RECEIVED if received else Direction.SENT,
                    level=data[0],
                    code=data[1],
                )
        elif data[:1] == bytes((HandshakeType.CERTIFICATE,)):
            chain = read_certificate_message(data, version)
            if received:
                self.certificates_seen = True
                event = TlsPeerCertificates(*self._emit.stamp(), chain=chain)
            else:
                self.client_certificate_sent = bool(chain)
        elif received and data[:1] == bytes((HandshakeType.CERTIFICATE_REQUEST,)):
            event = TlsCertificateRequested(*self._emit.stamp())
        if event is not None:
            self._emit(event)
