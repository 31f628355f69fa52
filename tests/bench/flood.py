"""A server that sends as fast as it is read: `python -m tests.bench.flood COUNT SIZE`, with `--tls CHAIN KEY`, `--deflate` or `--rate N`.

Prints its port, then serves until it is ended. Every connection gets COUNT text frames of SIZE payload bytes, each with
its sequence number, then Close 1000. All of it is built before and lies in a file in memory that the kernel sends by
itself, so that whoever is measured waits for nobody: a server in Python that copies would be slower than they are.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import socket
import ssl
import struct
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from mmap import PROT_READ, mmap
from pathlib import Path

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_BLOCK_BYTES = 256 * 1024
_CLOSE_1000 = b"\x88\x02\x03\xe8"


def header(first: int, size: int) -> bytes:
    """Return the header of an unmasked frame."""
    if size < 126:
        return bytes((first, size))
    return (
        bytes((first, 126)) + struct.pack("!H", size)
        if size < 65536
        else bytes((first, 127)) + struct.pack("!Q", size)
    )


def payload(number: int, size: int) -> bytes:
    """Return a JSON text of `size` bytes, at least some thirty, that carries `number`."""
    begin = b'{"seq":%012d,"pad":"' % number
    return begin + b"x" * max(0, size - len(begin) - 2) + b'"}'


def frames(count: int, size: int, *, deflate: bool) -> Iterator[bytes]:
    """Yield the whole stream, a frame at a time."""
    # As servers are set up mostly: zlib's own level, and the context kept from message to message.
    compressor = zlib.compressobj(wbits=-15)
    for number in range(count):
        body = payload(number, size)
        if deflate:
            body = (compressor.compress(body) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]
        yield header(0xC1 if deflate else 0x81, len(body)) + body
    yield _CLOSE_1000


class Stream:
    """The bytes of all frames, in a file in memory."""

    def __init__(self, count: int, size: int, *, deflate: bool) -> None:
        self.file = os.memfd_create("flood")
        with open(self.file, "wb", buffering=_BLOCK_BYTES, closefd=False) as file:
            file.writelines(frames(count, size, deflate=deflate))
        self.size = os.fstat(self.file).st_size

    def send(self, connection: socket.socket, block_bytes: int, pace_s: float) -> None:
        """Send it in blocks: one each `pace_s` seconds, or as fast as they are taken."""
        mapped = None
        if isinstance(connection, ssl.SSLSocket):
            mapped = memoryview(mmap(self.file, self.size, prot=PROT_READ))
        due = time.monotonic()
        at = 0
        while at < self.size:
            end = min(at + block_bytes, self.size)
            if mapped is not None:
                connection.sendall(mapped[at:end])
                at = end
            while at < end:
                at += os.sendfile(connection.fileno(), self.file, at, end - at)
            due += pace_s
            if pace_s:
                time.sleep(max(0.0, due - time.monotonic()))


def _answer(request: bytes, *, deflate: bool) -> bytes:
    fields = dict(line.split(b": ", 1) for line in request.split(b"\r\n")[1:] if b": " in line)
    key = {name.lower(): value for name, value in fields.items()}[b"sec-websocket-key"]
    accept = base64.b64encode(hashlib.sha1(key.strip() + _GUID).digest())
    extension = b"Sec-WebSocket-Extensions: permessage-deflate\r\n" if deflate else b""
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + accept
        + b"\r\n"
        + extension
        + b"\r\n"
    )


def _talk(
    connection: socket.socket, stream: Stream, block_bytes: int, pace_s: float, *, deflate: bool
) -> None:
    with suppress(OSError), connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            request += connection.recv(4096)
        connection.sendall(_answer(request, deflate=deflate))
        stream.send(connection, block_bytes, pace_s)
        connection.settimeout(10)
        while connection.recv(4096):  # our peer's Close, and its FIN if it waits for none of ours
            connection.shutdown(socket.SHUT_WR)


def _accept(listener: socket.socket, context: ssl.SSLContext | None) -> Iterator[socket.socket]:
    while True:
        connection, _ = listener.accept()
        if context is None:
            yield connection
        else:
            with suppress(OSError):
                yield context.wrap_socket(connection, server_side=True)


def main() -> None:
    """Serve what the command line asks for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int)
    parser.add_argument("size", type=int)
    parser.add_argument("--tls", type=Path, nargs=2, metavar=("CHAIN", "KEY"))
    parser.add_argument("--deflate", action="store_true")
    parser.add_argument("--rate", type=int, default=0, help="frames a second at most")
    asked = parser.parse_args()
    context = None
    if asked.tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*asked.tls)
    pace_s, block_bytes = 0.0, _BLOCK_BYTES
    if asked.rate:
        pace_s = 0.005
        block_bytes = int(asked.rate * pace_s * asked.size)
    stream = Stream(asked.count, asked.size, deflate=asked.deflate)
    listener = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):
        for connection in _accept(listener, context):
            threading.Thread(
                target=_talk,
                args=(connection, stream, block_bytes, pace_s),
                kwargs={"deflate": asked.deflate},
                daemon=True,
            ).start()


if __name__ == "__main__":
    main()
