"""The rungs below the upgrade: URL, names, TCP, proxy, TLS. Ends with a stream that is ready for HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from wsinspect.connection.emitter import Emitter
from wsinspect.connection.resolve import resolve
from wsinspect.connection.step import StepError, step
from wsinspect.connection.stream import ByteStream
from wsinspect.connection.stream_end import PeerEnd
from wsinspect.connection.tcp import connect
from wsinspect.connection.url import Target, UrlError, parse_url
from wsinspect.errors import UsageError
from wsinspect.events import (
    Address,
    FailureKind,
    NameResolved,
    ProxyBypassed,
    ProxyChosen,
    Step,
    TargetParsed,
)
from wsinspect.options import ConnectOptions

if TYPE_CHECKING:
    from wsinspect.connection.proxy_environment import ProxySetting


class Ladder:
    """Climbs step by step. `stream` is the top of what stands, also after a failure: the caller frees it."""

    def __init__(
        self, emit: Emitter, options: ConnectOptions, environ: Mapping[str, str], peer_end: PeerEnd
    ) -> None:
        self._emit = emit
        self._options = options
        self._environ = environ
        self._peer_end = peer_end
        self.stream: ByteStream | None = None

    async def climb(self) -> tuple[Target, ByteStream]:
        """Return the target and a stream to it.

        Raises:
            AttemptFailedError: a step failed, and that is recorded.
        """
        emit, options = self._emit, self._options
        async with step(emit, Step.URL):
            target, proxy = self._read_target()
        async with step(emit, Step.RESOLVE, options.resolve_timeout_s):
            addresses = await self._addresses(target, proxy)
        async with step(emit, Step.TCP, options.tcp_timeout_s):
            stream: ByteStream = await connect(emit, options, addresses)
            self.stream = stream
        if proxy is not None:
            # Only a connection through a proxy pays for loading the tunnels.
            from wsinspect.connection.proxy import open_tunnel

            async with step(emit, Step.PROXY, options.proxy_timeout_s), self._ends_recorded():
                stream = await open_tunnel(emit, options, stream, proxy, target.host, target.port)
                self.stream = stream
        if target.secure:
            # A plain connection never loads the TLS machinery.
            from wsinspect.connection.tls import start_tls

            async with step(emit, Step.TLS, options.tls_timeout_s), self._ends_recorded():
                stream = await start_tls(emit, options, stream, target.host)
                self.stream = stream
        return target, stream

    def _read_target(self) -> tuple[Target, ProxySetting | None]:
        emit = self._emit
        try:
            target = parse_url(self._options.url)
        except UrlError as error:
            raise StepError(FailureKind.INVALID_URL, str(error), code=error.problem.value) from error
        emit(
            TargetParsed(
                *emit.stamp(),
                url=target.url,
                secure=target.secure,
                host=target.host,
                port=target.port,
                request_target=target.request_target,
                unix_path=target.unix_path,
                notes=target.notes,
            )
        )
        return target, None if target.unix_path is not None else self._proxy_for(target)

    def _proxy_for(self, target: Target) -> ProxySetting | None:
        """Return the proxy to go through, from `options.proxy` or the environment; records the choice."""
        asked, emit = self._options.proxy, self._emit
        if asked == "" or (
            asked is None and not any(name.lower().endswith("_proxy") for name in self._environ)
        ):
            return None
        # Where nothing names a proxy, the rules about proxies are not loaded.
        from wsinspect.connection.proxy_environment import ProxyBypass, choose_proxy

        try:
            choice = choose_proxy(self._options, target, self._environ)
        except UsageError as error:
            raise StepError(FailureKind.LOCAL_CONFIGURATION, str(error), code="proxy") from error
        if isinstance(choice, ProxyBypass):
            emit(ProxyBypassed(*emit.stamp(), variable=choice.variable, rule=choice.rule))
            return None
        if choice is not None:
            emit(
                ProxyChosen(
                    *emit.stamp(),
                    scheme=choice.scheme,
                    host=choice.host,
                    port=choice.port,
                    source=choice.source,
                    with_credentials=choice.with_credentials,
                )
            )
        return choice

    async def _addresses(self, target: Target, proxy: ProxySetting | None) -> list[Address]:
        if target.unix_path is not None:
            address = Address("unix", target.unix_path)
            stamp = self._emit.stamp()
            self._emit(
                NameResolved(*stamp, host=target.unix_path, port=0, source="literal", addresses=(address,))
            )
            return [address]
        if proxy is not None:
            return await resolve(self._emit, self._options, proxy.host, proxy.port, apply_rules=False)
        return await resolve(self._emit, self._options, target.host, target.port)

    @asynccontextmanager
    async def _ends_recorded(self) -> AsyncIterator[None]:
        """Record the stream's end that a step met, before the step's failure that it is the reason for."""
        try:
            yield
        except StepError as error:
            self._peer_end.told_by_step(error)
            raise
