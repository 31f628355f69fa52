"""How an attempt ended: facts first, then what they come to."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from wsinspect.events import (
    KeepaliveExpired,
    LocalEnd,
    LocallyEnded,
    StreamClosedLocally,
    StreamEnded,
    StreamReset,
    TlsAlert,
)

if TYPE_CHECKING:
    from wsinspect.wire.close import ClosePayload


class How(StrEnum):
    """The end of the byte stream: five different things, and ours."""

    FIN = "fin"
    RST = "rst"
    TLS_CLOSE_NOTIFY = "tls-close-notify"
    TLS_ALERT = "tls-alert"
    TIMEOUT = "timeout"
    LOCAL = "local"


class By(StrEnum):
    """Whose bytes, or whose decision, came first."""

    SERVER = "server"
    CLIENT = "client"
    UNKNOWN = "unknown"


class CloseFrame(Struct, frozen=True):
    """A Close frame that crossed the wire."""

    frame: int
    at_ns: int
    payload: ClosePayload


class Closure(Struct):
    """Facts or None. 1006 is never a fact: it is only what a browser would report."""

    close_sent: CloseFrame | None = None
    close_received: CloseFrame | None = None
    stream_end: StreamEnded | StreamReset | None = None
    closed_locally: StreamClosedLocally | None = None
    locally_ended: LocallyEnded | None = None
    keepalive_expired: KeepaliveExpired | None = None
    fatal_alert: TlsAlert | None = None
    """A fatal alert from the peer."""
    close_notify: TlsAlert | None = None
    """The peer's close_notify."""
    timed_out: bool = False
    """A step, the keepalive or the closing handshake ran out of time."""
    opened: bool = False
    ended_ns: int | None = None

    @property
    def clean(self) -> bool:
        """WHATWG `wasClean`: opened, and a valid Close frame crossed in both directions."""
        if not self.opened or self.close_sent is None or self.close_received is None:
            return False
        return not self.close_received.payload.violations

    @property
    def browser_code(self) -> int | None:
        """The code that a browser's close event would carry; None while the connection lives.

        It is the code of the peer's Close frame, answered or not (RFC 6455 section 7.1.5). A browser that fails the
        connection itself, because the peer broke the protocol, reports 1006 whatever arrives.
        """
        if self.ended_ns is None:
            return None
        ours = self.locally_ended
        if ours is not None and ours.why is LocalEnd.PEER_VIOLATED_PROTOCOL:
            return 1006
        if not self.opened or self.close_received is None:
            return 1006
        code = self.close_received.payload.code
        return 1005 if code is None else code

    @property
    def how(self) -> How | None:
        """What ended the stream, or None while it lives or where no stream ever was."""
        if self.fatal_alert is not None:
            return How.TLS_ALERT
        if isinstance(self.stream_end, StreamReset):
            return How.RST
        if isinstance(self.stream_end, StreamEnded):
            return How.TLS_CLOSE_NOTIFY if self.close_notify is not None else How.FIN
        if self.close_notify is not None:
            return How.TLS_CLOSE_NOTIFY
        if self.timed_out:
            return How.TIMEOUT
        if self.closed_locally is not None or self.locally_ended is not None:
            return How.LOCAL
        return None

    @property
    def by(self) -> By:
        """Who ended it: the side whose Close, alert, FIN or decision comes first in the record."""
        moments: list[tuple[int, By]] = []
        if self.locally_ended is not None:
            moments.append((self.locally_ended.seq, By.CLIENT))
        if self.stream_end is not None:
            moments.append((self.stream_end.seq, By.SERVER))
        alerts = (self.fatal_alert, self.close_notify)
        moments.extend((alert.seq, By.SERVER) for alert in alerts if alert is not None)
        if self.close_sent is not None and self.close_received is not None:
            return By.CLIENT if self.close_sent.frame < self.close_received.frame else By.SERVER
        if self.close_received is not None:
            return By.SERVER
        if not moments:
            return By.UNKNOWN
        return min(moments)[1]
