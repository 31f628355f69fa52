"""Bytes in, bytes out: a client that knows no protocol, and a server that only writes down what it was sent."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING, Self

from tests.peers.process import HOST

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

EXCHANGE_TIMEOUT_S = 60.0
REQUEST_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""The example key of RFC 6455 section 1.3; its answer is `REQUEST_ACCEPT`."""
REQUEST_ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def opening_handshake(port: int, path: str = "/", *field_lines: str, host: str = HOST) -> bytes:
    """A correct opening handshake (RFC 6455 section 4.1), with `field_lines` added at its end."""
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: {host}:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {REQUEST_KEY}",
        "Sec-WebSocket-Version: 13",
        *field_lines,
    )
    return "\r\n".join((*lines, "", "")).encode("ascii")


def trusting(
    root: Path, *, alpn: tuple[str, ...] = (), client: tuple[Path, Path] | None = None
) -> ssl.SSLContext:
    """A TLS client that trusts `root` alone; `client` is a certificate chain and its key."""
    context = ssl.create_default_context(cafile=root)
    # Python's own default, which a distribution's build may lower (Debian's leaves it to OpenSSL).
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if client:
        context.load_cert_chain(*client)
    return context


def connect(
    port: int, context: ssl.SSLContext | None = None, *, server_name: str = "localhost"
) -> socket.socket:
    """A connected socket, after the TLS handshake if there is a context. Raises what the handshake raises."""
    plain = socket.create_connection((HOST, port), timeout=EXCHANGE_TIMEOUT_S)
    if context is None:
        return plain
    try:
        return context.wrap_socket(plain, server_hostname=server_name)
    except BaseException:
        plain.close()
        raise


def exchange(port: int, request: bytes, context: ssl.SSLContext | None = None) -> bytes:
    """Send `request`; everything that comes back until the peer ends the stream.

    Stops early at a complete 101, whose stream does not end by itself. Raises TimeoutError after EXCHANGE_TIMEOUT_S of
    silence, ConnectionResetError if the peer reset.
    """
    with connect(port, context) as stream:
        stream.sendall(request)
        return read_answer(stream)


def read_answer(stream: socket.socket) -> bytes:
    received = b""
    while chunk := stream.recv(65536):
        received += chunk
        if received.startswith(b"HTTP/1.1 101 ") and b"\r\n\r\n" in received:
            break
        head, separator, body = received.partition(b"\r\n\r\n")
        # A server may keep the connection for another request: a counted body that is complete is the whole answer.
        if separator and (length := _content_length(head)) is not None and len(body) >= length:
            break
    return received


def _content_length(head: bytes) -> int | None:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return None


def read_until_end(stream: socket.socket) -> bytes:
    """What still arrives before the peer ends the stream."""
    received = b""
    while chunk := stream.recv(65536):
        received += chunk
    return received


class RawSink:
    """A loopback server that keeps each request head verbatim, sends `reply` and ends the stream.

    `async with RawSink() as sink:` listens on `sink.port`; `await sink.request_head()` is the next head that arrived.
    """

    def __init__(self, reply: bytes = b"") -> None:
        self._reply = reply
        self._heads: asyncio.Queue[bytes] = asyncio.Queue()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        if self._server is None:
            raise RuntimeError("the sink is not listening; enter it first")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def request_head(self, timeout_s: float = EXCHANGE_TIMEOUT_S) -> bytes:
        """Everything up to and including the blank line. Raises TimeoutError."""
        return await asyncio.wait_for(self._heads.get(), timeout_s)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self._heads.put_nowait(await reader.readuntil(b"\r\n\r\n"))
            writer.write(self._reply)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # a peer that leaves before it asked is no head
        finally:
            writer.close()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, HOST, 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
