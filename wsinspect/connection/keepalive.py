"""Keepalive: a ping now and then, and a deadline for its pong. Timers only, so there is nothing to cancel but them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

from wsinspect.connection.deadline import Deadline

PAYLOAD_PREFIX = b"wsinspect-"
"""Tells our keepalive pings from a user's in a dump; eight random hex digits follow."""


class Keepalive:
    """Pings every `interval_s` seconds; `expired` is called once if no pong comes within `timeout_s`."""

    def __init__(
        self,
        interval_s: float,
        timeout_s: float,
        *,
        ping: Callable[[bytes], None],
        expired: Callable[[bytes], None],
    ) -> None:
        self._interval_s = interval_s
        self._timeout_s = timeout_s
        self._ping = ping
        self._expired = expired
        self._waiting: dict[bytes, float] = {}
        """Payloads without a pong, oldest first, with the loop time at which they expire."""
        self._next_ping: asyncio.TimerHandle | None = None
        self._deadline: Deadline | None = None

    def start(self) -> None:
        """Schedule the first ping. Needs a running loop."""
        self._next_ping = asyncio.get_running_loop().call_later(self._interval_s, self._send)

    def stop(self) -> None:
        """Cancel every timer."""
        for timer in (self._next_ping, self._deadline):
            if timer is not None:
                timer.cancel()
        self._next_ping = self._deadline = None
        self._waiting.clear()

    def pong_received(self, payload: bytes) -> None:
        """Take a pong's payload: it answers its ping and every earlier one (RFC 6455 section 5.5.3)."""
        if payload not in self._waiting:
            return
        for sent in list(self._waiting):
            del self._waiting[sent]
            if sent == payload:
                break
        self._arm()

    def _send(self) -> None:
        loop = asyncio.get_running_loop()
        payload = PAYLOAD_PREFIX + secrets.token_hex(4).encode("ascii")
        self._waiting[payload] = loop.time() + self._timeout_s
        self._next_ping = loop.call_later(self._interval_s, self._send)
        if self._deadline is None:
            self._arm()
        self._ping(payload)

    def _arm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        oldest = next(iter(self._waiting.items()), None)
        if oldest is not None:
            payload, when = oldest
            self._deadline = Deadline(when, self._timeout_s, lambda: self._expire(payload))

    def _expire(self, payload: bytes) -> None:
        self.stop()
        self._expired(payload)
