"""The TLS step: a handshake over a byte stream, with every byte of it recorded below TLS."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from contextlib import suppress

from wsinspect.connection.emitter import Emitter
from wsinspect.connection.step import StepError
from wsinspect.connection.stream import ByteStream, StreamResetError
from wsinspect.connection.tls_context import client_context
from wsinspect.connection.tls_messages import MessageTap
from wsinspect.connection.tls_stream import TlsFailedError, TlsStream
from wsinspect.events import (
    BytesReceived,
    BytesSent,
    FailureKind,
    Layer,
    LimitReached,
    TlsEstablished,
    TlsStarted,
    TlsVerificationFailed,
)
from wsinspect.options import ConnectOptions
from wsinspect.wire.tls_records import (
    CLOSE_NOTIFY,
    alert_meaning,
    alert_name,
    looks_like_tls,
    plaintext_protocol,
)

__all__ = ["TlsFailedError", "TlsStream", "start_tls"]

PLAINTEXT_WAIT_S = 0.5
"""How long the rest of an answer that is not TLS may take."""
PLAINTEXT_BYTES = 1024
"""How much of an answer that is not TLS is waited for."""


async def start_tls(emit: Emitter, options: ConnectOptions, stream: ByteStream, host: str) -> TlsStream:
    """Make a TLS connection to `host` over `stream` and return the stream inside it.

    Emits TlsStarted, the bytes both ways below TLS, what TLS itself says (certificates, alerts), TlsEstablished.
    After a failure `stream` is left open, with our alert handed to it: whoever opened it closes it.

    Raises:
        StepError: LOCAL_CONFIGURATION, TLS_PLAINTEXT, TLS_ALERT (`code` is the alert's name), TLS_VERIFICATION,
            STREAM_ENDED, RESET or TLS_ERROR (`code` is OpenSSL's reason).
    """
    context = client_context(options)
    name = _checked_name(options.server_name or host)
    if not name and context.verify:
        message = "there is no host name that the certificate could be checked for; give a server name"
        raise StepError(FailureKind.LOCAL_CONFIGURATION, message, code="server-name")
    tap = MessageTap(emit, reports_messages=context.reports_messages)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.start(incoming, outgoing, name or None, tap.listen)
    emit(
        TlsStarted(
            *emit.stamp(),
            server_name=None if _is_address(name) else name or None,
            alpn=options.alpn,
            verify=context.verify,
            trust=context.trust,
        )
    )
    limit = options.limits.tls_handshake_bytes
    await _Handshake(emit, stream, tls, incoming, outgoing, tap, limit).run()
    tap.note_certificate(tls.getpeercert(binary_form=True))
    cipher = tls.cipher()
    emit(
        TlsEstablished(
            *emit.stamp(),
            version=tls.version() or "",
            cipher=cipher[0] if cipher else "",
            alpn=tls.selected_alpn_protocol(),
            client_certificate_sent=tap.client_certificate_sent,
        )
    )
    return TlsStream(stream, context, tls, incoming, outgoing, tap)


def _checked_name(host: str) -> str:
    """The name or address as certificates write it: no brackets, no zone, no dot of the root at its end."""
    name = host.strip("[]")
    if ":" in name:
        name = name.partition("%")[0]
    return name.removesuffix(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


_AT_ONCE_BYTES = 4096
"""What OpenSSL is given at once: it may be a thousand messages, each of which calls us."""


class _Handshake:
    """One TLS handshake from the ClientHello to our Finished."""

    def __init__(
        self,
        emit: Emitter,
        stream: ByteStream,
        tls: ssl.SSLObject,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        tap: MessageTap,
        limit_bytes: int,
    ) -> None:
        self._emit = emit
        self._limit_bytes = limit_bytes
        self._received_bytes = 0
        self._stream = stream
        self._tls = tls
        self._incoming = incoming
        self._outgoing = outgoing
        self._tap = tap
        self._answer = b""
        """The first bytes that came back, as many as it takes to know that they are TLS."""

    async def run(self) -> None:
        done = await self._advance()
        while not done:
            data = await self._receive()
            if len(self._answer) < 2:
                self._answer += data
                if not looks_like_tls(self._answer):
                    raise await self._not_tls()
            for at in range(0, len(data), _AT_ONCE_BYTES):
                if at:
                    await asyncio.sleep(0)
                # What stands behind the handshake is read from there later.
                self._incoming.write(data[at : at + _AT_ONCE_BYTES])
                done = done or await self._advance()

    async def _advance(self) -> bool:
        """Let OpenSSL go as far as it can with what has arrived; True when our side is done."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            done = False
        except ssl.SSLError as error:
            failure = self._explain(error)
            self._tap.flush()
            self._send()
            # What we refuse must reach the peer; that it went away itself is no news then.
            with suppress(StreamResetError):
                await self._stream.drain()
            raise failure from error
        else:
            done = True
        self._tap.flush()
        self._send()
        return done

    def _send(self) -> None:
        if not self._outgoing.pending:
            return
        data = self._outgoing.read()
        self._emit(BytesSent(*self._emit.stamp(), layer=Layer.TLS, data=data))
        self._tap.listen_to_records("write", data)
        self._stream.write(data)

    async def _receive(self) -> bytes:
        try:
            data = await self._stream.read()
        except StreamResetError as error:
            message = f"the connection was reset during the TLS handshake, {self._how_far()}: {error.message}"
            raise StepError(FailureKind.RESET, message, errno=error.errno) from error
        if not data:
            message = f"the peer ended the connection (FIN) during the TLS handshake, {self._how_far()}"
            raise StepError(FailureKind.STREAM_ENDED, message)
        self._emit(BytesReceived(*self._emit.stamp(), layer=Layer.TLS, data=data))
        self._tap.listen_to_records("read", data)
        self._received_bytes += len(data)
        if self._received_bytes > self._limit_bytes:
            # OpenSSL reads on through any number of HelloRequests.
            what = "the peer's side of the TLS handshake is longer"
            stamp = self._emit.stamp()
            self._emit(
                LimitReached(*stamp, limit="tls_handshake_bytes", allowed=self._limit_bytes, what=what)
            )
            message = f"{what} than {self._limit_bytes} bytes"
            raise StepError(FailureKind.TLS_ERROR, message, code="too-long")
        return data

    def _how_far(self) -> str:
        return "in the middle of it" if self._answer else "without a byte in answer to our ClientHello"

    async def _not_tls(self) -> StepError:
        """Wait for the rest of the answer, so that it is on record whole, and return what to say of it."""
        answer = self._answer
        with suppress(TimeoutError, StepError):
            async with asyncio.timeout(PLAINTEXT_WAIT_S):
                while len(answer) < PLAINTEXT_BYTES:
                    answer += await self._receive()
        protocol = plaintext_protocol(answer)
        what = f"it looks like {protocol.upper()}" if protocol else f"it begins with {answer[:4].hex(' ')}"
        message = f"the answer to our ClientHello is not TLS; {what}"
        return StepError(FailureKind.TLS_PLAINTEXT, message, code=protocol)

    def _explain(self, error: ssl.SSLError) -> StepError:
        """Say why OpenSSL gave up; records a refused certificate, before the alert about it."""
        tap, reason = self._tap, error.reason or ""
        tap.flush(sent=False)
        if isinstance(error, ssl.SSLCertVerificationError):
            text = " ".join(error.verify_message.split()) or reason
            code = max(error.verify_code, 0)
            self._emit(TlsVerificationFailed(*self._emit.stamp(), code=code, message=text))
            return StepError(
                FailureKind.TLS_VERIFICATION, f"the peer's certificate is not accepted: {text}", code=reason
            )
        tap.note_openssl_reason(reason)
        alert = tap.fatal_alert_received
        if alert is None and tap.close_notify_received:
            alert = CLOSE_NOTIFY
        if alert is not None:
            name = alert_name(alert)
            message = f"the peer sent TLS alert {alert} {name}: {alert_meaning(alert)}"
            return StepError(FailureKind.TLS_ALERT, message, code=name)
        words = reason.replace("_", " ").lower() or str(error)
        return StepError(FailureKind.TLS_ERROR, f"the TLS handshake failed: {words}", code=reason)
