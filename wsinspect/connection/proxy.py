"""The tunnel through an HTTP proxy: CONNECT (RFC 9110 section 9.3.6), its reply kept as it arrived."""

from __future__ import annotations

import asyncio
from base64 import b64encode

from wsinspect import __version__
from wsinspect.connection.deadline import within
from wsinspect.connection.decoding import FinalHeadFinder
from wsinspect.connection.emitter import Emitter
from wsinspect.connection.proxy_environment import ProxySetting
from wsinspect.connection.resolve import destination
from wsinspect.connection.step import StepError
from wsinspect.connection.stream import ByteStream, StreamResetError
from wsinspect.connection.tunnel import Tunnel
from wsinspect.events import (
    BytesReceived,
    BytesSent,
    FailureKind,
    Layer,
    LimitReached,
    StreamEnded,
    StreamReset,
)
from wsinspect.options import ConnectOptions
from wsinspect.safe_text import shortened, visible
from wsinspect.wire.http import (
    ResponseHead,
    body_complete,
    starts_like_http,
)

_MARGIN_S = 0.1
"""A refusal's body must not use up the step's own time, or the refusal would be recorded as a timeout."""


async def open_tunnel(
    emit: Emitter, options: ConnectOptions, stream: ByteStream, proxy: ProxySetting, host: str, port: int
) -> ByteStream:
    """Ask the proxy at the other end of `stream` for a tunnel to `host:port` (after `--connect-to`).

    Returns the stream inside the tunnel; bytes that came with the proxy's reply are its first ones. Every byte of
    the exchange is recorded on the PROXY layer, the tunnel's own are not. `stream` stays the caller's to free.

    Raises:
        StepError: PROXY_AUTH_REQUIRED, PROXY_REFUSED (`code` is the status code or the SOCKS reply),
            PROXY_REPLY_INVALID, HEAD_TOO_LARGE, STREAM_ENDED, RESET; with SOCKS also LOCAL_CONFIGURATION and
            the failures of a name.
    """
    if proxy.scheme != "http":
        from wsinspect.connection.socks import open_socks_tunnel

        return await open_socks_tunnel(emit, options, stream, proxy, host, port)
    host, port = destination(options, host, port)
    return await _Connect(emit, options, stream, proxy).run(host, port)


def connect_request(options: ConnectOptions, proxy: ProxySetting, host: str, port: int) -> bytes:
    """Return the bytes of the CONNECT request."""
    bare = host.partition("%")[0]
    authority = f"[{bare}]:{port}" if ":" in bare else f"{bare}:{port}"
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
    agent = f"wsinspect/{__version__}" if options.user_agent is None else options.user_agent
    if agent:
        lines.append(f"User-Agent: {agent}")
    if proxy.username is not None:
        credentials = b64encode(f"{proxy.username}:{proxy.password or ''}".encode()).decode()
        lines.append(f"Proxy-Authorization: Basic {credentials}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "replace")


class _Connect:
    def __init__(
        self, emit: Emitter, options: ConnectOptions, stream: ByteStream, proxy: ProxySetting
    ) -> None:
        self._emit = emit
        self._limits = options.limits
        self._options = options
        self._stream = stream
        self._proxy = proxy
        self._deadline = asyncio.get_running_loop().time() + options.proxy_timeout_s - _MARGIN_S

    async def run(self, host: str, port: int) -> ByteStream:
        request = connect_request(self._options, self._proxy, host, port)
        self._emit(BytesSent(*self._emit.stamp(), layer=Layer.PROXY, data=request))
        self._stream.write(request)
        head, rest = await self._read_head()
        status = head.status_code or 0
        if 200 <= status < 300:
            return Tunnel(self._stream, rest) if rest else self._stream
        await self._read_body(head, rest)
        said = shortened(visible(f"{status} {head.reason_phrase}".rstrip()), 200)
        if status == 407:
            refused = (
                "and does not accept the credentials that we sent" if self._proxy.with_credentials else ""
            )
            raise StepError(
                FailureKind.PROXY_AUTH_REQUIRED, f"the proxy answered {said} {refused}".rstrip(), code="407"
            )
        raise StepError(
            FailureKind.PROXY_REFUSED,
            f"the proxy answered {said} to CONNECT {host}:{port}",
            code=str(status),
        )

    async def _read_head(self) -> tuple[ResponseHead, bytes]:
        """Return the final response head and what followed it; informational responses are skipped."""
        finder = FinalHeadFinder()
        received = finder.received
        limit = self._limits.head_bytes
        while True:
            data = await self._read(begun=bool(received))
            before = len(received)
            final = finder.feed(data)
            status = None if final is None else final.head.status_code
            if final is not None and status is not None and 200 <= status < 300:
                # What follows belongs to the tunnel.
                self._record(data[: final.end - before])
                return final.head, bytes(received[final.end :])
            self._record(data)
            if not starts_like_http(bytes(received[:5])) or (final is not None and status is None):
                raise StepError(FailureKind.PROXY_REPLY_INVALID, _not_http(bytes(received)), code="not-http")
            if (len(received) if final is None else final.end) > limit:
                self._limit("head_bytes", limit, "the proxy's response head is longer")
                raise StepError(
                    FailureKind.HEAD_TOO_LARGE, f"the proxy's response head is longer than {limit} bytes"
                )
            if final is not None:
                return final.head, bytes(received[final.end :])

    async def _read(self, *, begun: bool) -> bytes:
        how_far = "partial" if begun else "empty"
        try:
            data = await self._stream.read()
        except StreamResetError as error:
            raise StepError(
                FailureKind.RESET,
                f"the proxy reset the connection: {error.message}",
                code=how_far,
                errno=error.errno,
            ) from error
        if not data:
            answered = "its response head was complete" if begun else "it answered"
            raise StepError(
                FailureKind.STREAM_ENDED, f"the proxy ended the connection before {answered}", code=how_far
            )
        return data

    async def _read_body(self, head: ResponseHead, start: bytes) -> None:
        """Record a refusal's body, of which `start` is recorded already."""
        body = bytearray(start)
        wait_s = min(self._limits.body_wait_s, self._deadline - asyncio.get_running_loop().time())
        try:
            async with within(wait_s):
                while not body_complete(head, bytes(body)):
                    room = self._limits.body_bytes - len(body)
                    if room <= 0:
                        self._limit("body_bytes", self._limits.body_bytes, "the proxy's page is longer")
                        return
                    data = await self._stream.read()
                    if not data:
                        self._emit(StreamEnded(*self._emit.stamp()))
                        return
                    self._record(data[:room])
                    body += data
        except StreamResetError as error:
            self._emit(StreamReset(*self._emit.stamp(), errno=error.errno, message=error.message))
        except TimeoutError:
            self._limit("body_wait_s", self._limits.body_wait_s, "the proxy's page had not ended")

    def _record(self, data: bytes) -> None:
        if data:
            self._emit(BytesReceived(*self._emit.stamp(), layer=Layer.PROXY, data=data))

    def _limit(self, name: str, allowed: float, what: str) -> None:
        self._emit(LimitReached(*self._emit.stamp(), limit=name, allowed=allowed, what=what))


def _not_http(received: bytes) -> str:
    if received[:1] == b"\x05":
        return "the proxy speaks SOCKS5, not HTTP; write socks5h:// before its host"
    if received[:1] in (b"\x15", b"\x16"):
        return "the proxy speaks TLS on this port; CONNECT in plain needs another one"
    return f"the proxy's answer is not HTTP: {shortened(visible(received[:40].decode('latin-1')), 60)}"
