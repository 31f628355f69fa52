"""The chunks of an attempt's handshakes with secrets covered, also one that lies in two chunks."""

from __future__ import annotations

from wsinspect.events import BytesReceived, BytesSent, Layer
from wsinspect.export.redact import Redactor
from wsinspect.session.attempt import Attempt


class HandshakeChunks:
    """Ask with each event of the HTTP and PROXY layers once, in order."""

    def __init__(self, attempt: Attempt, redact: Redactor) -> None:
        self._left: dict[tuple[Layer, bool], bytes] = {}
        for layer, exchange in ((Layer.HTTP, attempt.handshake), (Layer.PROXY, attempt.proxy_exchange)):
            self._left[layer, True] = redact.data(bytes(exchange.request))
            self._left[layer, False] = redact.data(bytes(exchange.response))

    def of(self, event: BytesSent | BytesReceived) -> bytes:
        """Return the bytes of this event."""
        place = event.layer, isinstance(event, BytesSent)
        whole, size = self._left[place], len(event.data)
        self._left[place] = whole[size:]
        return whole[:size]
