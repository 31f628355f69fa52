"""What is known of an attempt's TLS."""

from __future__ import annotations

from msgspec import Struct, field

from wsinspect.events import (
    Direction,
    TlsAlert,
    TlsCertificateRequested,
    TlsEstablished,
    TlsPeerCertificates,
    TlsStarted,
    TlsVerificationFailed,
)

_KEPT_BYTES = 64 * 1024


class TlsFacts(Struct):
    """Facts, or None; nothing here is concluded."""

    started: TlsStarted | None = None
    established: TlsEstablished | None = None
    verification: TlsVerificationFailed | None = None
    certificates: TlsPeerCertificates | None = None
    certificate_requested: TlsCertificateRequested | None = None
    alerts: list[TlsAlert] = field(default_factory=list)
    sent: bytearray = field(default_factory=bytearray)
    """Handshake records that we sent, at most 64 KiB."""
    received: bytearray = field(default_factory=bytearray)
    """What answered our ClientHello, at most 64 KiB."""
    sent_ns: int | None = None
    received_seq: int = 0

    def alert(self, direction: Direction, *, fatal: bool = True) -> TlsAlert | None:
        """Return the last alert in that direction, close_notify (0) and user_canceled (90) aside if `fatal`."""
        for alert in reversed(self.alerts):
            if alert.direction is direction and not (fatal and alert.code in (0, 90)):
                return alert
        return None

    @property
    def close_notify_received(self) -> TlsAlert | None:
        """The peer's close_notify, if it sent one."""
        return next((a for a in self.alerts if a.direction is Direction.RECEIVED and a.code == 0), None)

    def keep(self, direction: Direction, data: bytes, at_ns: int, seq: int) -> None:
        """Add bytes of the TLS tap."""
        buffer = self.sent if direction is Direction.SENT else self.received
        if direction is Direction.SENT and self.sent_ns is None:
            self.sent_ns = at_ns
        if direction is Direction.RECEIVED and not self.received_seq:
            self.received_seq = seq
        buffer += data[: max(0, _KEPT_BYTES - len(buffer))]
