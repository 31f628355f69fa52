"""Peers that mean no good: what never ends, what is far too much, what is cut anywhere, what lies.

How long a flood is goes with the time scale too: at 0.1 a million pings are a hundred thousand.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import chain, cycle, repeat

from wsinspect.lab import frames
from wsinspect.lab.opening import answer, switching_protocols
from wsinspect.lab.peer import Peer
from wsinspect.lab.scenario import LabEndpoint, LabSettings, Scenario
from wsinspect.lab.servers import Story, closed_port, serving
from wsinspect.lab.storied import Approach, storied
from wsinspect.options import ResolveRule

STAGE = "hostile"
_hostile = partial(storied, STAGE)
_MILLION = 1_000_000
_AT_ONCE = 10_000
"""Frames that are sent in one piece."""
_PAUSE_S = 0.01
"""Between large pieces, so that a flood without an end does not fill the disk of whoever records it."""

_HELLO = frames.text('{"type":"welcome"}')
_DEFLATE = ("Sec-WebSocket-Extensions", "permessage-deflate")
_SOON_OVER = Approach(hold_s=60.0, timeouts_s={"close_timeout_s": 5.0})
"""The flood ends by itself, or soon after the client's Close."""


# Floods of frames


def _flooding(
    pieces: Callable[[LabSettings], Iterator[bytes]],
    *fields: tuple[str, str],
    pause_s: float = 0.0,
) -> Story:
    """Open, then send all the pieces, whatever the client says meanwhile; it is read all the same."""

    async def story(peer: Peer) -> None:
        await peer.send(switching_protocols(await peer.read_request(), *fields))
        await peer.send(_HELLO)
        listening = asyncio.create_task(peer.read_to_end())
        try:
            for piece in pieces(peer.settings):
                await peer.send(piece)
                await asyncio.sleep(pause_s)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    return story


def _many(frame: bytes, count: int) -> Callable[[LabSettings], Iterator[bytes]]:
    """The same frame so many times, at time scale 1."""
    return lambda settings: repeat(frame * _AT_ONCE, max(1, round(settings.scaled(count)) // _AT_ONCE))


def _crumbs(settings: LabSettings) -> Iterator[bytes]:
    crumb = frames.frame(frames.CONTINUATION, b"x", fin=False)
    return chain(
        [frames.text("x", fin=False)], _many(crumb, _MILLION)(settings), [frames.frame(frames.CONTINUATION)]
    )


def _bomb(_: LabSettings) -> Iterator[bytes]:
    """A message of a gigabyte in fragments that inflate to a megabyte each (RFC 7692 section 7.2.1)."""
    packer = zlib.compressobj(wbits=-15)
    zeros = bytes(1 << 20)
    for number in range(1024):
        packed = packer.compress(zeros) + packer.flush(zlib.Z_SYNC_FLUSH)
        opcode = frames.CONTINUATION if number else frames.BINARY
        yield frames.frame(opcode, packed, fin=False, rsv1=not number)


def _of_2_to_the_63_bytes(_: LabSettings) -> Iterator[bytes]:
    return chain([b"\x82\x7f" + (1 << 63).to_bytes(8, "big")], repeat(bytes(1 << 18), 4000))


def _after_close(frame: bytes, count: int) -> Callable[[LabSettings], Iterator[bytes]]:
    return lambda settings: chain([frames.close(1000, "bye")], _many(frame, count)(settings))


async def _half_open(peer: Peer) -> None:
    """As a peer whose machine is gone: nothing of ours is answered, and no FIN comes."""
    await peer.send(switching_protocols(await peer.read_request()))
    await peer.send(_HELLO)
    await peer.stay_silent()


# Answers without an end


def _endless(head: str, *, first: bytes = b"", piece: bytes, pause_s: float = 0.0) -> Story:
    """Answer with this head, then send the piece until the client has enough."""

    async def story(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(head.replace("\n", "\r\n").encode("ascii") + first)
        while True:
            await peer.send(piece)
            await peer.pause(pause_s)

    return story


async def _one_byte_a_second(peer: Peer) -> None:
    whole = switching_protocols(await peer.read_request())
    for at in range(len(whole)):
        await peer.send(whole[at : at + 1])
        await peer.pause(1.0)


async def _redirects_to_itself(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(answer("HTTP/1.1 302 Found\nLocation: /again\nContent-Length: 0"))


# Streams that are cut anywhere


def _cut(scenario_id: str, title: str, cause: str, *, reset: bool, in_frames: bool) -> Scenario:
    """A scenario in which each connection is cut one byte later than the one before, over and over again."""
    ping = frames.frame(frames.PING, b"are you there?")
    sent = frames.text("hel", fin=False) + ping + frames.frame(frames.BINARY, b"x" * 130)

    @asynccontextmanager
    async def serve(settings: LabSettings) -> AsyncIterator[LabEndpoint]:
        steps = cycle(range(1, len(sent) if in_frames else 100))

        async def story(peer: Peer) -> None:
            head = switching_protocols(await peer.read_request())
            cut = next(steps)
            await peer.send(head + sent[:cut] if in_frames else head[:cut])
            if reset:
                # What a reset overtakes on its way is lost: the client has to have read it.
                await peer.pause(0.3, at_least_s=0.05)
                peer.reset()

        async with serving(story, settings) as port:
            yield Approach().endpoint(settings, port=port)

    return Scenario(id=scenario_id, stage=STAGE, title=title, cause=cause, serve=serve)


@asynccontextmanager
async def _hundred_addresses(_: LabSettings) -> AsyncIterator[LabEndpoint]:
    with closed_port() as port:
        addresses = tuple(f"127.0.0.{number}" for number in range(1, 101))
        rule = ResolveRule(host="many.lab.test", port=0, addresses=addresses)
        yield LabEndpoint(url=f"ws://many.lab.test:{port}/", overrides={"proxy": "", "resolve": (rule,)})


# Proxies that lie


async def _grants_nonsense(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await peer.read_request()
    await peer.send(b"\x7fELF\x02\x01\x01 what tunnel?")


async def _socks_of_another_kind(peer: Peer) -> None:
    await peer.read_some()
    await peer.send(b"\x04\x5a" + bytes(6))


_PROXIED = Approach(host="chat.example.com", as_proxy="http")
_X_FIELD = b"X-Filler: " + b"x" * 4000 + b"\r\n"

SCENARIOS = (
    _hostile("http-head-endless", "Header fields without end", _endless("HTTP/1.1 200 OK\n", piece=_X_FIELD)),
    _hostile(
        "http-head-endless-interim",
        "100 Continue, and again, without end",
        _endless("", piece=b"HTTP/1.1 100 Continue\r\n\r\n" * 50),
        cause="http-head-endless",
    ),
    _hostile(
        "http-502-endless-body",
        "An error page without end",
        _endless("HTTP/1.1 502 Bad Gateway\nContent-Type: text/html\n\n", piece=b"<p>and so on" * 300),
        cause="http-502",
    ),
    _hostile(
        "http-403-slow-body",
        "An error page of one byte a second",
        _endless(
            "HTTP/1.1 403 Forbidden\nContent-Type: text/plain\nContent-Length: 100000\n\n",
            first=b"No",
            piece=b".",
            pause_s=1.0,
        ),
        cause="http-403",
    ),
    _hostile(
        "upgrade-partial-response-slow",
        "A 101 of one byte a second",
        _one_byte_a_second,
        cause="upgrade-partial-response",
        approach=Approach(timeouts_s={"upgrade_timeout_s": 10.0}),
    ),
    _hostile(
        "http-redirect-loop",
        "Every redirect leads to the next one",
        _redirects_to_itself,
        cause="http-redirect",
        approach=Approach(options={"follow_redirects": True}),
    ),
    _cut(
        "upgrade-partial-response-fin-anywhere",
        "FIN after one byte of the 101, with the next connection after two, and so on",
        "upgrade-partial-response",
        reset=False,
        in_frames=False,
    ),
    _cut(
        "upgrade-partial-response-rst-anywhere",
        "RST after one byte of the 101, with the next connection after two, and so on",
        "upgrade-partial-response",
        reset=True,
        in_frames=False,
    ),
    _cut(
        "open-then-fin-anywhere",
        "FIN after one byte of the frames, with the next connection after two, and so on",
        "open-then-fin",
        reset=False,
        in_frames=True,
    ),
    _cut(
        "open-then-rst-anywhere",
        "RST after one byte of the frames, with the next connection after two, and so on",
        "open-then-rst",
        reset=True,
        in_frames=True,
    ),
    _hostile(
        "proto-length-nonminimal-2-to-the-63",
        "A frame of 2^63 bytes",
        _flooding(_of_2_to_the_63_bytes, pause_s=_PAUSE_S),
        cause="proto-length-nonminimal",
        approach=_SOON_OVER,
    ),
    _hostile(
        "control-frame-flood",
        "A million pings",
        _flooding(_many(frames.frame(frames.PING), _MILLION)),
        approach=_SOON_OVER,
    ),
    _hostile(
        "control-frame-flood-storm",
        "A storm of pings and pongs of 125 bytes",
        _flooding(
            _many(frames.frame(frames.PING, b"p" * 125) + frames.frame(frames.PONG, b"q" * 125), 100_000)
        ),
        cause="control-frame-flood",
        approach=_SOON_OVER,
    ),
    _hostile(
        "fragment-flood",
        "A message in a million fragments of a byte",
        _flooding(_crumbs),
        approach=_SOON_OVER,
    ),
    _hostile(
        "message-inflates-beyond-limit",
        "A megabyte that inflates to a gigabyte",
        _flooding(_bomb, _DEFLATE),
        approach=_SOON_OVER,
    ),
    _hostile(
        "frames-after-close",
        "Data after the Close frame, without end",
        _flooding(_after_close(frames.frame(frames.BINARY, bytes(100)), 2 * _MILLION), pause_s=_PAUSE_S),
        approach=_SOON_OVER,
    ),
    _hostile(
        "frames-after-close-storm",
        "Half a million Close frames",
        _flooding(_after_close(frames.close(1000), _MILLION // 2)),
        cause="frames-after-close",
        approach=_SOON_OVER,
    ),
    _hostile(
        "close-unanswered-half-open",
        "The server is gone without a word, and our Close frame is never answered",
        _half_open,
        cause="close-unanswered",
        approach=Approach(hold_s=1.0, timeouts_s={"close_timeout_s": 2.0}),
    ),
    Scenario(
        id="tcp-refused-hundred-addresses",
        stage=STAGE,
        title="A name with a hundred addresses, and nobody at any of them",
        cause="tcp-refused",
        serve=_hundred_addresses,
    ),
    _hostile(
        "proxy-tunnel-broken-endless",
        "The proxy's answer to CONNECT has no end",
        _endless("HTTP/1.1 200 OK\n", piece=_X_FIELD),
        cause="proxy-tunnel-broken",
        approach=_PROXIED,
    ),
    _hostile(
        "proxy-tunnel-broken-wrong-socks",
        "A SOCKS proxy that answers in another version of it",
        _socks_of_another_kind,
        cause="proxy-tunnel-broken",
        approach=Approach(host="chat.example.com", as_proxy="socks5h"),
    ),
    _hostile(
        "http-answer-malformed-tunnel",
        "The proxy says that the tunnel stands, and answers with nonsense itself",
        _grants_nonsense,
        cause="http-answer-malformed",
        approach=_PROXIED,
    ),
)
