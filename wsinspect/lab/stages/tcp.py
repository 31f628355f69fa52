"""The three-way handshake and what comes right after it."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import partial

from wsinspect.lab.chat import chat
from wsinspect.lab.peer import Peer
from wsinspect.lab.scenario import LabEndpoint, LabSettings, Scenario
from wsinspect.lab.servers import closed_port, listening, port_of, serving
from wsinspect.lab.storied import LOOPBACK, Approach, storied
from wsinspect.options import ResolveRule

STAGE = "tcp"
_tcp = partial(storied, STAGE)

_H2_SETTINGS = bytes.fromhex("00001204000000000000030000008000040001000000050000ffff")
_GOAWAY = bytes.fromhex("0000080700000000000000000000000001")
_MYSQL_GREETING = (
    bytes.fromhex("4a0000000a")
    + b"8.0.36\x00"
    + bytes.fromhex(
        "080000001f2e3d4c5b6a7988 00ffffff0200ffdf15000000000000000000000102030405060708090a0b0c00".replace(
            " ", ""
        )
    )
    + b"caching_sha2_password\x00"
)


@asynccontextmanager
async def _refused(_: LabSettings) -> AsyncIterator[LabEndpoint]:
    with closed_port() as port:
        yield LabEndpoint(url=f"ws://127.0.0.1:{port}/", overrides={"proxy": ""})


@asynccontextmanager
async def _localhost_on_one_family(settings: LabSettings) -> AsyncIterator[LabEndpoint]:
    """`localhost` has two addresses and the server is on the second: who tries only the first, as Node does, is refused."""
    async with serving(chat, settings) as port:
        rule = ResolveRule(host="localhost", port=0, addresses=("::1", LOOPBACK))
        yield LabEndpoint(
            url=f"ws://localhost:{port}/",
            overrides={"proxy": "", "resolve": (rule,)},
            hold_s=settings.scaled(2.0),
        )


@contextmanager
def _full_backlog() -> Iterator[int]:
    """Hold a port whose accept queue is full: the kernel drops every further SYN without a word."""
    with ExitStack() as stack:
        listener = stack.enter_context(listening(backlog=0))
        for _ in range(4):
            filler = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield port_of(listener)


@asynccontextmanager
async def _blackhole(settings: LabSettings) -> AsyncIterator[LabEndpoint]:
    with _full_backlog() as port:
        yield Approach(timeouts_s={"tcp_timeout_s": 2.0}).endpoint(settings, port=port)


@asynccontextmanager
async def _unreachable(_: LabSettings) -> AsyncIterator[LabEndpoint]:
    """A broadcast address: the kernel answers a TCP connect to it with ENETUNREACH, and no packet leaves."""
    rule = ResolveRule(host="no-route.lab.test", port=0, addresses=("127.255.255.255",))
    yield LabEndpoint(url="ws://no-route.lab.test:9001/", overrides={"proxy": "", "resolve": (rule,)})


@asynccontextmanager
async def _never_accepted(settings: LabSettings) -> AsyncIterator[LabEndpoint]:
    """The kernel completes the handshake and keeps the bytes; no process ever takes the connection."""
    with listening() as listener:
        yield Approach(timeouts_s={"upgrade_timeout_s": 2.0}).endpoint(settings, port=port_of(listener))


async def _reset_at_once(peer: Peer) -> None:
    peer.reset()


async def _ssh(peer: Peer) -> None:
    await peer.send(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n")
    await peer.read_some()
    await peer.send(b"Invalid SSH identification string.\r\n")


async def _smtp(peer: Peer) -> None:
    await peer.send(b"220 mail.example.com ESMTP Postfix (Debian/GNU)\r\n")
    await peer.read_request()
    await peer.send(b"221 2.7.0 Error: I can break rules, too. Goodbye.\r\n")


async def _redis(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(b"-ERR wrong number of arguments for 'get' command\r\n")


async def _mysql(peer: Peer) -> None:
    await peer.send(_MYSQL_GREETING)
    await peer.read_to_end()


async def _http2(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(_H2_SETTINGS + _GOAWAY)


SCENARIOS = (
    Scenario(
        id="tcp-refused",
        stage=STAGE,
        title="Nothing listens on the port",
        cause="tcp-refused",
        serve=_refused,
    ),
    Scenario(
        id="tcp-localhost-ipv6-mismatch",
        stage=STAGE,
        title="localhost is ::1 and 127.0.0.1, and the server is on 127.0.0.1 only",
        cause="tcp-localhost-ipv6-mismatch",
        serve=_localhost_on_one_family,
    ),
    Scenario(
        id="tcp-timeout-blackhole",
        stage=STAGE,
        title="Every SYN is dropped without an answer",
        cause="tcp-timeout-blackhole",
        serve=_blackhole,
    ),
    Scenario(
        id="tcp-unreachable",
        stage=STAGE,
        title="The kernel has no route to the address",
        cause="tcp-unreachable",
        serve=_unreachable,
    ),
    _tcp("tcp-reset-after-accept", "The connection is accepted and reset at once", _reset_at_once),
    Scenario(
        # No byte tells it from a process that read the request and hangs.
        id="tcp-accept-silent",
        stage=STAGE,
        title="The connection sits in the accept queue, no process takes it",
        cause="tcp-accept-silent",
        serve=_never_accepted,
        likelier="upgrade-hang",
    ),
    _tcp("wrong-service-on-port", "An SSH server greets", _ssh),
    _tcp("wrong-service-on-port-smtp", "A mail server greets", _smtp, cause="wrong-service-on-port"),
    _tcp("wrong-service-on-port-redis", "A Redis server complains", _redis, cause="wrong-service-on-port"),
    _tcp("wrong-service-on-port-mysql", "A MySQL server greets", _mysql, cause="wrong-service-on-port"),
    _tcp("wrong-service-on-port-http2", "The port speaks HTTP/2 only", _http2, cause="wrong-service-on-port"),
)
