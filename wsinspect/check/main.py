"""`wsinspect check`: run, report, exit code."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from wsinspect.check.outcome import ExitCode, exit_code
from wsinspect.check.output import colour_wanted, complain, say, text_width, write_out
from wsinspect.check.run import CheckPlan, run_check
from wsinspect.check.text import text_report
from wsinspect.diagnosis.engine import diagnose
from wsinspect.events import LocalEnd
from wsinspect.export.redact import Redactor
from wsinspect.options import ConnectOptions
from wsinspect.session.record import SessionRecord
from wsinspect.stray_errors import StrayErrors

if TYPE_CHECKING:
    from pathlib import Path


def print_report(
    record: SessionRecord, *, as_json: bool, show_secrets: bool = False, until_peer_closes: bool = False
) -> ExitCode:
    """Print the report of the newest attempt and return its exit code; a refused URL is one line on stderr."""
    attempt = record.current
    code = exit_code(attempt, until_peer_closes=until_peer_closes)
    if attempt is None:
        return code
    diagnosis = diagnose(record)
    redact = Redactor.for_session(record, show=show_secrets)
    if code is ExitCode.USAGE and attempt.failure is not None:
        complain(redact(attempt.failure.message))
    if as_json:
        from wsinspect.check.report import report, report_text

        made = report(record, diagnosis, redact, until_peer_closes=until_peer_closes)
        write_out(report_text(made))
    elif code is not ExitCode.USAGE:
        write_out(
            text_report(
                record,
                diagnosis,
                redact,
                colour=colour_wanted(),
                width=text_width(),
                until_peer_closes=until_peer_closes,
            )
        )
    ended = attempt.closure.locally_ended
    if ended is not None and ended.why is LocalEnd.CANCELLED:
        return ExitCode.INTERRUPTED
    return code


def check_target(
    options: ConnectOptions, plan: CheckPlan, *, as_json: bool = False, show_secrets: bool = False
) -> ExitCode:
    """Run the check on one target and print its report; SIGINT, SIGTERM and SIGHUP end it with 130.

    Raises:
        UsageError: an option that can't be used, a recording or a report that can't be written.
    """
    record = SessionRecord(options.limits)
    try:
        run_watched(lambda: interruptible(run_check(options, plan, record, say)))
        return print_report(record, as_json=as_json, show_secrets=show_secrets, until_peer_closes=plan.echo)
    finally:
        record.close()


def run_watched(make_work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine to its end; a mistake of ours that nobody awaits cancels it, and is raised then."""

    async def watched() -> None:
        task = asyncio.current_task()
        assert task is not None

        def stop(_: Exception) -> None:
            task.cancel()

        strays.on_mistake = stop
        strays.on_trouble = lambda error: complain(f"in the background: {error}")
        strays.watch()
        try:
            await make_work()
        except asyncio.CancelledError:
            if strays.mistake is None:
                raise

    with StrayErrors() as strays:
        asyncio.run(watched())
    strays.raise_mistake()


async def interruptible(work: Coroutine[Any, Any, None]) -> None:
    """Await `work`; SIGINT, SIGTERM and SIGHUP cancel it, and that is all that they do."""
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in signals:
        loop.add_signal_handler(number, task.cancel)
    try:
        await work
    except asyncio.CancelledError:
        task.uncancel()
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def check_recording(
    path: Path, *, as_json: bool = False, show_secrets: bool = False, server_log: Path | None = None
) -> ExitCode:
    """Diagnose a recording again without connecting, and print the same report, with lines of a server's log among it.

    Raises:
        UsageError: the file is not a recording of ours, or there is nothing in it.
    """
    from wsinspect.connection.replay import read_recording, restored
    from wsinspect.errors import UsageError

    record = SessionRecord()
    try:
        recording = read_recording(path)
        for event in restored(recording):
            record.append(event)
        if record.current is None:
            raise UsageError(
                "the recording holds no attempt",
                where=str(path),
                hint="it was cut off before anything happened",
            )
        if recording.truncated:
            say(f"{path}: the last line is cut off; what stands before it is shown")
        if server_log is not None:
            _weave(record, server_log)
        return print_report(record, as_json=as_json, show_secrets=show_secrets)
    finally:
        record.close()


def _weave(record: SessionRecord, log: Path) -> None:
    """Weave a log that was written already into a recording."""
    from wsinspect.server_log.past import past_lines

    if record.server_log.lines:
        say(f"{log} is not woven in: the recording holds lines of a log already")
        return
    begun = record.attempts[-1].started
    lines, why = past_lines(log, begun.wall_time_ns - begun.at_ns, record.last_ns)
    record.tell_of_log(log.name, why)
    for line in lines:
        record.append(line)
