"""`wsinspect check`: run, report, exit code. The one owner of stdout and stderr in headless use."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from wsinspect.check.outcome import ExitCode, exit_code
from wsinspect.check.run import CheckPlan, run_check
from wsinspect.check.text import text_report
from wsinspect.diagnosis.engine import diagnose
from wsinspect.events import LocalEnd
from wsinspect.export.redact import Redactor
from wsinspect.options import ConnectOptions
from wsinspect.safe_text import visible
from wsinspect.session.record import SessionRecord


def colour_wanted() -> bool:
    """Say whether stdout may have colour: a terminal that is not dumb, and no NO_COLOR (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(note: str) -> None:
    """Print one note for people on stderr; scripts that read stdout never see it."""
    if sys.stderr.isatty():
        print(f"wsinspect: {visible(note)}", file=sys.stderr, flush=True)


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
    if as_json:
        import msgspec

        from wsinspect.check.report import report

        made = report(record, diagnosis, redact, until_peer_closes=until_peer_closes)
        _write(msgspec.json.format(msgspec.json.encode(made), indent=2).decode() + "\n")
    elif code is not ExitCode.USAGE:
        _write(
            text_report(
                record,
                diagnosis,
                redact,
                colour=colour_wanted(),
                width=_width(),
                until_peer_closes=until_peer_closes,
            )
        )
    if code is ExitCode.USAGE and attempt.failure is not None:
        print(f"wsinspect: {visible(redact(attempt.failure.message))}", file=sys.stderr)
    ended = attempt.closure.locally_ended
    if ended is not None and ended.why is LocalEnd.CANCELLED:
        return ExitCode.INTERRUPTED
    return code


def _width() -> int:
    import shutil

    return max(40, min(110, shutil.get_terminal_size((100, 24)).columns))


def _write(text: str) -> None:
    """Write to stdout whatever its encoding can't carry as escapes, so that a report is never lost."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()


def check_target(
    options: ConnectOptions, plan: CheckPlan, *, as_json: bool = False, show_secrets: bool = False
) -> ExitCode:
    """Run the check on one target and print its report; SIGINT, SIGTERM and SIGHUP end it with 130.

    Raises:
        UsageError: an option that can't be used, or a recording that can't be written.
    """
    record = SessionRecord(options.limits)
    try:
        asyncio.run(_interruptible(options, plan, record))
        return print_report(record, as_json=as_json, show_secrets=show_secrets, until_peer_closes=plan.echo)
    finally:
        record.close()


async def _interruptible(options: ConnectOptions, plan: CheckPlan, record: SessionRecord) -> None:
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in signals:
        loop.add_signal_handler(number, task.cancel)
    try:
        await run_check(options, plan, record, say)
    except asyncio.CancelledError:
        task.uncancel()
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def check_recording(path: Path, *, as_json: bool = False, show_secrets: bool = False) -> ExitCode:
    """Diagnose a recording again without connecting, and print the same report.

    Raises:
        UsageError: the file is not a recording of ours.
    """
    from wsinspect.connection.replay import read_recording, replay

    record = SessionRecord()
    try:
        replay(read_recording(path), record.append)
        return print_report(record, as_json=as_json, show_secrets=show_secrets)
    finally:
        record.close()
