"""A recording that is read into a record: at once in short steps, in its own time or faster, or step by step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from time import monotonic

from wsinspect.connection.replay import FrameRestorer, Recording, restored
from wsinspect.events import BytesReceived, BytesSent, Event, Layer

SPEEDS = (0.01, 0.1, 1.0, 2.0, 10.0, 100.0)
"""Times as fast as it was; the slow ones are for a handshake, which takes milliseconds."""
_SLICE_S = 0.015
"""How long reading may keep everything else waiting."""


class Mode(StrEnum):
    """What a playback does."""

    READING = "reading"
    """Everything, at once."""
    PLAYING = "playing"
    PAUSED = "paused"
    ENDED = "ended"
    STOPPED = "stopped"
    """The person had enough before the end."""


class Playback:
    """Hands the events of a recording to `sink`, which gets them with their frames. `run` does it; the rest may be
    called at any time meanwhile."""

    def __init__(
        self, recording: Recording, sink: Callable[[Event], None], *, speed: float | None = None
    ) -> None:
        """`speed` is how many times as fast as it was, 0 pauses before the first step, None reads everything at once."""
        self.recording = recording
        self.length_ns = recording.last_ns
        """When the recording ends, None where nobody knows."""
        self.speed = speed or 1.0
        self.mode = Mode.READING if speed is None else Mode.PLAYING if speed else Mode.PAUSED
        self._sink = sink
        self._restorer = FrameRestorer()
        self._changed = asyncio.Event()
        self._steps = 0 if self.mode is not Mode.PAUSED else 1
        self._waiting: Event | None = None
        """The event that comes next, not yet due."""
        self._position_ns = 0
        self._since = monotonic()
        """When the position was true."""

    @property
    def fraction(self) -> float:
        """How much has been read, from 0.0 to 1.0."""
        return self.recording.fraction or 0.0

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.mode in (Mode.ENDED, Mode.STOPPED)

    @property
    def stopped(self) -> bool:
        """Whether the end was not reached."""
        return self.mode is Mode.STOPPED

    def now_ns(self) -> int:
        """Return the time of the recording that has come, in nanoseconds since its session began."""
        if self.mode is not Mode.PLAYING:
            return self._position_ns
        now_ns = self._position_ns + int((monotonic() - self._since) * self.speed * 1e9)
        # Not beyond what has not come yet.
        return now_ns if self._waiting is None else max(self._position_ns, min(now_ns, self._waiting.at_ns))

    # What a person may ask for

    def set_speed(self, speed: float) -> None:
        """Go on at this speed."""
        self._hold()
        self.speed = speed
        self._become(Mode.PLAYING)

    def pause(self) -> None:
        """Stop, or go on."""
        self._hold()
        self._become(Mode.PLAYING if self.mode is Mode.PAUSED else Mode.PAUSED)

    def step(self) -> None:
        """Take one more step, and stay there."""
        self._hold()
        self._steps += 1
        self._become(Mode.PAUSED)

    def to_end(self) -> None:
        """Read what is left at once."""
        self._become(Mode.READING)

    def stop(self) -> None:
        """Read no more."""
        self._become(Mode.STOPPED)

    def _become(self, mode: Mode) -> None:
        """Change, if there is anything left to do; what is read at once can only be stopped."""
        if self.over or (self.mode is Mode.READING and mode is not Mode.STOPPED):
            return
        self.mode = mode
        self._changed.set()

    def _hold(self) -> None:
        """From here on time goes differently."""
        self._position_ns, self._since = self.now_ns(), monotonic()

    # Doing it

    async def run(self) -> None:
        """Hand over everything, as it is asked for.

        Raises:
            UsageError: a line of the recording is no event. What stands before it was handed over.
        """
        try:
            while not self.over:
                self._changed.clear()
                if self.mode is Mode.READING:
                    await self._read()
                else:
                    await self._play()
        finally:
            if not self.over:
                self.mode = Mode.ENDED
            self.recording.close()

    async def _read(self) -> None:
        if self._waiting is not None:
            self._hand_over(self._waiting)
        until = monotonic() + _SLICE_S
        for event in restored(self.recording, self._restorer):
            self._sink(event)
            self._position_ns = event.at_ns
            if monotonic() > until:
                await asyncio.sleep(0)
                if self.over:
                    return
                until = monotonic() + _SLICE_S
        self.mode = Mode.ENDED

    async def _play(self) -> None:
        """Go on until something else is asked for, or to the end."""
        until = monotonic() + _SLICE_S
        while not self._changed.is_set():
            if self._waiting is None:
                self._waiting = next(self.recording, None)
            if self._waiting is None:
                self.mode = Mode.ENDED
                return
            if self.mode is Mode.PAUSED:
                if self._steps:
                    self._take_step(self._waiting)
                else:
                    await self._changed.wait()
                continue
            wait_s = (self._waiting.at_ns - self.now_ns()) / 1e9 / self.speed
            if wait_s > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await self._changed.wait()
                until = monotonic() + _SLICE_S
            elif monotonic() > until:
                await asyncio.sleep(0)
                until = monotonic() + _SLICE_S
            if not self._changed.is_set():
                self._hand_over(self._waiting)

    def _hand_over(self, event: Event) -> None:
        self._waiting = None
        self._position_ns, self._since = max(self._position_ns, event.at_ns), monotonic()
        self._sink(self._restorer.restore(event))

    def _take_step(self, event: Event) -> None:
        """Hand over one frame, or one event that is to be seen."""
        event, self._waiting = self._restorer.restore_some(event, 1)
        self._position_ns = max(self._position_ns, event.at_ns)
        self._sink(event)
        unseen = isinstance(event, BytesReceived | BytesSent) and (
            event.layer is Layer.TLS or (event.frames is not None and not len(event.frames))
        )
        if not unseen:
            self._steps -= 1
