"""Shows an emitter that the event loop runs, so that it can tell when this program stood still."""

from __future__ import annotations

import asyncio

from wsinspect.connection.emitter import BEAT_NS, Emitter


class Pulse:
    """Beats from `start` to `stop`. Needs a running loop."""

    def __init__(self, emit: Emitter) -> None:
        self._emit = emit
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Beat now, and again and again."""
        self._emit.beat()
        self._timer = asyncio.get_running_loop().call_later(BEAT_NS / 1e9, self.start)

    def stop(self) -> None:
        """Beat no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._emit.rest()
