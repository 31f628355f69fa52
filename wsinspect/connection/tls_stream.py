"""A byte stream inside TLS: decrypts what the lower stream brings, encrypts what it is given."""

from __future__ import annotations

import ssl
from collections import deque
from contextlib import suppress

from wsinspect.connection.stream import ByteStream, StreamResetError
from wsinspect.connection.tls_context import ClientContext
from wsinspect.connection.tls_messages import MessageTap
from wsinspect.wire.tls_records import alert_meaning, alert_name

CHUNK_BYTES = 256 * 1024
"""Most that one `read` returns, and how much ciphertext is gathered before it is handed down."""
_LISTEN_BYTES = 17 * 1024
"""More than the longest record. An alert is the last that a peer sends, so it is heard if this much is listened to."""


class TlsFailedError(StreamResetError):
    """TLS ended the stream: a fatal alert of the peer, or bytes that do not decrypt.

    `alert` is the peer's alert, None where it was ours to complain; `reason` is OpenSSL's.
    """

    def __init__(self, alert: int | None, reason: str) -> None:
        if alert is None:
            message = f"TLS failed: {reason}"
        else:
            message = f"the peer sent TLS alert {alert} {alert_name(alert)}: {alert_meaning(alert)}"
        super().__init__(None, message)
        self.alert = alert
        self.reason = reason


class TlsStream:
    """A `ByteStream` over another one, from the end of the TLS handshake on.

    `read` gives all that is decrypted so far, at most CHUNK_BYTES. It returns `b""` after the peer's close_notify as
    well as after a bare FIN; `close_notify_received` tells them apart.
    """

    def __init__(
        self,
        lower: ByteStream,
        context: ClientContext,
        tls: ssl.SSLObject,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        tap: MessageTap,
    ) -> None:
        self._lower = lower
        self._context = context
        self._tls = tls
        self._incoming = incoming
        self._outgoing = outgoing
        self._tap = tap
        self._buffer = memoryview(bytearray(CHUNK_BYTES))
        self._buffered = True
        """Whether OpenSSL may hold decrypted bytes although `incoming` is empty."""
        self._waiting: deque[bytes] = deque()
        """Plaintext that OpenSSL does not take while it renegotiates."""
        self._ended = False
        self._failure: TlsFailedError | None = None
        self._closed = False

    @property
    def close_notify_received(self) -> bool:
        """Whether the peer said that it sends nothing more (RFC 8446 section 6.1)."""
        return self._tap.close_notify_received

    async def read(self) -> bytes:
        """Return the next decrypted bytes, `b""` at the end.

        Raises:
            StreamResetError: the lower stream was reset.
            TlsFailedError: a fatal alert, or records that do not decrypt; after all that could be decrypted.
        """
        while True:
            if (self._buffered or self._incoming.pending) and not self._ended and self._failure is None:
                data = self._decrypt()
                if data:
                    return data
            if self._failure is not None:
                raise self._failure
            if self._ended:
                return b""
            chunk = await self._lower.read()
            if chunk:
                self._incoming.write(chunk)
            else:
                self._ended = True

    def _decrypt(self) -> bytes:
        filled = 0
        if self._incoming.pending > _LISTEN_BYTES:
            self._context.mute(muted=True)
            try:
                filled = self._fill(0, _LISTEN_BYTES)
            finally:
                self._context.mute(muted=False)
        if self._failure is None and not self._ended:
            filled = self._fill(filled, 0)
        self._tap.flush()
        if self._waiting and self._failure is None:
            self._encrypt_waiting()
        if self._outgoing.pending:  # an answer to a key update, or our alert
            self._lower.write(self._outgoing.read())
        return bytes(self._buffer[:filled])

    def _fill(self, filled: int, leave: int) -> int:
        """Decrypt until the buffer is full or no more than `leave` bytes of ciphertext are left; return its fill."""
        incoming, buffer = self._incoming, self._buffer
        read, decrypted = self._tls.read, self._tls.pending
        self._buffered = True
        try:
            while filled < CHUNK_BYTES:
                # One record a call. An int comes back, as there is a buffer to read into.
                count = read(CHUNK_BYTES - filled, buffer[filled:])
                if not count:
                    self._ended = True
                    break
                filled += int(count)
                if incoming.pending <= leave and not decrypted():
                    self._buffered = incoming.pending > 0
                    break
        except ssl.SSLWantReadError:
            self._buffered = False
        except ssl.SSLZeroReturnError:
            self._ended = True
        except ssl.SSLError as error:
            self._fail(error)
        return filled

    def write(self, data: bytes) -> None:
        """Encrypt and queue; errors surface in `read`."""
        if not data or self._closed or self._failure is not None:
            return
        self._waiting.append(data)
        if len(self._waiting) == 1:
            self._encrypt_waiting()
        if self._outgoing.pending:
            self._lower.write(self._outgoing.read())

    def _encrypt_waiting(self) -> None:
        write, outgoing = self._tls.write, self._outgoing
        try:
            while self._waiting:
                rest = memoryview(self._waiting[0])
                while rest:
                    try:
                        count = write(rest)
                    except ssl.SSLWantReadError:  # it goes on once the peer's handshake message came
                        self._waiting[0] = bytes(rest)
                        return
                    rest = rest[count:]
                    if outgoing.pending >= CHUNK_BYTES:
                        self._lower.write(outgoing.read())
                self._waiting.popleft()
        except ssl.SSLError as error:
            self._fail(error)
            self._tap.flush()

    def _fail(self, error: ssl.SSLError) -> None:
        self._tap.note_openssl_reason(error.reason or "")
        self._failure = TlsFailedError(self._tap.fatal_alert_received, error.reason or str(error))
        self._waiting.clear()

    async def drain(self) -> None:
        """Wait until the lower stream's queue is short.

        Raises:
            StreamResetError: the connection was reset.
        """
        await self._lower.drain()

    async def close(self) -> None:
        """Send close_notify after what is queued, do not wait for the peer's, and close the lower stream."""
        self._say_goodbye()
        await self._lower.close()

    def _say_goodbye(self) -> None:
        if self._closed:
            return
        self._closed = True
        # SSLWantReadError: the peer has not said close_notify yet. RFC 8446 section 6.1 lets us leave before it does.
        # Other errors: TLS failed before, and RFC 8446 section 6.2 forbids to say anything more.
        with suppress(ssl.SSLError):
            self._tls.unwrap()
        self._tap.flush()
        if self._outgoing.pending:
            self._lower.write(self._outgoing.read())

    def abort(self) -> None:
        """Free the socket at once, without close_notify."""
        self._closed = True
        self._lower.abort()
