"""The stream inside a proxy's tunnel, when its first bytes came together with the proxy's reply."""

from __future__ import annotations

from wsinspect.connection.stream import ByteStream


class Tunnel:
    """A `ByteStream` that gives `first` before it reads on from the stream below."""

    def __init__(self, below: ByteStream, first: bytes) -> None:
        self._below = below
        self._first = first

    async def read(self) -> bytes:
        """Return the first bytes, then the stream's chunks; as `ByteStream.read`."""
        if self._first:
            first, self._first = self._first, b""
            return first
        return await self._below.read()

    def write(self, data: bytes) -> None:
        """As `ByteStream.write`."""
        self._below.write(data)

    async def drain(self) -> None:
        """As `ByteStream.drain`."""
        await self._below.drain()

    async def close(self) -> None:
        """As `ByteStream.close`."""
        await self._below.close()

    def abort(self) -> None:
        """As `ByteStream.abort`."""
        self._below.abort()
