"""What goes wrong in the server beside a page, or is only logged: one line each, and the pages go on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from wsinspect.check.crash import EXIT_CODE, tell_crash
from wsinspect.check.output import complain
from wsinspect.export.crash_file import CrashedError
from wsinspect.stray_errors import StrayErrors


class _ToTheLoop(logging.Handler):
    """Hands what aiohttp and textual-serve log to the loop's exception handler: their tracebacks tell secrets, too."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(logging.WARNING)
        self._loop = loop

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            self._loop.call_exception_handler({"message": record.getMessage(), "exception": error})
        else:
            complain(f"in the background: {record.getMessage()}")


class Outcome:
    """How serving went, as far as it is known."""

    def __init__(self) -> None:
        self.exit_code = 0


@contextmanager
def strays_told(secrets: Iterable[str]) -> Iterator[Outcome]:
    """While it is entered, in a running loop, tell of stray errors in a line each; of the first mistake also in a file.

    A page is a process of its own that may hold what nobody has saved: a mistake of the server ends none of them, and is
    seen in the exit code at the end. `secrets` must not be told.
    """
    outcome = Outcome()
    known = tuple(secrets)

    def mistaken(error: Exception) -> None:
        # Whatever follows from the first one is told by it; and a file for each request would fill the disk.
        if not outcome.exit_code:
            outcome.exit_code = EXIT_CODE
            tell_crash(CrashedError(error, known))

    logged = _ToTheLoop(asyncio.get_running_loop())
    logger = logging.getLogger()
    with StrayErrors() as strays:
        strays.on_mistake = mistaken
        strays.on_trouble = lambda error: complain(f"in the background: {error}")
        strays.watch()
        logger.addHandler(logged)
        try:
            yield outcome
        finally:
            logger.removeHandler(logged)
