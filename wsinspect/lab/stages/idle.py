"""Connections that worked, and ended later: silence, age, a deploy."""

from __future__ import annotations

from functools import partial

from wsinspect.lab import frames
from wsinspect.lab.opening import switching_protocols
from wsinspect.lab.peer import Peer
from wsinspect.lab.storied import Approach, storied

STAGE = "idle"
_idle = partial(storied, STAGE)

_LIVED_S = 1.3
"""A connection that ends earlier than a second after its opening has hardly lived: that is `open-then-fin`."""
_AGE_S = 12.0
"""A cut at less than ten seconds in the middle of traffic is no limit of a connection's age."""


async def _open(peer: Peer) -> None:
    await peer.send(switching_protocols(await peer.read_request()))
    await peer.send(frames.text('{"type":"welcome"}'))


async def _chatter(peer: Peer, *, for_s: float) -> None:
    every_s = 0.2
    for number in range(round(for_s / every_s)):
        await peer.send(frames.text(f'{{"type":"tick","n":{number}}}'))
        await peer.pause(every_s)


async def _silence_then_fin(peer: Peer) -> None:
    """nginx's proxy_read_timeout, haproxy's timeout tunnel: FIN and no Close frame."""
    await _open(peer)
    await _chatter(peer, for_s=0.6)
    await peer.pause(3.0, at_least_s=_LIVED_S)


async def _silence_then_close(peer: Peer) -> None:
    """The server's own idle timeout closes, and says so."""
    await _open(peer)
    await peer.pause(3.0)
    await peer.send(frames.close(1000, "closed for inactivity"))
    await peer.read_frame()


async def _ping_then_fin(peer: Peer) -> None:
    """Bun: one ping before idleTimeout, then FIN without a Close frame."""
    await _open(peer)
    await peer.pause(2.0, at_least_s=_LIVED_S)
    await peer.send(frames.frame(frames.PING))
    await peer.pause(1.0)


async def _no_pong(peer: Peer) -> None:
    """Python websockets and uvicorn: their ping stayed without a pong."""
    await _open(peer)
    await peer.pause(0.5)
    await peer.send(frames.frame(frames.PING, b"\x8a\x1f\x00\x42"))
    await peer.pause(1.0)
    await peer.send(frames.close(1011, "keepalive ping timeout"))


async def _silent_drop(peer: Peer) -> None:
    """A NAT that forgot the connection: it worked, now nothing arrives and nobody says so."""
    await _open(peer)
    await _chatter(peer, for_s=0.6)
    ping = await peer.read_frame()
    await peer.send(frames.frame(frames.PONG, ping.payload))
    await peer.stay_silent()


async def _fixed_age(peer: Peer) -> None:
    """A limit on a connection's age cuts through live traffic."""
    await _open(peer)
    await _chatter(peer, for_s=_AGE_S)


async def _drain(peer: Peer) -> None:
    """A deploy: traffic, and then the server says goodbye to everybody."""
    await _open(peer)
    await _chatter(peer, for_s=2.0)
    await peer.send(frames.close(1001, "Server shutting down"))
    await peer.read_frame()


_LONG = Approach(hold_s=8.0)
_OUR_PINGS = Approach(
    timeouts_s={"ping_interval_s": 0.5, "ping_timeout_s": 1.0, "close_timeout_s": 1.0}, hold_s=8.0
)

SCENARIOS = (
    _idle(
        "idle-timeout-intermediary",
        "FIN after seconds of silence in both directions",
        _silence_then_fin,
        approach=_LONG,
    ),
    _idle(
        "idle-timeout-server-app",
        "The server closes for inactivity and says so",
        _silence_then_close,
        approach=_LONG,
    ),
    _idle(
        "idle-timeout-server-app-ping",
        "A ping, then FIN for inactivity",
        _ping_then_fin,
        cause="idle-timeout-server-app",
        approach=_LONG,
    ),
    _idle(
        "keepalive-ping-timeout",
        "The server's ping stays without a pong of ours (1011)",
        _no_pong,
        approach=Approach(options={"auto_pong": False}, hold_s=8.0),
    ),
    _idle(
        "nat-or-firewall-silent-drop",
        "The network forgets the connection without telling",
        _silent_drop,
        approach=_OUR_PINGS,
    ),
    _idle(
        "max-connection-lifetime",
        "Cut at a fixed age, in the middle of traffic",
        _fixed_age,
        takes_s=_AGE_S,
        approach=Approach(hold_s=_AGE_S + 8.0),
    ),
    _idle("server-drain-on-deploy", "The server shuts down for a deploy", _drain, approach=_LONG),
)
# half-open-after-network-change takes two networks, which one machine on its loopback does not have; machine-slept takes
# one that sleeps.
