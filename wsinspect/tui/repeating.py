"""Sending the same thing again and again, until it is enough, stopped, or can't be sent any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from wsinspect.errors import UsageError
from wsinspect.tui.typed import Repeat


class Repeating:
    """One repetition. Its first message goes at once; `send` raises UsageError when one can't be sent."""

    def __init__(self, repeat: Repeat, send: Callable[[], None], changed: Callable[[], None]) -> None:
        self._repeat = repeat
        self._send = send
        self._changed = changed
        """Called after each message and at the end."""
        self._task: asyncio.Task[None] | None = None
        self.sent = 0
        self.problem = ""
        """Why it ended before its time, if it did."""

    @property
    def running(self) -> bool:
        """Whether more will be sent."""
        return self._task is not None and not self._task.done()

    @property
    def told(self) -> str:
        """Say how far it is, e.g. `repeating 2 of 5, every 2 s`."""
        of = f" of {self._repeat.times}" if self._repeat.times is not None else ""
        return f"repeating {self.sent}{of}, every {self._repeat.every_s:g} s"

    def start(self) -> None:
        """Send the first one, and go on by itself.

        Raises:
            UsageError: the first one can't be sent.
        """
        self._send()
        self.sent = 1
        if self._repeat.times != 1:
            self._task = asyncio.get_running_loop().create_task(self._go_on())
            self._task.add_done_callback(lambda _: self._changed())

    def stop(self) -> None:
        """Send no more."""
        if self._task is not None:
            self._task.cancel()

    async def _go_on(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while self._repeat.times is None or self.sent < self._repeat.times:
            # Held to the clock, so that slow sends don't add up; what was missed is not made up for.
            due = max(due + self._repeat.every_s, loop.time())
            await asyncio.sleep(due - loop.time())
            try:
                self._send()
            except UsageError as error:
                self.problem = str(error)
                return
            self.sent += 1
            self._changed()
