"""The way in: run the UI, and leave the terminal, the sockets and the recording in order whatever happens."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from wsinspect.errors import UsageError
from wsinspect.export.crash_file import CrashedError
from wsinspect.options import ConnectOptions
from wsinspect.stray_errors import StrayErrors
from wsinspect.tui.app import WsinspectApp
from wsinspect.tui.opening import Opening
from wsinspect.tui.pace import shorten_pauses
from wsinspect.tui.preferences import load_preferences
from wsinspect.tui.session import Session

if TYPE_CHECKING:
    from wsinspect.lab.scenario import LabSettings, Scenario

_LAST_RESORT_S = 5.0
"""How long a signal may take to end the program in good order."""


def run_app(
    *,
    options: ConnectOptions | None = None,
    profile: str | None = None,
    recording: Path | None = None,
    speed: float | None = None,
    lab: Scenario | None = None,
    lab_settings: LabSettings | None = None,
    changes: Mapping[str, Any] | None = None,
    output: Path | None = None,
    server_log: Path | None = None,
    show_secrets: bool = False,
    in_browser: bool = False,
    theme: str | None = None,
) -> int:
    """Run the terminal UI and return the exit code.

    `output` is where the session is recorded, `server_log` a log that is followed beside it, `changes` are options laid
    over what the connect screen opens. With `in_browser` a page takes the terminal's place, and Textual's driver was
    chosen by who serves it.
    `speed` is how many times as fast as it was `recording` is played, 0 step by step, None reads it at once.

    Raises:
        UsageError: there is no such theme, standard error is no terminal or a dumb one, or the recording can't be written.
        CrashedError: a mistake of ours, once the terminal is put back.
    """
    if not in_browser:
        _check_terminal()
        _terminal_as_stdin()
    preferences = load_preferences(theme, os.environ)
    recorder = None
    if output is not None:
        from wsinspect.connection.recorder import Recorder

        recorder = Recorder(output)
    opening = Opening(
        options=options,
        profile=profile,
        recording=recording,
        speed=speed,
        lab=lab,
        lab_settings=lab_settings,
        changes=changes,
    )
    app = WsinspectApp(
        opening,
        make_session=partial(Session, server_log=server_log),
        recorder=recorder,
        recording_name=output.name if output is not None else "",
        show_secrets=show_secrets,
        preferences=preferences,
    )
    try:
        with StrayErrors() as strays:
            strays.on_mistake = app.end_by_mistake
            strays.on_trouble = app.tell_trouble
            code = asyncio.run(_run(app, strays))
    finally:
        recorders = [*([recorder] if recorder is not None else []), *app.recorders]
        for one in recorders:
            one.close()
    for one in recorders:
        if one.told:
            print(f"wsinspect: {one.told}", file=sys.stderr)  # noqa: T201 - the screen is gone
    crash = app.crash or strays.mistake
    if crash is not None:
        raise CrashedError(crash, app.secrets_of(app.session.record))
    return code


def _check_terminal() -> None:
    if sys.__stderr__ is None or not sys.__stderr__.isatty():
        raise UsageError(
            "the terminal UI is painted on standard error, and that is no terminal", hint="leave `2>` out"
        )
    if os.environ.get("TERM", "dumb") in ("dumb", ""):
        raise UsageError(
            "the terminal UI moves the cursor, and TERM says that this terminal can't",
            hint="set TERM to what it is, or use `wsinspect check URL`",
        )


async def _run(app: WsinspectApp, strays: StrayErrors) -> int:
    loop = asyncio.get_running_loop()
    strays.watch()
    shorten_pauses(loop)
    ended_by: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        ended_by.append(number)
        loop.call_soon_threadsafe(app.exit)
        # A terminal that is gone, or no longer reads, holds the loop in a write for ever: then nothing is left to restore.
        last_resort = threading.Timer(_LAST_RESORT_S, os._exit, (128 + number,))
        last_resort.daemon = True
        last_resort.start()

    # Not the loop's own handlers: they run only where the loop does.
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, end)
    try:
        await app.run_async()
    finally:
        await app.aclose()
    if ended_by:
        return 128 + ended_by[0]
    return app.return_code or 0


def _terminal_as_stdin() -> None:
    """After `wsinspect -` standard input is a pipe that has been read: keys come from the terminal."""
    if not sys.stdin.isatty():
        terminal = os.open("/dev/tty", os.O_RDWR)
        os.dup2(terminal, 0)
        os.close(terminal)
