"""The tunnel through a SOCKS5 proxy (RFC 1928, RFC 1929): python-socks speaks it over our recorded stream."""

from __future__ import annotations

from typing import Any, NoReturn, cast

from wsinspect.connection.emitter import Emitter
from wsinspect.connection.proxy_environment import ProxySetting
from wsinspect.connection.resolve import destination, find_addresses
from wsinspect.connection.step import StepError
from wsinspect.connection.stream import ByteStream, StreamResetError
from wsinspect.connection.tunnel import Tunnel
from wsinspect.events import BytesReceived, BytesSent, FailureKind, Layer
from wsinspect.options import ConnectOptions

_VERSION = 5
_NO_ACCEPTABLE_METHOD = 0xFF
_MAX_CREDENTIAL_BYTES = 255
_REPLIES = {
    1: "general failure",
    2: "not allowed by its rules",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "TTL expired",
    7: "command not supported",
    8: "address type not supported",
}
"""RFC 1928 section 6."""
_ADDRESS_BYTES = {1: 4, 4: 16}
_FAR_BEYOND_THE_STEP_S = 3600.0


async def open_socks_tunnel(
    emit: Emitter, options: ConnectOptions, stream: ByteStream, proxy: ProxySetting, host: str, port: int
) -> ByteStream:
    """Ask the SOCKS5 proxy at the other end of `stream` for a tunnel to `host:port`.

    With `socks5` the name is resolved here, by the same rules as a direct connection's, and its first address is
    asked for; with `socks5h` the name goes to the proxy.

    Raises:
        StepError: as `proxy.open_tunnel`.
    """
    from python_socks import ProxyError, ProxyType
    from python_socks.async_.asyncio.v2 import Proxy

    _check_credentials(proxy)
    if proxy.scheme == "socks5":
        address = (await find_addresses(options, host, port)).addresses[0]
        host, port = address.host, address.port
    else:
        host, port = destination(options, host, port)
    exchange = _Exchange(emit, stream)
    client = Proxy(
        ProxyType.SOCKS5,
        proxy.host,
        proxy.port,
        username=proxy.username,
        password=proxy.password,
        rdns=True,
        # Only `connect` of a forward proxy is called, and of its stream write, read_exactly and close.
        forward=cast("Any", exchange),
    )
    try:
        await client.connect(host.partition("%")[0], port, timeout=_FAR_BEYOND_THE_STEP_S)
    except ProxyError as error:
        exchange.refuse(str(error), with_credentials=proxy.with_credentials)
    rest = exchange.rest()
    return Tunnel(stream, rest) if rest else stream


def _check_credentials(proxy: ProxySetting) -> None:
    if proxy.username is None:
        return
    for what, text in (("user name", proxy.username), ("password", proxy.password or "")):
        if not text.isascii() or not 0 < len(text) <= _MAX_CREDENTIAL_BYTES:
            raise StepError(
                FailureKind.LOCAL_CONFIGURATION,
                f"the {what} for the SOCKS proxy ({proxy.source}) must have 1 to {_MAX_CREDENTIAL_BYTES} "
                "ASCII characters",
                code="socks-credentials",
            )


class _Exchange:
    """The recorded exchange with the proxy: what python-socks writes and reads, and what the replies mean."""

    def __init__(self, emit: Emitter, stream: ByteStream) -> None:
        self._emit = emit
        self._stream = stream
        self._unread = bytearray()
        self._recorded = 0
        """How many of the unread bytes are recorded."""
        self._reply = bytearray()
        """What was read since the last request."""
        self._requests = 0
        self._authenticating = False

    async def connect(self, *, dest_host: str, dest_port: int) -> _Exchange:
        """Stand in for a forward proxy: the connection to the SOCKS proxy exists already."""
        return self

    async def write(self, data: bytes) -> None:
        self._requests += 1
        self._authenticating = self._requests == 2 and data[:1] == b"\x01"
        self._reply.clear()
        self._emit(BytesSent(*self._emit.stamp(), layer=Layer.PROXY, data=bytes(data)))
        self._stream.write(bytes(data))

    async def read_exactly(self, size_bytes: int) -> bytes:
        while len(self._unread) < size_bytes:
            try:
                data = await self._stream.read()
            except StreamResetError as error:
                raise StepError(
                    FailureKind.RESET,
                    f"the SOCKS proxy reset the connection: {error.message}",
                    errno=error.errno,
                ) from error
            if not data:
                raise StepError(
                    FailureKind.STREAM_ENDED,
                    "the SOCKS proxy ended the connection before its reply was complete",
                )
            self._unread += data
            self._record()
        data = bytes(self._unread[:size_bytes])
        del self._unread[:size_bytes]
        self._recorded = max(0, self._recorded - size_bytes)
        self._reply += data
        return data

    async def close(self) -> None:
        """Leave the stream to its owner."""

    def rest(self) -> bytes:
        """Return the tunnel's first bytes."""
        return bytes(self._unread)

    def refuse(self, message: str, *, with_credentials: bool) -> NoReturn:
        """Raise what the last reply's bytes say."""
        reply = bytes(self._reply)
        if self._authenticating and reply[:1] == b"\x01":
            raise StepError(
                FailureKind.PROXY_AUTH_REQUIRED,
                "the SOCKS proxy does not accept the user name and password",
                code=str(reply[1]),
            )
        if reply[:1] != bytes([_VERSION]):
            hint = "; it speaks HTTP: write http:// before its host" if reply[:2] == b"HT" else ""
            raise StepError(
                FailureKind.PROXY_REPLY_INVALID, f"the proxy's answer is not SOCKS5{hint}", code="not-socks"
            )
        if self._requests == 1 and reply[1] == _NO_ACCEPTABLE_METHOD:
            wants = "another way of authentication" if with_credentials else "a user name and password"
            raise StepError(
                FailureKind.PROXY_AUTH_REQUIRED,
                f"the SOCKS proxy wants {wants}",
                code=str(_NO_ACCEPTABLE_METHOD),
            )
        if self._requests > 1 and reply[1] != 0:
            said = _REPLIES.get(reply[1], "a code that RFC 1928 does not assign")
            raise StepError(
                FailureKind.PROXY_REFUSED, f"the SOCKS proxy answered {reply[1]}, {said}", code=str(reply[1])
            )
        raise StepError(FailureKind.PROXY_REPLY_INVALID, f"the SOCKS proxy's reply is not valid: {message}")

    def _record(self) -> None:
        """Record what is the proxy's of the unread bytes: all of them, but for what follows a granting reply."""
        whole = bytes(self._reply + self._unread)
        end = len(self._unread)
        if self._requests > 1 and not self._authenticating and whole[:2] == bytes([_VERSION, 0]):
            length = _granting_reply_bytes(whole)
            if length is not None:
                end = min(end, length - len(self._reply))
        if end > self._recorded:
            data = bytes(self._unread[self._recorded : end])
            self._recorded = end
            self._emit(BytesReceived(*self._emit.stamp(), layer=Layer.PROXY, data=data))


def _granting_reply_bytes(data: bytes) -> int | None:
    """Return the length of a reply that grants the request (RFC 1928 section 6), or None while it can't be told."""
    if len(data) < 5:
        return None
    address = 1 + data[4] if data[3] == 3 else _ADDRESS_BYTES.get(data[3])
    return None if address is None else 4 + address + 2
