"""Events of the byte streams: what crossed each tap, and how a stream ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsinspect.events.stamped import Event
from wsinspect.events.vocabulary import Layer

if TYPE_CHECKING:
    from wsinspect.wire.frame_batch import FrameBatch


class BytesSent(Event, frozen=True, kw_only=True, omit_defaults=True, tag="bytes-sent"):
    """These bytes were handed to the stream below this tap."""

    layer: Layer
    data: bytes
    frames: FrameBatch | None = None
    """The frames that this chunk completed, on the WEBSOCKET layer; derived, so never saved."""


class BytesReceived(Event, frozen=True, kw_only=True, omit_defaults=True, tag="bytes-received"):
    """These bytes arrived at this tap. Recorded before anybody reacts to them."""

    layer: Layer
    data: bytes
    frames: FrameBatch | None = None
    """The frames that this chunk completed, on the WEBSOCKET layer; derived, so never saved."""


class BytesExchanged(Event, frozen=True, kw_only=True, tag="bytes-exchanged"):
    """Chunks of the WEBSOCKET layer in both directions, put together where a recording is read; never saved.

    Its number and time are those of the last chunk.
    """

    chunks: tuple[BytesSent | BytesReceived, BytesSent | BytesReceived]
    """What was sent and what was received, each with the number and the time of its own last chunk."""
    order: bytes
    """The direction of each frame, in the order in which they were completed."""


class StreamEnded(Event, frozen=True, kw_only=True, omit_defaults=True, tag="stream-ended"):
    """The peer sent FIN: nothing more will arrive. Never follows StreamReset."""

    frames: FrameBatch | None = None
    """The frame that the end cut off, from the decoder's `finish()`; derived, so never saved."""


class StreamReset(Event, frozen=True, kw_only=True, omit_defaults=True, tag="stream-reset"):
    """The peer, or something on the way, sent RST, or the kernel gave the connection up."""

    frames: FrameBatch | None = None
    """The frame that the end cut off, from the decoder's `finish()`; derived, so never saved."""

    errno: int | None = None
    message: str = ""


class StreamClosedLocally(Event, frozen=True, kw_only=True, omit_defaults=True, tag="stream-closed-locally"):
    """We closed our socket: with FIN, or by aborting it."""

    frames: FrameBatch | None = None
    """A frame that broke a rule while it was still arriving, and that we did not wait for; derived, so never saved."""

    aborted: bool = False
