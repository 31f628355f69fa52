"""A valid 101, and then the connection is of no use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from wsinspect.lab import frames
from wsinspect.lab.opening import answer, switching_protocols
from wsinspect.lab.peer import Peer
from wsinspect.lab.scenario import LabEndpoint, LabSettings, Scenario
from wsinspect.lab.servers import Story, serving
from wsinspect.lab.storied import Approach, storied

STAGE = "early-close"
_early = partial(storied, STAGE)


async def _open(peer: Peer) -> None:
    await peer.send(switching_protocols(await peer.read_request()))


def _opens_then(data: bytes) -> Story:
    """Answer 101, send these bytes a moment later, and close."""

    async def story(peer: Peer) -> None:
        await _open(peer)
        await peer.pause(0.05)
        await peer.send(data)

    return story


async def _fin(peer: Peer) -> None:
    await _open(peer)
    await peer.pause(0.2)


async def _reset(peer: Peer) -> None:
    await _open(peer)
    await peer.pause(0.2)
    peer.reset()


async def _two_handlers(peer: Peer) -> None:
    """Two handlers of one server wrote to one socket: the first accepted, the second found an error."""
    await _open(peer)
    refusal = "HTTP/1.1 500 Internal Server Error\nContent-Type: text/plain\nContent-Length: {length}\nConnection: close"
    await peer.send(answer(refusal, "Internal Server Error"))


async def _crashes_on_frame(peer: Peer) -> None:
    """A process that dies of an unhandled error while it handles the first message: who comes back is refused."""
    await _open(peer)
    await peer.read_frame()
    peer.crash()


async def _buffered(peer: Peer) -> None:
    """Something between keeps every frame: bytes are taken, none ever comes back."""
    await _open(peer)
    await peer.read_to_end()


async def _engine_io(peer: Peer) -> None:
    """engine.io 4: the open packet, a ping after the interval, and the end without a Close frame's code."""
    await _open(peer)
    await peer.send(
        frames.text(
            '0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'
        )
    )
    await peer.pause(0.8)
    await peer.send(frames.text("2"))
    await peer.pause(0.6)
    await peer.send(frames.close())


@asynccontextmanager
async def _close_unanswered(settings: LabSettings) -> AsyncIterator[LabEndpoint]:
    """What a library's terminate() or destroy() makes of a client that closes."""

    async def story(peer: Peer) -> None:
        await _open(peer)
        await peer.send(frames.text('{"type":"welcome"}'))
        while (await peer.read_frame()).opcode != frames.CLOSE:
            pass

    async with serving(story, settings) as port:
        # The client has to close, so here its hold is part of the story.
        yield Approach(hold_s=settings.scaled(1.0)).endpoint(settings, port=port)


_PHP_WARNING = (
    "<br />\n<b>Warning</b>:  Undefined variable $client in <b>/srv/app/server.php</b> on line <b>42</b><br />\n"
    "<html><body>Internal error</body></html>\n"
)

SCENARIOS = (
    _early("open-then-fin", "The server opens and hangs up", _fin),
    _early("open-then-rst", "The server opens and resets", _reset),
    _early("http-bytes-after-101", "A second handler writes HTTP 500 after the 101", _two_handlers),
    _early(
        "html-after-101",
        "A PHP warning is printed into the open connection",
        _opens_then(_PHP_WARNING.encode()),
    ),
    _early(
        "html-after-101-json",
        "An error in JSON is written into the open connection",
        _opens_then(b'{"error":"upstream unavailable"}\n'),
        cause="html-after-101",
    ),
    _early(
        "server-crash-on-frame",
        "The server's process dies of our first message",
        _crashes_on_frame,
        approach=Approach(send=("hello",)),
    ),
    _early(
        "open-but-buffered",
        "Open, and no frame ever comes through",
        _buffered,
        approach=Approach(
            timeouts_s={"ping_interval_s": 0.5, "ping_timeout_s": 1.0, "close_timeout_s": 1.0},
            send=("hello",),
            hold_s=4.0,
        ),
    ),
    _early(
        "plain-ws-client-to-socketio",
        "The server speaks Socket.IO",
        _engine_io,
        approach=Approach(path="/socket.io/?EIO=4&transport=websocket", hold_s=4.0),
    ),
    Scenario(
        id="close-unanswered",
        stage=STAGE,
        title="The server drops the connection over our Close frame, without one of its own",
        cause="close-unanswered",
        serve=_close_unanswered,
    ),
)
