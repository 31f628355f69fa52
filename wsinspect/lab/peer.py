"""One accepted connection in the lab's hands, down to FIN, RST and TLS close_notify.

asyncio's streams hide exactly what the lab has to choose: how a connection ends. So this is a socket and,
where a story speaks TLS, an `SSLObject` over memory between the two.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable

from wsinspect.lab.frames import CLOSE, ClientFrame, decode_client_frame, frame
from wsinspect.lab.opening import Request, parse_request
from wsinspect.lab.scenario import LabSettings

_CHUNK_BYTES = 65536


class ClientGoneError(Exception):
    """The client ended the connection before the story did; no fault of the story."""


class Peer:
    """The lab's end of one connection."""

    def __init__(
        self, sock: socket.socket, settings: LabSettings, stop_listening: Callable[[], None]
    ) -> None:
        self.settings = settings
        self._sock = sock
        self._stop_listening = stop_listening
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._ended = False
        self._writing = asyncio.Lock()
        self._tls: ssl.SSLObject | None = None
        self._from_client = ssl.MemoryBIO()
        self._to_client = ssl.MemoryBIO()

    # Reading

    async def read_some(self) -> bytes:
        """Return what came next, or `b""` when the client has sent FIN or close_notify."""
        if self._buffer:
            data = bytes(self._buffer)
            self._buffer.clear()
            return data
        return await self._receive()

    async def read_until(self, separator: bytes) -> bytes:
        """Return everything up to and with `separator`. Raises ClientGoneError if the client ends first."""
        while (end := self._buffer.find(separator)) < 0:
            await self._more()
        return self._take(end + len(separator))

    async def read_exactly(self, size_bytes: int) -> bytes:
        """Return `size_bytes` bytes. Raises ClientGoneError if the client ends first."""
        while len(self._buffer) < size_bytes:
            await self._more()
        return self._take(size_bytes)

    async def read_request(self) -> Request:
        """Return the head of one HTTP request."""
        return parse_request(await self.read_until(b"\r\n\r\n"))

    async def read_frame(self) -> ClientFrame:
        """Return the client's next WebSocket frame, unmasked."""
        while (decoded := decode_client_frame(bytes(self._buffer))) is None:
            await self._more()
        received, size_bytes = decoded
        self._take(size_bytes)
        return received

    async def answer_close(self) -> None:
        """Read until the client's Close frame, and echo its code (RFC 6455 section 5.5.1)."""
        while (received := await self.read_frame()).opcode != CLOSE:
            pass
        await self.send(frame(CLOSE, received.payload[:2]))

    async def read_to_end(self) -> None:
        """Read and drop until the client ends the connection."""
        while await self.read_some():
            pass

    # Writing

    async def send(self, data: bytes) -> None:
        """Send bytes, through TLS where it runs; what two tasks send is not mixed."""
        if self._tls is None:
            await self.send_raw(data)
        elif data:
            self._tls.write(data)
            await self._flush()

    async def send_raw(self, data: bytes) -> None:
        """Send bytes under TLS, as a middlebox would that answers in place of the server."""
        async with self._writing:
            await self._loop.sock_sendall(self._sock, data)

    async def pause(self, delay_s: float, *, at_least_s: float = 0.0) -> None:
        """Wait; the lab's time scale applies (see `LabSettings.scaled`)."""
        await asyncio.sleep(self.settings.scaled(delay_s, at_least_s=at_least_s))

    async def stay_silent(self) -> None:
        """Neither read nor write until the lab closes."""
        await asyncio.Event().wait()

    # Ending

    async def end(self) -> None:
        """Close as servers do: close_notify where TLS runs, FIN, then read until the client has ended too.

        Reading on matters: closing a socket with unread bytes in it makes the kernel send RST.
        """
        if self._tls is not None:
            self._close_notify(self._tls)
            await self._flush()
        await self.cut()

    async def cut(self) -> None:
        """Send FIN without a TLS close_notify (a truncation, RFC 8446 section 6.1), then read to the end.

        Raises ClientGoneError when there is nobody left to send it to.
        """
        self._ended = True
        self._buffer.clear()
        try:
            self._sock.shutdown(socket.SHUT_WR)
        except OSError as error:
            raise ClientGoneError from error
        while await self._loop.sock_recv(self._sock, _CHUNK_BYTES):
            pass

    def reset(self) -> None:
        """Send RST: a close that lingers for zero seconds drops what is queued and resets."""
        self._ended = True
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()

    def crash(self) -> None:
        """End as a process that dies: RST, and from now on nothing listens on the port."""
        self._stop_listening()
        self.reset()

    def close(self) -> None:
        """Let go of the socket; twice is once."""
        self._sock.close()

    @property
    def ended(self) -> bool:
        """Whether the story has ended the connection in its own way."""
        return self._ended

    # TLS

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Run the server's side of a TLS handshake; the alert of a failing one is sent before the raise.

        Raises ssl.SSLError when the handshake fails, ClientGoneError when the client ends it.
        """
        tls = context.wrap_bio(self._from_client, self._to_client, server_side=True)
        self._from_client.write(bytes(self._buffer))
        self._buffer.clear()
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._feed()
            except ssl.SSLError:
                await self._flush()
                raise
            else:
                break
        await self._flush()
        self._tls = tls

    async def _receive(self) -> bytes:
        if self._tls is None:
            return await self._loop.sock_recv(self._sock, _CHUNK_BYTES)
        while True:
            try:
                return self._tls.read(_CHUNK_BYTES)
            except ssl.SSLWantReadError:
                await self._flush()
                await self._feed()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""

    async def _feed(self) -> None:
        data = await self._loop.sock_recv(self._sock, _CHUNK_BYTES)
        if data:
            self._from_client.write(data)
        else:
            self._from_client.write_eof()

    async def _flush(self) -> None:
        # What is read out of the BIO goes next onto the wire, whoever wrote it.
        async with self._writing:
            if data := self._to_client.read():
                await self._loop.sock_sendall(self._sock, data)

    @staticmethod
    def _close_notify(tls: ssl.SSLObject) -> None:
        try:
            tls.unwrap()
        except (ssl.SSLError, OSError):
            # Raised because the client's own close_notify has not come yet; ours is queued, which is all we want.
            return

    async def _more(self) -> None:
        data = await self._receive()
        if not data:
            raise ClientGoneError
        self._buffer += data

    def _take(self, size_bytes: int) -> bytes:
        data = bytes(self._buffer[:size_bytes])
        del self._buffer[:size_bytes]
        return data
