"""A server that sends as fast as it is read: `python -m tests.bench.flood COUNT SIZE`, with `--tls CHAIN KEY`, `--deflate` or `--rate N`.

Prints its port, then serves until it is ended. Every connection gets COUNT text frames of SIZE payload bytes, each with
its sequence number, then Close 1000. All of it is built before, so that the server costs little while it sends.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import ssl
import struct
import sys
import zlib
from contextlib import suppress
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


def blocks(count: int, size: int, *, deflate: bool, block_bytes: int = _BLOCK_BYTES) -> list[bytes]:
    """Return the whole stream of frames in pieces of about `block_bytes`."""
    # As servers are set up mostly: zlib's own level, and the context kept from message to message.
    compressor = zlib.compressobj(wbits=-15)
    made: list[bytes] = []
    frames: list[bytes] = []
    gathered = 0
    for number in range(count):
        body = payload(number, size)
        if deflate:
            body = (compressor.compress(body) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]
        frame = header(0xC1 if deflate else 0x81, len(body)) + body
        frames.append(frame)
        gathered += len(frame)
        if gathered >= block_bytes:
            made.append(b"".join(frames))
            frames, gathered = [], 0
    made.append(b"".join(frames) + _CLOSE_1000)
    return made


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


async def _serve(
    stream: list[bytes], *, deflate: bool, context: ssl.SSLContext | None, pace_s: float
) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            writer.write(_answer(await reader.readuntil(b"\r\n\r\n"), deflate=deflate))
            loop = asyncio.get_running_loop()
            due = loop.time()
            for block in stream:
                writer.write(block)
                await writer.drain()
                due += pace_s
                await asyncio.sleep(due - loop.time() if pace_s else 0)
            await asyncio.wait_for(reader.read(64), 10)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


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
    stream = blocks(asked.count, asked.size, deflate=asked.deflate, block_bytes=block_bytes)
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(stream, deflate=asked.deflate, context=context, pace_s=pace_s))


if __name__ == "__main__":
    main()
