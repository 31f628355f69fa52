"""Catches the exceptions that nobody awaits: in callbacks of the event loop, in threads, in finalisers.

Python prints their traceback where it stands, over the screen and with every secret in its message, and goes on as if
nothing had happened.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

_OUTSIDE = (OSError, EOFError)
"""What the world does to us: no mistake of ours, and no reason to end."""


def _nothing(_: Exception) -> None:
    """Told of an exception that nobody acts on."""


class StrayErrors:
    """While it is entered, stray exceptions of threads and finalisers come here; `watch` adds those of a loop.

    The first one that is a mistake of ours stays in `mistake`. `on_mistake` and `on_trouble` are called in the loop's
    thread where there is one: with each mistake, and with each failure that came from outside (OSError, EOFError).
    """

    def __init__(self) -> None:
        self.mistake: Exception | None = None
        self.on_mistake: Callable[[Exception], None] = _nothing
        self.on_trouble: Callable[[Exception], None] = _nothing
        self._loop: asyncio.AbstractEventLoop | None = None
        self._before: tuple[Any, Any] = (threading.excepthook, sys.unraisablehook)

    def __enter__(self) -> Self:
        self._before = (threading.excepthook, sys.unraisablehook)
        threading.excepthook = self._in_thread
        sys.unraisablehook = self._unraisable
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        threading.excepthook, sys.unraisablehook = self._before

    def watch(self) -> None:
        """Catch what goes wrong in callbacks and forgotten tasks of the running loop, for as long as that lives."""
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._in_loop)

    def raise_mistake(self) -> None:
        """Raise the first mistake, if there was one."""
        if self.mistake is not None:
            raise self.mistake

    def _in_loop(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self._take(error if error is not None else RuntimeError(str(context.get("message"))))

    def _in_thread(self, args: threading.ExceptHookArgs) -> None:
        self._take(args.exc_value)

    def _unraisable(self, args: sys.UnraisableHookArgs) -> None:
        self._take(args.exc_value)

    def _take(self, error: BaseException | None) -> None:
        if not isinstance(error, Exception):  # a thread that calls sys.exit() means it
            return
        if not isinstance(error, _OUTSIDE) and self.mistake is None:
            self.mistake = error
        tell = self.on_trouble if isinstance(error, _OUTSIDE) else self.on_mistake
        loop = self._loop
        if loop is None or loop.is_closed():
            tell(error)
        else:
            loop.call_soon_threadsafe(tell, error)
