"""The byte streams that are stacked into a connection: TCP, proxy tunnel, TLS."""

from __future__ import annotations

from typing import Protocol


class StreamResetError(ConnectionError):
    """The connection was reset or given up by the kernel; `errno` says how."""

    def __init__(self, errno: int | None, message: str) -> None:
        super().__init__(errno, message)
        self.errno = errno
        self.message = message


class ByteStream(Protocol):
    """One layer of the stack. Reads never lose bytes when cancelled."""

    async def read(self) -> bytes:
        """Return the next chunk as it arrived, or `b""` once the peer's FIN was seen (and ever after).

        Raises:
            StreamResetError: the connection was reset.
        """

    def write(self, data: bytes) -> None:
        """Queue bytes; errors surface in `read` or `drain`."""

    async def drain(self) -> None:
        """Wait until the queue is short.

        Raises:
            StreamResetError: the connection was reset.
        """

    async def close(self) -> None:
        """Send what is queued, say goodbye as the layer does (close_notify, FIN), and free the socket."""

    def abort(self) -> None:
        """Free the socket at once, queued bytes are dropped."""
