"""A connected TCP or Unix socket as a byte stream that tells FIN from RST and loses nothing that arrived."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import struct
from contextlib import suppress

from wsinspect.connection.stream import StreamResetError
from wsinspect.events import Address

_RECEIVE_BYTES = 512 * 1024
_HIGH_WATER_BYTES = 1024 * 1024
"""Unread bytes at which the socket is no longer read, so that TCP slows the peer down. More than one `recv` brings, as
stopping and going on again costs as much as reading."""
_TURNS_SPARED = 3
"""How many chunks in a row are read without a turn of the event loop, in which everything else would wait."""
_LAST_READS = 32
"""How many chunks are thrown away at most when the socket is closed."""
_LOW_WATER_BYTES = 64 * 1024
"""Unsent bytes above which `drain` waits."""
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER on, 0 seconds."""


class TcpStream:
    """A `ByteStream` on a connected socket. It belongs to the running loop.

    It watches the socket itself instead of through an asyncio transport, because a transport that fails to send
    drops what the kernel had already received: the refusal that explains why the peer went away.
    """

    def __init__(self, sock: socket.socket, peer: Address) -> None:
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._space = memoryview(bytearray(_RECEIVE_BYTES))
        # The C library gives large blocks back to the system when they are freed, up to the largest one that it has
        # seen freed. This one is never touched; chunks then lie where others lay instead of in new pages.
        bytes(8 * _RECEIVE_BYTES)
        self._received: list[bytes] = []
        self._received_bytes = 0
        self._flooded = False
        """Whether the last chunk was a large one."""
        self._turns_spared = 0
        self._unsent = bytearray()
        self._readable: set[asyncio.Future[None]] = set()
        self._writable: set[asyncio.Future[None]] = set()
        self._ended = False
        self._reset: StreamResetError | None = None
        self._send_error: OSError | None = None
        self._reading = self._writing = self._closed = False
        self.peer = peer
        """The address that this is connected to."""
        self.local = _local_name(sock)
        """Our own `address:port`; empty for a Unix socket."""
        if peer.family != "unix":
            with suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._resume_reading()

    async def read(self) -> bytes:
        """Return everything that arrived since the last call, or `b""` once the peer's FIN was seen (and ever after).

        Raises:
            StreamResetError: the connection was reset, after all that arrived before was read.
            RuntimeError: we closed it.
        """
        while not self._received:
            if self._reset is not None:
                raise self._reset
            if self._ended:
                return b""
            if self._closed:
                raise RuntimeError("read of a closed stream")
            self._resume_reading()
            if self._flooded and self._turns_spared < _TURNS_SPARED:
                # More is there already, most likely: a look at once spares the event loop a turn.
                self._turns_spared += 1
                self._flooded = False
                self._on_readable()
                continue
            self._turns_spared = 0
            await self._woken(self._readable)
        data = b"".join(self._received)
        self._received.clear()
        self._received_bytes = 0
        self._resume_reading()
        return data

    def write(self, data: bytes) -> None:
        """Send what the kernel takes now, queue the rest; after an error or `close` bytes are dropped."""
        if self._closed or self._send_error is not None:
            return
        if self._unsent:
            self._unsent += data
            return
        sent = self._sent(data)
        if sent < len(data) and self._send_error is None:
            self._unsent += memoryview(data)[sent:]
            self._loop.add_writer(self._sock, self._on_writable)
            self._writing = True

    async def drain(self) -> None:
        """Wait until at most 64 KiB are queued.

        A failure to send is raised here only once everything that arrived was read; until then `read` has more to say.

        Raises:
            StreamResetError: the connection was reset.
        """
        await self._unsent_at_most(_LOW_WATER_BYTES)
        if self._reset is not None and not self._received:
            raise self._reset

    async def close(self) -> None:
        """Send what is queued and FIN, and free the socket. Cancelling it frees the socket at once."""
        try:
            await self._unsent_at_most(0)
        finally:
            self._free(reset=bool(self._unsent))

    def abort(self) -> None:
        """Free the socket at once, with RST; queued bytes are dropped."""
        self._free(reset=True)

    def _resume_reading(self) -> None:
        if not (self._reading or self._closed or self._ended or self._reset):
            self._loop.add_reader(self._sock, self._on_readable)
            self._reading = True

    def _pause_reading(self) -> None:
        if self._reading:
            self._loop.remove_reader(self._sock)
            self._reading = False

    def _on_readable(self) -> None:
        try:
            if self._flooded:
                # As much again will have come: received where it stays, without a copy.
                data = self._sock.recv(_RECEIVE_BYTES)
            else:
                # Copied once, at the size that arrived: `recv` would allocate for the largest each time.
                data = bytes(self._space[: self._sock.recv_into(self._space)])
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._reset = _reset_error(error)
        else:
            self._flooded = len(data) > _RECEIVE_BYTES // 2
            if data:
                self._received.append(data)
                self._received_bytes += len(data)
            else:
                self._ended_by_peer()
        if self._ended or self._reset is not None or self._received_bytes >= _HIGH_WATER_BYTES:
            self._pause_reading()
        _wake(self._readable)

    def _ended_by_peer(self) -> None:
        # A send that met the RST takes the error with it, and the kernel then reports a plain end. EPIPE is the
        # RST that answers what we sent after the peer's FIN: there the end came first.
        error = self._send_error
        if error is not None and error.errno != errno.EPIPE:
            self._reset = _reset_error(error)
        else:
            self._ended = True

    def _on_writable(self) -> None:
        del self._unsent[: self._sent(self._unsent)]
        if self._send_error is not None:
            self._unsent.clear()
        if not self._unsent:
            self._stop_writing()
        _wake(self._writable)

    def _sent(self, data: bytes | bytearray) -> int:
        try:
            return self._sock.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            self._send_error = error
            return 0

    def _stop_writing(self) -> None:
        if self._writing:
            self._loop.remove_writer(self._sock)
            self._writing = False

    async def _unsent_at_most(self, size_bytes: int) -> None:
        while len(self._unsent) > size_bytes and not self._closed:
            await self._woken(self._writable)

    async def _woken(self, waiters: set[asyncio.Future[None]]) -> None:
        """Wait for the next `_wake`; a future for each waiter, so that cancelling one leaves the others."""
        waiter = self._loop.create_future()
        waiters.add(waiter)
        try:
            await waiter
        finally:
            waiters.discard(waiter)

    def _free(self, *, reset: bool) -> None:
        if self._closed:
            return
        self._closed = True
        self._pause_reading()
        self._stop_writing()
        with suppress(OSError):
            if reset:
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            else:
                self._sock.shutdown(socket.SHUT_WR)
                # Closing with unread bytes in the kernel would send RST instead of FIN. A peer that floods gets its
                # RST: it could fill the kernel as fast as it is emptied here.
                for _ in range(_LAST_READS):
                    if not self._sock.recv_into(self._space):
                        break
        self._sock.close()
        self._unsent.clear()
        _wake(self._readable)
        _wake(self._writable)


def _wake(waiters: set[asyncio.Future[None]]) -> None:
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(None)


def _local_name(sock: socket.socket) -> str:
    try:
        name = sock.getsockname()
    except OSError:
        return ""
    if not isinstance(name, tuple):
        return ""
    return f"[{name[0]}]:{name[1]}" if ":" in name[0] else f"{name[0]}:{name[1]}"


def _reset_error(error: OSError) -> StreamResetError:
    number = error.errno
    return StreamResetError(number, os.strerror(number) if number is not None else str(error))
