"""Happy eyeballs (RFC 8305): the addresses of a name raced into one connected stream, each with its own outcome."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections import deque
from collections.abc import Sequence

from wsinspect.connection.emitter import Emitter
from wsinspect.connection.step import StepError
from wsinspect.connection.tcp_stream import TcpStream
from wsinspect.events import Address, AddressAttempted, AddressConnected, AddressFailed, FailureKind
from wsinspect.options import ConnectOptions

__all__ = ["TcpStream", "connect"]

_NAMED_ADDRESSES = 6
"""How many failed addresses the message of the step names."""
_UNIX_RETRY_S = 0.05
_DEADLINE_SHARE = 0.99
"""How much of the step's time must have passed for a cancellation to be its timeout."""

_KINDS = {
    errno.ECONNREFUSED: FailureKind.REFUSED,
    errno.ETIMEDOUT: FailureKind.TIMED_OUT,
    errno.ECONNRESET: FailureKind.RESET,
    errno.ECONNABORTED: FailureKind.RESET,
    errno.ENETUNREACH: FailureKind.UNREACHABLE,
    errno.EHOSTUNREACH: FailureKind.UNREACHABLE,
    errno.ENETDOWN: FailureKind.UNREACHABLE,
    errno.EHOSTDOWN: FailureKind.UNREACHABLE,
    errno.EAFNOSUPPORT: FailureKind.UNREACHABLE,
    errno.EMFILE: FailureKind.LOCAL_CONFIGURATION,
    errno.ENFILE: FailureKind.LOCAL_CONFIGURATION,
}
_SAYS_LITTLE = frozenset({FailureKind.UNREACHABLE, FailureKind.OS_ERROR})
"""Often about our own network, while another address tells about the server."""


class _Attempt:
    """A connecting socket. `outcome` becomes 0, or the errno, once."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._loop = asyncio.get_running_loop()
        self.outcome: asyncio.Future[int] = self._loop.create_future()
        self._retry: asyncio.TimerHandle | None = None
        self._watched = False
        self._sock: socket.socket | None = None
        try:
            family, self._sockaddr = _socket_address(address)
            self._sock = socket.socket(family, socket.SOCK_STREAM)
            self._sock.setblocking(False)
        except OSError as error:
            self._settle(error.errno or errno.EIO)
            return
        self._connect()

    def taken(self) -> socket.socket:
        """Hand the connected socket over; `close` leaves it alone from then on."""
        sock, self._sock = self._sock, None
        if sock is None:
            raise RuntimeError("no connected socket to take")
        return sock

    def close(self) -> None:
        """Free the socket and stop watching it; harmless when repeated."""
        if self._retry is not None:
            self._retry.cancel()
        if self._sock is not None:
            self._unwatch()
            self._sock.close()
            self._sock = None
        self.outcome.cancel()

    def _connect(self) -> None:
        assert self._sock is not None
        try:
            number = self._sock.connect_ex(self._sockaddr)
        except OSError as error:
            # The path of a Unix socket is too long.
            number = error.errno or errno.EINVAL
        if number == errno.EAGAIN:
            # The backlog of a Unix socket is full; unlike TCP, nothing is in progress.
            self._retry = self._loop.call_later(_UNIX_RETRY_S, self._connect)
        elif number in (errno.EINPROGRESS, errno.EINTR):
            self._loop.add_writer(self._sock, self._writable)
            self._watched = True
        else:
            self._settle(number)

    def _writable(self) -> None:
        assert self._sock is not None
        self._unwatch()
        self._settle(self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))

    def _unwatch(self) -> None:
        if self._watched and self._sock is not None:
            self._loop.remove_writer(self._sock)
            self._watched = False

    def _settle(self, number: int) -> None:
        if not self.outcome.done():
            self.outcome.set_result(number)


async def connect(emit: Emitter, options: ConnectOptions, addresses: Sequence[Address]) -> TcpStream:
    """Return a stream to the first address that answers.

    Families are interleaved (RFC 8305 section 4); an address gets a head start of `address_delay_s` seconds over the
    next, which starts at once when all before it have failed. Every AddressAttempted is followed by exactly one
    AddressConnected or AddressFailed, also when the step's timeout (TIMED_OUT) or somebody (CANCELLED) cancels this.

    Raises:
        StepError: no address answered: the kind they agree on, else that of the first one that tells something
            about the server.
    """
    gives_up_at = asyncio.get_running_loop().time() + options.tcp_timeout_s * _DEADLINE_SHARE
    race = _Race(emit, addresses)
    try:
        return await race.run(options.address_delay_s)
    except asyncio.CancelledError:
        # The step's timeout and an outside cancellation look alike from in here; the clock tells them apart.
        if asyncio.get_running_loop().time() >= gives_up_at:
            message = f"no answer within {options.tcp_timeout_s:g} s"
            race.give_up(FailureKind.TIMED_OUT, message)
        else:
            race.give_up(FailureKind.CANCELLED, "stopped by our own side")
        raise
    finally:
        race.close()


class _Race:
    def __init__(self, emit: Emitter, addresses: Sequence[Address]) -> None:
        self._emit = emit
        self._waiting = deque(interleaved(addresses))
        self._running: list[_Attempt] = []
        self._failures: list[StepError] = []
        self._failed: list[Address] = []

    async def run(self, address_delay_s: float) -> TcpStream:
        while self._waiting or self._running:
            if self._waiting:
                address = self._waiting.popleft()
                self._emit(AddressAttempted(*self._emit.stamp(), address=address))
                self._running.append(_Attempt(address))
            await asyncio.wait(
                [attempt.outcome for attempt in self._running],
                timeout=address_delay_s if self._waiting else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            winner = self._collected()
            if winner is not None:
                return self._won(winner)
        raise self._defeat()

    def give_up(self, kind: FailureKind, message: str) -> None:
        """Record the same outcome for every address that is still being tried."""
        for attempt in self._running:
            self._emit(
                AddressFailed(*self._emit.stamp(), address=attempt.address, kind=kind, message=message)
            )
            attempt.close()
        self._running.clear()

    def close(self) -> None:
        for attempt in self._running:
            attempt.close()
        self._running.clear()

    def _collected(self) -> _Attempt | None:
        """Record the failures that are known by now; return the first attempt that succeeded."""
        winner: _Attempt | None = None
        for attempt in [each for each in self._running if each.outcome.done()]:
            number = attempt.outcome.result()
            if number == 0:
                winner = winner or attempt
                continue
            self._running.remove(attempt)
            attempt.close()
            error = _failure(attempt.address, number)
            self._failures.append(error)
            self._failed.append(attempt.address)
            self._emit(
                AddressFailed(
                    *self._emit.stamp(),
                    address=attempt.address,
                    kind=error.kind,
                    message=error.message,
                    errno=number,
                )
            )
        return winner

    def _won(self, winner: _Attempt) -> TcpStream:
        self._running.remove(winner)
        stream = TcpStream(winner.taken(), winner.address)
        self._emit(AddressConnected(*self._emit.stamp(), address=winner.address, local=stream.local))
        self.give_up(FailureKind.CANCELLED, "another address was faster")
        return stream

    def _defeat(self) -> StepError:
        if not self._failures:
            return StepError(FailureKind.NAME_WITHOUT_ADDRESS, "there is no address to connect to")
        telling = next((each for each in self._failures if each.kind not in _SAYS_LITTLE), self._failures[0])
        named = [
            f"{address}: {error.message}" for address, error in zip(self._failed, self._failures, strict=True)
        ]
        message = "; ".join(named[:_NAMED_ADDRESSES])
        if len(named) > _NAMED_ADDRESSES:
            message += f"; and {len(named) - _NAMED_ADDRESSES} more addresses"
        return StepError(telling.kind, message, code=telling.code, errno=telling.errno)


def interleaved(addresses: Sequence[Address]) -> list[Address]:
    """Return the addresses with the families alternating, the first one's family first (RFC 8305 section 4)."""
    if not addresses:
        return []
    first = deque(each for each in addresses if each.family == addresses[0].family)
    other = deque(each for each in addresses if each.family != addresses[0].family)
    order: list[Address] = []
    while first or other:
        order += [queue.popleft() for queue in (first, other) if queue]
    return order


def _socket_address(
    address: Address,
) -> tuple[socket.AddressFamily, str | tuple[str, int] | tuple[str, int, int, int]]:
    if address.family == "unix":
        return socket.AF_UNIX, address.host
    if address.family == "ipv4":
        return socket.AF_INET, (address.host, address.port)
    host, _, zone = address.host.partition("%")
    # A zone left in the host would be looked up by getaddrinfo, which may block.
    scope = 0 if not zone else int(zone) if zone.isdigit() else socket.if_nametoindex(zone)
    return socket.AF_INET6, (host, address.port, 0, scope)


def _failure(address: Address, number: int) -> StepError:
    kind = _KINDS.get(number, FailureKind.OS_ERROR)
    if number == errno.EADDRNOTAVAIL and address.family == "ipv6":
        # What Linux says when IPv6 is switched off.
        kind = FailureKind.UNREACHABLE
    message = os.strerror(number)
    if kind is FailureKind.LOCAL_CONFIGURATION:
        message = f"{message}: this program may not open more files; raise the limit with `ulimit -n`"
    return StepError(kind, message, code=errno.errorcode.get(number, ""), errno=number)
